#![doc = include_str!("../README.md")]

use holdfast_domain::{Ticket, TicketFacts, TicketId, UserId, Version};
use holdfast_http_api::wire::OwnTicketBody;
use holdfast_http_api::{ApiError, Problem, Reply, Request, idempotency_key, json, listing};
use holdfast_runtime::{MarketRoute, now};
use holdfast_store::{Created, NewTicket, TicketDetails, TicketWithDetails};
use holdfast_telemetry::{Subject, note};
use uuid::Uuid;

/// Puts a new ticket of the principal on the market; under an `Idempotency-Key` once, however often it is sent.
///
/// # Errors
/// 400, 401, 413, 415, 422 with one entry a wrong field or when the key was used for another ticket, 404 when its ticket
/// has been deleted since, or an outage.
pub async fn handle(app: &MarketRoute, request: Request) -> Result<Reply, ApiError> {
    let now = now();
    let principal = app.gate.principal(&request, now).await?;
    let key = idempotency_key(&request)?;
    let listing = listing(&request, now)?;
    let id = TicketId::from_uuid(Uuid::now_v7());
    let new = NewTicket {
        ticket: Ticket::list(id, principal.user, listing.facts, now),
        details: TicketDetails { seller_name: principal.display_name, description: listing.description },
        credential: listing.credential,
    };
    let created = match key {
        None => app.market.ticket_create(&new).await.map(|()| Created::Now)?,
        Some(key) => app.market.ticket_create_once(&new, &key).await?,
    };
    let NewTicket { ticket, details, credential } = new;
    let shown = match created {
        Created::Now => TicketWithDetails { ticket, details, credential },
        Created::Before(id) => listed_before(app, id, principal.user, &ticket.facts).await?,
    };
    note(Subject::Ticket(shown.ticket.id));
    Ok(json(201, &OwnTicketBody::new(&shown, now)))
}

/// The ticket of the first time, as it is now.
async fn listed_before(
    app: &MarketRoute,
    id: TicketId,
    seller: UserId,
    facts: &TicketFacts,
) -> Result<TicketWithDetails, ApiError> {
    let found = app.market.ticket_show_to_seller(id, seller).await?;
    let found = found.ok_or_else(|| Problem::not_found("The ticket of this key has been deleted."))?;
    // One that has been changed since is no sign of another request.
    if found.ticket.version == Version::FIRST && found.ticket.facts != *facts {
        return Err(Problem::idempotency_key_reused("Use a new key for another ticket.").into());
    }
    Ok(found)
}
