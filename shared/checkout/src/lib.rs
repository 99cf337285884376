#![doc = include_str!("../README.md")]

mod error;
mod reconcile;
mod refund;
mod setup;
mod start;

use holdfast_payments::Payments;
use holdfast_store::Market;

pub use error::ReconcileError;
pub use refund::{RefundError, RefundTarget};
pub use setup::stripe_checkout;
pub use start::{StartError, Started};

/// The market and whoever takes the money.
#[derive(Debug)]
pub struct Checkout<P> {
    market: Market,
    payments: P,
    stage: String,
}

impl<P: Payments> Checkout<P> {
    /// A checkout of one stage.
    #[must_use]
    pub fn new(market: Market, payments: P, stage: String) -> Self {
        Self { market, payments, stage }
    }

    /// Tickets and orders.
    #[must_use]
    pub fn market(&self) -> &Market {
        &self.market
    }

    /// Whoever takes the money.
    #[must_use]
    pub fn payments(&self) -> &P {
        &self.payments
    }
}
