//! Of a webhook nothing is believed that was not signed, byte for byte, and nothing signed is too odd to be answered.

use fake_stripe::signature;
use hmac::{Hmac, KeyInit as _, Mac as _};
use holdfast_domain::Timestamp;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};
use sha2::Sha256;
use stripe_webhook::{Webhook, WebhookError};

use crate::keys::WebhookSecret;
use crate::webhook::{BadWebhook, WebhookSubject, webhook_subject};

const SECRET: &str = "whsec_properties";

fn now() -> Timestamp {
    Timestamp::from_millis(1_795_000_000_000).unwrap()
}

fn subject(body: &[u8], header: &str) -> Result<WebhookSubject, BadWebhook> {
    webhook_subject(body, Some(header), &[WebhookSecret::new(SECRET.to_owned())], now())
}

fn signed(body: &str) -> String {
    signature(body, &[SECRET.to_owned()], now().as_seconds())
}

/// Events as Stripe sends them, with members that are missing, of another type, or something else altogether.
fn bodies() -> impl Strategy<Value = String> {
    let text = || prop_oneof!["(pi|ch|re)_[a-zA-Z0-9]{1,8}", "(?s:.){0,8}"];
    let member = move || prop_oneof![5 => text().prop_map(Value::from), 1 => Just(Value::Null), 1 => any::<i64>().prop_map(Value::from)];
    let object = select(vec!["payment_intent", "charge", "refund", "dispute", "coffee"]);
    let event = (object, member(), member(), member()).prop_map(|(object, id, payment, kind)| {
        json!({"type": kind, "data": {"object": {"object": object, "id": id, "payment_intent": payment}}}).to_string()
    });
    prop_oneof![4 => event, 1 => "(?s:.){0,60}", 1 => r#"[\[\]{}"a-z:,0-9\\]{0,60}"#]
}

/// What the library says of a signature and its time. It goes on to read the event, which is not what is compared.
fn judged_by_the_library(body: &str, header: &str) -> Result<(), BadWebhook> {
    match Webhook::construct_event_with_timestamp(body, header, SECRET, now().as_seconds()) {
        Ok(_) | Err(WebhookError::BadParse(_)) => Ok(()),
        Err(WebhookError::BadHeader(_)) => Err(BadWebhook::Header),
        Err(WebhookError::BadTimestamp(_)) => Err(BadWebhook::TooOld),
        Err(WebhookError::BadKey | WebhookError::BadSignature) => Err(BadWebhook::Signature),
    }
}

/// Headers with signatures that are right, cut short, too long, in capitals, of another time or body, or none at all.
fn headers(body: &str) -> impl Strategy<Value = String> + use<> {
    let at = |seconds: i64, body: &str| {
        let mut code = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
        code.update(format!("{seconds}.{body}").as_bytes());
        hex::encode(code.finalize().into_bytes())
    };
    let body = body.to_owned();
    let seconds = prop_oneof![2 => Just(0), 1 => -302..302_i64, 1 => select(vec![-301, -300, 300, 301])];
    (seconds, prop::collection::vec(0..8_u8, 0..4)).prop_map(move |(away, kinds)| {
        let seconds = now().as_seconds() + away;
        let right = at(seconds, &body);
        let signatures = kinds.iter().map(|kind| match kind {
            0 | 1 => format!("v1={right}"),
            2 => format!("v1={}", &right[..62]),
            3 => format!("v1={right}00"),
            4 => format!("v1={}", right.to_uppercase()),
            5 => format!("v1={}", at(seconds + 1, &body)),
            6 => format!("v0={right}"),
            _ => "v1=".to_owned(),
        });
        std::iter::once(format!("t={seconds}")).chain(signatures).collect::<Vec<_>>().join(",")
    })
}

proptest! {
    #[test]
    fn a_signature_is_believed_where_the_library_believes_it(
        (body, header) in bodies().prop_flat_map(|body| (headers(&body), Just(body)).prop_map(|(header, body)| (body, header))),
    ) {
        let ours = subject(body.as_bytes(), &header).map(|_| ()).or_else(|error| match error {
            BadWebhook::Body => Ok(()),
            BadWebhook::Header | BadWebhook::Signature | BadWebhook::TooOld => Err(error),
        });
        prop_assert_eq!(ours, judged_by_the_library(&body, &header), "{}", header);
    }

    #[test]
    fn a_header_that_the_library_refuses_is_refused(
        body in bodies(),
        header in "(?s:.){0,60}|t=-?[0-9]{0,20}(,v[01]=[0-9a-f]{0,66}){0,3}|(t|v1|=|,|[0-9a-f]){0,20}",
    ) {
        prop_assert!(judged_by_the_library(&body, &header).is_err() && subject(body.as_bytes(), &header).is_err());
    }

    #[test]
    fn what_is_signed_is_read_and_names_only_a_payment_that_stands_in_it(body in bodies()) {
        match subject(body.as_bytes(), &signed(&body)) {
            Ok(WebhookSubject::Payment(payment)) => {
                let event: Value = serde_json::from_str(&body).unwrap();
                let object = &event["data"]["object"];
                let named = if object["object"] == "payment_intent" { &object["id"] } else { &object["payment_intent"] };
                prop_assert_eq!(named, payment.as_str());
            }
            Ok(WebhookSubject::Other(kind)) => prop_assert!(body.contains("type"), "{}", kind),
            Err(error) => prop_assert_eq!(error, BadWebhook::Body),
        }
    }

    #[test]
    fn a_body_that_was_altered_anywhere_is_not_believed(
        body in bodies(),
        (from, length) in (any::<Index>(), 0..4_usize),
        by in prop::collection::vec(any::<u8>(), 0..3),
    ) {
        let from = from.index(body.len() + 1);
        let to = (from + length).min(body.len());
        let altered = [&body.as_bytes()[..from], by.as_slice(), &body.as_bytes()[to..]].concat();
        let outcome = subject(&altered, &signed(&body));
        prop_assert_eq!(outcome == Err(BadWebhook::Signature), altered != body.as_bytes(), "{:?}", outcome);
    }

    #[test]
    fn no_header_is_believed_that_no_secret_of_ours_has_made(
        body in bodies(),
        header in "(?s:.){0,60}|t=-?[0-9]{0,20}(,v[01]=[0-9a-f]{0,66}){0,3}|(t|v1|=|,|[0-9a-f]){0,20}",
    ) {
        prop_assert!(subject(body.as_bytes(), &header).is_err());
        let others = signature(&body, &["whsec_another".to_owned()], now().as_seconds());
        prop_assert_eq!(subject(body.as_bytes(), &others), Err(BadWebhook::Signature));
        // A signature that is right counts among any others, as it does while a secret is replaced.
        let (time, right) = signed(&body).split_once(',').map(|(time, rest)| (time.to_owned(), rest.to_owned())).unwrap();
        let wrong = format!("v1={}", "0".repeat(64));
        let outcome = subject(body.as_bytes(), &format!("{wrong},{time},v0=00,{right}"));
        prop_assert_eq!(outcome, subject(body.as_bytes(), &signed(&body)));
    }
}
