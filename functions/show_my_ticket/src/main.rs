//! Starts the function.

use holdfast_runtime::{Error, Runtime};
use show_my_ticket::{App, handle};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let runtime = Runtime::start().await?;
    let app = App { gate: runtime.gate()?, market: runtime.market()? };
    runtime.run_http(|request| handle(&app, request)).await
}
