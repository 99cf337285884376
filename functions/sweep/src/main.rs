//! Starts the function.

use std::sync::Arc;

use holdfast_checkout::stripe_checkout;
use holdfast_payments::KeyName;
use holdfast_runtime::{Error, Runtime, now};
use sweep::{Tick, handle};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let runtime = Runtime::start()?;
    let checkout = Arc::new(stripe_checkout(&runtime, &[KeyName::Secret])?);
    runtime.run_event(|_: Tick| handle(&checkout, now)).await
}
