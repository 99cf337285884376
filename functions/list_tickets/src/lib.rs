#![doc = include_str!("../README.md")]

mod page;
mod query;

use holdfast_http_api::wire::{PageBody, TicketItemBody};
use holdfast_http_api::{ApiError, Reply, Request, bad_query, json, query_pairs, with_header, write_cursor};
use holdfast_runtime::{MarketRoute, now};

pub use crate::query::SORTS;

/// Answers a page of the catalogue; the same for everybody, so that a cache may keep it for two seconds.
///
/// # Errors
/// 400 `bad-query` or `bad-origin`, or an outage.
pub async fn handle(app: &MarketRoute, request: Request) -> Result<Reply, ApiError> {
    app.gate.check_origin(&request).await?;
    let now = now();
    let query = query::parse(&query_pairs(&request)).map_err(bad_query)?;
    let page = page::read(&app.market, &query, now).await?;
    let body = PageBody {
        items: page.tickets.iter().map(|ticket| TicketItemBody::new(ticket, now)).collect(),
        next: page.next.map(|place| write_cursor(&query.filter, place)),
    };
    Ok(with_header(json(200, &body), "cache-control", "public, max-age=2, s-maxage=2"))
}
