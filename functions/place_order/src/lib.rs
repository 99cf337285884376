#![doc = include_str!("../README.md")]

use std::time::Duration;

use holdfast_domain::{
    Hold, HoldLost, HoldRequest, IdempotencyKey, Order, OrderId, OrderState, OrderTicket, Ticket, TicketId,
    TicketState, UserId, Version,
};
use holdfast_http_api::wire::OrderBody;
use holdfast_http_api::{ApiError, Gate, Problem, Reply, Request, header, json, json_body, valid};
use holdfast_runtime::now;
use holdfast_store::{LostOr, Market, Recorded, StoreError};
use serde::Deserialize;
use validator::{Validate, ValidationError};

/// What the route works with.
#[derive(Debug)]
pub struct App {
    /// Proves who asks.
    pub gate: Gate,
    /// Tickets and orders.
    pub market: Market,
    /// How long an order holds its ticket.
    pub hold: Duration,
}

#[derive(Debug, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
struct PlaceOrderBody {
    #[validate(required, custom(function = "check_ticket_id"))]
    ticket_id: Option<String>,
}

fn check_ticket_id(text: &str) -> Result<(), ValidationError> {
    valid(text.parse::<TicketId>())
}

/// What the buyer asks for.
#[derive(Debug, Clone, Copy)]
struct PlaceOrder {
    order: OrderId,
    buyer: UserId,
    ticket: TicketId,
}

/// Holds the ticket for the buyer and records the order. The ticket decides; a repeat under the same key finds what was
/// decided and goes on from there, so that one key has one effect and one answer.
///
/// # Errors
/// 400 without an `Idempotency-Key`, 401, 404, 409 with the reason, 422 when the key was used for another ticket, or an
/// outage.
pub async fn handle(app: &App, request: Request) -> Result<Reply, ApiError> {
    let principal = app.gate.principal(&request, now()).await?;
    let key = idempotency_key(&request)?;
    let body: PlaceOrderBody = json_body(&request)?;
    let ticket = body.ticket_id.and_then(|id| id.parse().ok()).ok_or_else(|| ApiError::internal("unvalidated id"))?;
    let command = PlaceOrder { order: OrderId::derive(principal.user, &key), buyer: principal.user, ticket };
    // A courtesy that saves a needless hold; correctness does not need it.
    if let Some(order) = app.market.order_read(command.buyer, command.order).await? {
        return answered(&command, &order);
    }
    let (ticket, hold) = take_hold(app, &command).await?;
    record(app, &command, ticket, hold).await
}

fn idempotency_key(request: &Request) -> Result<IdempotencyKey, ApiError> {
    let text = header(request, "idempotency-key").unwrap_or_default();
    IdempotencyKey::parse(text).map_err(|error| {
        let detail = format!("Send the header Idempotency-Key, new for each order: it {error}.");
        Problem::idempotency_key_required(detail).into()
    })
}

/// The order as the answer, unless it is for another ticket than the one asked for now.
fn answered(command: &PlaceOrder, order: &Order) -> Result<Reply, ApiError> {
    if order.ticket.id == command.ticket {
        Ok(json(201, &OrderBody::from(order)))
    } else {
        Err(Problem::idempotency_key_reused("Use a new key for another ticket.").into())
    }
}

/// Step 2 of the protocol: the write that decides. A hold of this very order is gone on with, run out or not.
async fn take_hold(app: &App, command: &PlaceOrder) -> Result<(Ticket, Hold), ApiError> {
    let now = now();
    let request = HoldRequest { order: command.order, buyer: command.buyer, now, expires_at: now.plus(app.hold) };
    let ticket = match app.market.ticket_hold(command.ticket, request).await {
        Ok(ticket) => ticket,
        Err(LostOr::Lost(HoldLost::AlreadyMine(_))) => {
            let ticket = app.market.ticket_read(command.ticket).await?;
            ticket.ok_or_else(|| Problem::not_found("There is no such ticket."))?
        }
        Err(LostOr::Absent) => return Err(Problem::not_found("There is no such ticket.").into()),
        Err(LostOr::Lost(HoldLost::OwnTicket)) => {
            return Err(Problem::own_ticket("You are selling this ticket yourself.").into());
        }
        Err(LostOr::Lost(HoldLost::HeldByAnother)) => {
            return Err(held_by_another());
        }
        Err(LostOr::Lost(HoldLost::Sold)) => {
            return Err(Problem::ticket_sold("Somebody else has bought it.").into());
        }
        Err(LostOr::Store(error)) => return Err(error.into()),
    };
    match ticket.state {
        TicketState::Held(hold) if hold.order == command.order => Ok((ticket, hold)),
        TicketState::Held(_) | TicketState::Listed | TicketState::Committed(_) | TicketState::Sold(_) => {
            Err(held_by_another())
        }
    }
}

fn held_by_another() -> ApiError {
    Problem::ticket_held("Somebody else holds it. If they do not buy it, it is on the market again.").into()
}

/// Step 3 of the protocol: the record. If an order is there that cannot keep this hold, the hold is given back.
async fn record(app: &App, command: &PlaceOrder, ticket: Ticket, hold: Hold) -> Result<Reply, ApiError> {
    let order = Order {
        id: command.order,
        buyer: command.buyer,
        ticket: OrderTicket { id: ticket.id, facts: ticket.facts },
        hold: hold.number,
        expires_at: hold.expires_at,
        created_at: now(),
        version: Version::FIRST,
        state: OrderState::AwaitingPayment { intent: None },
    };
    let existing = match app.market.order_create(&order).await? {
        Recorded::New => return Ok(json(201, &OrderBody::from(&order))),
        Recorded::Existing(existing) => existing,
    };
    if !existing.keeps_hold(command.ticket, hold.number) {
        give_back(app, command, hold).await?;
    }
    answered(command, &existing)
}

async fn give_back(app: &App, command: &PlaceOrder, hold: Hold) -> Result<(), StoreError> {
    match app.market.ticket_release(command.ticket, command.order, hold.number).await {
        // Lost means that it is not held by this order any more, which is what was wanted.
        Ok(_) | Err(LostOr::Absent | LostOr::Lost(_)) => Ok(()),
        Err(LostOr::Store(error)) => Err(error),
    }
}
