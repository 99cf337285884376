//! Giving an order up: the ticket first, then the record.

use holdfast_domain::{Closing, Order, OrderId, OrderState, ReleaseLost, Timestamp, UserId};

use crate::error::{LostOr, StoreError};
use crate::orders::order_close;
use crate::steps::Steps;

/// What became of an order that its buyer gives up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CancelOutcome {
    /// It is closed, now or since before; as it is stored.
    Closed(Box<Order>),
    /// The sale is decided: it stays.
    Bought,
    /// There is no such order.
    Absent,
}

/// Gives an order up: first the ticket goes back on the market, then the order is recorded as cancelled. Its place
/// in the sweep's index stays while it has a payment, which the sweep then voids.
///
/// # Errors
/// [`StoreError`] when the table fails; calling again is right.
pub async fn order_cancel(
    steps: &impl Steps,
    buyer: UserId,
    id: OrderId,
    now: Timestamp,
) -> Result<CancelOutcome, StoreError> {
    let Some(order) = steps.order_read(buyer, id).await? else {
        return Ok(CancelOutcome::Absent);
    };
    match order.state {
        OrderState::AwaitingPayment { .. } => {}
        OrderState::Cancelled { .. } | OrderState::Expired { .. } => {
            return Ok(CancelOutcome::Closed(Box::new(order)));
        }
        OrderState::Capturing { .. } | OrderState::Paid { .. } => return Ok(CancelOutcome::Bought),
    }
    match steps.ticket_release(order.ticket.id, id, order.hold).await {
        Ok(_) | Err(LostOr::Absent | LostOr::Lost(ReleaseLost::Gone)) => {}
        Err(LostOr::Lost(ReleaseLost::CommittedToOrder | ReleaseLost::SoldToOrder)) => {
            return Ok(CancelOutcome::Bought);
        }
        Err(LostOr::Store(error)) => return Err(error),
    }
    let stored = order_close(steps, buyer, id, Closing::Cancelled, now).await?;
    Ok(if stored.is_closed() { CancelOutcome::Closed(Box::new(stored)) } else { CancelOutcome::Bought })
}
