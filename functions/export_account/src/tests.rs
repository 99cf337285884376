use holdfast_domain::{DisplayName, EmailAddress};
use holdfast_http_api::Body;

use super::*;

const AFTER: &str = "1700000000000.00000000000000000000000000000007";

fn asked(query: &str) -> Result<String, String> {
    let mut request = Request::new(Body::Empty);
    *request.uri_mut() = format!("https://tickets.example/api/me/export?{query}").parse().unwrap();
    let body = |error: ApiError| String::from_utf8_lossy(error.into_parts().0.into_reply().body()).into_owned();
    place::asked(&request).map(|place| place.to_string()).map_err(body)
}

#[test]
fn a_page_is_a_place_in_the_tickets_or_in_the_orders() {
    assert_eq!(asked("").as_deref(), Ok("tickets"));
    for place in ["tickets", "orders", &format!("tickets.{AFTER}"), &format!("orders.{AFTER}")] {
        assert_eq!(asked(&format!("cursor={place}")).as_deref(), Ok(place));
    }
    assert_eq!(asked("cursor="), asked(""), "an empty one is the beginning");
}

#[test]
fn what_is_no_place_is_named() {
    for wrong in ["tickets.", "orders.x", "sessions", "Orders", AFTER, "tickets.tickets"] {
        assert!(asked(&format!("cursor={wrong}")).is_err(), "{wrong}");
    }
    insta::assert_snapshot!(asked("cursor=x&limit=5").unwrap_err(), @r#"{"type":"bad-query","title":"The query is not valid","status":400,"detail":"Correct the query and ask again.","errors":[{"field":"cursor","message":"is not a cursor of this export: leave it out to begin anew"},{"field":"limit","message":"is not a parameter of the export"}]}"#);
}

#[test]
fn the_account_is_shown_with_all_that_is_kept_but_its_hash() {
    let ada = Account {
        id: "018f3e5c-6d2a-4c31-9a55-1f2e3d4c5b6a".parse().unwrap(),
        email: EmailAddress::parse("ada@example.org").unwrap(),
        display_name: DisplayName::parse("Ada").unwrap(),
        created_at: Timestamp::parse("2026-11-22T16:59:05Z").unwrap(),
        verified_at: Some(Timestamp::parse("2026-11-22T17:00:00Z").unwrap()),
    };
    let reply = json(200, &ExportBody::of(AccountBody::from(&ada)));
    assert_eq!(reply.headers()["cache-control"], "no-store");
    insta::assert_snapshot!(String::from_utf8_lossy(reply.body()), @r#"{"account":{"id":"018f3e5c-6d2a-4c31-9a55-1f2e3d4c5b6a","email":"ada@example.org","display_name":"Ada","created_at":"2026-11-22T16:59:05Z","verified_at":"2026-11-22T17:00:00Z"},"tickets":[],"orders":[],"next":null}"#);
}

#[test]
fn the_sample_asks_for_the_first_page() {
    let sample = include_str!("../../../events/export_account/valid.json");
    let request = lambda_http::request::from_str(sample).unwrap();
    assert_eq!(place::asked(&request).unwrap(), Place::Tickets(None));
}
