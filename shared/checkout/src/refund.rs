//! Giving a buyer's money back, by an operator, once.

use holdfast_domain::{Order, OrderId, OrderState, PaymentIntentId, Timestamp};
use holdfast_payments::{PaymentError, Payments};
use holdfast_store::crash::crash_point;
use holdfast_store::{Steps, StoreError};

use crate::Checkout;
use crate::error::ReconcileError;

/// What an operator names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefundTarget {
    /// An order, by the id on its receipt.
    Order(OrderId),
    /// A payment, by Stripe's id.
    Payment(PaymentIntentId),
}

/// Why nothing was given back.
#[derive(Debug, thiserror::Error)]
pub enum RefundError {
    /// Stripe finds no payment of that order.
    #[error(
        "Stripe finds no such payment; its search is a minute behind, and the payment's own id (pi_…) always works"
    )]
    NoPayment,
    /// The payment is not this stage's.
    #[error("the payment does not belong to an order of this stage")]
    NotOurs,
    /// There is nothing to give back.
    #[error("the order is not paid, so that there is nothing to give back")]
    NotPaid,
    /// Stripe has the refund, but does not show it yet.
    #[error("Stripe has taken the refund but does not show it yet; repeat the command")]
    NotShown,
    /// The order could not be looked at, or the payment not be changed; repeating is harmless.
    #[error("the refund is not finished; repeat the command")]
    Reconcile(#[from] ReconcileError),
}

impl From<PaymentError> for RefundError {
    fn from(error: PaymentError) -> Self {
        match error {
            PaymentError::Unknown => Self::NoPayment,
            PaymentError::NotConfigured
            | PaymentError::Unavailable(_)
            | PaymentError::Stale
            | PaymentError::Refused(_) => Self::Reconcile(error.into()),
        }
    }
}

impl From<StoreError> for RefundError {
    fn from(error: StoreError) -> Self {
        Self::Reconcile(error.into())
    }
}

impl<P: Payments, M: Steps> Checkout<P, M> {
    /// Gives back all that was paid for an order and records it. Once: a repeat finds it done and answers the same.
    ///
    /// Stripe decides, since it refuses a second refund; the record is made from what Stripe shows then, by the same
    /// code that records a refund made in its dashboard.
    ///
    /// # Errors
    /// [`RefundError`]; repeating is harmless.
    pub async fn refund(
        &self,
        target: &RefundTarget,
        clock: impl Fn() -> Timestamp + Send + Sync,
    ) -> Result<Order, RefundError> {
        let payment = match target {
            RefundTarget::Order(order) => self.payments.find(*order).await?.ok_or(RefundError::NoPayment)?,
            RefundTarget::Payment(id) => self.payments.retrieve(id).await?,
        };
        let owner = payment.owner.filter(|owner| owner.stage == self.stage).ok_or(RefundError::NotOurs)?;
        let order = self.market.order_read(owner.buyer, owner.order).await?.ok_or(RefundError::NotOurs)?;
        match &order.state {
            OrderState::Paid { refunded_at: Some(_), .. } => return Ok(order),
            OrderState::Paid { intent, .. } if *intent == payment.intent.id => {}
            OrderState::Paid { .. } => return Err(RefundError::NotOurs),
            OrderState::AwaitingPayment { .. }
            | OrderState::Capturing { .. }
            | OrderState::Cancelled { .. }
            | OrderState::Expired { .. } => return Err(RefundError::NotPaid),
        }
        self.payments.refund(&payment.intent.id).await?;
        crash_point("payment_refund");
        let order = self.reconcile(owner.buyer, owner.order, clock).await?.ok_or(RefundError::NotOurs)?;
        match order.state {
            OrderState::Paid { refunded_at: Some(_), .. } => Ok(order),
            OrderState::Paid { .. }
            | OrderState::AwaitingPayment { .. }
            | OrderState::Capturing { .. }
            | OrderState::Cancelled { .. }
            | OrderState::Expired { .. } => Err(RefundError::NotShown),
        }
    }
}
