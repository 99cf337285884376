#![doc = include_str!("../README.md")]

use holdfast_domain::OrderId;
use holdfast_http_api::wire::OrderBody;
use holdfast_http_api::{ApiError, Problem, Reply, Request, json, path_id};
use holdfast_runtime::{MarketRoute, now};
use holdfast_store::{CancelOutcome, order_cancel};

/// Gives the order up. What is stored in the end is answered, so that asking again answers the same.
///
/// # Errors
/// 401, 404 (also for somebody else's order), 409 `order-paid` once the sale is decided, or an outage.
pub async fn handle(app: &MarketRoute, request: Request) -> Result<Reply, ApiError> {
    let principal = app.gate.principal(&request, now()).await?;
    let id: OrderId = path_id(&request, "order_id")?;
    match order_cancel(&app.market, principal.user, id, now()).await? {
        CancelOutcome::Closed(order) => Ok(json(200, &OrderBody::from(order.as_ref()))),
        CancelOutcome::Bought => {
            let detail = "The payment has been accepted, so the ticket is yours and the order stays.";
            Err(Problem::order_paid(detail).into())
        }
        CancelOutcome::Absent => Err(Problem::not_found("You have no such order.").into()),
    }
}
