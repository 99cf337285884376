//! The row "none, not authorised; awaiting, past expiry" of the protocol's table: ticket first, then the order.

use holdfast_domain::fault::{self, Fault};
use holdfast_domain::{
    Closing, Hold, Order, OrderId, OrderState, Record, ReleaseExpiredLost, ReleaseLost, Ticket, TicketId, TicketState,
    Timestamp, UserId,
};

use crate::error::{LostOr, StoreError};
use crate::orders::order_close;
use crate::steps::Steps;

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

/// Ends an order without a payment intent whose hold has run out.
///
/// # Errors
/// [`StoreError`] when the table fails; calling again is right.
pub async fn order_expire_run_out(
    steps: &impl Steps,
    buyer: UserId,
    id: OrderId,
    now: Timestamp,
) -> Result<ExpireOutcome, StoreError> {
    let Some(order) = steps.order_read(buyer, id).await? else {
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
    Ok(match order_release_run_out(steps, &order, now).await? {
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
pub async fn order_release_run_out(
    steps: &impl Steps,
    order: &Order,
    now: Timestamp,
) -> Result<RunOutOutcome, StoreError> {
    if fault::present(Fault::OrderBeforeTicket) {
        order_close(steps, order.buyer, order.id, Closing::Expired, now).await?;
    }
    match steps.ticket_release_expired(order.ticket.id, order.id, order.hold, now).await {
        Ok(_) | Err(LostOr::Absent | LostOr::Lost(ReleaseExpiredLost::Release(ReleaseLost::Gone))) => {
            let stored = order_close(steps, order.buyer, order.id, Closing::Expired, now).await?;
            Ok(RunOutOutcome::Released(Box::new(stored)))
        }
        Err(LostOr::Lost(ReleaseExpiredLost::NotRunOut(expires_at))) => {
            let moved = Record::Expiry { expires_at };
            steps.order_record(order.buyer, order.id, &moved).await?;
            Ok(RunOutOutcome::NotRunOut(expires_at))
        }
        Err(LostOr::Lost(ReleaseExpiredLost::Release(ReleaseLost::CommittedToOrder | ReleaseLost::SoldToOrder))) => {
            Ok(RunOutOutcome::Bought)
        }
        Err(LostOr::Store(error)) => Err(error),
    }
}

/// How the look at a ticket that was held past its time ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HoldEnd {
    /// It is not held past its time, or somebody else was faster: taken over, bought, released or deleted.
    AtRest,
    /// No live order was behind the hold; the ticket is on the market again.
    Released,
    /// The hold is an order's, which is to be brought to rest.
    OfOrder(UserId, OrderId),
}

/// Ends a hold whose time is over, when no live order is behind it: the process died before it could record the order, or a
/// retry took the hold anew after its order had ended.
///
/// # Errors
/// [`StoreError`] when the table fails; calling again is right.
pub async fn hold_end(
    steps: &impl Steps,
    ticket: TicketId,
    clock: impl Fn() -> Timestamp,
) -> Result<HoldEnd, StoreError> {
    let found = steps.ticket_read(ticket).await?;
    let Some(hold) = run_out_hold(found.as_ref(), clock()) else {
        return Ok(HoldEnd::AtRest);
    };
    let order = steps.order_read(hold.buyer, hold.order).await?;
    if order.is_some_and(|order| order.keeps_hold(ticket, hold.number)) {
        return Ok(HoldEnd::OfOrder(hold.buyer, hold.order));
    }
    if fault::present(Fault::NoSweepOfHolds) {
        return Ok(HoldEnd::AtRest);
    }
    match steps.ticket_release_expired(ticket, hold.order, hold.number, clock()).await {
        Ok(_) => {
            tracing::info!(order_id = %hold.order, ticket_id = %ticket, "released a ticket that no order holds");
            Ok(HoldEnd::Released)
        }
        Err(LostOr::Lost(_) | LostOr::Absent) => Ok(HoldEnd::AtRest),
        Err(LostOr::Store(error)) => Err(error),
    }
}

/// The hold of a ticket whose time has passed by the ticket itself.
fn run_out_hold(ticket: Option<&Ticket>, now: Timestamp) -> Option<Hold> {
    match ticket?.state {
        TicketState::Held(hold) => (hold.expires_at <= now).then_some(hold),
        TicketState::Listed | TicketState::Committed(_) | TicketState::Sold(_) => None,
    }
}
