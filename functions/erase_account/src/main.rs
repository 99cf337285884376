//! Starts the function.

use erase_account::{App, handle};
use holdfast_runtime::{Error, Runtime, now};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let runtime = Runtime::start()?;
    let app = App {
        accounts: runtime.accounts()?,
        sessions: runtime.sessions()?,
        market: runtime.market()?,
        pages: runtime.render_queue()?,
        queue: runtime.erasure_queue()?,
    };
    runtime.run_event(|batch| handle(&app, batch, now())).await
}
