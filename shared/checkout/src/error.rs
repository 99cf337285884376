//! Why an order could not be brought to rest, and what a client is told.

use holdfast_domain::{Anomaly, OrderId};
use holdfast_http_api::{ApiError, Problem};
use holdfast_payments::PaymentError;
use holdfast_store::StoreError;

/// Why an order could not be brought to rest. Calling again is right, and the sweep does.
#[derive(Debug, thiserror::Error)]
pub enum ReconcileError {
    /// The table failed; whether the last write took effect is unknown.
    #[error("the table failed")]
    Store(#[from] StoreError),
    /// Stripe failed.
    #[error("the payment cannot be looked at or changed")]
    Payment(#[from] PaymentError),
    /// What was seen should not be possible: an operator has to look.
    #[error("payment anomaly")]
    Anomaly(#[from] Anomaly),
    /// A payment was captured although the ticket is not committed to its order: an operator has to look.
    #[error("payment anomaly: captured without a committed ticket")]
    NotCommitted,
    /// A payment is void although its order has bought the ticket: an operator has to look.
    #[error("payment anomaly: void although the ticket is sold")]
    SoldUnpaid,
    /// Something changed each time it was looked at.
    #[error("the order did not come to rest in {0} rounds")]
    Unsettled(u32),
    /// A payment of ours names an order that is not there: an operator has to look.
    #[error("payment anomaly: there is no order {0}")]
    NoOrder(OrderId),
}

impl ReconcileError {
    /// Whether Stripe is what fails, so that asking it for another order is in vain at the moment.
    #[must_use]
    pub fn is_payment_outage(&self) -> bool {
        matches!(self, Self::Payment(PaymentError::NotConfigured | PaymentError::Unavailable(_)))
    }
}

/// What a client is told of a payment that failed.
pub(crate) fn payment_failed(error: PaymentError) -> ApiError {
    match error {
        PaymentError::NotConfigured => {
            Problem::payments_not_configured("Payments are not set up here. Your hold stays until its end.").into()
        }
        PaymentError::Unavailable(_) => ApiError::unavailable(error),
        PaymentError::Stale | PaymentError::Unknown | PaymentError::Refused(_) => ApiError::internal(error),
    }
}

impl From<ReconcileError> for ApiError {
    fn from(error: ReconcileError) -> Self {
        match error {
            ReconcileError::Store(error) => error.into(),
            ReconcileError::Payment(error) => payment_failed(error),
            // Another call may find it at rest.
            ReconcileError::Unsettled(_) => Self::unavailable(error),
            ReconcileError::Anomaly(_)
            | ReconcileError::NotCommitted
            | ReconcileError::SoldUnpaid
            | ReconcileError::NoOrder(_) => Self::internal(error),
        }
    }
}
