//! A webhook: its signature over the exact bytes first, then the one id that is taken from it.

use holdfast_domain::{PaymentIntentId, Timestamp};
use serde::Deserialize;
use stripe_webhook::{Webhook, WebhookError};

use crate::keys::WebhookSecret;

/// Which payment a webhook is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WebhookSubject {
    /// A payment: it is to be looked at.
    Payment(PaymentIntentId),
    /// Nothing that Holdfast acts on; the event's type, for the log.
    Other(String),
}

/// Why a webhook is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadWebhook {
    /// The header is missing or of another form.
    #[error("the signature header is missing or cannot be read")]
    Header,
    /// No signature fits the body and a secret.
    #[error("no signature fits")]
    Signature,
    /// It was signed more than five minutes before or after now.
    #[error("the signature is too old")]
    TooOld,
    /// The signature fits, but the body is not an event.
    #[error("the body is not an event")]
    Body,
}

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "type")]
    kind: String,
    data: EventData,
}

#[derive(Deserialize)]
struct EventData {
    object: EventObject,
}

#[derive(Deserialize)]
struct EventObject {
    object: String,
    id: Option<String>,
    payment_intent: Option<String>,
}

/// What a webhook is about, if one of the `secrets` signed these very bytes within five minutes of `now`.
///
/// # Errors
/// [`BadWebhook`] says why it is not believed.
pub fn webhook_subject(
    body: &[u8],
    signature: Option<&str>,
    secrets: &[WebhookSecret],
    now: Timestamp,
) -> Result<WebhookSubject, BadWebhook> {
    let signature = signature.ok_or(BadWebhook::Header)?;
    // Stripe signs UTF-8; other bytes cannot have been signed by it.
    let text = std::str::from_utf8(body).map_err(|_| BadWebhook::Signature)?;
    let mut outcome = Err(BadWebhook::Signature);
    for secret in secrets {
        outcome = verified(text, signature, secret, now);
        if outcome != Err(BadWebhook::Signature) {
            break;
        }
    }
    outcome?;
    let event: Event = serde_json::from_str(text).map_err(|_| BadWebhook::Body)?;
    let object = event.data.object;
    let payment = match object.object.as_str() {
        "payment_intent" => object.id,
        "charge" | "refund" | "dispute" => object.payment_intent,
        _ => None,
    };
    Ok(match payment {
        Some(id) => WebhookSubject::Payment(PaymentIntentId::from_stripe(id)),
        None => WebhookSubject::Other(event.kind),
    })
}

/// Whether this secret signed this text. The library goes on to read the event, after signature and time are right:
/// that it does not know an event's type or version is no reason to refuse it.
fn verified(text: &str, signature: &str, secret: &WebhookSecret, now: Timestamp) -> Result<(), BadWebhook> {
    match Webhook::construct_event_with_timestamp(text, signature, secret.expose(), now.as_seconds()) {
        Ok(_) | Err(WebhookError::BadParse(_)) => Ok(()),
        Err(WebhookError::BadHeader(_)) => Err(BadWebhook::Header),
        Err(WebhookError::BadTimestamp(_)) => Err(BadWebhook::TooOld),
        Err(WebhookError::BadKey | WebhookError::BadSignature) => Err(BadWebhook::Signature),
    }
}
