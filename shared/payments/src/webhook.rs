//! A webhook: its signature over the exact bytes first, then the one id that is taken from it.

use hmac::{Hmac, KeyInit as _, Mac as _};
use holdfast_domain::{PaymentIntentId, Timestamp};
use serde::Deserialize;
use sha2::Sha256;

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

/// An event of Stripe's: what is read of it.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct WebhookEvent {
    #[serde(rename = "type")]
    kind: String,
    data: EventData,
}

#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
struct EventData {
    object: EventObject,
}

#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
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
    let event: WebhookEvent = serde_json::from_str(text).map_err(|_| BadWebhook::Body)?;
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

/// How far the moment of a signature may be from now.
const MAX_AGE_SECONDS: u64 = 300;

/// The header `Stripe-Signature`: `t=SECONDS,v1=HEX`, with a `v1` for each secret that counts on Stripe's side, and other
/// schemes that are none of ours (<https://docs.stripe.com/webhooks#verify-manually>).
struct Signature<'a> {
    seconds: &'a str,
    v1: Vec<Vec<u8>>,
}

impl<'a> Signature<'a> {
    fn parse(header: &'a str) -> Option<Self> {
        let pairs: Vec<(&str, &str)> = header.split(',').map(|pair| pair.split_once('=')).collect::<Option<_>>()?;
        let mut moments = pairs.iter().filter(|(name, _)| *name == "t").map(|(_, value)| *value);
        let seconds = moments.next()?;
        let v1 =
            pairs.iter().filter(|(name, _)| *name == "v1").filter_map(|(_, value)| hex::decode(value).ok()).collect();
        moments.next().is_none().then_some(Self { seconds, v1 })
    }
}

/// Whether this secret signed this text, at about this time.
fn verified(text: &str, header: &str, secret: &WebhookSecret, now: Timestamp) -> Result<(), BadWebhook> {
    let signature = Signature::parse(header).ok_or(BadWebhook::Header)?;
    let seconds: i64 = signature.seconds.parse().map_err(|_| BadWebhook::Header)?;
    let mut code = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()).map_err(|_| BadWebhook::Signature)?;
    code.update(format!("{}.{text}", signature.seconds).as_bytes());
    // Compared in a time that does not depend on where they differ.
    if !signature.v1.iter().any(|candidate| code.clone().verify_slice(candidate).is_ok()) {
        return Err(BadWebhook::Signature);
    }
    if now.as_seconds().abs_diff(seconds) > MAX_AGE_SECONDS { Err(BadWebhook::TooOld) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use fake_stripe::signature;

    use super::*;

    const BODY: &str = r#"{"id": "evt_1", "object": "event", "type": "payment_intent.succeeded",
        "data": {"object": {"object": "payment_intent", "id": "pi_1", "note": "ü"}}}"#;

    fn now() -> Timestamp {
        Timestamp::parse("2026-11-22T12:00:00Z").unwrap()
    }

    fn secrets(texts: &[&str]) -> Vec<WebhookSecret> {
        texts.iter().map(|&text| WebhookSecret::new(text.to_owned())).collect()
    }

    fn signed(body: &str, by: &[&str]) -> String {
        let by: Vec<String> = by.iter().map(|&text| text.to_owned()).collect();
        signature(body, &by, now().as_seconds())
    }

    fn subject(body: &str, header: &str, known: &[&str]) -> Result<WebhookSubject, BadWebhook> {
        webhook_subject(body.as_bytes(), Some(header), &secrets(known), now())
    }

    fn payment() -> WebhookSubject {
        WebhookSubject::Payment(PaymentIntentId::from_stripe("pi_1".to_owned()))
    }

    #[test]
    fn what_stripe_signed_is_believed_and_one_byte_more_is_not() {
        let header = signed(BODY, &["whsec_a"]);
        assert_eq!(subject(BODY, &header, &["whsec_a"]), Ok(payment()));
        assert_eq!(subject(&format!("{BODY} "), &header, &["whsec_a"]), Err(BadWebhook::Signature));
        assert_eq!(subject(&BODY.replace("pi_1", "pi_2"), &header, &["whsec_a"]), Err(BadWebhook::Signature));
        assert_eq!(subject(BODY, &header, &["whsec_b"]), Err(BadWebhook::Signature));
        assert_eq!(webhook_subject(BODY.as_bytes(), None, &secrets(&["whsec_a"]), now()), Err(BadWebhook::Header));
        assert_eq!(
            webhook_subject(&[0xff, 0xfe], Some(&header), &secrets(&["whsec_a"]), now()),
            Err(BadWebhook::Signature)
        );
    }

    #[test]
    fn while_a_secret_is_replaced_either_counts_on_either_side() {
        let (old, new, both) =
            (signed(BODY, &["whsec_old"]), signed(BODY, &["whsec_new"]), signed(BODY, &["whsec_old", "whsec_new"]));
        for header in [&old, &new, &both] {
            assert_eq!(subject(BODY, header, &["whsec_new", "whsec_old"]), Ok(payment()), "{header}");
        }
        // Ours was replaced, Stripe's is about to be; and the other way round.
        assert_eq!(subject(BODY, &both, &["whsec_new"]), Ok(payment()));
        assert_eq!(subject(BODY, &both, &["whsec_old"]), Ok(payment()));
        assert_eq!(subject(BODY, &old, &["whsec_new"]), Err(BadWebhook::Signature));
    }

    #[test]
    fn a_signature_lasts_for_five_minutes() {
        let header = signed(BODY, &["whsec_a"]);
        let at = |later: u64, earlier: u64| {
            let moment = now().plus(Duration::from_secs(later)).minus(Duration::from_secs(earlier));
            webhook_subject(BODY.as_bytes(), Some(&header), &secrets(&["whsec_a"]), moment)
        };
        assert_eq!(at(300, 0), Ok(payment()));
        assert_eq!(at(0, 300), Ok(payment()));
        assert_eq!(at(301, 0), Err(BadWebhook::TooOld));
        assert_eq!(at(0, 301), Err(BadWebhook::TooOld));
    }

    #[test]
    fn only_the_payment_is_taken_from_it() {
        let about = |kind: &str, object: &str| {
            let body = format!(r#"{{"type": "{kind}", "data": {{"object": {object}}}}}"#);
            subject(&body, &signed(&body, &["whsec_a"]), &["whsec_a"])
        };
        assert_eq!(
            about("charge.refunded", r#"{"object": "charge", "id": "ch_1", "payment_intent": "pi_1"}"#),
            Ok(payment())
        );
        let unknown = about("coffee.brewed", r#"{"object": "coffee", "id": "cup_1"}"#);
        assert_eq!(unknown, Ok(WebhookSubject::Other("coffee.brewed".to_owned())));
        let elsewhere = about("charge.succeeded", r#"{"object": "charge", "id": "ch_1", "payment_intent": null}"#);
        assert_eq!(elsewhere, Ok(WebhookSubject::Other("charge.succeeded".to_owned())));
        let nonsense = subject("[1]", &signed("[1]", &["whsec_a"]), &["whsec_a"]);
        assert_eq!(nonsense, Err(BadWebhook::Body));
        for header in ["", "t=1", "v1=aa", "t=x,v1=aa", ",,,"] {
            assert!(subject(BODY, header, &["whsec_a"]).is_err(), "{header}");
        }
    }
}
