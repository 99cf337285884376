//! Cursors: the catalogue's, which belong to a query, and those of somebody's own lists.
#![no_main]

use holdfast_domain::limits::PAGE_MAX;
use holdfast_domain::{TicketId, Timestamp, search_words};
use holdfast_http_api::{Body, Request, owner_query, query_pairs, read_cursor, write_cursor};
use holdfast_store::{CatalogueOrder, CataloguePlace, CatalogueQuery, OwnerCursor};
use libfuzzer_sys::fuzz_target;
use uuid::Uuid;

fn query(words: &str, order: CatalogueOrder) -> CatalogueQuery {
    CatalogueQuery { order, words: search_words([words]), from: None, to: None }
}

// Sixteen bytes are a ticket and eight a moment; what follows is a cursor, a line break, and the words of its query.
fuzz_target!(|data: &[u8]| {
    let Some((ticket, rest)) = data.split_first_chunk::<16>() else { return };
    let Some((moment, rest)) = rest.split_first_chunk::<8>() else { return };
    let text = String::from_utf8_lossy(rest);
    let (cursor, words) = text.split_once('\n').unwrap_or((&text, ""));

    let (newest, soonest) = (query(words, CatalogueOrder::Newest), query(words, CatalogueOrder::Soonest));
    for query in [&newest, &soonest] {
        if let Ok(place) = read_cursor(query, cursor) {
            assert_eq!(write_cursor(query, place), cursor, "a cursor has one spelling");
        }
    }
    if let Ok(moment) = Timestamp::from_millis(i64::from_be_bytes(*moment)) {
        let place = CataloguePlace { moment, ticket: TicketId::from_uuid(Uuid::from_bytes(*ticket)) };
        let written = write_cursor(&newest, place);
        assert_eq!(read_cursor(&newest, &written), Ok(place));
        assert!(read_cursor(&soonest, &written).is_err(), "a cursor of another order");
        let other = query(cursor, CatalogueOrder::Newest);
        assert_eq!(read_cursor(&other, &written).is_ok(), other == newest, "a cursor of other words");
        assert_eq!(place.to_string().parse(), Ok(place));
    }
    if let Ok(place) = cursor.parse::<OwnerCursor>() {
        assert_eq!(place.to_string(), cursor, "a cursor has one spelling");
    }
    owners_list(cursor);
});

fn owners_list(text: &str) {
    let mut request = Request::new(Body::Empty);
    let Ok(uri) = format!("https://tickets.example/api/orders?{text}").parse() else { return };
    *request.uri_mut() = uri;
    let pairs = query_pairs(&request);
    match owner_query(&request) {
        Ok(query) => assert!((1..=PAGE_MAX).contains(&query.limit)),
        Err(error) => assert!(error.into_parts().0.status() == 400 && !pairs.is_empty()),
    }
}
