//! What is asked of the renderer.

use std::sync::{Arc, Mutex};

use aws_sdk_sqs::operation::send_message_batch::SendMessageBatchOutput;
use aws_sdk_sqs::types::{BatchResultErrorEntry, SendMessageBatchResultEntry};
use aws_smithy_mocks::{RuleMode, mock, mock_client};
use holdfast_domain::TicketId;
use holdfast_events::{RenderQueue, RenderQueueError, RenderRequest, RenderWalk, TRACE_ATTRIBUTE};
use uuid::Uuid;

use crate::samples::{TRACE, trace};

fn ticket(number: u128) -> RenderRequest {
    RenderRequest::Ticket { ticket: TicketId::from_uuid(Uuid::from_u128(number)) }
}

/// A queue that refuses the first `refusals` messages that it is given, and the bodies of those that it took, by call.
fn queue(refusals: usize) -> (RenderQueue, Arc<Mutex<Vec<Vec<String>>>>) {
    let taken = Arc::new(Mutex::new(Vec::new()));
    let (noted, left) = (Arc::clone(&taken), Mutex::new(refusals));
    let rule = mock!(aws_sdk_sqs::Client::send_message_batch).then_compute_output(move |request| {
        let mut answer = SendMessageBatchOutput::builder().set_successful(Some(vec![])).set_failed(Some(vec![]));
        let (mut left, mut bodies) = (left.lock().unwrap(), Vec::new());
        for entry in request.entries() {
            if *left > 0 {
                *left -= 1;
                let failed = BatchResultErrorEntry::builder().id(entry.id()).code("InternalError").sender_fault(false);
                answer = answer.failed(failed.build().unwrap());
            } else {
                bodies.push(entry.message_body().to_owned());
                let done = SendMessageBatchResultEntry::builder().id(entry.id()).message_id("1");
                assert_eq!(entry.message_attributes().unwrap()[TRACE_ATTRIBUTE].string_value(), Some(TRACE));
                answer = answer.successful(done.md5_of_message_body("2").build().unwrap());
            }
        }
        noted.lock().unwrap().push(bodies);
        answer.build().unwrap()
    });
    let client = mock_client!(aws_sdk_sqs, RuleMode::MatchAny, [&rule]);
    (RenderQueue::new(client, "http://localhost/queue".to_owned()), taken)
}

#[test]
fn requests_are_written_as_their_readers_and_people_write_them() {
    let of = |text: &str| serde_json::from_str::<RenderRequest>(text);
    let ticket = ticket(7);
    let walk = |render, after: Option<&str>| RenderRequest::Walk { render, after: after.map(str::to_owned) };
    let written = [
        (ticket, r#"{"ticket":"00000000-0000-0000-0000-000000000007"}"#),
        (RenderRequest::Page { page: "head".to_owned() }, r#"{"page":"head"}"#),
        (walk(RenderWalk::Everything, None), r#"{"render":"everything"}"#),
        (walk(RenderWalk::Everything, Some("x")), r#"{"render":"everything","after":"x"}"#),
        (walk(RenderWalk::Outdated, None), r#"{"render":"outdated"}"#),
    ];
    for (request, text) in written {
        assert_eq!(serde_json::to_string(&request).unwrap(), text);
        assert_eq!(of(text).unwrap(), request);
    }
    for wrong in ["{}", r#"{"render":"all"}"#, r#"{"ticket":"7"}"#, r#"{"page":"head","ticket":"7"}"#] {
        of(wrong).unwrap_err();
    }
}

#[tokio::test]
async fn ten_messages_go_with_one_call() {
    let (queue, taken) = queue(0);
    let requests: Vec<_> = (0..23).map(ticket).collect();
    queue.send(&requests, Some(trace())).await.unwrap();
    let taken = taken.lock().unwrap();
    assert_eq!(taken.iter().map(Vec::len).collect::<Vec<_>>(), [10, 10, 3]);
    let read: Vec<RenderRequest> = taken.iter().flatten().map(|body| serde_json::from_str(body).unwrap()).collect();
    assert_eq!(read, requests);
}

#[tokio::test]
async fn refused_messages_are_sent_again_alone_and_reported_in_the_end() {
    let requests: Vec<_> = (0..4).map(ticket).collect();
    let (patient, taken) = queue(2);
    patient.send(&requests, Some(trace())).await.unwrap();
    assert_eq!(taken.lock().unwrap().iter().map(Vec::len).collect::<Vec<_>>(), [2, 2]);
    let (broken, _) = queue(usize::MAX);
    let error = broken.send(&requests, None).await.unwrap_err();
    assert!(matches!(error, RenderQueueError::NotTaken(4)), "{error}");
}
