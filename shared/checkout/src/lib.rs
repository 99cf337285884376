#![doc = include_str!("../README.md")]

mod error;
mod reconcile;
mod refund;
mod setup;
mod start;

use holdfast_payments::Payments;
use holdfast_store::{Market, Steps};

pub use error::ReconcileError;
pub use refund::{RefundError, RefundTarget};
pub use setup::stripe_checkout;
pub use start::{Begun, StartError, Started};

/// The market and whoever takes the money. Functions have the [`Market`]; the exhaustive model has steps of its own.
#[derive(Debug)]
pub struct Checkout<P, M = Market> {
    market: M,
    payments: P,
    stage: String,
}

impl<P: Payments, M: Steps> Checkout<P, M> {
    /// A checkout of one stage.
    #[must_use]
    pub fn new(market: M, payments: P, stage: String) -> Self {
        Self { market, payments, stage }
    }

    /// Tickets and orders.
    #[must_use]
    pub fn market(&self) -> &M {
        &self.market
    }

    /// Whoever takes the money.
    #[must_use]
    pub fn payments(&self) -> &P {
        &self.payments
    }
}
