//! Ranges of the catalogue, newest first, as rendered pages are made of them: read consistently, events that have
//! begun left out.

use holdfast_domain::{TicketFacts, TicketId, Timestamp};

use super::list::{CatalogueOrder, place_of};
use super::{CataloguePlace, Entry, Written};
use crate::Market;
use crate::error::StoreError;
use crate::items::FactsItem;
use crate::keys::{self, Item, PK, SK, n, s};
use crate::owner_page::position;

/// Most rows that one call looks at.
const ROWS_PER_CALL: i32 = 100;
/// Calls for one range: rows of begun events, which the table removes by itself within days, are read and dropped, and
/// so many of them must not stop everything else.
const CALLS: u32 = 20;
const NOT_BEGUN: &str = "attribute_not_exists(#starts_at) OR #starts_at > :now";

/// What the first call looks at, since all of it is paid for: what is wanted, and one row for the range's upper end.
fn rows_wanted(limit: usize) -> i32 {
    i32::try_from(limit.saturating_add(1)).unwrap_or(ROWS_PER_CALL).min(ROWS_PER_CALL)
}

/// A range of places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PlaceRange {
    /// The oldest place in it; `None` for everything down to the oldest.
    pub from: Option<CataloguePlace>,
    /// The place above it, which is not in it; `None` for everything up to the newest.
    pub before: Option<CataloguePlace>,
}

impl PlaceRange {
    /// The texts between which the rows' keys are. The upper one is a key of its own, which the caller drops.
    pub(crate) fn bounds(&self) -> (String, String) {
        let text = |place: CataloguePlace| place.to_string();
        (self.from.map_or("0".to_owned(), text), self.before.map_or("~".to_owned(), text))
    }
}

/// Where a ticket stands or stood in the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// Its place.
    pub place: CataloguePlace,
    /// It was deleted. One that was sold is not gone.
    pub is_gone: bool,
}

/// A ticket of the catalogue with what a card says of it, as its row has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Its place by age: when it was listed, and which it is.
    pub place: CataloguePlace,
    /// What the seller says of it.
    pub facts: TicketFacts,
}

impl Market {
    /// At most `limit` places of a range, the newest or the oldest of them first, without events that have begun.
    ///
    /// # Errors
    /// [`StoreError`] when the table fails.
    pub async fn catalogue_range(
        &self,
        range: PlaceRange,
        newest_first: bool,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<CataloguePlace>, StoreError> {
        let rows = self.range_rows(range, newest_first, limit, now).await?;
        Ok(rows.into_iter().map(|(place, _)| place).collect())
    }

    /// The same with what cards say of the tickets, as it was when their rows were written.
    ///
    /// # Errors
    /// [`StoreError`] when the table fails.
    pub async fn catalogue_shown(
        &self,
        range: PlaceRange,
        newest_first: bool,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<Shown>, StoreError> {
        let rows = self.range_rows(range, newest_first, limit, now).await?;
        // Rows of earlier versions of this code do not have it: their tickets do.
        let bare = rows.iter().filter(|(_, row)| !row.contains_key("title")).map(|(place, _)| place.ticket);
        let bare: Vec<TicketId> = bare.collect();
        let tickets = if bare.is_empty() { Vec::new() } else { self.tickets_read(&bare).await? };
        let mut shown = Vec::with_capacity(rows.len());
        for (place, row) in rows {
            if row.contains_key("title") {
                let facts: FactsItem = serde_dynamo::from_item(row).map_err(StoreError::corrupt)?;
                shown.push(Shown { place, facts: facts.into_domain()? });
                continue;
            }
            let ticket = tickets.iter().find(|ticket| ticket.id == place.ticket);
            if let Some(ticket) = ticket.filter(|ticket| Entry::of(ticket).is_some()) {
                shown.push(Shown { place, facts: ticket.facts.clone() });
            }
        }
        Ok(shown)
    }

    async fn range_rows(
        &self,
        range: PlaceRange,
        newest_first: bool,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<(CataloguePlace, Item)>, StoreError> {
        let (low, high) = range.bounds();
        let mut rows = Vec::new();
        let mut after = None;
        for call in 0..CALLS {
            let output = self
                .client
                .query()
                .table_name(&self.table)
                .consistent_read(true)
                .key_condition_expression("#pk = :pk AND #sk BETWEEN :low AND :high")
                .filter_expression(NOT_BEGUN)
                .expression_attribute_names("#pk", PK)
                .expression_attribute_names("#sk", SK)
                .expression_attribute_names("#starts_at", "starts_at")
                .expression_attribute_values(":pk", s(CatalogueOrder::Newest.partition()))
                .expression_attribute_values(":low", s(&low))
                .expression_attribute_values(":high", s(&high))
                .expression_attribute_values(":now", n(now.as_millis()))
                .scan_index_forward(!newest_first)
                .limit(if call == 0 { rows_wanted(limit) } else { ROWS_PER_CALL })
                .set_exclusive_start_key(after)
                .send()
                .await
                .map_err(StoreError::from_sdk)?;
            for row in output.items.unwrap_or_default() {
                let place = place_of(&row)?;
                if Some(place) != range.before {
                    rows.push((place, row));
                }
            }
            after = output.last_evaluated_key;
            if after.is_none() || rows.len() >= limit {
                break;
            }
        }
        rows.truncate(limit);
        Ok(rows)
    }

    /// Where tickets stand or stood, as far as they ever were in the catalogue, in the order of `ids`.
    ///
    /// # Errors
    /// [`StoreError`] when the table fails.
    pub async fn tickets_placed(&self, ids: &[TicketId]) -> Result<Vec<Placed>, StoreError> {
        let wanted: Vec<Item> = ids.iter().map(|&id| keys::key(keys::ticket_pk(id), keys::CATALOGUE_ENTRY)).collect();
        let mut found = self.items_read(wanted.clone()).await?;
        found.sort_by_key(|item| position(&wanted, item));
        let mut placed = Vec::with_capacity(found.len());
        for item in found {
            let ticket = keys::parse_ticket_pk(keys::text(&item, PK)?)?;
            let written = Written::from_item(item)?;
            placed.extend(written.listed_at.map(|moment| {
                let place = CataloguePlace { moment, ticket };
                Placed { place, is_gone: written.gone }
            }));
        }
        Ok(placed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_call_looks_at_what_is_wanted_and_the_upper_end() {
        assert_eq!([1, 36, 99, 100, usize::MAX].map(rows_wanted), [2, 37, 100, 100, 100]);
    }
}
