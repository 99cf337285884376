//! The sample events: what each function answers to its own, as they stand in the repository.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;
use tests::{Aws, Template};

fn events() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../events")
}

fn pascal(name: &str) -> String {
    let capitalised = |part: &str| part[..1].to_uppercase() + &part[1..];
    name.split('_').map(capitalised).collect()
}

/// Folder names below `events/`, and the sample files in each.
fn samples() -> Vec<(String, Vec<std::path::PathBuf>)> {
    let mut found = Vec::new();
    for folder in std::fs::read_dir(events()).expect("events/").map(|entry| entry.expect("an entry").path()) {
        if !folder.is_dir() {
            continue;
        }
        let name = folder.file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
        let files = std::fs::read_dir(&folder).expect("a folder").map(|entry| entry.expect("a file").path());
        found.push((name, files.collect()));
    }
    found
}

#[test]
fn every_function_has_a_sample_event_and_every_sample_a_function() {
    let with_samples: BTreeSet<String> =
        samples().into_iter().filter(|(_, files)| !files.is_empty()).map(|(name, _)| pascal(&name)).collect();
    assert_eq!(with_samples, Template::get().functions());
}

/// The documented answer of a sample as it stands (`events/README.md`).
fn documented_status(event: &Value) -> u16 {
    let route = event["routeKey"].as_str().expect("a route");
    let anyone = [
        "POST /api/users",
        "POST /api/session",
        "GET /api/session",
        "DELETE /api/session",
        "POST /api/email-verification/confirm",
        "POST /api/password-reset",
        "POST /api/password-reset/confirm",
        "GET /api/tickets",
        "GET /api/tickets/{ticket_id}",
        "POST /api/stripe/webhook",
    ];
    // Neither the edge's secret nor a session is in any sample.
    if anyone.contains(&route) { 400 } else { 401 }
}

#[tokio::test]
async fn samples_get_the_documented_answer_as_they_stand() {
    let aws = Aws::get().await;
    for (name, files) in samples() {
        for file in files {
            let text = std::fs::read_to_string(&file).expect("a sample");
            let event: Value = serde_json::from_str(&text).expect("JSON");
            let answer = aws.invoke(&pascal(&name), &event).await;
            if name == "refund_order" {
                let refused = answer.expect_err("there is no such payment");
                let told = refused["errorMessage"].as_str().unwrap_or_default();
                assert!(told.contains("Stripe finds no such payment"), "{}: {refused}", file.display());
                continue;
            }
            let answer = answer.unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            if event["routeKey"].is_string() {
                assert_eq!(answer["statusCode"], documented_status(&event), "{}: {answer}", file.display());
            }
        }
    }
}
