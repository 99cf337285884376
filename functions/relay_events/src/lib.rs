#![doc = include_str!("../README.md")]

mod measure;
mod record;

use std::collections::HashSet;

use holdfast_events::{Aggregate, DomainEvent, EventBus, EventId, RelayFailure, RelayQueue, RelayQueueError};
use holdfast_telemetry::metrics;
use serde::Deserialize;
use serde_json::Value;

use crate::measure::measured;
use crate::record::Decided;

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
    let (decided, mut failures) = sorted(batch);
    let events: Vec<DomainEvent> = decided.iter().map(|decided| decided.event.clone()).collect();
    let unpublished = app.bus.publish(events).await;
    let refused = unpublished.iter().map(|unpublished| unpublished.event.id()).collect();
    failures.extend(unpublished.into_iter().map(RelayFailure::from));
    if !failures.is_empty() {
        tracing::error!(events = decided.len(), kept = failures.len(), "events or records go to the relay's queue");
        app.queue.keep(&failures).await.map_err(RelayError::NotKept)?;
    }
    for Decided { event, .. } in &decided {
        tell(event, &refused);
    }
    metrics::put(decided.iter().flat_map(measured));
    Ok(())
}

/// One line an event: a batch has those of many requests, and each finds its own.
fn tell(event: &DomainEvent, refused: &HashSet<EventId>) {
    let (order_id, ticket_id) = match event.aggregate() {
        Aggregate::Order(order) => (Some(order.to_string()), event.data().ticket().map(|ticket| ticket.to_string())),
        Aggregate::Ticket(ticket) => (event.data().order().map(|order| order.to_string()), Some(ticket.to_string())),
    };
    let message =
        if refused.contains(&event.id()) { "kept an event in the relay's queue" } else { "published an event" };
    tracing::info!(
        event = %event.name(),
        event_id = %event.id(),
        trace_id = event.trace().map(tracing::field::display),
        order_id,
        ticket_id,
        "{message}"
    );
}

/// The events of the readable records, in their order, and what stands for the others.
fn sorted(batch: StreamBatch) -> (Vec<Decided>, Vec<RelayFailure>) {
    let (mut decided, mut failures) = (Vec::new(), Vec::new());
    for record in batch.records {
        match record::event_of(&record) {
            Ok(event) => decided.extend(event),
            Err(error) => failures.push(RelayFailure::Record {
                keys: record.pointer("/dynamodb/Keys").cloned().unwrap_or_default(),
                sequence_number: record.pointer("/dynamodb/SequenceNumber").and_then(Value::as_str).map(str::to_owned),
                reason: error.to_string(),
            }),
        }
    }
    (decided, failures)
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
