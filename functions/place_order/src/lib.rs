#![doc = include_str!("../README.md")]

use std::num::NonZeroU8;
use std::time::Duration;

use holdfast_domain::limits::HOLD_GRACE;
use holdfast_domain::{OrderId, TicketId};
use holdfast_http_api::wire::OrderBody;
use holdfast_http_api::{ApiError, Gate, Problem, Reply, Request, idempotency_key, json, json_body, valid};
use holdfast_runtime::now;
use holdfast_store::{Market, PlaceError, PlaceOrder, order_place};
use holdfast_telemetry::{Metric, Subject, metrics, note};
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
    /// Most tickets that one buyer may hold at once.
    pub limit: NonZeroU8,
}

/// Which ticket is wanted.
#[derive(Debug, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct PlaceOrderBody {
    #[validate(required, custom(function = "check_ticket_id"))]
    #[cfg_attr(feature = "openapi", schemars(with = "TicketId"))]
    ticket_id: Option<String>,
}

fn check_ticket_id(text: &str) -> Result<(), ValidationError> {
    valid(text.parse::<TicketId>())
}

/// Holds the ticket for the buyer and records the order. The ticket decides; a repeat under the same key finds what was
/// decided and goes on from there, so that one key has one effect and one answer.
///
/// # Errors
/// 400 without an `Idempotency-Key`, 401, 404, 409 with the reason, 422 when the key was used for another ticket, 429
/// `too-many-holds`, or an outage.
pub async fn handle(app: &App, request: Request) -> Result<Reply, ApiError> {
    let principal = app.gate.principal(&request, now()).await?;
    let key = idempotency_key(&request)?
        .ok_or_else(|| Problem::idempotency_key_required("Send the header Idempotency-Key, new for each order."))?;
    let body: PlaceOrderBody = json_body(&request)?;
    let ticket = body.ticket_id.and_then(|id| id.parse().ok()).ok_or_else(|| ApiError::internal("unvalidated id"))?;
    let command = PlaceOrder {
        order: OrderId::derive(principal.user, &key),
        buyer: principal.user,
        ticket,
        hold: app.hold + HOLD_GRACE,
        limit: app.limit.get(),
    };
    note(Subject::Order(command.order));
    note(Subject::Ticket(ticket));
    let order = order_place(&app.market, command, now).await.inspect_err(count).map_err(refusal)?;
    Ok(json(201, &OrderBody::from(&order)))
}

/// A refusal leaves nothing in the table, so that nobody else could count it.
fn count(error: &PlaceError) {
    match error {
        PlaceError::HeldByAnother | PlaceError::Sold => metrics::count(Metric::HoldConflicts, 1),
        PlaceError::TooManyHolds { .. } => metrics::count(Metric::HoldsRefused, 1),
        PlaceError::NoTicket | PlaceError::OwnTicket | PlaceError::KeyReused | PlaceError::Store(_) => {}
    }
}

fn refusal(error: PlaceError) -> ApiError {
    let problem = match error {
        PlaceError::NoTicket => Problem::not_found("There is no such ticket."),
        PlaceError::OwnTicket => Problem::own_ticket("You are selling this ticket yourself."),
        PlaceError::HeldByAnother => {
            Problem::ticket_held("Somebody else holds it. If they do not buy it, it is on the market again.")
        }
        PlaceError::Sold => Problem::ticket_sold("Somebody else has bought it."),
        PlaceError::TooManyHolds { retry_after } => {
            let seconds = u32::try_from(retry_after.as_secs() + 1).unwrap_or(u32::MAX);
            Problem::too_many_holds("Pay for one of them, or give one back, and try again.").with_retry_after(seconds)
        }
        PlaceError::KeyReused => Problem::idempotency_key_reused("Use a new key for another ticket."),
        PlaceError::Store(error) => return error.into(),
    };
    problem.into()
}
