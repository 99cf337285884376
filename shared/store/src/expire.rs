//! The row "none, not authorised; awaiting, past expiry" of the protocol's table: ticket first, then the order.

use holdfast_domain::{Order, OrderId, OrderState, ReleaseExpiredLost, ReleaseLost, Timestamp, UserId};

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

/// How the release of a hold whose time is over ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunOutOutcome {
    /// The ticket is free of this order; the order as it is stored now.
    Released(Box<Order>),
    /// The hold lasts until the given moment, which the order knows now.
    NotRunOut(Timestamp),
    /// The ticket is bought by this order.
    Bought,
}

impl Market {
    /// Ends an order without a payment intent whose hold has run out.
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
        Ok(match self.order_release_run_out(&order, now).await? {
            RunOutOutcome::Released(stored) if stored.is_closed() => ExpireOutcome::Expired,
            RunOutOutcome::Released(_) | RunOutOutcome::Bought => ExpireOutcome::Bought,
            RunOutOutcome::NotRunOut(expires_at) => ExpireOutcome::NotRunOut(expires_at),
        })
    }

    /// Ends an order that awaits payment and whose copy of the expiry has passed; whoever calls has made sure that no
    /// payment is authorised. The *ticket's* expiry counts, and the ticket is released before the order is closed:
    /// between the two, a dead process leaves a state that the next call finishes.
    ///
    /// # Errors
    /// [`StoreError`] when the table fails; calling again is right.
    pub async fn order_release_run_out(&self, order: &Order, now: Timestamp) -> Result<RunOutOutcome, StoreError> {
        match self.ticket_release_expired(order.ticket.id, order.id, order.hold, now).await {
            Ok(_) | Err(LostOr::Absent | LostOr::Lost(ReleaseExpiredLost::Release(ReleaseLost::Gone))) => {
                let stored = self.order_close(order.buyer, order.id, Closing::Expired, now).await?;
                Ok(RunOutOutcome::Released(Box::new(stored)))
            }
            Err(LostOr::Lost(ReleaseExpiredLost::NotRunOut(expires_at))) => {
                self.order_move_expiry(order.buyer, order.id, expires_at).await?;
                Ok(RunOutOutcome::NotRunOut(expires_at))
            }
            Err(LostOr::Lost(ReleaseExpiredLost::Release(
                ReleaseLost::CommittedToOrder | ReleaseLost::SoldToOrder,
            ))) => Ok(RunOutOutcome::Bought),
            Err(LostOr::Store(error)) => Err(error),
        }
    }
}
