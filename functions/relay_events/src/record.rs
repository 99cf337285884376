//! Reading one record of the stream.

use std::collections::HashMap;
use std::time::Duration;

use holdfast_domain::{Order, Ticket, Timestamp, TraceId};
use holdfast_events::DomainEvent;
use holdfast_store::{Image, StoreError, image_from_item, trace_of_item};
use serde::Deserialize;
use serde_dynamo::AttributeValue;
use serde_json::Value;

/// Why a record cannot be read. `Display` says nothing of what the record holds.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RecordError {
    #[error("the record is not of the shape that the stream has")]
    Shape(#[source] serde_json::Error),
    #[error("the record has no time")]
    Time,
    #[error("an image cannot be read")]
    Image(#[source] StoreError),
    #[error("the images are of two kinds")]
    TwoKinds,
}

#[derive(Deserialize)]
struct Record {
    dynamodb: Change,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Change {
    approximate_creation_date_time: f64,
    old_image: Option<HashMap<String, AttributeValue>>,
    new_image: Option<HashMap<String, AttributeValue>>,
}

/// An event, and what only the images say.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Decided {
    pub(crate) event: DomainEvent,
    /// When the event's order was placed.
    pub(crate) placed_at: Option<Timestamp>,
}

/// The event of a record; `None` when its write is none.
pub(crate) fn event_of(record: &Value) -> Result<Option<Decided>, RecordError> {
    let change = Record::deserialize(record).map_err(RecordError::Shape)?.dynamodb;
    let time = moment(change.approximate_creation_date_time).ok_or(RecordError::Time)?;
    let trace = trace(&change);
    let (old, new) = (image(change.old_image)?, image(change.new_image)?);
    let event = match (&old, &new) {
        (None, None) => None,
        (Some(Image::Ticket(_)) | None, Some(Image::Ticket(_)) | None) => {
            DomainEvent::of_ticket(ticket(old.as_ref()), ticket(new.as_ref()), time)
        }
        (Some(Image::Order(_)) | None, Some(Image::Order(_)) | None) => {
            DomainEvent::of_order(order(old.as_ref()), order(new.as_ref()), time)
        }
        (Some(Image::Ticket(_)), Some(Image::Order(_))) | (Some(Image::Order(_)), Some(Image::Ticket(_))) => {
            return Err(RecordError::TwoKinds);
        }
    };
    let placed_at = order(new.as_ref()).map(|order| order.created_at);
    Ok(event.map(|event| Decided { event: event.with_trace(trace), placed_at }))
}

/// The trace of what was written. A deletion leaves nothing on which to write the trace of its request: its event goes back
/// to the one before.
fn trace(change: &Change) -> Option<TraceId> {
    change.new_image.as_ref().or(change.old_image.as_ref()).and_then(trace_of_item)
}

fn ticket(image: Option<&Image>) -> Option<&Ticket> {
    match image? {
        Image::Ticket(ticket) => Some(ticket),
        Image::Order(_) => None,
    }
}

fn order(image: Option<&Image>) -> Option<&Order> {
    match image? {
        Image::Order(order) => Some(order),
        Image::Ticket(_) => None,
    }
}

fn image(item: Option<HashMap<String, AttributeValue>>) -> Result<Option<Image>, RecordError> {
    item.map_or(Ok(None), |item| image_from_item(item).map_err(RecordError::Image))
}

/// The stream gives seconds, in some writers' JSON with a decimal point.
fn moment(seconds: f64) -> Option<Timestamp> {
    let since_epoch = Duration::try_from_secs_f64(seconds).ok()?;
    Timestamp::from_millis(i64::try_from(since_epoch.as_millis()).ok()?).ok()
}
