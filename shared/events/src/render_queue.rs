//! The queue of what the rendered pages have to be brought up to date with.

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use holdfast_domain::{TicketId, TraceId};
use serde::{Deserialize, Serialize};

use crate::message::{TRACE_ATTRIBUTE, attribute};

/// Most messages of one `SendMessageBatch`.
const MESSAGES_PER_CALL: usize = 10;
/// Calls until a message that the queue refuses is reported.
const CALLS_PER_BATCH: u32 = 3;

/// What has to be rendered. It names what to look at, never what is there: that is read when it is rendered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum RenderRequest {
    /// A ticket's page, and the page of the catalogue that has it.
    Ticket {
        /// Which one.
        ticket: TicketId,
    },
    /// A page of the catalogue.
    Page {
        /// Which one, as the store writes it.
        page: String,
    },
    /// Many pages: they are looked for, and each gets a request of its own.
    Walk {
        /// Which ones.
        render: RenderWalk,
        /// Where a walk goes on that was too long for one run.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<String>,
    },
}

/// Which pages are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RenderWalk {
    /// All tickets of the catalogue and all of its pages: the site was published anew.
    Everything,
    /// Pages of the catalogue that show an event which has begun.
    Outdated,
}

/// Why the queue did not take everything.
#[derive(Debug, thiserror::Error)]
pub enum RenderQueueError {
    /// A message could not be written.
    #[error("a message for the render queue cannot be written")]
    Message(#[source] serde_json::Error),
    /// The queue did not answer, or refused the call.
    #[error("the render queue cannot be reached")]
    Call(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The queue refused single messages to the end.
    #[error("the render queue did not take {0} messages")]
    NotTaken(usize),
}

/// The queue.
#[derive(Debug, Clone)]
pub struct RenderQueue {
    client: Client,
    url: String,
}

impl RenderQueue {
    /// The queue at `url`.
    #[must_use]
    pub fn new(client: Client, url: String) -> Self {
        Self { client, url }
    }

    /// Asks for all of these, on behalf of one trace.
    ///
    /// # Errors
    /// [`RenderQueueError`]; asking for all of them again is right, since rendering twice changes nothing.
    pub async fn send(&self, requests: &[RenderRequest], trace: Option<TraceId>) -> Result<(), RenderQueueError> {
        let trace = trace.map(attribute).transpose().map_err(RenderQueueError::Call)?;
        for chunk in requests.chunks(MESSAGES_PER_CALL) {
            let mut entries = Vec::with_capacity(chunk.len());
            for (number, request) in chunk.iter().enumerate() {
                let body = serde_json::to_string(request).map_err(RenderQueueError::Message)?;
                let entry = SendMessageBatchRequestEntry::builder().id(number.to_string()).message_body(body);
                let entry = match &trace {
                    Some(trace) => entry.message_attributes(TRACE_ATTRIBUTE, trace.clone()),
                    None => entry,
                };
                entries.push(entry.build().map_err(|error| RenderQueueError::Call(error.into()))?);
            }
            self.send_batch(entries).await?;
        }
        Ok(())
    }

    async fn send_batch(&self, mut entries: Vec<SendMessageBatchRequestEntry>) -> Result<(), RenderQueueError> {
        for _ in 0..CALLS_PER_BATCH {
            let sending =
                self.client.send_message_batch().queue_url(&self.url).set_entries(Some(entries.clone())).send();
            let output = sending.await.map_err(|error| RenderQueueError::Call(error.into()))?;
            entries.retain(|entry| output.failed().iter().any(|failed| failed.id() == entry.id()));
            if entries.is_empty() {
                return Ok(());
            }
        }
        Err(RenderQueueError::NotTaken(entries.len()))
    }
}
