#![doc = include_str!("../README.md")]

use holdfast_domain::OrderId;
use holdfast_http_api::wire::OrderBody;
use holdfast_http_api::{ApiError, Problem, Reply, Request, json, path_id};
use holdfast_runtime::{MarketRoute, now};

/// Answers the order to its buyer alone, with what a paid one has bought.
///
/// # Errors
/// 401, 404 (also for somebody else's order), or an outage.
pub async fn handle(app: &MarketRoute, request: Request) -> Result<Reply, ApiError> {
    let principal = app.gate.principal(&request, now()).await?;
    let id: OrderId = path_id(&request, "order_id")?;
    let order = app.market.order_read(principal.user, id).await?;
    let order = order.ok_or_else(|| Problem::not_found("You have no such order."))?;
    let receipt = app.market.order_receipt(&order).await?;
    Ok(json(200, &OrderBody::with_receipt(&order, receipt)))
}
