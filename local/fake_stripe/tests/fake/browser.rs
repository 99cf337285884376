//! What a browser may do, and the script that does it.

use std::process::Command;

use hyper::{Method, StatusCode};
use serde_json::json;

use crate::client::{Answer, asked, browse, created, server};

const CARD: &str = "payment_method_data[type]=card&payment_method_data[card][exp_month]=12&\
                    payment_method_data[card][exp_year]=34&payment_method_data[card][cvc]=123&\
                    payment_method_data[card][number]=";

async fn confirmed(server: &fake_stripe::Server, id: &str, secret: &str, number: &str) -> Answer {
    let path = format!("/v1/payment_intents/{id}/confirm");
    browse(server, &path, &format!("client_secret={secret}&use_stripe_sdk=true&{CARD}{number}")).await
}

#[tokio::test]
async fn a_browser_confirms_with_the_intents_secret_and_sees_no_metadata() {
    let server = server().await;
    let intent = created(&server, "o1").await;
    let secret = intent.client_secret.expect("a secret");
    let refused = confirmed(&server, &intent.id, "guess", "4242424242424242").await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    let declined = confirmed(&server, &intent.id, &secret, "4000000000000002").await;
    assert_eq!(declined.status, StatusCode::PAYMENT_REQUIRED);
    let error = &declined.json()["error"];
    assert_eq!(error["decline_code"], "generic_decline");
    assert!(error["payment_intent"].get("metadata").is_none());
    let paid = confirmed(&server, &intent.id, &secret, "4242 4242 4242 4242").await.json();
    assert_eq!(paid["status"], "requires_capture");
    assert!(paid.get("metadata").is_none());
    let path = format!("/v1/payment_intents/{}?key=pk_test_fake&client_secret={secret}", intent.id);
    let seen = asked(&server, Method::GET, &path, &[], "").await.expect("an answer");
    assert_eq!(seen.json()["status"], "requires_capture");
}

#[tokio::test]
async fn a_browser_answers_the_issuers_question() {
    let server = server().await;
    for (outcome, status, after) in
        [("complete", StatusCode::OK, "requires_capture"), ("fail", StatusCode::BAD_REQUEST, "requires_payment_method")]
    {
        let intent = created(&server, "o1").await;
        let secret = intent.client_secret.expect("a secret");
        let asked = confirmed(&server, &intent.id, &secret, "4000002760003184").await.json();
        assert_eq!(asked["status"], "requires_action");
        let path = format!("/v3/payment_intents/{}/challenge", intent.id);
        let answer = browse(&server, &path, &format!("client_secret={secret}&outcome={outcome}")).await;
        assert_eq!(answer.status, status);
        let found = server.ledger().intents.into_iter().find(|one| one.id == intent.id.as_str()).expect("the intent");
        assert_eq!(found.status.as_str(), after);
    }
}

#[tokio::test]
async fn what_was_typed_wrongly_is_named_and_what_is_private_stays_so() {
    let server = server().await;
    let intent = created(&server, "o1").await;
    let secret = intent.client_secret.expect("a secret");
    let wrong = confirmed(&server, &intent.id, &secret, "4242424242424241").await;
    assert_eq!(wrong.json()["error"]["code"], "incorrect_number");
    let live = confirmed(&server, &intent.id, &secret, "4539578763621486").await;
    assert_eq!(live.json()["error"]["decline_code"], "test_mode_live_card");
    let capture = browse(&server, &format!("/v1/payment_intents/{}/capture", intent.id), "").await;
    assert_eq!(capture.json()["error"]["code"], "secret_key_required");
    assert_eq!(json!(server.ledger())["intents"][0]["amount_captured"], 0);
}

#[tokio::test]
async fn the_script_is_served_and_is_a_script() {
    let server = server().await;
    let script = asked(&server, Method::GET, "/v3/stripe.js", &[], "").await.expect("an answer");
    assert!(script.headers["content-type"].to_str().expect("text").starts_with("text/javascript"));
    // What a strict policy forbids: it would fail in silence there.
    for forbidden in ["innerHTML", "outerHTML", "insertAdjacentHTML", "eval(", "new Function", ".setAttribute('style'"]
    {
        assert!(!script.text.contains(forbidden), "{forbidden}");
    }
    let style = asked(&server, Method::GET, "/v3/stripe.css", &[], "").await.expect("an answer");
    assert!(style.headers["content-type"].to_str().expect("text").starts_with("text/css"));
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("stripe.js");
    std::fs::write(&file, &script.text).expect("written");
    // The browser tests need Node.js in any case; without it they say so.
    if let Ok(checked) = Command::new("node").arg("--check").arg(&file).status() {
        assert!(checked.success());
    }
}
