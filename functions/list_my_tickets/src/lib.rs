#![doc = include_str!("../README.md")]

use holdfast_http_api::wire::{OwnTicketBody, PageBody};
use holdfast_http_api::{ApiError, Reply, Request, json, owner_query};
use holdfast_runtime::{MarketRoute, now};

/// Answers a page of the seller's tickets, newest first.
///
/// # Errors
/// 400 `bad-query`, 401, or an outage.
pub async fn handle(app: &MarketRoute, request: Request) -> Result<Reply, ApiError> {
    let principal = app.gate.principal(&request, now()).await?;
    let query = owner_query(&request)?;
    let page = app.market.ticket_list_by_seller(principal.user, query.limit, query.after).await?;
    let items = page.items.iter().map(|ticket| OwnTicketBody::new(ticket, now())).collect();
    Ok(json(200, &PageBody { items, next: page.next.map(|cursor| cursor.to_string()) }))
}
