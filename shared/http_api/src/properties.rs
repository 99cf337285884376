//! What must hold of every body, query, header and cursor, whoever sends it.

use std::collections::BTreeSet;

use holdfast_domain::limits::PAGE_MAX;
use holdfast_domain::{
    Credential, Currency, Description, Price, TicketFacts, TicketId, Timestamp, Title, Venue, search_words,
};
use holdfast_store::{CatalogueOrder, CataloguePlace, CatalogueQuery};
use lambda_http::{Body, Request};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{ApiError, listing, owner_query, query_pairs, read_cursor, write_cursor};

/// No ticket of these tests begins before it.
fn now() -> Timestamp {
    Timestamp::from_millis(1_795_000_000_000).unwrap()
}

fn moments() -> impl Strategy<Value = Timestamp> {
    (0..=253_402_300_799_999_i64).prop_map(|millis| Timestamp::from_millis(millis).unwrap())
}

fn places() -> impl Strategy<Value = CataloguePlace> {
    let ticket = any::<u128>().prop_map(|number| TicketId::from_uuid(Uuid::from_u128(number)));
    (moments(), ticket).prop_map(|(moment, ticket)| CataloguePlace { moment, ticket })
}

fn queries() -> impl Strategy<Value = CatalogueQuery> {
    let order = select(vec![CatalogueOrder::Newest, CatalogueOrder::Soonest]);
    let words = prop_oneof!["[ab ]{0,4}", "(?s:.){0,200}"].prop_map(|text| search_words([text.as_str()]));
    let bound = || prop::option::of(prop_oneof![moments(), Just(now())]);
    (order, words, bound(), bound()).prop_map(|(order, words, from, to)| CatalogueQuery { order, words, from, to })
}

/// What a seller may say of a ticket, and the body that says it.
#[derive(Debug, Clone)]
struct Said {
    facts: TicketFacts,
    description: Option<Description>,
    credential: Option<Credential>,
}

fn said() -> impl Strategy<Value = Said> {
    let price = (select(Currency::ALL), any::<Index>()).prop_map(|(currency, at)| {
        let above = usize::try_from(currency.maximum() - currency.minimum()).unwrap() + 1;
        Price::new(currency.minimum() + u64::try_from(at.index(above)).unwrap(), currency).unwrap()
    });
    let line = || r"[ -~äß🎫\u{2028}]{0,118}".prop_map(|text| format!("x{text}x"));
    let lines = || r#"[ -~\n\r\tß🎫"\\]{0,400}"#.prop_map(|text| format!("x{text}x"));
    let starts_at = (1..200_000_000_000_000_i64).prop_map(|later| now().as_millis() + later);
    (
        line(),
        price,
        prop::option::of(line()),
        prop::option::of(starts_at),
        prop::option::of(lines()),
        prop::option::of(lines()),
    )
        .prop_map(|(title, price, venue, starts_at, description, credential)| Said {
            facts: TicketFacts {
                title: Title::parse(&title).unwrap(),
                price,
                venue: venue.map(|text| Venue::parse(&text).unwrap()),
                starts_at: starts_at.map(|millis| Timestamp::from_millis(millis).unwrap()),
            },
            description: description.map(|text| Description::parse(&text).unwrap()),
            credential: credential.map(|text| Credential::parse(&text).unwrap()),
        })
}

impl Said {
    fn body(&self) -> Value {
        json!({
            "title": self.facts.title.as_str(),
            "price": { "amount": self.facts.price.amount(), "currency": self.facts.price.currency() },
            "venue": self.facts.venue.as_ref().map(Venue::as_str),
            "starts_at": self.facts.starts_at,
            "description": self.description.as_ref().map(Description::as_str),
            "credential": self.credential.as_ref().map(Credential::as_str),
        })
    }
}

fn request(body: impl Into<Body>) -> Request {
    let mut request = Request::new(body.into());
    request.headers_mut().insert("content-type", "application/json".parse().unwrap());
    request
}

/// Status and wrong fields of a refusal, each with what is said of it.
fn refusal(error: ApiError) -> (u16, Vec<(String, String)>) {
    let reply = error.into_parts().0.into_reply();
    let body: Value = serde_json::from_slice(reply.body()).unwrap();
    let text = |error: &Value, name: &str| error[name].as_str().unwrap().to_owned();
    let errors = body["errors"].as_array().cloned().unwrap_or_default();
    let errors = errors.iter().map(|error| (text(error, "field"), text(error, "message"))).collect();
    (reply.status().as_u16(), errors)
}

fn refused(body: &Value) -> (u16, Vec<(String, String)>) {
    refusal(listing(&request(body.to_string()), now()).expect_err("it is wrong"))
}

/// JSON of any shape, of a few names that mean something here.
fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "(?s:.){0,20}".prop_map(Value::from),
    ];
    let name = || {
        prop_oneof![
            select(vec!["title", "price", "amount", "currency", "version"]).prop_map(str::to_owned),
            "(?s:.){0,6}"
        ]
    };
    leaf.prop_recursive(4, 24, 6, move |inner| {
        let object = prop::collection::vec((name(), inner.clone()), 0..6);
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(Value::from),
            object.prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn a_cursor_leads_to_its_place_in_its_query_and_in_no_other(query in queries(), other in queries(), place in places()) {
        let cursor = write_cursor(&query, place);
        prop_assert_eq!(read_cursor(&query, &cursor), Ok(place));
        prop_assert_eq!(read_cursor(&other, &cursor).is_ok(), query == other);
        prop_assert_eq!(url::form_urlencoded::byte_serialize(cursor.as_bytes()).collect::<String>(), cursor);
    }

    #[test]
    fn a_cursor_that_was_altered_anywhere_is_refused(
        query in queries(),
        place in places(),
        (from, length) in (any::<Index>(), 0..4_usize),
        by in "[A-Za-z0-9_=-]{0,3}|(?s:.){0,2}",
    ) {
        let cursor = write_cursor(&query, place);
        let from = from.index(cursor.len() + 1);
        let altered = format!("{}{by}{}", &cursor[..from], &cursor[(from + length).min(cursor.len())..]);
        prop_assert_eq!(read_cursor(&query, &altered).is_ok(), altered == cursor, "{}", altered);
    }

    #[test]
    fn no_query_is_too_odd_to_be_answered(text in "[!-~]{0,60}|(limit|cursor)=[0-9.%a-f]{0,40}(&(limit|cursor)=[0-9]{0,4})?") {
        let mut request = Request::new(Body::Empty);
        let Ok(uri) = format!("https://tickets.example/api/orders?{text}").parse() else { return Ok(()) };
        *request.uri_mut() = uri;
        match owner_query(&request) {
            Ok(query) => {
                prop_assert!((1..=PAGE_MAX).contains(&query.limit));
                // Where a page begins is written in one way, so that a cache has it once.
                if let Some(after) = query.after {
                    prop_assert!(query_pairs(&request).contains(&("cursor".to_owned(), after.to_string())));
                }
            }
            Err(error) => {
                let (status, errors) = refusal(error);
                prop_assert!(status == 400 && !errors.is_empty());
            }
        }
    }

    #[test]
    fn what_a_seller_says_is_what_is_listed(said in said(), amount in select(vec!["", ".0", "e0", ".000e0"])) {
        let text = said.body().to_string();
        let (digits, escaped) = (said.facts.price.amount().to_string(), json_ascii(&text));
        for text in [text.clone(), escaped, text.replace(&format!(r#""amount":{digits}"#), &format!(r#""amount":{digits}{amount}"#))] {
            let read = match listing(&request(text), now()) {
                Ok(read) => read,
                Err(error) => return Err(TestCaseError::fail(format!("{:?}", refusal(error)))),
            };
            prop_assert_eq!(&read.facts, &said.facts);
            prop_assert_eq!(&read.description, &said.description);
            prop_assert_eq!(&read.credential, &said.credential);
        }
    }

    #[test]
    fn no_bytes_are_too_odd_to_be_refused(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        let error = listing(&request(bytes), now()).expect_err("no listing is so short");
        prop_assert!(matches!(refusal(error).0, 400 | 422));
    }

    #[test]
    fn every_wrong_field_of_any_value_is_named_once(value in values()) {
        let (status, errors) = refused(&value);
        prop_assert!(status == 422 && !errors.is_empty());
        let fields: BTreeSet<&String> = errors.iter().map(|(field, _)| field).collect();
        prop_assert_eq!(fields.len(), errors.len(), "{:?}", errors);
    }

    #[test]
    fn a_field_that_is_not_known_is_named_as_it_was_sent(said in said(), name in "[a-z.`', ]{1,12}|price|title|(?s:.){1,12}") {
        let of = |errors: Vec<(String, String)>| errors.into_iter().map(|(field, _)| field).collect::<Vec<_>>();
        let (known, mut body) = (said.body(), said.body());
        prop_assume!(name != "version" && known.get(&name).is_none());
        body[&name] = json!(1);
        prop_assert_eq!(of(refused(&body).1), [name.clone()]);
    }

    #[test]
    fn a_field_that_is_not_known_is_named_where_it_was_sent(said in said(), name in "[a-z`', ]{1,12}|price|title") {
        let mut body = said.body();
        prop_assume!(body["price"].get(&name).is_none());
        body["price"][&name] = json!(1);
        let (_, errors) = refused(&body);
        prop_assert_eq!(errors, [(format!("price.{name}"), "is not a field of this request".to_owned())]);
    }

    /// What is wrong is said in words of ours: what was sent stands in no answer.
    #[test]
    fn a_text_where_a_number_belongs_is_not_told_again(said in said(), text in "(?s:.){0,20}|[a-z]{0,3}, expected [a-z`]{0,8}( at line)?") {
        let mut body = said.body();
        body["price"]["amount"] = json!(text);
        let (status, errors) = refused(&body);
        let expected = ("price.amount".to_owned(), "must be a whole number, zero or more".to_owned());
        prop_assert_eq!((status, errors), (422, vec![expected]));
    }
}

/// The same JSON in ASCII alone, as Python writes it.
fn json_ascii(text: &str) -> String {
    let escape = |letter: char| {
        let mut units = [0; 2];
        let units = letter.encode_utf16(&mut units);
        units.iter().map(|unit| format!("\\u{unit:04x}")).collect::<Vec<_>>().concat()
    };
    text.chars().map(|letter| if letter.is_ascii() { letter.to_string() } else { escape(letter) }).collect()
}
