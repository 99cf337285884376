//! What is sent to the bus, the queue and the scheduler, and what happens to their answers.

use std::sync::{Arc, Mutex};

use crate::samples::{BUYER, ORDER, TRACE, moment, now, ticket, trace};
use aws_sdk_eventbridge::operation::put_events::PutEventsOutput;
use aws_sdk_eventbridge::types::PutEventsResultEntry;
use aws_sdk_scheduler::operation::create_schedule::{CreateScheduleError, CreateScheduleOutput};
use aws_sdk_scheduler::operation::update_schedule::{UpdateScheduleError, UpdateScheduleOutput};
use aws_sdk_scheduler::types::error::{ConflictException, ResourceNotFoundException};
use aws_sdk_sqs::operation::send_message::{SendMessageError, SendMessageOutput};
use aws_sdk_sqs::types::error::QueueDoesNotExist;
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use holdfast_domain::{TicketState, Timestamp};
use holdfast_events::{
    DomainEvent, EventBus, ExpireOrder, ExpirySchedules, RelayFailure, RelayQueue, ScheduleError, ScheduleTarget,
    Unpublished,
};

fn event(version: u64) -> DomainEvent {
    let (old, new) = (ticket(version - 1, TicketState::Listed), ticket(version, TicketState::Listed));
    DomainEvent::of_ticket(Some(&old), Some(&new), now()).unwrap().with_trace(Some(trace()))
}

fn taken() -> PutEventsResultEntry {
    PutEventsResultEntry::builder().event_id("e").build()
}

fn refused() -> PutEventsResultEntry {
    PutEventsResultEntry::builder().error_code("ThrottlingException").build()
}

/// A bus that answers call after call with these entries and notes the versions of what it was sent.
fn bus(answers: Vec<Vec<PutEventsResultEntry>>) -> (EventBus, Arc<Mutex<Vec<Vec<u64>>>>) {
    let sent = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&sent);
    let answers = Mutex::new(answers.into_iter());
    let rule = mock!(aws_sdk_eventbridge::Client::put_events)
        .match_requests(move |request| {
            let version = |detail: &str| serde_json::from_str::<DomainEvent>(detail).unwrap().version().number();
            let entries = request.entries();
            assert!(entries.iter().all(|entry| {
                entry.source() == Some("holdfast")
                    && entry.detail_type() == Some("TicketChanged")
                    && entry.event_bus_name() == Some("bus")
            }));
            let versions = entries.iter().map(|entry| version(entry.detail().unwrap())).collect();
            noted.lock().unwrap().push(versions);
            true
        })
        .then_compute_output(move |_| {
            let entries = answers.lock().unwrap().next().expect("no further call is expected");
            PutEventsOutput::builder().set_entries(Some(entries)).build()
        });
    let client = mock_client!(aws_sdk_eventbridge, RuleMode::MatchAny, [&rule]);
    (EventBus::new(client, "bus".to_owned()), sent)
}

#[tokio::test(start_paused = true)]
async fn ten_entries_a_call_in_their_order() {
    let (bus, sent) = bus(vec![vec![taken(); 10], vec![taken(); 10], vec![taken(); 3]]);
    assert_eq!(bus.publish((2..25).map(event).collect()).await, []);
    let expected: Vec<Vec<u64>> = vec![(2..12).collect(), (12..22).collect(), (22..25).collect()];
    assert_eq!(*sent.lock().unwrap(), expected);
}

#[tokio::test(start_paused = true)]
async fn only_refused_entries_are_sent_again() {
    let answers = vec![vec![taken(), refused(), taken(), refused()], vec![taken(), refused()], vec![taken()]];
    let (bus, sent) = bus(answers);
    assert_eq!(bus.publish((2..6).map(event).collect()).await, []);
    assert_eq!(*sent.lock().unwrap(), [vec![2, 3, 4, 5], vec![3, 5], vec![5]]);
}

#[tokio::test(start_paused = true)]
async fn what_stays_refused_comes_back_with_the_reason() {
    let (bus, sent) = bus(vec![vec![taken(), refused()], vec![refused()], vec![refused()]]);
    let unpublished = bus.publish(vec![event(2), event(3)]).await;
    assert_eq!(unpublished, [Unpublished { event: event(3), reason: "ThrottlingException".to_owned() }]);
    assert_eq!(sent.lock().unwrap().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn an_entry_without_an_answer_counts_as_refused() {
    let (bus, sent) = bus(vec![vec![taken()], vec![taken()]]);
    assert_eq!(bus.publish(vec![event(2), event(3)]).await, []);
    assert_eq!(*sent.lock().unwrap(), [vec![2, 3], vec![3]]);
}

#[tokio::test]
async fn a_queue_that_refuses_one_message_is_an_error() {
    let taken = mock!(aws_sdk_sqs::Client::send_message).then_output(|| SendMessageOutput::builder().build());
    let refused = mock!(aws_sdk_sqs::Client::send_message)
        .then_error(|| SendMessageError::QueueDoesNotExist(QueueDoesNotExist::builder().build()));
    let client = mock_client!(aws_sdk_sqs, RuleMode::Sequential, [&taken, &refused]);
    let queue = RelayQueue::new(client, "http://localhost/queue".to_owned());
    let failure = |version| RelayFailure::Event { event: event(version), reason: "InternalFailure".to_owned() };
    let error = queue.keep(&[failure(2), failure(3), failure(4)]).await.unwrap_err();
    assert_eq!(error.to_string(), "the relay's queue did not take a message");
    assert_eq!((taken.num_calls(), refused.num_calls()), (1, 1));
}

#[tokio::test]
async fn a_failure_reads_back_from_its_message() {
    let failures = [
        RelayFailure::Event { event: event(2), reason: "InternalFailure".to_owned() },
        RelayFailure::Record {
            keys: serde_json::json!({"pk": {"S": "T#1"}, "sk": {"S": "T"}}),
            sequence_number: Some("111".to_owned()),
            reason: "a stored item cannot be read".to_owned(),
        },
    ];
    for failure in failures {
        let text = serde_json::to_string(&failure).unwrap();
        assert_eq!(serde_json::from_str::<RelayFailure>(&text).unwrap(), failure);
    }
}

fn request() -> ExpireOrder {
    ExpireOrder { order: ORDER.parse().unwrap(), buyer: BUYER.parse().unwrap(), trace_id: Some(trace()) }
}

fn ends() -> Timestamp {
    moment("2026-11-22T16:59:05.2Z")
}

fn created(name: &'static str) -> Rule {
    mock!(aws_sdk_scheduler::Client::create_schedule)
        .match_requests(move |request| {
            let target = request.target().unwrap();
            request.name() == Some(name)
                && request.group_name() == Some("holds")
                && request.schedule_expression() == Some("at(2026-11-22T16:59:06)")
                && request.schedule_expression_timezone() == Some("UTC")
                && request.action_after_completion().unwrap().as_str() == "DELETE"
                && request.flexible_time_window().unwrap().mode().as_str() == "OFF"
                && target.arn() == "arn:function"
                && target.role_arn() == "arn:role"
                && target.dead_letter_config().unwrap().arn() == Some("arn:queue")
                && target.retry_policy().unwrap().maximum_retry_attempts().is_some()
                && target.input()
                    == Some(format!(r#"{{"order":"{ORDER}","buyer":"{BUYER}","trace_id":"{TRACE}"}}"#).as_str())
        })
        .then_output(|| CreateScheduleOutput::builder().schedule_arn("arn:schedule").build().unwrap())
}

fn exists() -> Rule {
    mock!(aws_sdk_scheduler::Client::create_schedule).then_error(|| {
        CreateScheduleError::ConflictException(ConflictException::builder().message("exists").build().unwrap())
    })
}

fn moved() -> Rule {
    mock!(aws_sdk_scheduler::Client::update_schedule)
        .match_requests(|request| {
            request.schedule_expression() == Some("at(2026-11-22T16:59:06)")
                && request.action_after_completion().unwrap().as_str() == "DELETE"
        })
        .then_output(|| UpdateScheduleOutput::builder().schedule_arn("arn:schedule").build().unwrap())
}

fn vanished() -> Rule {
    mock!(aws_sdk_scheduler::Client::update_schedule).then_error(|| {
        let gone = ResourceNotFoundException::builder().message("gone").build().unwrap();
        UpdateScheduleError::ResourceNotFoundException(gone)
    })
}

fn schedules(rules: &[&Rule]) -> ExpirySchedules {
    let target = ScheduleTarget {
        group: "holds".to_owned(),
        function_arn: "arn:function".to_owned(),
        role_arn: "arn:role".to_owned(),
        dead_letter_arn: "arn:queue".to_owned(),
    };
    ExpirySchedules::new(mock_client!(aws_sdk_scheduler, RuleMode::Sequential, rules), target)
}

const NAME: &str = "order-0199a1b2-0000-5000-8000-000000000002";
const NAME_AGAIN: &str = "order-0199a1b2-0000-5000-8000-000000000002-1795366745";

#[tokio::test]
async fn a_placed_order_is_armed_once() {
    let (first, second) = (created(NAME), exists());
    let schedules = schedules(&[&first, &second]);
    schedules.arm(request(), ends(), now()).await.unwrap();
    schedules.arm(request(), ends(), now()).await.unwrap();
    assert_eq!((first.num_calls(), second.num_calls()), (1, 1));
}

#[tokio::test]
async fn an_extension_moves_the_schedule() {
    let (conflict, update) = (exists(), moved());
    schedules(&[&conflict, &update]).extend(request(), ends(), now()).await.unwrap();
    assert_eq!((conflict.num_calls(), update.num_calls()), (1, 1));
}

#[tokio::test]
async fn an_extension_that_comes_first_arms() {
    let create = created(NAME);
    schedules(&[&create]).extend(request(), ends(), now()).await.unwrap();
    assert_eq!(create.num_calls(), 1);
}

#[tokio::test]
async fn a_schedule_that_vanishes_between_two_calls_is_made_anew() {
    let (conflict, gone, create) = (exists(), vanished(), created(NAME));
    schedules(&[&conflict, &gone, &create]).extend(request(), ends(), now()).await.unwrap();
    assert_eq!(create.num_calls(), 1);
}

#[tokio::test]
async fn tries_are_bounded() {
    let rules = [exists(), vanished(), exists(), vanished(), exists(), vanished()];
    let schedules = schedules(&rules.iter().collect::<Vec<_>>());
    let error = schedules.extend(request(), ends(), now()).await.unwrap_err();
    assert!(matches!(error, ScheduleError::Unsettled), "{error:?}");
}

#[tokio::test]
async fn arming_again_uses_a_name_of_its_own() {
    let (create, conflict) = (created(NAME_AGAIN), exists());
    let schedules = schedules(&[&create, &conflict]);
    schedules.arm_again(request(), ends(), now()).await.unwrap();
    schedules.arm_again(request(), ends(), now()).await.unwrap();
    assert_eq!((create.num_calls(), conflict.num_calls()), (1, 1));
}
