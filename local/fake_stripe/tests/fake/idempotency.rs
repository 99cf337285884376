//! The same key again.

use hyper::{Method, StatusCode};
use serde_json::json;

use crate::client::{control, created, post, server};

const CREATE: &str = "/v1/payment_intents";
const FORM: &str = "amount=500&currency=eur&metadata[order]=o1";

#[tokio::test]
async fn the_same_request_is_answered_the_same() {
    let server = server().await;
    let first = post(&server, CREATE, "k1", FORM).await.expect("an answer");
    let again = post(&server, CREATE, "k1", "metadata[order]=o1&currency=eur&amount=500").await.expect("an answer");
    assert_eq!(first.text, again.text);
    assert!(!first.headers.contains_key("idempotent-replayed"));
    assert_eq!(again.headers["idempotent-replayed"], "true");
    assert_eq!(again.headers["original-request"], first.headers["request-id"]);
    assert_eq!(server.ledger().intents.len(), 1);
    post(&server, CREATE, "k2", FORM).await.expect("an answer");
    assert_eq!(server.ledger().intents.len(), 2);
}

#[tokio::test]
async fn a_key_is_for_one_request_only() {
    let server = server().await;
    post(&server, CREATE, "k1", FORM).await.expect("an answer");
    let other = post(&server, CREATE, "k1", "amount=501&currency=eur").await.expect("an answer");
    assert_eq!(
        (other.status, other.json()["error"]["type"].as_str()),
        (StatusCode::BAD_REQUEST, Some("idempotency_error"))
    );
    let elsewhere = post(&server, "/v1/refunds", "k1", FORM).await.expect("an answer");
    assert_eq!(elsewhere.json()["error"]["type"], "idempotency_error");
    assert_eq!(server.ledger().intents.len(), 1);
}

#[tokio::test]
async fn what_was_never_begun_does_not_use_up_the_key() {
    let server = server().await;
    let bad = post(&server, CREATE, "k1", "amount=0&currency=eur").await.expect("an answer");
    assert_eq!(bad.status, StatusCode::BAD_REQUEST);
    assert_eq!(post(&server, CREATE, "k1", FORM).await.expect("an answer").status, StatusCode::OK);
}

#[tokio::test]
async fn a_decline_is_kept_under_its_key() {
    let server = server().await;
    let intent = created(&server, "o1").await;
    let path = format!("{CREATE}/{}/confirm", intent.id);
    let form = "payment_method=pm_card_chargeDeclined";
    for replayed in [false, true] {
        let answer = post(&server, &path, "k1", form).await.expect("an answer");
        assert_eq!(answer.status, StatusCode::PAYMENT_REQUIRED);
        assert_eq!(answer.headers.contains_key("idempotent-replayed"), replayed);
    }
    assert_eq!(server.ledger().intents[0].charges, 1);
}

#[tokio::test]
async fn two_at_once_are_one_and_a_conflict() {
    let server = server().await;
    let rule = json!({"operation": "create", "action": "delay", "delay_ms": 300});
    control(&server, Method::POST, "faults", &rule).await;
    let (one, two) = tokio::join!(post(&server, CREATE, "k1", FORM), post(&server, CREATE, "k1", FORM));
    let mut statuses = [one, two].map(|answer| answer.expect("an answer").status);
    statuses.sort();
    assert_eq!(statuses, [StatusCode::OK, StatusCode::CONFLICT]);
    assert_eq!(server.ledger().intents.len(), 1);
}
