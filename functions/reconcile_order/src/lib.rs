#![doc = include_str!("../README.md")]

use holdfast_checkout::Checkout;
use holdfast_domain::OrderId;
use holdfast_http_api::wire::OrderBody;
use holdfast_http_api::{ApiError, Gate, Problem, Reply, Request, json, path_id};
use holdfast_payments::StripePayments;
use holdfast_runtime::now;

/// What the route works with.
#[derive(Debug)]
pub struct App {
    /// Proves who asks.
    pub gate: Gate,
    /// The market and Stripe.
    pub checkout: Checkout<StripePayments>,
}

/// Brings the order to rest and answers it to its buyer alone, with what a paid one has bought.
///
/// # Errors
/// 401, 404 (also for somebody else's order), 503 `payments-not-configured`, or an outage.
pub async fn handle(app: &App, request: Request) -> Result<Reply, ApiError> {
    let principal = app.gate.principal(&request, now()).await?;
    let id: OrderId = path_id(&request, "order_id")?;
    let order = app.checkout.reconcile(principal.user, id, now).await?;
    let order = order.ok_or_else(|| Problem::not_found("You have no such order."))?;
    let receipt = app.checkout.market().order_receipt(&order).await?;
    Ok(json(200, &OrderBody::with_receipt(&order, receipt)))
}
