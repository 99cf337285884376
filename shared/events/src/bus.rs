//! Publishing on the EventBridge bus.

use std::time::Duration;

use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::error::ProvideErrorMetadata as _;
use aws_sdk_eventbridge::primitives::DateTime;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;

use crate::event::DomainEvent;

/// The source of every event of ours; rules match it.
pub const SOURCE: &str = "holdfast";
/// Most entries of one `PutEvents` call.
///
/// A call may also have 256 KB at most. The largest event has under 4 KB (a test makes it), so that ten always fit.
const ENTRIES_PER_CALL: usize = 10;
/// Calls for the same entries until they are given back.
const TRIES: u32 = 3;
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// The bus on which every event is published.
#[derive(Debug, Clone)]
pub struct EventBus {
    client: Client,
    bus: String,
}

/// An event that the bus did not take, and the code that it gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unpublished {
    /// The event.
    pub event: DomainEvent,
    /// The bus's last answer to it.
    pub reason: String,
}

impl EventBus {
    /// The bus named `bus`.
    #[must_use]
    pub fn new(client: Client, bus: String) -> Self {
        Self { client, bus }
    }

    /// Publishes the events in their order; gives back those that were refused to the end.
    ///
    /// One call can take some entries and refuse others. Only those that were refused are sent again, so that a
    /// duplicate arises at most where an answer was lost.
    pub async fn publish(&self, events: Vec<DomainEvent>) -> Vec<Unpublished> {
        let mut unpublished = Vec::new();
        for chunk in events.chunks(ENTRIES_PER_CALL) {
            unpublished.extend(self.publish_chunk(chunk.to_vec()).await);
        }
        unpublished
    }

    async fn publish_chunk(&self, events: Vec<DomainEvent>) -> Vec<Unpublished> {
        let mut refused = self.put(events).await;
        for retry in 1..TRIES {
            if refused.is_empty() {
                break;
            }
            tokio::time::sleep(FIRST_PAUSE * 2_u32.pow(retry)).await;
            refused = self.put(refused.into_iter().map(|unpublished| unpublished.event).collect()).await;
        }
        refused
    }

    /// One call; gives back what it did not take.
    async fn put(&self, events: Vec<DomainEvent>) -> Vec<Unpublished> {
        let entries = events.iter().map(|event| self.entry(event)).collect::<Result<Vec<_>, _>>();
        let entries = match entries {
            Ok(entries) => entries,
            Err(error) => return refuse(events, &error.to_string()),
        };
        let output = match self.client.put_events().set_entries(Some(entries)).send().await {
            Ok(output) => output,
            Err(error) => return refuse(events, error.code().unwrap_or("no answer")),
        };
        // Answers stand in the order of the entries; an entry without one counts as refused.
        let mut answers = output.entries.unwrap_or_default().into_iter();
        let mut unpublished = Vec::new();
        for event in events {
            let reason = match answers.next() {
                Some(answer) if answer.error_code.is_none() => continue,
                Some(answer) => answer.error_code.unwrap_or_default(),
                None => "no answer for this entry".to_owned(),
            };
            unpublished.push(Unpublished { event, reason });
        }
        unpublished
    }

    fn entry(&self, event: &DomainEvent) -> Result<PutEventsRequestEntry, serde_json::Error> {
        Ok(PutEventsRequestEntry::builder()
            .event_bus_name(&self.bus)
            .source(SOURCE)
            .detail_type(event.name().as_str())
            .time(DateTime::from_millis(event.time().as_millis()))
            .detail(serde_json::to_string(event)?)
            .build())
    }
}

fn refuse(events: Vec<DomainEvent>, reason: &str) -> Vec<Unpublished> {
    events.into_iter().map(|event| Unpublished { event, reason: reason.to_owned() }).collect()
}
