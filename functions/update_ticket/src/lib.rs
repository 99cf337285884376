#![doc = include_str!("../README.md")]

use holdfast_domain::{Ticket, TicketId, TicketState};
use holdfast_http_api::wire::OwnTicketBody;
use holdfast_http_api::{ApiError, Listing, Problem, Reply, Request, json, listing, path_id, seller_conflict};
use holdfast_runtime::{MarketRoute, now};
use holdfast_store::{TicketChange, TicketChangeError, TicketDetails, TicketWithDetails};

/// Replaces what the seller says of the ticket; what the body leaves out is removed.
///
/// # Errors
/// 400, 401, 404 (also for somebody else's ticket), 409 while it is held, once it is sold, or when it has another
/// version than the body names, 413, 415, 422, or an outage.
pub async fn handle(app: &MarketRoute, request: Request) -> Result<Reply, ApiError> {
    let now = now();
    let principal = app.gate.principal(&request, now).await?;
    let id: TicketId = path_id(&request, "ticket_id")?;
    let listing = listing(&request, now)?;
    let ticket = app.market.ticket_read(id).await?.filter(|ticket| ticket.seller == principal.user);
    let ticket = ticket.ok_or_else(|| Problem::not_found("You have no such ticket."))?;
    let stale = listing.version.is_some_and(|version| version != ticket.version.number());
    if stale || ticket.state != TicketState::Listed {
        return Err(seller_conflict(Some(&ticket)));
    }
    let details = TicketDetails { seller_name: principal.display_name, description: listing.description.clone() };
    let change = changed(&ticket, &listing, details.clone());
    match app.market.ticket_change(&change).await {
        Ok(()) => {}
        Err(TicketChangeError::Changed) => {
            return Err(seller_conflict(app.market.ticket_read(id).await?.as_ref()));
        }
        Err(TicketChangeError::Store(error)) => return Err(error.into()),
    }
    let ticket = ticket.change(listing.facts).map_err(|_| ApiError::internal("a listed ticket did not change"))?;
    let shown = TicketWithDetails { ticket, details, credential: listing.credential };
    Ok(json(200, &OwnTicketBody::new(&shown, now)))
}

fn changed(ticket: &Ticket, listing: &Listing, details: TicketDetails) -> TicketChange {
    TicketChange {
        id: ticket.id,
        seller: ticket.seller,
        version: ticket.version,
        facts: listing.facts.clone(),
        details,
        credential: listing.credential.clone(),
    }
}
