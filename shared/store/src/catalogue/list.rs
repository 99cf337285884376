//! Pages of the catalogue: places of tickets, to be read from the tickets themselves.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use holdfast_domain::{Ticket, Timestamp};

use crate::Market;
use crate::catalogue::Entry;
use crate::catalogue::place::CataloguePlace;
use crate::error::StoreError;
use crate::keys::{self, Item, PK, SK, n, s};

/// Rows that one read looks at when a filter may drop most of them: about 8 KB.
const ROWS_FILTERED: u32 = 100;

/// In which order the catalogue is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CatalogueOrder {
    /// Newest listing first.
    Newest,
    /// Soonest event first; tickets without a date are not in it.
    Soonest,
}

impl CatalogueOrder {
    pub(super) fn partition(self) -> String {
        match self {
            Self::Newest => "C#NEWEST".to_owned(),
            Self::Soonest => "C#DATE".to_owned(),
        }
    }

    pub(super) fn word_partition(self, word: &str) -> String {
        match self {
            Self::Newest => format!("W#{word}#N"),
            Self::Soonest => format!("W#{word}#D"),
        }
    }
}

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogueQuery {
    /// In which order.
    pub order: CatalogueOrder,
    /// Words that a ticket must all have, as [`holdfast_domain::search_words`] gives them.
    pub words: Vec<String>,
    /// The earliest begin of the event.
    pub from: Option<Timestamp>,
    /// The latest begin of the event.
    pub to: Option<Timestamp>,
}

/// A page of places, and where the next one begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CataloguePage {
    /// The places, in order.
    pub places: Vec<CataloguePlace>,
    /// The place after which to go on; `None` at the end.
    pub next: Option<CataloguePlace>,
}

/// A key condition or a filter, with the names and values that it uses.
#[derive(Debug, Default)]
struct Expression {
    text: String,
    names: HashMap<String, String>,
    values: Item,
}

impl Expression {
    fn and(&mut self, text: &str, attribute: &str, values: &[(&str, AttributeValue)]) {
        if !self.text.is_empty() {
            self.text.push_str(" AND ");
        }
        self.text.push_str(text);
        self.names.insert(format!("#{attribute}"), attribute.to_owned());
        self.values.extend(values.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    }
}

impl CatalogueQuery {
    /// The longest word finds the rows: it is the rarest, most likely. The others are compared row by row.
    fn split_words(&self) -> (Option<&String>, impl Iterator<Item = &String>) {
        let longest = self.words.iter().max_by_key(|word| word.chars().count());
        (longest, self.words.iter().filter(move |word| Some(*word) != longest))
    }

    /// The key range after `after`; `None` when nothing can be in it.
    ///
    /// The place is part of the range and no start key of the query: DynamoDB refuses a start key outside the range,
    /// and a range that begins now moves past the places that older pages gave.
    fn range(&self, after: Option<CataloguePlace>) -> Option<Expression> {
        let partition = match self.split_words().0 {
            Some(word) => self.order.word_partition(word),
            None => self.order.partition(),
        };
        let mut range = Expression::default();
        range.and("#pk = :pk", PK, &[(":pk", s(partition))]);
        match (self.order, after) {
            (CatalogueOrder::Newest, None) => {}
            (CatalogueOrder::Newest, Some(place)) => {
                range.and("#sk < :place", SK, &[(":place", s(place.to_string()))]);
            }
            (CatalogueOrder::Soonest, _) => {
                // A tilde sorts behind every digit and letter of a place.
                let first = self.from.map_or(String::new(), |from| format!("{:015}", from.as_millis()));
                let behind = after.map_or(String::new(), |place| format!("{place}~"));
                let low = first.max(behind).max("0".to_owned());
                let high = self.to.map_or("~".to_owned(), |to| format!("{:015}#~", to.as_millis()));
                if low > high {
                    return None;
                }
                range.and("#sk BETWEEN :low AND :high", SK, &[(":low", s(low)), (":high", s(high))]);
            }
        }
        Some(range)
    }

    /// Whether a ticket that was found by a row at `place` is one that was asked for. Rows are written after their tickets,
    /// and one of an older state may still be there.
    #[must_use]
    pub fn finds(&self, place: CataloguePlace, ticket: &Ticket) -> bool {
        let facts = &ticket.facts;
        let moment = match self.order {
            CatalogueOrder::Newest => Some(ticket.created_at),
            CatalogueOrder::Soonest => facts.starts_at,
        };
        let is_within = |starts_at: Timestamp| {
            self.from.is_none_or(|from| starts_at >= from) && self.to.is_none_or(|to| starts_at <= to)
        };
        let words = Entry::of(ticket).map(|entry| entry.words).unwrap_or_default();
        place.ticket == ticket.id
            && moment == Some(place.moment)
            && (self.from.or(self.to).is_none() || facts.starts_at.is_some_and(is_within))
            && self.words.iter().all(|word| words.contains(word))
    }

    fn filter(&self) -> Expression {
        let mut filter = Expression::default();
        for (place, word) in self.split_words().1.enumerate() {
            let name = format!(":word{place}");
            filter.and(&format!("contains(#words, {name})"), "words", &[(&name, s(word))]);
        }
        // In the order of dates the key range says it.
        if self.order == CatalogueOrder::Newest {
            if let Some(from) = self.from {
                filter.and("#starts_at >= :from", "starts_at", &[(":from", n(from.as_millis()))]);
            }
            if let Some(to) = self.to {
                filter.and("#starts_at <= :to", "starts_at", &[(":to", n(to.as_millis()))]);
            }
        }
        filter
    }
}

impl Market {
    /// At most `limit` places after `after`. A page can be short, even empty, and yet have a next one: a filter drops
    /// rows after they were counted.
    ///
    /// # Errors
    /// [`StoreError`] when the table fails.
    pub async fn catalogue_list(
        &self,
        query: &CatalogueQuery,
        after: Option<CataloguePlace>,
        limit: u32,
    ) -> Result<CataloguePage, StoreError> {
        let Some(range) = query.range(after) else {
            return Ok(CataloguePage { places: Vec::new(), next: None });
        };
        let filter = query.filter();
        let filtered = !filter.text.is_empty();
        let rows = if filtered { limit.max(ROWS_FILTERED) } else { limit };
        let mut request = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression(range.text)
            .projection_expression("#sk")
            .expression_attribute_names("#sk", SK)
            .scan_index_forward(query.order == CatalogueOrder::Soonest)
            .limit(i32::try_from(rows).unwrap_or(i32::MAX));
        if filtered {
            request = request.filter_expression(filter.text);
        }
        for (name, attribute) in range.names.into_iter().chain(filter.names) {
            request = request.expression_attribute_names(name, attribute);
        }
        for (name, value) in range.values.into_iter().chain(filter.values) {
            request = request.expression_attribute_values(name, value);
        }
        let output = request.send().await.map_err(StoreError::from_sdk)?;
        let mut next = output.last_evaluated_key.as_ref().map(place_of).transpose()?;
        let mut places = output.items.unwrap_or_default().iter().map(place_of).collect::<Result<Vec<_>, _>>()?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        if places.len() > limit {
            places.truncate(limit);
            next = places.last().copied();
        }
        Ok(CataloguePage { places, next })
    }
}

pub(super) fn place_of(row: &Item) -> Result<CataloguePlace, StoreError> {
    keys::text(row, SK)?.parse().map_err(StoreError::corrupt)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::tests::{millis, ticket};

    fn place(moment: i64) -> CataloguePlace {
        CataloguePlace { moment: millis(moment), ticket: "0199a1b2-0000-7000-8000-000000000001".parse().unwrap() }
    }

    fn query(order: CatalogueOrder, words: &[&str], from: Option<i64>, to: Option<i64>) -> CatalogueQuery {
        let words = words.iter().map(|word| (*word).to_owned()).collect();
        CatalogueQuery { order, words, from: from.map(millis), to: to.map(millis) }
    }

    fn bounds(query: &CatalogueQuery, after: Option<CataloguePlace>) -> Option<(String, String)> {
        let range = query.range(after)?;
        let text = |name: &str| range.values[name].as_s().unwrap().clone();
        Some((text(":low"), text(":high")))
    }

    #[test]
    fn the_longest_word_finds_and_the_others_filter() {
        let query = query(CatalogueOrder::Newest, &["magic", "flute", "köln-x"], None, None);
        assert_eq!(query.range(None).unwrap().values[":pk"], s("W#köln-x#N"));
        let filter = query.filter();
        assert_eq!(filter.text, "contains(#words, :word0) AND contains(#words, :word1)");
        assert_eq!((&filter.values[":word0"], &filter.values[":word1"]), (&s("magic"), &s("flute")));
    }

    #[test]
    fn dates_filter_the_newest_and_bound_the_soonest() {
        let newest = query(CatalogueOrder::Newest, &[], Some(5), Some(9));
        assert_eq!(newest.range(None).unwrap().text, "#pk = :pk");
        assert_eq!(newest.filter().text, "#starts_at >= :from AND #starts_at <= :to");
        let soonest = query(CatalogueOrder::Soonest, &[], Some(5), Some(9));
        assert!(soonest.filter().text.is_empty());
        let (low, high) = bounds(&soonest, None).unwrap();
        for (moment, within) in [(4, false), (5, true), (9, true), (10, false)] {
            let key = place(moment).to_string();
            assert_eq!(low <= key && key <= high, within, "{moment}");
        }
    }

    #[test]
    fn a_page_goes_on_behind_its_place() {
        let newest = query(CatalogueOrder::Newest, &[], None, None).range(Some(place(7))).unwrap();
        assert_eq!(
            (newest.text.as_str(), &newest.values[":place"]),
            ("#pk = :pk AND #sk < :place", &s(place(7).to_string()))
        );
        let soonest = query(CatalogueOrder::Soonest, &[], Some(5), None);
        let (low, _) = bounds(&soonest, Some(place(7))).unwrap();
        assert!(low > place(7).to_string() && low < place(8).to_string());
        let (low, _) = bounds(&query(CatalogueOrder::Soonest, &[], Some(8), None), Some(place(7))).unwrap();
        assert!(low > place(7).to_string() && low <= place(8).to_string(), "time has moved on past the place");
    }

    #[test]
    fn a_row_finds_its_ticket_as_it_is_now_or_nothing() {
        let (dated, undated) = (ticket(1, "Magic Flute", Some(millis(9))), ticket(1, "Magic Flute", None));
        let at = |moment| CataloguePlace { moment: millis(moment), ticket: dated.id };
        let newest = |words: &[&str], from, to| query(CatalogueOrder::Newest, words, from, to);
        assert!(newest(&[], None, None).finds(at(7), &dated), "it was listed at 7");
        assert!(!newest(&[], None, None).finds(at(8), &dated), "a row of another place");
        let other = "0199a1b2-0000-7000-8000-000000000002".parse().unwrap();
        assert!(!newest(&[], None, None).finds(CataloguePlace { moment: millis(7), ticket: other }, &dated));
        let soonest = query(CatalogueOrder::Soonest, &["flute"], None, None);
        assert!(soonest.finds(at(9), &dated), "it begins at 9");
        assert!(!soonest.finds(at(7), &dated) && !soonest.finds(at(9), &undated), "its date has changed, or gone");
        for (words, found) in [(&["magic", "opera"][..], true), (&["magic", "violin"], false), (&["violin"], false)] {
            assert_eq!(newest(words, None, None).finds(at(7), &dated), found, "{words:?}");
        }
        for (from, to, found) in [
            (Some(9), None, true),
            (Some(10), None, false),
            (None, Some(9), true),
            (None, Some(8), false),
            (Some(9), Some(9), true),
            (Some(8), Some(8), false),
            (Some(10), Some(10), false),
        ] {
            assert_eq!(newest(&[], from, to).finds(at(7), &dated), found, "{from:?} to {to:?}");
            assert!(!newest(&[], from, to).finds(at(7), &undated), "what has no date is in no range");
        }
        assert!(newest(&[], None, None).finds(at(7), &undated));
    }

    #[test]
    fn an_empty_range_is_not_asked_for() {
        assert!(query(CatalogueOrder::Soonest, &[], Some(9), Some(5)).range(None).is_none());
        assert!(query(CatalogueOrder::Soonest, &[], None, Some(7)).range(Some(place(8))).is_none());
        assert!(query(CatalogueOrder::Soonest, &[], Some(7), Some(7)).range(None).is_some());
    }
}
