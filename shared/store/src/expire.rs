//! The row "none, not authorised; awaiting, past expiry" of the protocol's table: ticket first, then the order.

use holdfast_domain::{OrderId, OrderState, ReleaseExpiredLost, ReleaseLost, Timestamp, UserId};

use crate::Market;
use crate::error::{LostOr, StoreError};
use crate::orders::Closing;

/// How an attempt to end an order for its time ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExpireOutcome {
    /// The ticket is free of this order and the order is recorded as expired.
    Expired,
    /// The hold lasts until the given moment: come again then.
    NotRunOut(Timestamp),
    /// The order was final before.
    Final,
    /// A payment was begun: only whoever can ask Stripe may end it.
    HasIntent,
    /// The sale is decided: only whoever can ask Stripe may go on.
    Bought,
    /// There is no such order.
    Absent,
}

impl Market {
    /// Ends an order without a payment intent whose hold has run out. The *ticket's* expiry counts, and the ticket is
    /// released before the order is closed: between the two, a dead process leaves a state that the next call finishes.
    ///
    /// # Errors
    /// [`StoreError`] when the table fails; calling again is right.
    pub async fn order_expire_run_out(
        &self,
        buyer: UserId,
        id: OrderId,
        now: Timestamp,
    ) -> Result<ExpireOutcome, StoreError> {
        let Some(order) = self.order_read(buyer, id).await? else {
            return Ok(ExpireOutcome::Absent);
        };
        match &order.state {
            OrderState::AwaitingPayment { intent: None } => {}
            OrderState::AwaitingPayment { intent: Some(_) } => return Ok(ExpireOutcome::HasIntent),
            OrderState::Capturing { .. } => return Ok(ExpireOutcome::Bought),
            OrderState::Paid { .. } | OrderState::Cancelled { .. } | OrderState::Expired { .. } => {
                return Ok(ExpireOutcome::Final);
            }
        }
        if order.expires_at > now {
            return Ok(ExpireOutcome::NotRunOut(order.expires_at));
        }
        match self.ticket_release_expired(order.ticket.id, id, order.hold, now).await {
            Ok(_) | Err(LostOr::Absent | LostOr::Lost(ReleaseExpiredLost::Release(ReleaseLost::Gone))) => {
                let stored = self.order_close(buyer, id, Closing::Expired, now).await?;
                Ok(if stored.is_closed() { ExpireOutcome::Expired } else { ExpireOutcome::Bought })
            }
            Err(LostOr::Lost(ReleaseExpiredLost::NotRunOut(expires_at))) => {
                self.order_move_expiry(buyer, id, expires_at).await?;
                Ok(ExpireOutcome::NotRunOut(expires_at))
            }
            Err(LostOr::Lost(ReleaseExpiredLost::Release(
                ReleaseLost::CommittedToOrder | ReleaseLost::SoldToOrder,
            ))) => Ok(ExpireOutcome::Bought),
            Err(LostOr::Store(error)) => Err(error),
        }
    }
}
