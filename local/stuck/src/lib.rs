#![doc = include_str!("../README.md")]

use std::fmt;
use std::time::Duration;

use holdfast_domain::{Hold, Order, OrderId, OrderState, TicketId, TicketState, Timestamp, UserId};
use holdfast_store::{DUE_SHARDS, Due, Market, StoreError};
use serde::Serialize;

/// Rows of the index that one call reads.
const PAGE: u32 = 100;

/// Why something is not at rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// A hold has run out, and its ticket is not on the market; an order is behind it.
    Held,
    /// A hold has run out that no live order has: its process died before it could record one.
    HeldByNobody,
    /// An order's time is over, and no payment of it was begun.
    Unpaid,
    /// An order's time is over; whether it was paid is not known.
    PaymentUnknown,
    /// The ticket is the buyer's; the money is not taken, or that is not recorded.
    Capturing,
    /// The order has ended; its payment may still be authorised.
    PaymentNotVoid,
}

impl Why {
    /// What is wrong, in words.
    #[must_use]
    pub fn said(self) -> &'static str {
        match self {
            Self::Held => "held past its time",
            Self::HeldByNobody => "held past its time, by an order that was never recorded",
            Self::Unpaid => "awaits payment past its time",
            Self::PaymentUnknown => "awaits payment past its time, and a payment was begun",
            Self::Capturing => "committed, the payment not recorded as captured",
            Self::PaymentNotVoid => "ended, its payment not at rest",
        }
    }

    /// What brings it to rest, and when.
    #[must_use]
    pub fn repair(self) -> &'static str {
        match self {
            Self::Held => "the sweep ends its order within a minute; the next buyer may take it over at once",
            Self::HeldByNobody => "the sweep releases it within a minute; the next buyer may take it over at once",
            Self::Unpaid => "the sweep ends it within a minute",
            Self::PaymentUnknown => {
                "the sweep asks Stripe within a minute, and sells or ends it; Stripe's webhook may be first"
            }
            Self::Capturing => {
                "the sweep asks Stripe within a minute and captures; Stripe's webhook or the buyer's page may be first"
            }
            Self::PaymentNotVoid => "the sweep voids the payment within a minute",
        }
    }
}

/// Something that should be at rest and is not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stuck {
    /// The order, if one was named.
    pub order: Option<OrderId>,
    /// Whose order it is.
    pub buyer: Option<UserId>,
    /// The ticket.
    pub ticket: TicketId,
    /// Since when it should be at rest.
    pub since: Timestamp,
    /// Why it is not.
    pub why: Why,
}

impl fmt::Display for Stuck {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.order {
            Some(order) => write!(formatter, "order {order}, ticket {}", self.ticket)?,
            None => write!(formatter, "ticket {}", self.ticket)?,
        }
        write!(formatter, ": {}, since {}. Repair: {}.", self.why.said(), self.since, self.why.repair())
    }
}

/// Everything that has been due for `older_than` at `now`, the longest due of each shard first.
///
/// # Errors
/// [`StoreError`] when the table fails.
pub async fn find(market: &Market, now: Timestamp, older_than: Duration) -> Result<Vec<Stuck>, StoreError> {
    let before = now.minus(older_than);
    let mut found = Vec::new();
    for shard in 0..DUE_SHARDS {
        let mut after = None;
        loop {
            let page = market.due_list(shard, before, PAGE, after).await?;
            for due in page.items {
                let stuck = match due {
                    Due::Ticket(ticket) => ticket_stuck(market, ticket, before).await?,
                    Due::Order(buyer, order) => {
                        market.order_read(buyer, order).await?.and_then(|order| of(&order, before))
                    }
                };
                found.extend(stuck);
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
    }
    Ok(found)
}

async fn ticket_stuck(market: &Market, id: TicketId, before: Timestamp) -> Result<Option<Stuck>, StoreError> {
    let ticket = market.ticket_read(id).await?;
    let Some(hold) = ticket.and_then(|ticket| run_out(&ticket.state, before)) else {
        return Ok(None);
    };
    let order = market.order_read(hold.buyer, hold.order).await?;
    let is_live = order.is_some_and(|order| order.keeps_hold(id, hold.number));
    let why = if is_live { Why::Held } else { Why::HeldByNobody };
    let (order, buyer) = (Some(hold.order), Some(hold.buyer));
    Ok(Some(Stuck { order, buyer, ticket: id, since: hold.expires_at, why }))
}

fn run_out(state: &TicketState, before: Timestamp) -> Option<Hold> {
    match state {
        TicketState::Held(hold) => Some(*hold).filter(|hold| hold.expires_at <= before),
        TicketState::Listed | TicketState::Committed(_) | TicketState::Sold(_) => None,
    }
}

/// What is wrong with an order that the index names.
fn of(order: &Order, before: Timestamp) -> Option<Stuck> {
    let (since, why) = match &order.state {
        OrderState::AwaitingPayment { intent: None } => (order.expires_at, Why::Unpaid),
        OrderState::AwaitingPayment { intent: Some(_) } => (order.expires_at, Why::PaymentUnknown),
        OrderState::Capturing { .. } => (order.expires_at, Why::Capturing),
        OrderState::Cancelled { closed_at, intent: Some(_) }
        | OrderState::Expired { closed_at, intent: Some(_), .. } => (*closed_at, Why::PaymentNotVoid),
        OrderState::Paid { .. }
        | OrderState::Cancelled { intent: None, .. }
        | OrderState::Expired { intent: None, .. } => return None,
    };
    let stuck = Stuck { order: Some(order.id), buyer: Some(order.buyer), ticket: order.ticket.id, since, why };
    (since <= before).then_some(stuck)
}
