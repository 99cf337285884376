//! Starts the function.

use holdfast_runtime::{Error, Runtime, now};
use project_catalogue::{App, handle};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let runtime = Runtime::start()?;
    let app = App { market: runtime.market()?, pages: runtime.render_queue()? };
    runtime.run_event(|delivery| handle(&app, delivery, now())).await
}
