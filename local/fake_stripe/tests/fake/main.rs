//! The fake as Stripe's clients see it: async-stripe for servers, plain forms for browsers.

mod browser;
mod client;
mod faults;
mod idempotency;
mod payments;
mod webhooks;
