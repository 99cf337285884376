//! What is asked for when an account is deleted.

use std::sync::{Arc, Mutex};

use aws_sdk_sqs::operation::send_message::SendMessageOutput;
use aws_smithy_mocks::{RuleMode, mock, mock_client};
use holdfast_events::{ErasurePass, ErasureQueue, ErasureRequest};

#[tokio::test]
async fn a_deletion_is_announced_ahead_and_begun_at_once() {
    let sent = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&sent);
    let rule = mock!(aws_sdk_sqs::Client::send_message).then_compute_output(move |request| {
        let body: ErasureRequest = serde_json::from_str(request.message_body().unwrap()).unwrap();
        noted.lock().unwrap().push((body, request.delay_seconds()));
        SendMessageOutput::builder().build()
    });
    let client = mock_client!(aws_sdk_sqs, RuleMode::MatchAny, [&rule]);
    let queue = ErasureQueue::new(client, "http://localhost/queue".to_owned());
    let user = "018f3e5c-6d2a-4c31-9a55-1f2e3d4c5b6a".parse().unwrap();
    queue.announce(user).await.unwrap();
    let first = ErasureRequest::beginning(user, ErasurePass::First);
    queue.send(&first).await.unwrap();
    let last = ErasureRequest::beginning(user, ErasurePass::Last);
    assert_eq!(*sent.lock().unwrap(), [(last, Some(90)), (first, Some(0))]);
}
