#![doc = include_str!("../README.md")]

use holdfast_domain::TicketId;
use holdfast_http_api::wire::TicketBody;
use holdfast_http_api::{ApiError, Problem, Reply, Request, json, path_id, with_header};
use holdfast_runtime::{MarketRoute, now};

/// Answers the ticket as it shows now; the same for everybody, so that a cache may keep it for two seconds.
///
/// # Errors
/// 400 `bad-origin`, 404, or an outage.
pub async fn handle(app: &MarketRoute, request: Request) -> Result<Reply, ApiError> {
    app.gate.check_origin(&request).await?;
    let id: TicketId = path_id(&request, "ticket_id")?;
    let shown = app.market.ticket_show(id).await?;
    let shown = shown.ok_or_else(|| Problem::not_found("There is no such ticket."))?;
    let reply = json(200, &TicketBody::new(&shown, now()));
    Ok(with_header(reply, "cache-control", "public, max-age=2, s-maxage=2"))
}
