//! Starts the function.

use holdfast_runtime::{Error, Runtime, now};
use render_pages::{App, handle};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let runtime = Runtime::start()?;
    let app = App::of(&runtime)?;
    runtime.run_event(|work| handle(&app, work, now())).await
}
