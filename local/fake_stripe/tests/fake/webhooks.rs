//! Events on their way to the shop.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use fake_stripe::{Options, Server, start};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use stripe_core::payment_intent::{CapturePaymentIntent, ConfirmPaymentIntent};
use stripe_shared::event::EventType;
use stripe_webhook::{EventObject, Webhook};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::client::{client, control, created};

/// A delivery as it arrived: signature and payload.
type Arrived = (String, String);

/// A shop that refuses its first `failures` deliveries.
async fn shop(failures: usize) -> (String, UnboundedReceiver<Arrived>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let url = format!("http://{}/api/stripe/webhook", listener.local_addr().expect("an address"));
    let (sender, arrivals) = unbounded_channel();
    let left = Arc::new(AtomicUsize::new(failures));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (sender, left) = (sender.clone(), Arc::clone(&left));
            let service = service_fn(move |request: Request<Incoming>| {
                let (sender, left) = (sender.clone(), Arc::clone(&left));
                async move {
                    let signature = request.headers()["stripe-signature"].to_str().expect("text").to_owned();
                    let body = request.into_body().collect().await?.to_bytes();
                    sender.send((signature, String::from_utf8(body.to_vec()).expect("text"))).expect("a test");
                    let fails = left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
                    let mut response = Response::new(Full::new(Bytes::new()));
                    if fails.is_ok() {
                        *response.status_mut() = hyper::StatusCode::SERVICE_UNAVAILABLE;
                    }
                    Ok::<_, hyper::Error>(response)
                }
            });
            tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
    (url, arrivals)
}

async fn telling(url: String) -> Server {
    let options = Options { webhook_url: Some(url), webhook_retries: vec![Duration::ZERO; 3], ..Options::default() };
    start(options).await.expect("a server")
}

async fn next(arrivals: &mut UnboundedReceiver<Arrived>) -> Arrived {
    let arrived = tokio::time::timeout(Duration::from_secs(20), arrivals.recv()).await;
    arrived.expect("a delivery in time").expect("a delivery")
}

async fn kinds(arrivals: &mut UnboundedReceiver<Arrived>, count: usize) -> Vec<String> {
    let mut kinds = Vec::new();
    for _ in 0..count {
        let event: Value = serde_json::from_str(&next(arrivals).await.1).expect("JSON");
        kinds.push(event["type"].as_str().expect("a type").to_owned());
    }
    kinds
}

/// Waits until the fake has heard the answers to all deliveries.
async fn at_rest(server: &Server) -> Value {
    loop {
        let deliveries = control(server, Method::GET, "webhooks", &json!({})).await.json();
        if deliveries["under_way"] == 0 {
            return deliveries;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn every_step_of_a_payment_is_told_and_signed() {
    let (url, mut arrivals) = shop(0).await;
    let server = telling(url).await;
    let stripe = client(&server);
    let intent = created(&server, "o1").await;
    let (signature, payload) = next(&mut arrivals).await;
    let event = Webhook::construct_event(&payload, &signature, "whsec_fake").expect("an event");
    assert_eq!(event.type_, EventType::PaymentIntentCreated);
    let EventObject::PaymentIntentCreated(told) = event.data.object else { panic!("an intent") };
    assert_eq!((&told.id, told.metadata["order"].as_str()), (&intent.id, "o1"));
    assert!(Webhook::construct_event(&payload, &signature, "whsec_other").is_err());
    assert!(Webhook::construct_event(&payload.replace("1200", "1"), &signature, "whsec_fake").is_err());

    let confirm = |method: &str| ConfirmPaymentIntent::new(intent.id.clone()).payment_method(method);
    confirm("pm_card_chargeDeclined").send(&stripe).await.expect_err("declined");
    confirm("pm_card_authenticationRequired").send(&stripe).await.expect("a question");
    let path = format!("intents/{}/challenge", intent.id);
    control(&server, Method::POST, &path, &json!({"outcome": "complete"})).await;
    CapturePaymentIntent::new(intent.id.clone()).send(&stripe).await.expect("captured");
    stripe_core::refund::CreateRefund::new().payment_intent(intent.id.as_str()).send(&stripe).await.expect("refunded");
    let mut told = Vec::new();
    for _ in 0..5 {
        let (signature, payload) = next(&mut arrivals).await;
        let event = Webhook::construct_event(&payload, &signature, "whsec_fake").expect("an event");
        told.push(event.type_);
    }
    told.sort_by_key(ToString::to_string);
    assert_eq!(
        told,
        [
            EventType::ChargeRefunded,
            EventType::PaymentIntentAmountCapturableUpdated,
            EventType::PaymentIntentPaymentFailed,
            EventType::PaymentIntentRequiresAction,
            EventType::PaymentIntentSucceeded,
        ]
    );
}

#[tokio::test]
async fn an_event_is_sent_again_until_it_is_acknowledged_or_given_up() {
    let (url, mut arrivals) = shop(2).await;
    let server = telling(url).await;
    created(&server, "o1").await;
    let mut payloads = Vec::new();
    for _ in 0..3 {
        payloads.push(next(&mut arrivals).await.1);
    }
    assert_eq!(payloads[0], payloads[2]);
    let deliveries = at_rest(&server).await;
    let attempts = deliveries["events"][0]["attempts"].as_array().expect("a list").clone();
    let statuses: Vec<_> = attempts.iter().map(|attempt| attempt["status"].clone()).collect();
    assert_eq!(statuses, [503, 503, 200]);
    assert_eq!(deliveries["events"][0]["delivery"], "delivered");

    let (url, mut arrivals) = shop(usize::MAX).await;
    let server = telling(url).await;
    created(&server, "o1").await;
    for _ in 0..4 {
        next(&mut arrivals).await;
    }
    assert_eq!(at_rest(&server).await["events"][0]["delivery"], "failed");
}

#[tokio::test]
async fn a_rotation_signs_with_both_secrets() {
    let (url, mut arrivals) = shop(0).await;
    let secrets = vec!["whsec_new".to_owned(), "whsec_old".to_owned()];
    let options = Options { webhook_url: Some(url), webhook_secrets: secrets, ..Options::default() };
    let server = start(options).await.expect("a server");
    created(&server, "o1").await;
    let (signature, payload) = next(&mut arrivals).await;
    assert_eq!(signature.matches("v1=").count(), 2);
    for secret in ["whsec_new", "whsec_old"] {
        Webhook::construct_event(&payload, &signature, secret).expect("an event");
    }
}

#[tokio::test]
async fn held_events_are_let_go_in_another_order_and_more_than_once() {
    let (url, mut arrivals) = shop(0).await;
    let server = telling(url).await;
    let stripe = client(&server);
    control(&server, Method::POST, "webhooks", &json!({"mode": "held"})).await;
    let intent = created(&server, "o1").await;
    ConfirmPaymentIntent::new(intent.id.clone())
        .payment_method("pm_card_visa")
        .send(&stripe)
        .await
        .expect("authorised");
    CapturePaymentIntent::new(intent.id).send(&stripe).await.expect("captured");
    assert!(arrivals.try_recv().is_err());
    let first = control(&server, Method::POST, "webhooks/deliver", &json!({"reverse": true, "limit": 1})).await;
    assert_eq!(first.json()["count"], 1);
    assert_eq!(kinds(&mut arrivals, 1).await, ["payment_intent.succeeded"]);
    control(&server, Method::POST, "webhooks/deliver", &json!({"duplicates": 1})).await;
    let mut rest = kinds(&mut arrivals, 4).await;
    rest.sort();
    let (one, two) = ("payment_intent.amount_capturable_updated", "payment_intent.created");
    assert_eq!(rest, [one, one, two, two]);
    let deliveries = at_rest(&server).await;
    let of_kind = |kind: &str| {
        let events = deliveries["events"].as_array().expect("a list");
        events.iter().find(|event| event["type"] == kind).expect(kind)["delivery"].clone()
    };
    assert_eq!(of_kind("payment_intent.created"), "delivered");
    assert_eq!(of_kind("charge.captured"), "none");
}

#[tokio::test]
async fn duplicates_are_sent_and_webhooks_can_be_switched_off() {
    let (url, mut arrivals) = shop(0).await;
    let server = telling(url).await;
    control(&server, Method::POST, "webhooks", &json!({"duplicates": 2})).await;
    created(&server, "o1").await;
    assert_eq!(kinds(&mut arrivals, 3).await, ["payment_intent.created"; 3]);
    control(&server, Method::POST, "webhooks", &json!({"mode": "off"})).await;
    created(&server, "o2").await;
    at_rest(&server).await;
    assert!(arrivals.try_recv().is_err());
    let events = control(&server, Method::GET, "events", &json!({})).await.json();
    assert_eq!(events.as_array().expect("a list").len(), 2);
}

#[tokio::test]
async fn what_a_crash_kept_from_being_delivered_is_sent_by_the_next_process() {
    let (url, mut arrivals) = shop(0).await;
    let folder = tempfile::tempdir().expect("a folder");
    let options = Options { webhook_url: Some(url), state: Some(folder.path().join("state")), ..Options::default() };
    let server = start(options.clone()).await.expect("a server");
    let late = json!({"delay_ms": 3_600_000});
    control(&server, Method::POST, "webhooks", &late).await;
    let intent = created(&server, "o1").await;
    drop(server);
    assert!(arrivals.try_recv().is_err());
    let server = start(options).await.expect("a server");
    assert_eq!(kinds(&mut arrivals, 1).await, ["payment_intent.created"]);
    assert_eq!(server.ledger().intents[0].id, intent.id.as_str());
}
