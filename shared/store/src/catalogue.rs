//! The catalogue: rows by which listed tickets are found, newest first, by date and by word.
//!
//! A ticket's rows follow from its [`Entry`] alone. The entry that is written now stands beside the ticket with the
//! ticket's version, and changes in one transaction with the rows: wherever a projector dies, entry and rows agree.
//! Three rules make duplicates and reordered events harmless:
//!
//! - The projector reads the entry first, then the ticket, and its transaction demands that the entry still has the
//!   version that was read. Of two projectors, the one that commits later has therefore read the ticket later.
//! - A ticket that is gone leaves a tombstone, so that a projector that stalled before the deletion cannot mistake the
//!   missing entry for a new ticket's.
//! - The entry of a ticket that is sold or gone is final: it still names the rows that were there, and no projector can
//!   write one again. So they are removed after it, each by itself, at half the price of a transaction; whoever dies in
//!   between has them removed by the next delivery.
//!
//! The row by age has what a card shows, too: who renders a page reads its rows, and not each ticket.

mod list;
mod place;
mod removal;
mod rows;

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem};
use holdfast_domain::{Ticket, TicketFacts, TicketId, TicketState, Timestamp, search_words};
use serde::{Deserialize, Serialize};

use crate::Market;
use crate::crash::crash_point;
use crate::error::StoreError;
use crate::items::{FactsItem, moment};
use crate::keys::{self, Item, PK};
use crate::transaction::{cancelled_by, transaction_failed};

pub use list::{CatalogueOrder, CataloguePage, CatalogueQuery};
pub use place::{CataloguePlace, InvalidPlace};
pub use rows::{PlaceRange, Placed, Shown};

const UNWRITTEN: &str = "attribute_not_exists(#pk)";
const AS_READ: &str = "#version = :read AND attribute_not_exists(#gone)";
/// Projectors of one ticket that cross: so many tries let each through.
const TRIES: u32 = 5;
/// How long a tombstone stays: longer than any invocation or message that could still be under way. Queues keep what
/// failed for fourteen days, and whoever renders pages again for a deleted ticket must still learn where it stood.
const TOMBSTONE_STAYS: Duration = Duration::from_hours(15 * 24);

/// What a projection did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Projected {
    /// The rows are those of the ticket's present state.
    Written,
    /// They were before: a duplicate, or an event that a newer one has overtaken.
    Unchanged,
}

/// What the catalogue shows of a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    created_at: Timestamp,
    starts_at: Option<Timestamp>,
    /// In alphabetical order.
    words: Vec<String>,
}

impl Entry {
    /// A held or committed ticket keeps its rows: it may come back, and whoever lists the catalogue reads the tickets
    /// themselves.
    fn of(ticket: &Ticket) -> Option<Self> {
        match ticket.state {
            TicketState::Listed | TicketState::Held(_) | TicketState::Committed(_) => {
                let facts = &ticket.facts;
                let venue = facts.venue.as_ref().map(holdfast_domain::Venue::as_str);
                let mut words = search_words([facts.title.as_str()].into_iter().chain(venue));
                words.sort_unstable();
                Some(Self { created_at: ticket.created_at, starts_at: facts.starts_at, words })
            }
            TicketState::Sold(_) => None,
        }
    }

    /// The keys of the rows, as partition and place.
    fn keys(&self, ticket: TicketId) -> Vec<(String, CataloguePlace)> {
        let partitions = |order: CatalogueOrder| {
            std::iter::once(order.partition()).chain(self.words.iter().map(move |word| order.word_partition(word)))
        };
        let newest = CataloguePlace { moment: self.created_at, ticket };
        let mut keys: Vec<_> = partitions(CatalogueOrder::Newest).map(|partition| (partition, newest)).collect();
        if let Some(starts_at) = self.starts_at {
            let soonest = CataloguePlace { moment: starts_at, ticket };
            keys.extend(partitions(CatalogueOrder::Soonest).map(|partition| (partition, soonest)));
        }
        keys
    }

    /// A row holds what further words and dates of a query are compared with, and vanishes when the event begins. That by
    /// age has the ticket's facts, too.
    fn row(&self, partition: String, place: CataloguePlace, facts: &TicketFacts) -> Result<Item, StoreError> {
        let is_by_age = partition == CatalogueOrder::Newest.partition();
        let row = RowItem {
            pk: partition,
            sk: place.to_string(),
            words: self.words.clone(),
            starts_at: self.starts_at.map(Timestamp::as_millis),
            ttl: self.starts_at.map(Timestamp::as_seconds),
        };
        let mut item = to_item(&row)?;
        if is_by_age {
            // Both say when the event begins, and say the same.
            item.extend(to_item(&FactsItem::from_domain(facts))?);
        }
        Ok(item)
    }
}

#[derive(Debug, Serialize)]
struct RowItem {
    pk: String,
    sk: String,
    words: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    starts_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ttl: Option<i64>,
}

/// The item beside the ticket that says which entry is written, if any.
#[derive(Debug, Serialize, Deserialize)]
struct WrittenItem {
    pk: String,
    sk: String,
    /// The version of the ticket when its entry was written.
    version: u64,
    /// When the ticket was listed; it stays when the entry and even the ticket have gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    listed_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    entry: Option<EntryItem>,
    /// Whose rows may still be there, though nothing is to be.
    #[serde(skip_serializing_if = "Option::is_none")]
    leaving: Option<EntryItem>,
    /// There is no ticket any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    gone: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ttl: Option<i64>,
}

#[derive(Debug, Serialize, Deserialize)]
struct EntryItem {
    created_at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    starts_at: Option<i64>,
    words: Vec<String>,
}

impl EntryItem {
    fn of(entry: &Entry) -> Self {
        Self {
            created_at: entry.created_at.as_millis(),
            starts_at: entry.starts_at.map(Timestamp::as_millis),
            words: entry.words.clone(),
        }
    }

    fn into_entry(self) -> Result<Entry, StoreError> {
        Ok(Entry {
            created_at: moment(self.created_at)?,
            starts_at: self.starts_at.map(moment).transpose()?,
            words: self.words,
        })
    }
}

/// What was found written for a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Written {
    version: u64,
    listed_at: Option<Timestamp>,
    entry: Option<Entry>,
    /// Of a ticket that is sold or gone: whose rows are to be removed, or were.
    leaving: Option<Entry>,
    gone: bool,
}

impl Written {
    fn from_item(item: Item) -> Result<Self, StoreError> {
        let item: WrittenItem = serde_dynamo::from_item(item).map_err(StoreError::corrupt)?;
        let entry = item.entry.map(EntryItem::into_entry).transpose()?;
        let leaving = item.leaving.map(EntryItem::into_entry).transpose()?;
        // Entries of earlier versions of this code say it themselves.
        let listed_at = match item.listed_at {
            Some(listed_at) => Some(moment(listed_at)?),
            None => entry.as_ref().map(|entry| entry.created_at),
        };
        Ok(Self { version: item.version, listed_at, entry, leaving, gone: item.gone.unwrap_or(false) })
    }

    /// What shall be written for the ticket as it was read.
    fn wanted(ticket: Option<&Ticket>, before: Option<&Self>) -> Self {
        let entry = ticket.and_then(Entry::of);
        let left = || before.and_then(|before| before.entry.clone().or_else(|| before.leaving.clone()));
        let leaving = if entry.is_none() { left() } else { None };
        match ticket {
            Some(ticket) => Self {
                version: ticket.version.number(),
                listed_at: Some(ticket.created_at),
                entry,
                leaving,
                gone: false,
            },
            None => Self {
                version: before.map_or(0, |before| before.version),
                listed_at: before.and_then(|before| before.listed_at),
                entry,
                leaving,
                gone: true,
            },
        }
    }

    fn item(&self, ticket: TicketId, now: Timestamp) -> Result<Item, StoreError> {
        to_item(&WrittenItem {
            pk: keys::ticket_pk(ticket),
            sk: keys::CATALOGUE_ENTRY.to_owned(),
            version: self.version,
            listed_at: self.listed_at.map(Timestamp::as_millis),
            entry: self.entry.as_ref().map(EntryItem::of),
            leaving: self.leaving.as_ref().map(EntryItem::of),
            gone: self.gone.then_some(true),
            ttl: self.gone.then(|| now.plus(TOMBSTONE_STAYS).as_seconds()),
        })
    }
}

/// Rows to put and keys of rows to delete, to get from one entry to that of a ticket. No key is in both.
fn difference(ticket: &Ticket, before: Option<&Entry>, after: &Entry) -> Result<(Vec<Item>, Vec<Item>), StoreError> {
    let mut new = after.keys(ticket.id);
    let kept: HashSet<_> = new.iter().cloned().collect();
    let old = before.map(|entry| entry.keys(ticket.id)).unwrap_or_default();
    let deletes = old.into_iter().filter(|key| !kept.contains(key));
    let deletes = deletes.map(|(partition, place)| keys::key(partition, place.to_string())).collect();
    if before == Some(after) {
        // What a card shows may have changed, and only the row by age has it.
        new.retain(|(partition, _)| *partition == CatalogueOrder::Newest.partition());
    }
    let puts = new.into_iter().map(|(partition, place)| after.row(partition, place, &ticket.facts));
    Ok((puts.collect::<Result<_, _>>()?, deletes))
}

impl Market {
    /// Makes the catalogue's rows those of the ticket as it is now. Which event asks does not matter.
    ///
    /// # Errors
    /// [`StoreError`] when the table fails; calling again is right.
    pub async fn catalogue_project(&self, id: TicketId, now: Timestamp) -> Result<Projected, StoreError> {
        for attempt in 0..TRIES {
            if attempt > 0 {
                tokio::time::sleep(Duration::from_millis(20 << attempt)).await;
            }
            let before = self.catalogue_written(id).await?;
            let ticket = self.ticket_read(id).await?;
            let wanted = Written::wanted(ticket.as_ref(), before.as_ref());
            if let Some(before) = before.as_ref().filter(|before| before.gone || **before == wanted) {
                // Whoever wrote the entry may have died before it removed the rows.
                self.rows_remove(id, before.leaving.as_ref()).await?;
                return Ok(Projected::Unchanged);
            }
            let written = match (&ticket, &wanted.entry) {
                (Some(ticket), Some(entry)) => {
                    self.catalogue_write(ticket, entry, before.as_ref(), wanted.item(id, now)?).await?
                }
                (Some(_) | None, _) => self.catalogue_leave(before.as_ref(), wanted.item(id, now)?).await?,
            };
            if written {
                crash_point("catalogue_project");
                self.rows_remove(id, wanted.leaving.as_ref()).await?;
                return Ok(Projected::Written);
            }
        }
        Err(StoreError::Unavailable("other projectors of the ticket were always faster".into()))
    }

    async fn catalogue_written(&self, id: TicketId) -> Result<Option<Written>, StoreError> {
        let output = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(keys::key(keys::ticket_pk(id), keys::CATALOGUE_ENTRY)))
            .consistent_read(true)
            .send()
            .await
            .map_err(StoreError::from_sdk)?;
        output.item.map(Written::from_item).transpose()
    }

    /// Whether the transaction won. At most 53 writes: twelve words and one list, in two orders, old and new, and the
    /// entry itself; a transaction may have a hundred.
    async fn catalogue_write(
        &self,
        ticket: &Ticket,
        entry: &Entry,
        before: Option<&Written>,
        item: Item,
    ) -> Result<bool, StoreError> {
        let (puts, deletes) = difference(ticket, before.and_then(|before| before.entry.as_ref()), entry)?;
        let mut writes = vec![self.entry_put(item, before)?];
        for row in puts {
            let put = Put::builder().table_name(&self.table).set_item(Some(row)).build();
            writes.push(TransactWriteItem::builder().put(put.map_err(StoreError::corrupt)?).build());
        }
        for key in deletes {
            let delete = Delete::builder().table_name(&self.table).set_key(Some(key)).build();
            writes.push(TransactWriteItem::builder().delete(delete.map_err(StoreError::corrupt)?).build());
        }
        match self.client.transact_write_items().set_transact_items(Some(writes)).send().await {
            Ok(_) => Ok(true),
            Err(error) => match cancelled_by(&error) {
                Some("ConditionalCheckFailed" | "TransactionConflict") => Ok(false),
                Some(_) | None => Err(transaction_failed(error)),
            },
        }
    }

    fn entry_put(&self, item: Item, before: Option<&Written>) -> Result<TransactWriteItem, StoreError> {
        let (condition, names, values) = as_read(before);
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression(condition)
            .set_expression_attribute_names(Some(names))
            .set_expression_attribute_values(values);
        Ok(TransactWriteItem::builder().put(put.build().map_err(StoreError::corrupt)?).build())
    }
}

/// The condition that the entry is still as it was read, with its names and values.
fn as_read(before: Option<&Written>) -> (&'static str, HashMap<String, String>, Option<Item>) {
    let names =
        |names: &[(&str, &str)]| names.iter().map(|(name, of)| ((*name).to_owned(), (*of).to_owned())).collect();
    match before {
        None => (UNWRITTEN, names(&[("#pk", PK)]), None),
        Some(before) => {
            let values = Item::from([(":read".to_owned(), keys::n(before.version))]);
            (AS_READ, names(&[("#version", "version"), ("#gone", "gone")]), Some(values))
        }
    }
}

fn to_item(value: &impl Serialize) -> Result<Item, StoreError> {
    serde_dynamo::to_item(value).map_err(StoreError::corrupt)
}

#[cfg(test)]
mod tests;
