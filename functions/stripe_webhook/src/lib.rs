#![doc = include_str!("../README.md")]

use holdfast_checkout::{Checkout, ReconcileError};
use holdfast_http_api::{ApiError, Gate, Problem, Reply, Request, header, json};
use holdfast_payments::{BadWebhook, StripePayments, WebhookSubject, webhook_subject};
use holdfast_runtime::now;
use holdfast_telemetry::{Metric, Subject, metrics, note};
use serde::Serialize;

/// What the route works with.
#[derive(Debug)]
pub struct App {
    /// Knows what came through the edge.
    pub gate: Gate,
    /// The market and Stripe.
    pub checkout: Checkout<StripePayments>,
}

/// What Stripe keeps beside the delivery, for whoever reads its log.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct WebhookBody {
    outcome: &'static str,
}

/// Looks at the payment that a webhook is about. What it says happened is not believed: Stripe is asked.
///
/// # Errors
/// 400 `bad-signature` when none of our secrets signed these bytes within five minutes; 5xx when the payment could not be
/// looked at, so that Stripe sends it again.
pub async fn handle(app: &App, request: Request) -> Result<Reply, ApiError> {
    answer(app, request).await.inspect_err(|_| metrics::count(Metric::WebhookFailures, 1))
}

async fn answer(app: &App, request: Request) -> Result<Reply, ApiError> {
    app.gate.check_edge(&request).await?;
    let outcome = match subject(app, &request).await? {
        WebhookSubject::Other(kind) => {
            tracing::info!(kind, "a webhook about nothing of ours");
            "ignored"
        }
        WebhookSubject::Payment(payment) => {
            let order = app.checkout.settle(&payment, now).await?;
            if let Some(order) = &order {
                note(Subject::Order(order.id));
            }
            tracing::info!(%payment, "looked at the payment");
            // Another stage, or another shop, may share the Stripe account.
            if order.is_some() { "handled" } else { "ignored" }
        }
    };
    Ok(json(200, &WebhookBody { outcome }))
}

/// The webhook's subject, if it is Stripe's. A secret may have been replaced since ours was read: it is read once more.
async fn subject(app: &App, request: &Request) -> Result<WebhookSubject, ApiError> {
    let (body, signature): (&[u8], _) = (request.body(), header(request, "stripe-signature"));
    let mut outcome = Err(BadWebhook::Signature);
    for anew in [false, true] {
        let secrets = app.checkout.payments().webhook_secrets(anew).await.map_err(ReconcileError::from)?;
        outcome = webhook_subject(body, signature, &secrets, now());
        if outcome != Err(BadWebhook::Signature) {
            break;
        }
    }
    outcome.map_err(|error| Problem::bad_signature(format!("The webhook is refused: {error}.")).into())
}
