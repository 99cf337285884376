//! The queue of accounts that are deleted, and of what is to be erased with them.
//!
//! A deletion is announced before it is decided: whoever dies after the decision has left a message that finishes it, and
//! one that finds nothing decided does nothing. `docs/accounts.md` has the argument.

use std::time::Duration;

use aws_sdk_sqs::Client;
use holdfast_domain::UserId;
use serde::{Deserialize, Serialize};

/// By then every request has ended that began with a session which has been ended since: no route may take longer, twice.
pub const REQUESTS_END_WITHIN: Duration = Duration::from_mins(1);
/// How long a deletion is announced ahead: the decision falls while its own request lasts, and all others that were
/// under way then have ended as well.
pub const ANNOUNCED_AHEAD: Duration = Duration::from_secs(90);

/// One step of erasing what belongs to a closed account. It names a person by their id, and nothing of theirs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErasureRequest {
    /// Whose account.
    pub user: UserId,
    /// Which time.
    pub pass: ErasurePass,
    /// What is gone through: their orders first.
    #[serde(default)]
    pub list: ErasureList,
    /// Where that list goes on, as the store writes it; its beginning without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// How often it is gone through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErasurePass {
    /// At once: what can be done is done, and what is not at rest is left.
    First,
    /// Once no request of theirs can be under way: what is not at rest is waited for, and the account goes in the end.
    Last,
}

/// What is gone through.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErasureList {
    /// What they have bought.
    #[default]
    Orders,
    /// What they sell.
    Tickets,
}

impl ErasureRequest {
    /// The beginning of a pass.
    #[must_use]
    pub fn beginning(user: UserId, pass: ErasurePass) -> Self {
        Self { user, pass, list: ErasureList::Orders, after: None }
    }

    /// Whether it is where a pass begins.
    #[must_use]
    pub fn is_beginning(&self) -> bool {
        self.list == ErasureList::Orders && self.after.is_none()
    }
}

/// Why the queue did not take a request.
#[derive(Debug, thiserror::Error)]
pub enum ErasureQueueError {
    /// The message could not be written.
    #[error("a message for the erasure queue cannot be written")]
    Message(#[source] serde_json::Error),
    /// The queue did not answer, or refused the call.
    #[error("the erasure queue cannot be reached")]
    Call(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// The queue.
#[derive(Debug, Clone)]
pub struct ErasureQueue {
    client: Client,
    url: String,
}

impl ErasureQueue {
    /// The queue at `url`.
    #[must_use]
    pub fn new(client: Client, url: String) -> Self {
        Self { client, url }
    }

    /// Announces that an account may be closed from now on: the message arrives when that has been decided, one way or
    /// the other.
    ///
    /// # Errors
    /// [`ErasureQueueError`]; nothing is decided then.
    pub async fn announce(&self, user: UserId) -> Result<(), ErasureQueueError> {
        self.put(&ErasureRequest::beginning(user, ErasurePass::Last), ANNOUNCED_AHEAD).await
    }

    /// Sends a request that is worked on at once.
    ///
    /// # Errors
    /// [`ErasureQueueError`]; sending again is right, as erasing twice changes nothing.
    pub async fn send(&self, request: &ErasureRequest) -> Result<(), ErasureQueueError> {
        self.put(request, Duration::ZERO).await
    }

    async fn put(&self, request: &ErasureRequest, delay: Duration) -> Result<(), ErasureQueueError> {
        let body = serde_json::to_string(request).map_err(ErasureQueueError::Message)?;
        let seconds = i32::try_from(delay.as_secs()).unwrap_or(i32::MAX);
        let sending = self.client.send_message().queue_url(&self.url).message_body(body).delay_seconds(seconds);
        sending.send().await.map(drop).map_err(|error| ErasureQueueError::Call(error.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_written_as_its_readers_and_operators_read_it() {
        let user = "018f3e5c-6d2a-4c31-9a55-1f2e3d4c5b6a";
        let of = |text: &str| serde_json::from_str::<ErasureRequest>(text);
        let mut request = ErasureRequest::beginning(user.parse().unwrap(), ErasurePass::Last);
        let text = serde_json::to_string(&request).unwrap();
        assert_eq!(text, format!(r#"{{"user":"{user}","pass":"last","list":"orders"}}"#));
        assert!(request.is_beginning() && of(&text).unwrap() == request);
        assert_eq!(of(&format!(r#"{{"user":"{user}","pass":"last"}}"#)).unwrap(), request);
        request.list = ErasureList::Tickets;
        assert!(!request.is_beginning());
        for wrong in
            ["{}", r#"{"user":"7","pass":"last"}"#, &text.replace("last", "now"), &text.replace("list", "what")]
        {
            of(wrong).unwrap_err();
        }
    }
}
