//! A checkout from a function's configuration.

use holdfast_payments::{KeyName, StripeKeys, StripePayments};
use holdfast_runtime::{ConfigError, Runtime};

use crate::Checkout;

/// The checkout of this stage through Stripe, with the keys that the function may read.
///
/// # Errors
/// [`ConfigError`] when `MARKET_TABLE`, `STAGE`, `STRIPE_KEYS` or `STRIPE_API_BASE` is missing or wrong.
pub fn stripe_checkout(runtime: &Runtime, wanted: &'static [KeyName]) -> Result<Checkout<StripePayments>, ConfigError> {
    let keys = StripeKeys::new(aws_sdk_ssm::Client::new(&runtime.sdk), runtime.config.text("STRIPE_KEYS")?, wanted);
    let payments = StripePayments::new(keys, runtime.config.parsed("STRIPE_API_BASE")?);
    Ok(Checkout::new(runtime.market()?, payments, runtime.config.text("STAGE")?))
}
