#![doc = include_str!("../README.md")]

use holdfast_domain::TicketId;
use holdfast_http_api::wire::OwnTicketBody;
use holdfast_http_api::{ApiError, Problem, Reply, Request, json, path_id};
use holdfast_runtime::{MarketRoute, now};

/// Answers the ticket with its description and credential, to its owner alone.
///
/// # Errors
/// 401, 404 (also for somebody else's ticket), or an outage.
pub async fn handle(app: &MarketRoute, request: Request) -> Result<Reply, ApiError> {
    let principal = app.gate.principal(&request, now()).await?;
    let id: TicketId = path_id(&request, "ticket_id")?;
    let shown = app.market.ticket_show_to_seller(id, principal.user).await?;
    let shown = shown.ok_or_else(|| Problem::not_found("You have no such ticket."))?;
    Ok(json(200, &OwnTicketBody::new(&shown, now())))
}
