//! Starts the function.

use holdfast_runtime::{Error, Runtime};
use show_order::handle;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let runtime = Runtime::start()?;
    let app = runtime.market_route()?;
    runtime.run_http(|request| handle(&app, request)).await
}
