//! Starts the function.

use holdfast_runtime::{Error, Runtime};
use sign_up::{App, handle};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let runtime = Runtime::start()?;
    let app = App {
        gate: runtime.gate()?,
        accounts: runtime.accounts()?,
        limiter: runtime.limiter()?,
        mails: runtime.mails(),
    };
    runtime.run_http(|request| handle(&app, request)).await
}
