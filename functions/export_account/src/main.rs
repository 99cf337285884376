//! Starts the function.

use export_account::{App, handle};
use holdfast_runtime::{Error, Runtime};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let runtime = Runtime::start()?;
    let app = App { gate: runtime.gate()?, accounts: runtime.accounts()?, market: runtime.market()? };
    runtime.run_http(|request| handle(&app, request)).await
}
