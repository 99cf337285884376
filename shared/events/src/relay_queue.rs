//! The relay's own queue: what could not be published, to be sent again by `replay`.

use aws_sdk_sqs::Client;
use serde::{Deserialize, Serialize};

use crate::bus::Unpublished;
use crate::event::DomainEvent;

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
    /// The queue refused a message or did not answer.
    #[error("the relay's queue did not take a message")]
    NotTaken(#[source] Box<dyn std::error::Error + Send + Sync>),
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
    /// One message a call: failures are rare, and a call that takes some messages and refuses others would have to be
    /// taken apart for nothing.
    ///
    /// # Errors
    /// [`RelayQueueError`] at the first that was not taken; a second sending of those before it is harmless.
    pub async fn keep(&self, failures: &[RelayFailure]) -> Result<(), RelayQueueError> {
        for failure in failures {
            let body = serde_json::to_string(failure).map_err(RelayQueueError::Message)?;
            let sending = self.client.send_message().queue_url(&self.url).message_body(body).send();
            sending.await.map_err(|error| RelayQueueError::NotTaken(error.into()))?;
        }
        Ok(())
    }
}
