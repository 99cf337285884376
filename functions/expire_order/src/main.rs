//! Starts the function.

use expire_order::{App, handle};
use holdfast_runtime::{Error, Runtime, now};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let runtime = Runtime::start()?;
    let app = App { market: runtime.market()?, schedules: runtime.schedules()? };
    runtime.run_event(|request| handle(&app, request, now())).await
}
