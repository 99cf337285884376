#![doc = include_str!("../README.md")]

use holdfast_domain::{OrderId, OrderState, ReleaseLost};
use holdfast_http_api::wire::OrderBody;
use holdfast_http_api::{ApiError, Problem, Reply, Request, json, path_id};
use holdfast_runtime::{MarketRoute, now};
use holdfast_store::{Closing, LostOr};

fn bought() -> ApiError {
    Problem::order_paid("The payment has been accepted, so the ticket is yours and the order stays.").into()
}

/// Gives the order up: first the ticket goes back on the market, then the order is recorded as cancelled. What is
/// stored in the end is answered, so that asking again answers the same.
///
/// # Errors
/// 401, 404 (also for somebody else's order), 409 `order-paid` once the sale is decided, or an outage.
pub async fn handle(app: &MarketRoute, request: Request) -> Result<Reply, ApiError> {
    let principal = app.gate.principal(&request, now()).await?;
    let id: OrderId = path_id(&request, "order_id")?;
    let order = app.market.order_read(principal.user, id).await?;
    let order = order.ok_or_else(|| Problem::not_found("You have no such order."))?;
    match order.state {
        OrderState::AwaitingPayment { .. } => {}
        OrderState::Cancelled { .. } | OrderState::Expired { .. } => {
            return Ok(json(200, &OrderBody::from(&order)));
        }
        OrderState::Capturing { .. } | OrderState::Paid { .. } => return Err(bought()),
    }
    match app.market.ticket_release(order.ticket.id, id, order.hold).await {
        Ok(_) | Err(LostOr::Absent | LostOr::Lost(ReleaseLost::Gone)) => {}
        Err(LostOr::Lost(ReleaseLost::CommittedToOrder | ReleaseLost::SoldToOrder)) => {
            return Err(bought());
        }
        Err(LostOr::Store(error)) => return Err(error.into()),
    }
    let stored = app.market.order_close(principal.user, id, Closing::Cancelled, now()).await?;
    if stored.is_closed() { Ok(json(200, &OrderBody::from(&stored))) } else { Err(bought()) }
}
