//! Starts the function.

use holdfast_runtime::{Error, Runtime};
use relay_events::{App, handle};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let runtime = Runtime::start()?;
    let app = App { bus: runtime.event_bus()?, queue: runtime.relay_queue()? };
    runtime.run_event(|batch| handle(&app, batch)).await
}
