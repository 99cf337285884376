//! Starts the function.

use holdfast_runtime::{Error, Runtime};
use sign_out::{App, handle};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let runtime = Runtime::start()?;
    let app = App { gate: runtime.gate()? };
    runtime.run_http(|request| handle(&app, request)).await
}
