//! Starts the function.

use holdfast_checkout::stripe_checkout;
use holdfast_payments::KeyName;
use holdfast_runtime::{Error, Runtime, now};
use refund_order::handle;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let runtime = Runtime::start()?;
    let checkout = stripe_checkout(&runtime, &[KeyName::Secret])?;
    runtime.run_event(|request| handle(&checkout, request, now)).await
}
