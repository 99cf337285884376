//! The relay's own queue: what could not be published, to be sent again by `replay`.

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use serde::{Deserialize, Serialize};

use crate::bus::Unpublished;
use crate::event::DomainEvent;

/// Most messages of one call.
const MESSAGES_PER_CALL: usize = 10;

/// Something that the relay could not publish.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum RelayFailure {
    /// A finished event that the bus refused: to be published as it is.
    Event {
        /// The event.
        event: DomainEvent,
        /// The bus's last answer.
        reason: String,
    },
    /// A stream record that this code cannot read. Its images stay where they are: they may hold what no queue should.
    Record {
        /// The keys of the item, as the stream gave them.
        keys: serde_json::Value,
        /// The record's place in its shard.
        sequence_number: Option<String>,
        /// Why it could not be read.
        reason: String,
    },
}

impl From<Unpublished> for RelayFailure {
    fn from(Unpublished { event, reason }: Unpublished) -> Self {
        Self::Event { event, reason }
    }
}

/// Why the queue did not take everything.
#[derive(Debug, thiserror::Error)]
pub enum RelayQueueError {
    /// A message could not be written.
    #[error("a message for the relay's queue cannot be written")]
    Message(#[source] serde_json::Error),
    /// The call failed.
    #[error("the relay's queue cannot be reached")]
    Unreachable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Some messages were refused.
    #[error("the relay's queue refused {0} messages")]
    Refused(usize),
}

/// The queue.
#[derive(Debug, Clone)]
pub struct RelayQueue {
    client: Client,
    url: String,
}

impl RelayQueue {
    /// The queue at `url`.
    #[must_use]
    pub fn new(client: Client, url: String) -> Self {
        Self { client, url }
    }

    /// Keeps all the failures, or says that it did not.
    ///
    /// # Errors
    /// [`RelayQueueError`] when any was not taken; others may have been, and a second sending of those is harmless.
    pub async fn keep(&self, failures: &[RelayFailure]) -> Result<(), RelayQueueError> {
        for chunk in failures.chunks(MESSAGES_PER_CALL) {
            let entries = chunk.iter().enumerate().map(|(place, failure)| message(place, failure));
            let output = self
                .client
                .send_message_batch()
                .queue_url(&self.url)
                .set_entries(Some(entries.collect::<Result<_, _>>()?))
                .send()
                .await
                .map_err(|error| RelayQueueError::Unreachable(error.into()))?;
            if !output.failed.is_empty() {
                return Err(RelayQueueError::Refused(output.failed.len()));
            }
        }
        Ok(())
    }
}

fn message(place: usize, failure: &RelayFailure) -> Result<SendMessageBatchRequestEntry, RelayQueueError> {
    SendMessageBatchRequestEntry::builder()
        .id(place.to_string())
        .message_body(serde_json::to_string(failure).map_err(RelayQueueError::Message)?)
        .build()
        .map_err(|error| RelayQueueError::Unreachable(error.into()))
}
