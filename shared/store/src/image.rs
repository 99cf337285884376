//! Items as the table's stream shows them.

use std::collections::HashMap;
use std::hash::BuildHasher;

use holdfast_domain::{Order, Ticket};
use serde_dynamo::{AttributeValue, Item};

use crate::error::StoreError;
use crate::items;
use crate::keys::{LOCK, PK, SK};

/// An item that events are made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Image {
    /// A ticket's lock.
    Ticket(Ticket),
    /// An order.
    Order(Order),
}

/// Reads one image of a stream record; `None` for items that no event is made of: details, credentials, catalogue rows.
///
/// # Errors
/// [`StoreError::Corrupt`] when a lock or an order is not as this code writes it.
pub fn image_from_item<S: BuildHasher>(item: HashMap<String, AttributeValue, S>) -> Result<Option<Image>, StoreError> {
    let key = |name: &str| match item.get(name) {
        Some(AttributeValue::S(text)) => Some(text.clone()),
        Some(_) | None => None,
    };
    let (Some(pk), Some(sk)) = (key(PK), key(SK)) else {
        return Err(StoreError::corrupt("an image without its key"));
    };
    let item: HashMap<String, AttributeValue> = item.into_iter().collect();
    if pk.starts_with("T#") && sk == LOCK {
        items::ticket_from(Item::from(item)).map(|ticket| Some(Image::Ticket(ticket)))
    } else if pk.starts_with("U#") && sk.starts_with("O#") {
        items::order_from(Item::from(item)).map(|order| Some(Image::Order(order)))
    } else {
        Ok(None)
    }
}
