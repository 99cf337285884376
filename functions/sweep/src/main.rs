//! Starts the function.

use holdfast_runtime::{Error, Runtime, now};
use sweep::{App, Tick, handle};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let runtime = Runtime::start().await?;
    let app = App { market: runtime.market()? };
    runtime.run_event(|_: Tick| handle(&app, now())).await
}
