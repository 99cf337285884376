#![doc = include_str!("../README.md")]

mod record;

use holdfast_events::{DomainEvent, EventBus, RelayFailure, RelayQueue, RelayQueueError};
use serde::Deserialize;
use serde_json::Value;

/// What the function works with.
#[derive(Debug)]
pub struct App {
    /// Where events go.
    pub bus: EventBus,
    /// Where those go that the bus does not take.
    pub queue: RelayQueue,
}

/// A batch of the stream. Each record is read on its own, so that an unreadable one stops no other.
#[derive(Debug, Deserialize)]
pub struct StreamBatch {
    /// The records in the order of their writes.
    #[serde(rename = "Records")]
    pub records: Vec<Value>,
}

/// Why a batch has to be delivered again.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// Neither the bus nor the queue took everything.
    #[error("events were neither published nor kept")]
    NotKept(#[source] RelayQueueError),
}

/// Publishes the events of a batch and keeps what could not be published.
///
/// # Errors
/// [`RelayError`] when something would be lost otherwise.
pub async fn handle(app: &App, batch: StreamBatch) -> Result<(), RelayError> {
    let (events, mut failures) = sorted(batch);
    let found = events.len();
    failures.extend(app.bus.publish(events).await.into_iter().map(RelayFailure::from));
    if !failures.is_empty() {
        tracing::error!(events = found, kept = failures.len(), "events or records go to the relay's queue");
        app.queue.keep(&failures).await.map_err(RelayError::NotKept)?;
    }
    Ok(())
}

/// The events of the readable records, in their order, and what stands for the others.
fn sorted(batch: StreamBatch) -> (Vec<DomainEvent>, Vec<RelayFailure>) {
    let (mut events, mut failures) = (Vec::new(), Vec::new());
    for record in batch.records {
        match record::event_of(&record) {
            Ok(event) => events.extend(event),
            Err(error) => failures.push(RelayFailure::Record {
                keys: record.pointer("/dynamodb/Keys").cloned().unwrap_or_default(),
                sequence_number: record.pointer("/dynamodb/SequenceNumber").and_then(Value::as_str).map(str::to_owned),
                reason: error.to_string(),
            }),
        }
    }
    (events, failures)
}

#[cfg(test)]
mod tests;
