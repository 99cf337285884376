#![doc = include_str!("../README.md")]

use holdfast_domain::{Ticket, TicketId};
use holdfast_http_api::wire::OwnTicketBody;
use holdfast_http_api::{ApiError, Reply, Request, json, listing};
use holdfast_runtime::{MarketRoute, now};
use holdfast_store::{NewTicket, TicketDetails, TicketWithDetails};
use uuid::Uuid;

/// Puts a new ticket of the principal on the market.
///
/// # Errors
/// 400, 401, 413, 415, 422 with one entry a wrong field, or an outage.
pub async fn handle(app: &MarketRoute, request: Request) -> Result<Reply, ApiError> {
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
