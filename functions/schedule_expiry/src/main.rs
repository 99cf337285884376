//! Starts the function.

use holdfast_runtime::{Error, Runtime, now};
use schedule_expiry::{App, handle};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let runtime = Runtime::start()?;
    let app = App { schedules: runtime.schedules()? };
    runtime.run_event(|delivery| handle(&app, delivery, now())).await
}
