//! Reading one record of the stream.

use std::collections::HashMap;
use std::time::Duration;

use holdfast_domain::{Order, Ticket, Timestamp};
use holdfast_events::DomainEvent;
use holdfast_store::{Image, StoreError, image_from_item};
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

/// The event of a record; `None` when its write is none.
pub(crate) fn event_of(record: &Value) -> Result<Option<DomainEvent>, RecordError> {
    let change = Record::deserialize(record).map_err(RecordError::Shape)?.dynamodb;
    let time = moment(change.approximate_creation_date_time).ok_or(RecordError::Time)?;
    match (image(change.old_image)?, image(change.new_image)?) {
        (None, None) => Ok(None),
        (Some(Image::Ticket(old)), Some(Image::Ticket(new))) => Ok(of_ticket(Some(old), Some(new), time)),
        (Some(Image::Ticket(old)), None) => Ok(of_ticket(Some(old), None, time)),
        (None, Some(Image::Ticket(new))) => Ok(of_ticket(None, Some(new), time)),
        (Some(Image::Order(old)), Some(Image::Order(new))) => Ok(of_order(Some(old), Some(new), time)),
        (Some(Image::Order(old)), None) => Ok(of_order(Some(old), None, time)),
        (None, Some(Image::Order(new))) => Ok(of_order(None, Some(new), time)),
        (Some(Image::Ticket(_)), Some(Image::Order(_))) | (Some(Image::Order(_)), Some(Image::Ticket(_))) => {
            Err(RecordError::TwoKinds)
        }
    }
}

fn of_ticket(old: Option<Ticket>, new: Option<Ticket>, time: Timestamp) -> Option<DomainEvent> {
    DomainEvent::of_ticket(old.as_ref(), new.as_ref(), time)
}

fn of_order(old: Option<Order>, new: Option<Order>, time: Timestamp) -> Option<DomainEvent> {
    DomainEvent::of_order(old.as_ref(), new.as_ref(), time)
}

fn image(item: Option<HashMap<String, AttributeValue>>) -> Result<Option<Image>, RecordError> {
    item.map_or(Ok(None), |item| image_from_item(item).map_err(RecordError::Image))
}

/// The stream gives seconds, in some writers' JSON with a decimal point.
fn moment(seconds: f64) -> Option<Timestamp> {
    let since_epoch = Duration::try_from_secs_f64(seconds).ok()?;
    Timestamp::from_millis(i64::try_from(since_epoch.as_millis()).ok()?).ok()
}
