//! Placing an order: the hold decides, the order records it.

use std::time::Duration;

use holdfast_domain::{
    Hold, HoldLost, HoldRequest, Order, OrderId, OrderState, OrderTicket, Ticket, TicketId, TicketState, Timestamp,
    UserId, Version,
};

use crate::allowance::{Counted, hold_counted};
use crate::error::{LostOr, StoreError};
use crate::orders::Recorded;
use crate::steps::Steps;

/// What a buyer asks for.
#[derive(Debug, Clone, Copy)]
pub struct PlaceOrder {
    /// The order, derived from the buyer and the `Idempotency-Key`.
    pub order: OrderId,
    /// Who asks.
    pub buyer: UserId,
    /// What they want.
    pub ticket: TicketId,
    /// How long the ticket itself is held.
    pub hold: Duration,
    /// Most tickets that the buyer may hold at once, at least one.
    pub limit: u8,
}

/// Why an order was not placed.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// There is no such ticket.
    #[error("there is no such ticket")]
    NoTicket,
    /// Nobody buys from themselves.
    #[error("the ticket is the buyer's own")]
    OwnTicket,
    /// Another order holds it.
    #[error("another order holds the ticket")]
    HeldByAnother,
    /// It is sold, or its sale is decided.
    #[error("the ticket is sold")]
    Sold,
    /// The buyer holds as many tickets as anybody may; the ticket is on the market again.
    #[error("the buyer holds as many tickets as they may")]
    TooManyHolds {
        /// When the first of them ends at the latest, if nothing is done.
        retry_after: Duration,
    },
    /// The order is there, for another ticket.
    #[error("the key was used for another ticket")]
    KeyReused,
    /// The table failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Holds the ticket for the buyer, counts the hold and records the order. The ticket decides; a repeat of the same order finds what
/// was decided and goes on from there, so that it has one effect and one answer. A repeat of one that has ended holds the
/// ticket for a moment, if nobody else does, and gives it back. `clock` is asked when a moment is
/// needed.
///
/// # Errors
/// [`PlaceError`]; after [`PlaceError::Store`] a repeat is right.
pub async fn order_place(
    steps: &impl Steps,
    command: PlaceOrder,
    clock: impl Fn() -> Timestamp,
) -> Result<Order, PlaceError> {
    let (ticket, hold) = match hold_taken(steps, command, clock()).await {
        Ok(taken) => taken,
        // What is sold may be sold to this very order, and what is gone may have been listed when it was placed. Whoever
        // only lost the race reads nothing: one write told them so.
        Err(refused @ (PlaceError::Sold | PlaceError::NoTicket)) => {
            let order = steps.order_read(command.buyer, command.order).await?;
            return order.map_or(Err(refused), |order| for_ticket(order, command.ticket));
        }
        Err(refused) => return Err(refused),
    };
    match hold_counted(steps, command.buyer, hold, command.limit, clock()).await? {
        Counted::Yes => {}
        Counted::NoRoom { for_at_least: retry_after } => {
            hold_given_back(steps, command, hold).await?;
            return Err(PlaceError::TooManyHolds { retry_after });
        }
    }
    hold_recorded(steps, command, ticket, hold, clock()).await
}

/// Step 2 of the protocol: the write that decides. A hold of this very order is gone on with, run out or not.
async fn hold_taken(steps: &impl Steps, command: PlaceOrder, now: Timestamp) -> Result<(Ticket, Hold), PlaceError> {
    let expires_at = now.plus(command.hold);
    let request = HoldRequest { order: command.order, buyer: command.buyer, now, expires_at };
    let ticket = match steps.ticket_hold(command.ticket, request).await {
        Ok(ticket) => ticket,
        Err(LostOr::Lost(HoldLost::AlreadyMine(_))) => {
            steps.ticket_read(command.ticket).await?.ok_or(PlaceError::NoTicket)?
        }
        Err(LostOr::Absent) => return Err(PlaceError::NoTicket),
        Err(LostOr::Lost(HoldLost::OwnTicket)) => return Err(PlaceError::OwnTicket),
        Err(LostOr::Lost(HoldLost::HeldByAnother)) => return Err(PlaceError::HeldByAnother),
        Err(LostOr::Lost(HoldLost::Sold)) => return Err(PlaceError::Sold),
        Err(LostOr::Store(error)) => return Err(error.into()),
    };
    match ticket.state {
        TicketState::Held(hold) if hold.order == command.order => Ok((ticket, hold)),
        TicketState::Held(_) | TicketState::Listed | TicketState::Committed(_) | TicketState::Sold(_) => {
            Err(PlaceError::HeldByAnother)
        }
    }
}

/// Step 3 of the protocol: the record. If an order is there that cannot keep this hold, the hold is given back.
async fn hold_recorded(
    steps: &impl Steps,
    command: PlaceOrder,
    ticket: Ticket,
    hold: Hold,
    now: Timestamp,
) -> Result<Order, PlaceError> {
    let order = Order {
        id: command.order,
        buyer: command.buyer,
        ticket: OrderTicket { id: ticket.id, facts: ticket.facts },
        hold: hold.number,
        expires_at: hold.expires_at,
        created_at: now,
        version: Version::FIRST,
        state: OrderState::AwaitingPayment { intent: None },
    };
    let existing = match steps.order_create(&order).await? {
        Recorded::New => return Ok(order),
        Recorded::Existing(existing) => *existing,
    };
    if !existing.keeps_hold(command.ticket, hold.number) {
        hold_given_back(steps, command, hold).await?;
    }
    for_ticket(existing, command.ticket)
}

async fn hold_given_back(steps: &impl Steps, command: PlaceOrder, hold: Hold) -> Result<(), StoreError> {
    match steps.ticket_release(command.ticket, command.order, hold.number).await {
        // Lost means that it is not held by this order any more, which is what was wanted.
        Ok(_) | Err(LostOr::Absent | LostOr::Lost(_)) => Ok(()),
        Err(LostOr::Store(error)) => Err(error),
    }
}

/// The order that is there, unless it is for another ticket than the one asked for now.
fn for_ticket(order: Order, ticket: TicketId) -> Result<Order, PlaceError> {
    if order.ticket.id == ticket { Ok(order) } else { Err(PlaceError::KeyReused) }
}
