//! Failures on request.

use fake_stripe::Operation;
use hyper::{Method, StatusCode};
use serde_json::json;

use crate::client::{control, created, post, server};

const CREATE: &str = "/v1/payment_intents";
const FORM: &str = "amount=500&currency=eur&metadata[order]=o1";

#[tokio::test]
async fn an_error_before_the_work_is_kept_like_any_answer() {
    let server = server().await;
    control(&server, Method::POST, "faults", &json!({"operation": "create", "action": "error_before"})).await;
    for _ in 0..2 {
        let answer = post(&server, CREATE, "k1", FORM).await.expect("an answer");
        assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(answer.json()["error"]["type"], "api_error");
    }
    assert!(server.ledger().intents.is_empty());
    assert_eq!(post(&server, CREATE, "k2", FORM).await.expect("an answer").status, StatusCode::OK);
}

#[tokio::test]
async fn an_error_after_the_work_hides_what_was_done() {
    let server = server().await;
    control(&server, Method::POST, "faults", &json!({"operation": "create", "action": "error_after"})).await;
    for _ in 0..2 {
        let answer = post(&server, CREATE, "k1", FORM).await.expect("an answer");
        assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    }
    assert_eq!(server.ledger().intents.len(), 1);
}

#[tokio::test]
async fn a_lost_answer_is_there_for_the_next_request_under_its_key() {
    let server = server().await;
    control(&server, Method::POST, "faults", &json!([{"operation": "create", "action": "lost_answer"}])).await;
    assert!(post(&server, CREATE, "k1", FORM).await.is_none());
    let again = post(&server, CREATE, "k1", FORM).await.expect("an answer");
    assert_eq!((again.status, server.ledger().intents.len()), (StatusCode::OK, 1));
    assert_eq!(again.headers["idempotent-replayed"], "true");
    assert_eq!(server.ledger().requests[&Operation::Create], 2);
}

#[tokio::test]
async fn a_rule_may_name_an_order_and_rules_may_be_taken_back() {
    let server = server().await;
    let (one, two) = (created(&server, "o1").await, created(&server, "o2").await);
    let rule = json!({"operation": "cancel", "action": "error_before", "order": "o2", "count": 5});
    control(&server, Method::POST, "faults", &rule).await;
    let cancel = |id: &str| format!("{CREATE}/{id}/cancel");
    let answer = post(&server, &cancel(&one.id), "k1", "").await.expect("an answer");
    assert_eq!(answer.status, StatusCode::OK);
    let answer = post(&server, &cancel(&two.id), "k2", "").await.expect("an answer");
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(control(&server, Method::GET, "faults", &json!({})).await.json()[0]["count"], 4);
    control(&server, Method::DELETE, "faults", &json!({})).await;
    let answer = post(&server, &cancel(&two.id), "k3", "").await.expect("an answer");
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test]
async fn a_rule_that_cannot_be_kept_is_refused() {
    let server = server().await;
    for rule in [
        json!({"operation": "create", "action": "crash_before"}),
        json!({"operation": "create", "action": "explode"}),
        json!({"operation": "create", "action": "delay", "after": 1}),
    ] {
        assert_eq!(control(&server, Method::POST, "faults", &rule).await.status, StatusCode::BAD_REQUEST);
    }
}
