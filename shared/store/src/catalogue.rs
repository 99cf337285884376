//! The catalogue: rows by which listed tickets are found, newest first, by date and by word.
//!
//! A ticket's rows follow from its [`Entry`] alone. The entry that is to be written now stands beside the ticket with the
//! ticket's version; the rows are put and removed after it, each by itself, at half the price of a transaction. These rules
//! make duplicates, reordered events and projectors that die or stall harmless:
//!
//! - The projector reads the entry first, then the ticket, and its write demands that the entry still has the version that
//!   was read. Of two projectors, the one whose entry stands has therefore read the ticket later.
//! - Every projector writes all rows of the entry that stands, also one that finds nothing to write in the entry: whoever
//!   wrote it may have died before its rows.
//! - Whoever has written rows looks at the entry once more. If it is another one, rows of the older may just have been put
//!   over those of the newer: it does everything again, and removes what it has put. Whoever dies before that look is
//!   delivered again, and looks then. So the last that is put is of the entry that stands.
//! - A ticket that is gone leaves a tombstone, so that a projector that stalled before the deletion cannot mistake the
//!   missing entry for a new ticket's. The entry of a ticket that is sold or gone is final: nothing is looked at again.
//! - An entry names the rows that are to leave, so that any later projector removes them.
//!
//! What can be left is a row of an entry that is two changes old, if its projector stalled over both and then died. No card
//! is made of such a row, and a list finds nothing by it: [`CatalogueQuery::finds`] compares tickets with what was asked.
//! `interleavings` goes through all orders of these steps.
//!
//! The row by age has what a card shows, too: who renders a page reads its rows, and not each ticket.

mod list;
mod place;
mod rows;

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use holdfast_domain::{Ticket, TicketFacts, TicketId, TicketState, Timestamp, search_words};
use serde::{Deserialize, Serialize};

use crate::Market;
use crate::crash::crash_point;
use crate::error::StoreError;
use crate::items::{FactsItem, moment};
use crate::keys::{self, Item, PK};
use crate::transaction::put_lost;

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
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
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
    /// Whose rows may still be there, though they are not to be.
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
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Written {
    version: u64,
    listed_at: Option<Timestamp>,
    entry: Option<Entry>,
    /// Whose rows are to be removed, or were, as far as the entry does not have them.
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
        let written =
            before.and_then(|before| before.entry.as_ref()).filter(|written| Some(*written) != entry.as_ref());
        let leaving = written.or_else(|| before.and_then(|before| before.leaving.as_ref())).cloned();
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

/// Rows to put and keys of rows to remove, so that a ticket has the rows of its entry and no others of those that may be
/// there. No key is in both.
fn difference(
    id: TicketId,
    ticket: Option<&Ticket>,
    standing: &Written,
    others: &[Entry],
) -> Result<(Vec<Item>, Vec<Item>), StoreError> {
    let wanted = standing.entry.as_ref().map(|entry| entry.keys(id)).unwrap_or_default();
    let mut removed: HashSet<_> = standing.leaving.iter().chain(others).flat_map(|entry| entry.keys(id)).collect();
    for key in &wanted {
        removed.remove(key);
    }
    let removed = removed.into_iter().map(|(partition, place)| keys::key(partition, place.to_string())).collect();
    let mut puts = Vec::with_capacity(wanted.len());
    if let (Some(ticket), Some(entry)) = (ticket, &standing.entry) {
        for (partition, place) in wanted {
            puts.push(entry.row(partition, place, &ticket.facts)?);
        }
    }
    Ok((puts, removed))
}

impl Market {
    /// Makes the catalogue's rows those of the ticket as it is now. Which event asks does not matter.
    ///
    /// # Errors
    /// [`StoreError`] when the table fails; calling again is right.
    pub async fn catalogue_project(&self, id: TicketId, now: Timestamp) -> Result<Projected, StoreError> {
        let mut projected = Projected::Unchanged;
        let mut put = Vec::new();
        for attempt in 0..TRIES {
            if attempt > 0 {
                tokio::time::sleep(Duration::from_millis(20 << attempt)).await;
            }
            let before = self.catalogue_written(id).await?;
            let ticket = self.ticket_read(id).await?;
            let wanted = Written::wanted(ticket.as_ref(), before.as_ref());
            let standing = match before {
                Some(before) if before.gone || before == wanted => before,
                before => {
                    if !self.entry_write(before.as_ref(), wanted.item(id, now)?).await? {
                        continue;
                    }
                    crash_point("catalogue_project");
                    projected = Projected::Written;
                    wanted
                }
            };
            let (rows, keys) = difference(id, ticket.as_ref(), &standing, &put)?;
            self.items_write(rows, keys).await?;
            crash_point("catalogue_rows");
            if standing.entry.is_none() || self.catalogue_written(id).await?.as_ref() == Some(&standing) {
                return Ok(projected);
            }
            put.extend(standing.entry);
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

    /// Whether the entry was written over the one that was read.
    async fn entry_write(&self, before: Option<&Written>, item: Item) -> Result<bool, StoreError> {
        let (condition, names, values) = as_read(before);
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression(condition)
            .set_expression_attribute_names(Some(names))
            .set_expression_attribute_values(values);
        match put.send().await {
            Ok(_) => Ok(true),
            Err(error) if put_lost(&error) => Ok(false),
            Err(error) => Err(StoreError::from_sdk(error)),
        }
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
mod interleavings;
#[cfg(test)]
pub(crate) mod tests;
