#![doc = include_str!("../README.md")]

use holdfast_domain::OrderId;
use holdfast_http_api::wire::OrderBody;
use holdfast_http_api::{ApiError, Gate, Problem, Reply, Request, json, path_id};
use holdfast_runtime::now;
use holdfast_store::Market;

/// What the route works with.
#[derive(Debug)]
pub struct App {
    /// Proves who asks.
    pub gate: Gate,
    /// Tickets and orders.
    pub market: Market,
}

/// Answers the order to its buyer alone.
///
/// # Errors
/// 401, 404 (also for somebody else's order), or an outage.
pub async fn handle(app: &App, request: Request) -> Result<Reply, ApiError> {
    let principal = app.gate.principal(&request, now()).await?;
    let id: OrderId = path_id(&request, "order_id")?;
    let order = app.market.order_read(principal.user, id).await?;
    let order = order.ok_or_else(|| Problem::not_found("You have no such order."))?;
    Ok(json(200, &OrderBody::from(&order)))
}
