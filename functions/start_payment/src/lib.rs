#![doc = include_str!("../README.md")]

use std::time::Duration;

use holdfast_checkout::{Checkout, StartError};
use holdfast_domain::{OrderId, Timestamp};
use holdfast_http_api::wire::shown_expiry;
use holdfast_http_api::{ApiError, Gate, Reply, Request, json, path_id};
use holdfast_payments::StripePayments;
use holdfast_runtime::now;
use serde::Serialize;

/// What the route works with.
#[derive(Debug)]
pub struct App {
    /// Proves who asks.
    pub gate: Gate,
    /// The market and Stripe.
    pub checkout: Checkout<StripePayments>,
    /// How long the ticket is held at least once a payment is begun.
    pub payment_time: Duration,
}

/// What the browser needs to confirm the payment.
// Without `Debug`: the secret is for the buyer alone.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct PaymentBody<'a> {
    client_secret: &'a str,
    publishable_key: &'a str,
    expires_at: Timestamp,
}

/// Begins the payment, or finds the one that was begun.
///
/// # Errors
/// 401, 404 (also for somebody else's order), 409 `order-closed`, `order-paid` or `hold-expired`, 503
/// `payments-not-configured`, or an outage.
pub async fn handle(app: &App, request: Request) -> Result<Reply, ApiError> {
    let principal = app.gate.principal(&request, now()).await?;
    let id: OrderId = path_id(&request, "order_id")?;
    // Before anything is written: without keys nothing is begun.
    let key = app.checkout.payments().publishable_key().await.map_err(StartError::from)?;
    let started = app.checkout.start(principal.user, id, app.payment_time, now).await?;
    let body = PaymentBody {
        client_secret: started.client_secret.expose(),
        publishable_key: key.as_str(),
        expires_at: shown_expiry(&started.order),
    };
    Ok(json(201, &body))
}
