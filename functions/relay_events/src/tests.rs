use std::sync::{Arc, Mutex};

use aws_sdk_eventbridge::operation::put_events::PutEventsOutput;
use aws_sdk_eventbridge::types::PutEventsResultEntry;
use aws_sdk_sqs::operation::send_message::{SendMessageError, SendMessageOutput};
use aws_sdk_sqs::types::error::QueueDoesNotExist;
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use holdfast_events::EventName;
use holdfast_telemetry::Metric;

use super::*;

const LISTED: &str = include_str!("../../../events/relay_events/valid.json");
const ORDER_PLACED: &str = include_str!("../../../events/relay_events/order_placed.json");
const ORDER_EXPIRED: &str = include_str!("../../../events/relay_events/order_expired.json");
const UNREADABLE: &str = include_str!("../../../events/relay_events/unreadable_record.json");

fn batch(sample: &str) -> StreamBatch {
    serde_json::from_str(sample).unwrap()
}

fn names(sample: &str) -> Vec<EventName> {
    let (events, failures) = sorted(batch(sample));
    assert_eq!(failures, []);
    events.iter().map(|decided| decided.event.name()).collect()
}

/// A bus that takes everything, or nothing.
fn bus(takes: bool) -> EventBus {
    let rule = mock!(aws_sdk_eventbridge::Client::put_events).then_compute_output(move |request| {
        let answer = PutEventsResultEntry::builder();
        let answer = if takes { answer.event_id("1") } else { answer.error_code("InternalFailure") };
        let answers = request.entries().iter().map(|_| answer.clone().build()).collect();
        PutEventsOutput::builder().set_entries(Some(answers)).build()
    });
    EventBus::new(mock_client!(aws_sdk_eventbridge, RuleMode::MatchAny, [&rule]), "bus".to_owned())
}

/// A queue that takes everything and notes it.
fn queue() -> (RelayQueue, Arc<Mutex<Vec<RelayFailure>>>) {
    let kept = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&kept);
    let rule = mock!(aws_sdk_sqs::Client::send_message).then_compute_output(move |request| {
        noted.lock().unwrap().push(serde_json::from_str(request.message_body().unwrap()).unwrap());
        SendMessageOutput::builder().build()
    });
    (queue_of(&rule), kept)
}

fn queue_of(rule: &Rule) -> RelayQueue {
    RelayQueue::new(mock_client!(aws_sdk_sqs, RuleMode::MatchAny, [rule]), "http://localhost/queue".to_owned())
}

#[test]
fn records_become_events() {
    assert_eq!(names(LISTED), [EventName::TicketListed]);
    assert_eq!(names(ORDER_PLACED), [EventName::OrderPlaced], "a hold is an event of the order alone");
    assert_eq!(names(ORDER_EXPIRED), [EventName::TicketReleased, EventName::OrderExpired]);
}

#[test]
fn a_batch_read_twice_gives_the_same_events() {
    for sample in [LISTED, ORDER_PLACED, ORDER_EXPIRED, UNREADABLE] {
        assert_eq!(sorted(batch(sample)), sorted(batch(sample)));
    }
}

#[test]
fn an_event_has_the_trace_of_the_item_that_was_written() {
    let traces = |sample: &str| -> Vec<Option<String>> {
        let (decided, _) = sorted(batch(sample));
        decided.iter().map(|decided| decided.event.trace().map(String::from)).collect()
    };
    let hold = Some("5759e988bd862e3fe1be46a994272793".to_owned());
    assert_eq!(traces(ORDER_PLACED), [hold]);
    assert_eq!(traces(ORDER_EXPIRED), [None, None], "items of before the first trace");
}

#[test]
fn each_decision_is_measured() {
    let of = |sample: &str| -> Vec<(Metric, f64)> { sorted(batch(sample)).0.iter().flat_map(measured).collect() };
    assert_eq!(of(LISTED), []);
    assert_eq!(of(ORDER_PLACED), [(Metric::Holds, 1.0)]);
    assert_eq!(of(ORDER_EXPIRED), [(Metric::OrdersExpired, 1.0)]);
    let paid = ORDER_EXPIRED
        .replace(r#""S": "expired""#, r#""S": "paid""#)
        .replace(r#""closed_at": {"#, r#""intent": {"S": "pi_1"}, "paid_at": {"#);
    let [(Metric::HoldToPaid, seconds), (Metric::OrdersPaid, 1.0)] = of(&paid)[..] else { panic!("{:?}", of(&paid)) };
    assert!(seconds > 0.0, "{seconds}");
}

#[test]
fn items_that_make_no_event_are_passed_over() {
    let text = LISTED.replace(r#""S": "T""#, r#""S": "X""#);
    assert_eq!(names(&text), [], "the credential's item");
    let text = LISTED.replace(r#""S": "T""#, r#""S": "P""#);
    assert_eq!(names(&text), [], "the catalogue's entry");
}

#[test]
fn the_time_of_an_event_is_the_records_own() {
    for (written, read) in [("1795334400,", "2026-11-22T08:00:00Z"), ("1.7953344005E9,", "2026-11-22T08:00:00.5Z")] {
        let text = LISTED.replace("1795334400,", written);
        let (events, _) = sorted(batch(&text));
        assert_eq!(events[0].event.time().to_string(), read);
    }
}

#[tokio::test(start_paused = true)]
async fn an_unreadable_record_is_kept_without_its_images_and_stops_no_other() {
    let (queue, kept) = queue();
    handle(&App { bus: bus(true), queue }, batch(UNREADABLE)).await.unwrap();
    let kept = kept.lock().unwrap();
    let [RelayFailure::Record { keys, sequence_number, reason }] = kept.as_slice() else { panic!("{kept:?}") };
    assert_eq!(keys["sk"]["S"], "T");
    assert_eq!(sequence_number.as_deref(), Some("700000000000000000006"));
    assert_eq!(reason, "an image cannot be read");
    assert!(!serde_json::to_string(&*kept).unwrap().contains("Magic Flute"));
}

#[test]
fn even_a_record_without_any_shape_is_kept() {
    let (events, failures) = sorted(batch(r#"{"Records": [{}, null, {"dynamodb": {"Keys": 1}}]}"#));
    assert_eq!((events.len(), failures.len()), (0, 3));
}

#[tokio::test(start_paused = true)]
async fn finished_events_are_kept_when_the_bus_refuses_them() {
    let (queue, kept) = queue();
    handle(&App { bus: bus(false), queue }, batch(ORDER_EXPIRED)).await.unwrap();
    let expected: Vec<RelayFailure> = sorted(batch(ORDER_EXPIRED))
        .0
        .into_iter()
        .map(|Decided { event, .. }| RelayFailure::Event { event, reason: "InternalFailure".to_owned() })
        .collect();
    assert_eq!(*kept.lock().unwrap(), expected);
}

#[tokio::test(start_paused = true)]
async fn the_batch_fails_when_the_queue_fails_too() {
    let refused = mock!(aws_sdk_sqs::Client::send_message)
        .then_error(|| SendMessageError::QueueDoesNotExist(QueueDoesNotExist::builder().build()));
    let app = App { bus: bus(false), queue: queue_of(&refused) };
    let error = handle(&app, batch(ORDER_EXPIRED)).await.unwrap_err();
    assert_eq!(error.to_string(), "events were neither published nor kept");
}
