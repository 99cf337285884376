//! A webhook: its header and its body, as anybody can send them, and as Stripe's secret would sign them.
#![no_main]

use holdfast_domain::Timestamp;
use holdfast_http_api::{Body, Request, header};
use holdfast_payments::{BadWebhook, WebhookSecret, WebhookSubject, webhook_subject};
use lambda_http::http::HeaderValue;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use stripe_webhook::Webhook;

const SECRET: &str = "whsec_fuzz";
const NOW_MILLIS: i64 = 1_795_000_000_000;

fn subject(request: &Request) -> Result<WebhookSubject, BadWebhook> {
    let now = Timestamp::from_millis(NOW_MILLIS).expect("a moment");
    let secrets = [WebhookSecret::new("whsec_before".to_owned()), WebhookSecret::new(SECRET.to_owned())];
    webhook_subject(request.body(), header(request, "stripe-signature"), &secrets, now)
}

fn request(header: Option<&[u8]>, body: &[u8]) -> Request {
    let mut request = Request::new(Body::from(body));
    if let Some(value) = header.and_then(|bytes| HeaderValue::from_bytes(bytes).ok()) {
        request.headers_mut().insert("stripe-signature", value);
    }
    request
}

// The header is what stands before the first line break, the body what follows.
fuzz_target!(|data: &[u8]| {
    let mut parts = data.splitn(2, |byte| *byte == b'\n');
    let (sent, body) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    assert!(subject(&request(Some(sent), body)).is_err(), "believed without our secret's signature");
    assert_eq!(subject(&request(None, body)), Err(BadWebhook::Header));

    let Ok(text) = std::str::from_utf8(body) else { return };
    let signed = Webhook::generate_test_header(text, SECRET, Some(NOW_MILLIS / 1_000));
    match subject(&request(Some(signed.as_bytes()), body)) {
        Ok(WebhookSubject::Payment(payment)) => {
            let event: Value = serde_json::from_str(text).expect("it was read");
            let object = &event["data"]["object"];
            assert!([&object["id"], &object["payment_intent"]].iter().any(|id| **id == payment.as_str()));
        }
        Ok(WebhookSubject::Other(_)) | Err(BadWebhook::Body) => {}
        Err(error) => panic!("signed, and refused: {error}"),
    }
    // The same signature over one byte more.
    let longer = [body, b" "].concat();
    assert_eq!(subject(&request(Some(signed.as_bytes()), &longer)), Err(BadWebhook::Signature));
});
