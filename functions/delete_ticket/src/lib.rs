#![doc = include_str!("../README.md")]

use holdfast_domain::TicketId;
use holdfast_http_api::{ApiError, Problem, Reply, Request, no_content, path_id, seller_conflict};
use holdfast_runtime::{MarketRoute, now};
use holdfast_store::TicketChangeError;

/// Deletes the ticket with all that belongs to it.
///
/// # Errors
/// 401, 404 (also for somebody else's ticket), 409 while it is held or once it is sold, or an outage.
pub async fn handle(app: &MarketRoute, request: Request) -> Result<Reply, ApiError> {
    let principal = app.gate.principal(&request, now()).await?;
    let id: TicketId = path_id(&request, "ticket_id")?;
    let ticket = app.market.ticket_read(id).await?.filter(|ticket| ticket.seller == principal.user);
    let ticket = ticket.ok_or_else(|| Problem::not_found("You have no such ticket."))?;
    match app.market.ticket_delete(id, principal.user, ticket.version).await {
        Ok(()) => Ok(no_content()),
        Err(TicketChangeError::Changed) => Err(seller_conflict(app.market.ticket_read(id).await?.as_ref())),
        Err(TicketChangeError::Store(error)) => Err(error.into()),
    }
}
