//! The queue of mails to be sent.

use aws_sdk_sqs::Client;
use holdfast_domain::{MailLanguage, MailPurpose, Timestamp, TraceId, UserId};
use serde::{Deserialize, Serialize};

use crate::message::{TRACE_ATTRIBUTE, attribute};

/// A mail that somebody asks for. It names an account and never an address: a queue of failures holds no personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailRequest {
    /// What its link is for.
    pub purpose: MailPurpose,
    /// Whom it is for; nobody, when the address that was named has no account. Asking costs the same either way.
    pub user: Option<UserId>,
    /// In which language.
    pub language: MailLanguage,
    /// When it was asked for.
    pub asked_at: Timestamp,
}

/// Why the queue did not take a request.
#[derive(Debug, thiserror::Error)]
pub enum MailQueueError {
    /// The message could not be written.
    #[error("a message for the mail queue cannot be written")]
    Message(#[source] serde_json::Error),
    /// The queue did not answer, or refused the call.
    #[error("the mail queue cannot be reached")]
    Call(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// The queue.
#[derive(Debug, Clone)]
pub struct MailQueue {
    client: Client,
    url: String,
}

impl MailQueue {
    /// The queue at `url`.
    #[must_use]
    pub fn new(client: Client, url: String) -> Self {
        Self { client, url }
    }

    /// Asks for a mail on behalf of a trace.
    ///
    /// # Errors
    /// [`MailQueueError`]; asking again is right: a second mail has the link that works.
    pub async fn send(&self, request: &MailRequest, trace: TraceId) -> Result<(), MailQueueError> {
        let body = serde_json::to_string(request).map_err(MailQueueError::Message)?;
        let trace = attribute(trace).map_err(MailQueueError::Call)?;
        let sending = self.client.send_message().queue_url(&self.url).message_body(body);
        let sent = sending.message_attributes(TRACE_ATTRIBUTE, trace).send().await;
        sent.map(drop).map_err(|error| MailQueueError::Call(error.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_names_an_account_or_nobody_and_never_an_address() {
        let mut request = MailRequest {
            purpose: MailPurpose::ResetPassword,
            user: Some("018f3e5c-6d2a-4c31-9a55-1f2e3d4c5b6a".parse().unwrap()),
            language: MailLanguage::De,
            asked_at: Timestamp::parse("2026-11-22T16:59:05Z").unwrap(),
        };
        let text = serde_json::to_string(&request).unwrap();
        let expected = r#"{"purpose":"reset_password","user":"018f3e5c-6d2a-4c31-9a55-1f2e3d4c5b6a","language":"de","asked_at":"2026-11-22T16:59:05Z"}"#;
        assert_eq!(text, expected);
        assert_eq!(serde_json::from_str::<MailRequest>(&text).unwrap(), request);
        request.user = None;
        assert!(serde_json::to_string(&request).unwrap().contains(r#""user":null"#));
        for wrong in
            ["{}", r#"{"purpose":"reset_password","user":null,"language":"fr","asked_at":"2026-11-22T16:59:05Z"}"#]
        {
            serde_json::from_str::<MailRequest>(wrong).unwrap_err();
        }
    }
}
