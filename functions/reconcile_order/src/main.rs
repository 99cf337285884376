//! Starts the function.

use holdfast_checkout::stripe_checkout;
use holdfast_payments::KeyName;
use holdfast_runtime::{Error, Runtime};
use reconcile_order::{App, handle};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let runtime = Runtime::start()?;
    let app = App { gate: runtime.gate()?, checkout: stripe_checkout(&runtime, &[KeyName::Secret])? };
    runtime.run_http(|request| handle(&app, request)).await
}
