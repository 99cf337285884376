#![doc = include_str!("../README.md")]

mod client;
mod error;
mod keys;
mod payment;
#[cfg(test)]
mod properties;
mod stripe;
mod webhook;

pub use error::PaymentError;
pub use keys::{KeyName, KeysError, PublishableKey, StripeKeys, WebhookSecret};
pub use payment::{ClientSecret, NewPayment, Payment, PaymentOwner, Payments};
pub use stripe::{STRIPE_API_BASE, StripePayments};
pub use webhook::{BadWebhook, WebhookEvent, WebhookSubject, webhook_subject};
