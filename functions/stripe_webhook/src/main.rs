//! Starts the function.

use holdfast_checkout::stripe_checkout;
use holdfast_payments::KeyName;
use holdfast_runtime::{Error, Runtime};
use stripe_webhook::{App, handle};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let runtime = Runtime::start()?;
    let checkout = stripe_checkout(&runtime, &[KeyName::Secret, KeyName::Webhook, KeyName::WebhookPrevious])?;
    let app = App { gate: runtime.gate()?, checkout };
    runtime.run_http(|request| handle(&app, request)).await
}
