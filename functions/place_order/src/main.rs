//! Starts the function.

use holdfast_runtime::{Error, Runtime};
use place_order::{App, handle};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let runtime = Runtime::start()?;
    let app = App {
        gate: runtime.gate()?,
        market: runtime.market()?,
        hold: runtime.hold_duration()?,
        limit: runtime.holds_per_buyer()?,
    };
    runtime.run_http(|request| handle(&app, request)).await
}
