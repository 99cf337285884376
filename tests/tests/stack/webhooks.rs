//! Webhooks: the exact bytes, as text and as base64, and everything that is not Stripe's.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use holdfast_domain::Timestamp;
use serde_json::{Value, json};
use tests::{Answer, Aws, Call, Stack, signature_header, webhook_secret};

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock");
    Timestamp::from_millis(i64::try_from(since.as_millis()).expect("millis")).expect("a moment")
}

/// An event about something that is not a payment, with spaces and letters that a re-written body would not keep.
fn body() -> String {
    r#"{ "id": "evt_1",  "object": "event", "type": "customer.created", "note": "Grüße  ✓",
  "data": { "object": { "object": "customer", "id": "cus_1" } } }"#
        .to_owned()
}

async fn post(body: &str, signature: &str) -> Answer {
    let call = Call::new("POST", "/api/stripe/webhook").raw("application/json; charset=utf-8", body);
    // Stripe sends no origin.
    Stack::get().send(call.header("stripe-signature", signature).header("origin", "")).await
}

/// The same request as API Gateway hands it on, with the body as text or as base64.
async fn invoke(body: &str, signature: &str, is_base64: bool) -> Value {
    let aws = Aws::get().await;
    let sample = include_str!("../../../events/stripe_webhook/valid.json");
    let mut event: Value = serde_json::from_str(sample).expect("a sample");
    event["headers"]["stripe-signature"] = json!(signature);
    event["headers"]["x-origin-secret"] = json!(Stack::get().origin_secret());
    event["body"] = json!(if is_base64 { BASE64_STANDARD.encode(body) } else { body.to_owned() });
    event["isBase64Encoded"] = json!(is_base64);
    aws.invoke("StripeWebhook", &event).await.expect("an answer")
}

#[tokio::test]
async fn stripes_own_bytes_are_believed_as_text_and_as_base64() {
    let (body, secret) = (body(), webhook_secret());
    let header = signature_header(&body, &secret, now());
    assert_eq!(post(&body, &header).await.expect(200).text("outcome"), "ignored");
    for is_base64 in [false, true] {
        let answer = invoke(&body, &header, is_base64).await;
        assert_eq!(answer["statusCode"], 200, "base64 {is_base64}: {answer}");
        let answer = invoke(&body.replace("  ", " "), &header, is_base64).await;
        assert_eq!(answer["statusCode"], 400, "base64 {is_base64}: {answer}");
    }
}

#[tokio::test]
async fn anything_else_is_refused() {
    let (body, secret, now) = (body(), webhook_secret(), now());
    let good = signature_header(&body, &secret, now);
    let old = Timestamp::from_millis(now.as_millis() - 301_000).expect("a moment");
    let altered = body.replacen("cus_1", "cus_2", 1);
    let wrong = signature_header(&body, "whsec_of_somebody_else", now);
    let cases = [
        ("altered byte", altered.as_str(), good.as_str()),
        ("old timestamp", &body, &signature_header(&body, &secret, old)),
        ("future timestamp", &body, &signature_header(&body, &secret, now.plus(Duration::from_secs(330)))),
        ("wrong secret", &body, &wrong),
        ("no signature", &body, ""),
        ("nonsense", &body, "t=soon,v1=zz"),
    ];
    for (case, body, header) in cases {
        let answer = post(body, header).await;
        assert_eq!(answer.status, 400, "{case}: {answer:?}");
        answer.expect_problem(400, "bad-signature");
    }
    // While a secret is replaced Stripe signs with both: one that fits is enough.
    let both = format!("{good},{}", wrong.split_once(',').expect("two parts").1);
    post(&body, &both).await.expect(200);
    // What is signed and is no event is refused all the same.
    post("[]", &signature_header("[]", &secret, now)).await.expect_problem(400, "bad-signature");
}

#[tokio::test]
async fn a_payment_that_cannot_be_looked_at_is_not_acknowledged() {
    let body = json!({
        "id": "evt_2", "object": "event", "type": "payment_intent.succeeded",
        "data": {"object": {"object": "payment_intent", "id": "pi_that_nobody_made"}},
    })
    .to_string();
    let answer = post(&body, &signature_header(&body, &webhook_secret(), now())).await;
    assert!(answer.status >= 500, "Stripe has to try again: {answer:?}");
}
