//! The schemas in the repository describe exactly what the code publishes.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use crate::samples::{hold, intent, now, order, paid, sale, ticket, trace};
use holdfast_domain::{Expiry, OrderState, TicketState, Title, Venue};
use holdfast_events::{DomainEvent, EventName};
use jsonschema::Validator;
use serde_json::{Value, json};

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/schemas"))
}

fn schema(name: EventName) -> Validator {
    let text = fs::read_to_string(folder().join(format!("{name}.json"))).unwrap();
    let schema: Value = serde_json::from_str(&text).unwrap();
    jsonschema::options().should_validate_formats(true).build(&schema).unwrap()
}

/// Whether an event is what its schema says, for whoever makes events of their own.
///
/// # Panics
/// When it is not.
pub(crate) fn is_as_its_schema_says(name: EventName, value: &Value) {
    static SCHEMAS: LazyLock<Vec<(EventName, Validator)>> =
        LazyLock::new(|| EventName::ALL.into_iter().map(|name| (name, schema(name))).collect());
    let (_, schema) = SCHEMAS.iter().find(|(known, _)| *known == name).expect("a schema for each event");
    assert!(schema.is_valid(value), "{value}");
}

/// One of each event, as the code makes it.
fn events() -> Vec<DomainEvent> {
    let listed = |version| ticket(version, TicketState::Listed);
    let mut bare = listed(1);
    (bare.facts.venue, bare.facts.starts_at) = (None, None);
    let held = ticket(2, TicketState::Held(hold()));
    let sold = ticket(3, TicketState::Sold(sale()));
    let awaiting = order(1, OrderState::AwaitingPayment { intent: None });
    let mut extended = order(2, OrderState::AwaitingPayment { intent: None });
    extended.expires_at = now();
    let closed = |state| DomainEvent::of_order(Some(&awaiting), Some(&order(2, state)), now());
    [
        DomainEvent::of_ticket(None, Some(&listed(1)), now()),
        DomainEvent::of_ticket(None, Some(&bare), now()),
        DomainEvent::of_ticket(Some(&listed(1)), Some(&listed(2)), now()),
        DomainEvent::of_ticket(Some(&listed(1)), None, now()),
        DomainEvent::of_ticket(Some(&held), Some(&listed(3)), now()),
        DomainEvent::of_ticket(Some(&held), Some(&sold), now()),
        DomainEvent::of_order(None, Some(&awaiting), now()),
        DomainEvent::of_order(Some(&awaiting), Some(&extended), now()),
        closed(OrderState::Cancelled { closed_at: now(), intent: None }),
        closed(OrderState::Expired { closed_at: now(), intent: None, why: Expiry::RanOut }),
        closed(OrderState::Paid { intent: intent(), paid_at: now(), card: None, refunded_at: None }),
        DomainEvent::of_order(Some(&paid(3, None)), Some(&paid(4, Some(now()))), now()),
    ]
    .map(|event| event.unwrap().with_trace(Some(trace())))
    .into()
}

/// JSON pointers to every object of the value.
fn objects(value: &Value, at: &str, found: &mut Vec<String>) {
    if let Value::Object(fields) = value {
        found.push(at.to_owned());
        for (name, inner) in fields {
            objects(inner, &format!("{at}/{name}"), found);
        }
    }
}

#[test]
fn there_is_one_schema_for_each_event() {
    let files: BTreeSet<String> =
        fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    let expected: BTreeSet<String> = EventName::ALL.iter().map(|name| format!("{name}.json")).collect();
    assert_eq!(files, expected);
    let made: BTreeSet<&str> = events().iter().map(|event| event.name().as_str()).collect();
    assert_eq!(made.len(), EventName::ALL.len(), "the samples below cover every event");
}

#[test]
fn every_event_validates_and_reads_back() {
    for event in events() {
        let value = serde_json::to_value(&event).unwrap();
        let errors: Vec<String> = schema(event.name()).iter_errors(&value).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{value}: {errors:?}");
        assert_eq!(serde_json::from_value::<DomainEvent>(value).unwrap(), event);
    }
}

/// An archive, a queue and a schedule may hold events of any age.
#[test]
fn an_event_of_before_the_first_trace_is_as_good() {
    for event in events() {
        let old = event.clone().with_trace(None);
        let value = serde_json::to_value(&old).unwrap();
        assert_eq!(value.get("trace_id"), None);
        assert!(schema(event.name()).is_valid(&value), "{value}");
        assert_eq!(serde_json::from_value::<DomainEvent>(value).unwrap(), old);
        assert_eq!(old.id(), event.id(), "a trace is no part of what tells events apart");
    }
}

#[test]
fn no_field_may_be_missing_or_added_anywhere() {
    for event in events() {
        let (schema, value) = (schema(event.name()), serde_json::to_value(&event).unwrap());
        let mut places = Vec::new();
        objects(&value, "", &mut places);
        assert!(places.len() >= 3, "envelope, aggregate and data");
        for place in places {
            let fields: Vec<String> =
                value.pointer(&place).and_then(Value::as_object).unwrap().keys().cloned().collect();
            for field in fields.into_iter().filter(|field| field != "trace_id") {
                let mut less = value.clone();
                less.pointer_mut(&place).and_then(Value::as_object_mut).unwrap().remove(&field);
                assert!(!schema.is_valid(&less), "{}: {place}/{field} may be missing", event.name());
            }
            let mut more = value.clone();
            more.pointer_mut(&place).unwrap()["description"] = json!("not for the bus");
            assert!(!schema.is_valid(&more), "{}: {place} takes anything", event.name());
        }
    }
}

#[test]
fn a_schema_takes_its_own_event_only() {
    for event in events() {
        let value = serde_json::to_value(&event).unwrap();
        for name in EventName::ALL.into_iter().filter(|name| *name != event.name()) {
            assert!(!schema(name).is_valid(&value), "{name} takes {}", event.name());
        }
    }
}

#[test]
fn ten_of_the_largest_events_fit_one_call() {
    let mut ticket = ticket(u64::MAX, TicketState::Listed);
    // Four bytes a character is the worst that UTF-8 does; a quotation mark grows to two bytes only.
    ticket.facts.title = Title::parse(&"\u{1F3AB}".repeat(120)).unwrap();
    ticket.facts.venue = Some(Venue::parse(&"\u{1F3AB}".repeat(120)).unwrap());
    let event = DomainEvent::of_ticket(None, Some(&ticket), now()).unwrap();
    let bytes = serde_json::to_string(&event).unwrap().len();
    // Source, detail type and time count too: far under what is left.
    assert!(10 * (bytes + 1_024) < 256 * 1_024, "{bytes} bytes");
}

/// The sample events of the functions, which `sam local invoke` takes as they are.
fn bus_samples() -> Vec<(String, Value)> {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../events"));
    let folders = ["schedule_expiry", "project_catalogue"].map(|function| fs::read_dir(root.join(function)).unwrap());
    let read = |path: std::path::PathBuf| {
        let sample = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        (path.display().to_string(), sample)
    };
    folders.into_iter().flatten().map(|entry| read(entry.unwrap().path())).collect()
}

#[test]
fn the_samples_of_the_bus_are_events_as_the_code_makes_them() {
    let samples = bus_samples();
    assert!(samples.len() >= 6);
    for (path, sample) in samples {
        let event: DomainEvent = serde_json::from_value(sample["detail"].clone()).unwrap();
        assert_eq!(sample["detail-type"], event.name().as_str(), "{path}");
        assert_eq!(sample["source"], holdfast_events::SOURCE, "{path}");
        assert!(schema(event.name()).is_valid(&sample["detail"]), "{path}");
        assert_eq!(serde_json::to_value(&event).unwrap(), sample["detail"], "{path}: no field is lost");
    }
}
