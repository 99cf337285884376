//! The body by which a seller lists a ticket: the largest one that the API takes.
#![no_main]

use holdfast_domain::{Credential, Description, Timestamp, Venue};
use holdfast_http_api::{Body, Listing, Request, listing};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

fn read(body: &[u8]) -> Result<Listing, (u16, Value)> {
    let mut request = Request::new(Body::from(body));
    request.headers_mut().insert("content-type", "application/json".parse().expect("a media type"));
    let now = Timestamp::from_millis(1_795_000_000_000).expect("a moment");
    listing(&request, now).map_err(|error| {
        let reply = error.into_parts().0.into_reply();
        (reply.status().as_u16(), serde_json::from_slice(reply.body()).expect("a refusal is JSON"))
    })
}

fn written(read: &Listing) -> Vec<u8> {
    let facts = &read.facts;
    let body = json!({
        "title": facts.title.as_str(),
        "price": { "amount": facts.price.amount(), "currency": facts.price.currency() },
        "venue": facts.venue.as_ref().map(Venue::as_str),
        "starts_at": facts.starts_at,
        "description": read.description.as_ref().map(Description::as_str),
        "credential": read.credential.as_ref().map(Credential::as_str),
        "version": read.version,
    });
    body.to_string().into_bytes()
}

fuzz_target!(|data: &[u8]| {
    match read(data) {
        Ok(first) => {
            let again = read(&written(&first)).expect("what was accepted once is accepted again");
            assert_eq!(first.facts, again.facts);
            assert_eq!((&first.description, &first.credential), (&again.description, &again.credential));
            assert_eq!(first.version, again.version);
        }
        Err((status, problem)) => {
            assert!(matches!(status, 400 | 413 | 422), "{status}");
            assert_eq!(problem["status"], status);
            assert_eq!(problem["errors"].is_array(), status == 422, "{problem}");
        }
    }
});
