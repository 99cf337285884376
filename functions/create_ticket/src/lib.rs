#![doc = include_str!("../README.md")]

use holdfast_domain::{Ticket, TicketId};
use holdfast_http_api::wire::OwnTicketBody;
use holdfast_http_api::{ApiError, Gate, Reply, Request, json, listing};
use holdfast_runtime::now;
use holdfast_store::{Market, NewTicket, TicketDetails, TicketWithDetails};
use uuid::Uuid;

/// What the route works with.
#[derive(Debug)]
pub struct App {
    /// Proves who asks.
    pub gate: Gate,
    /// Tickets and orders.
    pub market: Market,
}

/// Puts a new ticket of the principal on the market.
///
/// # Errors
/// 400, 401, 413, 415, 422 with one entry a wrong field, or an outage.
pub async fn handle(app: &App, request: Request) -> Result<Reply, ApiError> {
    let now = now();
    let principal = app.gate.principal(&request, now).await?;
    let listing = listing(&request, now)?;
    let id = TicketId::from_uuid(Uuid::now_v7());
    let new = NewTicket {
        ticket: Ticket::list(id, principal.user, listing.facts, now),
        details: TicketDetails { seller_name: principal.display_name, description: listing.description },
        credential: listing.credential,
    };
    app.market.ticket_create(&new).await?;
    let NewTicket { ticket, details, credential } = new;
    Ok(json(201, &OwnTicketBody::new(&TicketWithDetails { ticket, details, credential }, now)))
}
