//! Which range of the catalogue each rendered page has.
//!
//! A page that is closed ends at its *boundary*: the place above it, which is not on it any more. It begins where the
//! next older page ends. The *head*, the page of the newest tickets, begins at the newest boundary and has no end.
//!
//! Boundaries change rarely, and all of them together are one register with a version: whoever puts or removes some
//! has read the register before, and writes it anew in the same transaction. With the change goes a note of every page
//! that has to be written because of it. The notes stay until somebody has written those pages: a process that dies in
//! between leaves them to whoever comes next.

use std::fmt;
use std::str::FromStr;

use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, TransactWriteItem};
use holdfast_domain::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Market;
use crate::catalogue::{CataloguePlace, PlaceRange};
use crate::crash::crash_point;
use crate::error::StoreError;
use crate::items::moment;
use crate::keys::{self, Item, PAGE_REGISTER, PAGES, PK, SK, n, s};
use crate::transaction::{cancelled_by, put_lost, transaction_failed};

const HEAD: &str = "head";

/// A text that names no page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("names no page of the catalogue")]
pub struct InvalidPageId;

/// A page of the rendered catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PageId {
    /// The page of the newest tickets.
    Head,
    /// A page that ends at a boundary.
    Closed {
        /// The place above it.
        end: CataloguePlace,
        /// What it is called in its address: a number that no other page ever has.
        name: u64,
    },
}

impl PageId {
    /// Its name; the head has none.
    #[must_use]
    pub fn name(self) -> Option<u64> {
        match self {
            Self::Head => None,
            Self::Closed { name, .. } => Some(name),
        }
    }

    /// The place above it; nothing is above the head.
    #[must_use]
    pub fn end(self) -> Option<CataloguePlace> {
        match self {
            Self::Head => None,
            Self::Closed { end, .. } => Some(end),
        }
    }
}

impl fmt::Display for PageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Head => f.write_str(HEAD),
            Self::Closed { end, name } => write!(f, "{name}@{end}"),
        }
    }
}

impl FromStr for PageId {
    type Err = InvalidPageId;

    fn from_str(text: &str) -> Result<Self, InvalidPageId> {
        if text == HEAD {
            return Ok(Self::Head);
        }
        let (name, end) = text.split_once('@').ok_or(InvalidPageId)?;
        Ok(Self::Closed {
            end: end.parse().map_err(|_| InvalidPageId)?,
            name: name.parse().map_err(|_| InvalidPageId)?,
        })
    }
}

/// The end of a closed page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Boundary {
    /// The place above the page.
    pub end: CataloguePlace,
    /// What the page is called.
    pub name: u64,
    /// When the first event begins of those that the page shows: from then on it is out of date.
    pub earliest: Option<Timestamp>,
}

impl Boundary {
    /// The page that it closes.
    #[must_use]
    pub fn page(&self) -> PageId {
        PageId::Closed { end: self.end, name: self.name }
    }
}

/// A page's range and its neighbours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageLayout {
    /// Its boundary; the head has none.
    pub own: Option<Boundary>,
    /// The page above it; nothing is above the head.
    pub newer: Option<PageId>,
    /// The boundary of the page below it.
    pub older: Option<Boundary>,
}

impl PageLayout {
    /// What the page covers.
    #[must_use]
    pub fn range(&self) -> PlaceRange {
        PlaceRange { from: self.older.map(|older| older.end), before: self.own.map(|own| own.end) }
    }
}

/// The register of all boundaries, as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRegister {
    version: u64,
    last_name: u64,
    /// Pages that a change of boundaries has left to be written.
    pub unsettled: Vec<PageId>,
}

#[derive(Debug, Serialize, Deserialize)]
struct RegisterItem {
    pk: String,
    sk: String,
    version: u64,
    last_name: u64,
    unsettled: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct BoundaryItem {
    pk: String,
    sk: String,
    name: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    earliest: Option<i64>,
}

impl PageRegister {
    fn from_item(item: Option<Item>) -> Result<Self, StoreError> {
        // Before anything was ever written there is one page, the head, and it is not written either.
        let Some(item) = item else {
            return Ok(Self { version: 0, last_name: 0, unsettled: vec![PageId::Head] });
        };
        let item: RegisterItem = serde_dynamo::from_item(item).map_err(StoreError::corrupt)?;
        let unsettled = item.unsettled.iter().map(|text| text.parse().map_err(StoreError::corrupt));
        Ok(Self { version: item.version, last_name: item.last_name, unsettled: unsettled.collect::<Result<_, _>>()? })
    }

    /// The next register: with new boundaries at `ends`, and with their pages and `touched` left to be written.
    fn after(&self, ends: &[CataloguePlace], touched: &[PageId]) -> (Self, Vec<Boundary>) {
        let mut next = Self { version: self.version + 1, ..self.clone() };
        let mut boundaries = Vec::with_capacity(ends.len());
        for &end in ends {
            next.last_name += 1;
            boundaries.push(Boundary { end, name: next.last_name, earliest: None });
        }
        for page in boundaries.iter().map(Boundary::page).chain(touched.iter().copied()) {
            if !next.unsettled.contains(&page) {
                next.unsettled.push(page);
            }
        }
        (next, boundaries)
    }

    fn put(&self, read: &Self, table: &str) -> Result<Put, StoreError> {
        let item = RegisterItem {
            pk: PAGE_REGISTER.to_owned(),
            sk: PAGE_REGISTER.to_owned(),
            version: self.version,
            last_name: self.last_name,
            unsettled: self.unsettled.iter().map(PageId::to_string).collect(),
        };
        let item = serde_dynamo::to_item(item).map_err(StoreError::corrupt)?;
        let put = Put::builder().table_name(table).set_item(Some(item));
        let put = if read.version == 0 {
            put.condition_expression("attribute_not_exists(#pk)").expression_attribute_names("#pk", PK)
        } else {
            put.condition_expression("#version = :read")
                .expression_attribute_names("#version", "version")
                .expression_attribute_values(":read", n(read.version))
        };
        put.build().map_err(StoreError::corrupt)
    }
}

fn boundary_item(boundary: &Boundary) -> Result<Item, StoreError> {
    serde_dynamo::to_item(BoundaryItem {
        pk: PAGES.to_owned(),
        sk: boundary.end.to_string(),
        name: boundary.name,
        earliest: boundary.earliest.map(Timestamp::as_millis),
    })
    .map_err(StoreError::corrupt)
}

fn boundary_from(item: Item) -> Result<Boundary, StoreError> {
    let item: BoundaryItem = serde_dynamo::from_item(item).map_err(StoreError::corrupt)?;
    Ok(Boundary {
        end: item.sk.parse().map_err(StoreError::corrupt)?,
        name: item.name,
        earliest: item.earliest.map(moment).transpose()?,
    })
}

impl Market {
    /// The register of boundaries.
    ///
    /// # Errors
    /// [`StoreError`] when the table fails.
    pub async fn page_register(&self) -> Result<PageRegister, StoreError> {
        let key = keys::key(PAGE_REGISTER.to_owned(), PAGE_REGISTER);
        let get = self.client.get_item().table_name(&self.table).set_key(Some(key)).consistent_read(true);
        PageRegister::from_item(get.send().await.map_err(StoreError::from_sdk)?.item)
    }

    /// The page that a place is on.
    ///
    /// # Errors
    /// [`StoreError`] when the table fails.
    pub async fn page_of(&self, place: CataloguePlace) -> Result<PageId, StoreError> {
        let above = self.boundaries_above(place, 1).await?;
        Ok(above.first().map_or(PageId::Head, Boundary::page))
    }

    /// A page's range and neighbours; `None` when there is no such page any more.
    ///
    /// # Errors
    /// [`StoreError`] when the table fails.
    pub async fn page_layout(&self, page: PageId) -> Result<Option<PageLayout>, StoreError> {
        let PageId::Closed { end, name } = page else {
            let older = self.boundaries(PlaceRange::default(), false, 1).await?.pop();
            return Ok(Some(PageLayout { own: None, newer: None, older }));
        };
        // One range, newest first, has the page itself and the one below it.
        let up_to_own = self.boundaries_up_to(end, 2).await?;
        let (Some(own), older) = (up_to_own.first().copied(), up_to_own.get(1).copied()) else {
            return Ok(None);
        };
        if own.end != end || own.name != name {
            return Ok(None);
        }
        let newer = self.boundaries_above(end, 1).await?.first().map_or(PageId::Head, Boundary::page);
        Ok(Some(PageLayout { own: Some(own), newer: Some(newer), older }))
    }

    /// The nearest boundaries above a place, the lowest first.
    async fn boundaries_above(&self, place: CataloguePlace, limit: i32) -> Result<Vec<Boundary>, StoreError> {
        self.boundaries_query("#sk > :place", &[(":place", place.to_string())], true, limit).await
    }

    /// A boundary and those below it, the highest first.
    async fn boundaries_up_to(&self, place: CataloguePlace, limit: i32) -> Result<Vec<Boundary>, StoreError> {
        self.boundaries_query("#sk <= :place", &[(":place", place.to_string())], false, limit).await
    }

    /// At most `limit` boundaries of a range, the lowest or the highest first; one fewer when the upper end of the
    /// range is a boundary itself.
    ///
    /// # Errors
    /// [`StoreError`] when the table fails.
    pub async fn boundaries(
        &self,
        range: PlaceRange,
        lowest_first: bool,
        limit: i32,
    ) -> Result<Vec<Boundary>, StoreError> {
        let (low, high) = range.bounds();
        let values = [(":low", low), (":high", high)];
        let mut found = self.boundaries_query("#sk BETWEEN :low AND :high", &values, lowest_first, limit).await?;
        found.retain(|boundary| Some(boundary.end) != range.before);
        Ok(found)
    }

    async fn boundaries_query(
        &self,
        range: &str,
        values: &[(&str, String)],
        lowest_first: bool,
        limit: i32,
    ) -> Result<Vec<Boundary>, StoreError> {
        let mut query = self
            .client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression(format!("#pk = :pk AND {range}"))
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#sk", SK)
            .expression_attribute_values(":pk", s(PAGES))
            .scan_index_forward(lowest_first)
            .limit(limit);
        for (name, value) in values {
            query = query.expression_attribute_values(*name, AttributeValue::S(value.clone()));
        }
        let output = query.send().await.map_err(StoreError::from_sdk)?;
        output.items.unwrap_or_default().into_iter().map(boundary_from).collect()
    }

    /// Puts boundaries at `ends`, and leaves their pages and `touched` to be written. `false` when the register is not
    /// as it was read any more: read again.
    ///
    /// # Errors
    /// [`StoreError`] when the table fails.
    pub async fn boundaries_put(
        &self,
        read: &PageRegister,
        ends: &[CataloguePlace],
        touched: &[PageId],
    ) -> Result<bool, StoreError> {
        let (next, boundaries) = read.after(ends, touched);
        let mut writes = vec![TransactWriteItem::builder().put(next.put(read, &self.table)?).build()];
        for boundary in &boundaries {
            let put = Put::builder()
                .table_name(&self.table)
                .set_item(Some(boundary_item(boundary)?))
                .condition_expression("attribute_not_exists(#pk)")
                .expression_attribute_names("#pk", PK)
                .build()
                .map_err(StoreError::corrupt)?;
            writes.push(TransactWriteItem::builder().put(put).build());
        }
        self.boundaries_write(writes).await
    }

    /// Removes a boundary: its range goes to the page above. The page itself and `touched` are left to be written,
    /// which for a page that is not there any more means to be removed. `false` when the register is not as it was
    /// read.
    ///
    /// # Errors
    /// [`StoreError`] when the table fails.
    pub async fn boundary_remove(
        &self,
        read: &PageRegister,
        boundary: &Boundary,
        touched: &[PageId],
    ) -> Result<bool, StoreError> {
        let touched: Vec<_> = touched.iter().copied().chain([boundary.page()]).collect();
        let (next, _) = read.after(&[], &touched);
        let delete = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(keys::key(PAGES.to_owned(), boundary.end.to_string())))
            .condition_expression("#name = :name")
            .expression_attribute_names("#name", "name")
            .expression_attribute_values(":name", n(boundary.name))
            .build()
            .map_err(StoreError::corrupt)?;
        let writes = vec![
            TransactWriteItem::builder().put(next.put(read, &self.table)?).build(),
            TransactWriteItem::builder().delete(delete).build(),
        ];
        self.boundaries_write(writes).await
    }

    async fn boundaries_write(&self, writes: Vec<TransactWriteItem>) -> Result<bool, StoreError> {
        match self.client.transact_write_items().set_transact_items(Some(writes)).send().await {
            Ok(_) => {
                crash_point("page_boundaries");
                Ok(true)
            }
            Err(error) => match cancelled_by(&error) {
                Some("ConditionalCheckFailed" | "TransactionConflict") => Ok(false),
                Some(_) | None => Err(transaction_failed(error)),
            },
        }
    }

    /// Strikes out what was left to be written, if the register is as it was read. `false` when it is not: there may be
    /// more to write.
    ///
    /// # Errors
    /// [`StoreError`] when the table fails.
    pub async fn pages_settled(&self, read: &PageRegister) -> Result<bool, StoreError> {
        let next = PageRegister { version: read.version + 1, last_name: read.last_name, unsettled: Vec::new() };
        self.boundaries_write(vec![TransactWriteItem::builder().put(next.put(read, &self.table)?).build()]).await
    }

    /// Notes when the first event of a page begins, if nobody has noted anything else since it was read.
    ///
    /// # Errors
    /// [`StoreError`] when the table fails.
    pub async fn boundary_note_earliest(
        &self,
        read: &Boundary,
        earliest: Option<Timestamp>,
    ) -> Result<bool, StoreError> {
        let mut put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(boundary_item(&Boundary { earliest, ..*read })?))
            .expression_attribute_names("#name", "name")
            .expression_attribute_names("#earliest", "earliest")
            .expression_attribute_values(":name", n(read.name));
        put = match read.earliest {
            None => put.condition_expression("#name = :name AND attribute_not_exists(#earliest)"),
            Some(earliest) => put
                .condition_expression("#name = :name AND #earliest = :earliest")
                .expression_attribute_values(":earliest", n(earliest.as_millis())),
        };
        match put.send().await {
            Ok(_) => Ok(true),
            Err(error) if put_lost(&error) => Ok(false),
            Err(error) => Err(StoreError::from_sdk(error)),
        }
    }

    /// The pages below `below`, newest first, that show an event which has begun by `now`; and the boundary after which
    /// to go on, `None` at the end.
    ///
    /// # Errors
    /// [`StoreError`] when the table fails.
    pub async fn pages_outdated(
        &self,
        below: Option<Boundary>,
        now: Timestamp,
    ) -> Result<(Vec<PageId>, Option<Boundary>), StoreError> {
        let place = below.map_or("~".to_owned(), |boundary| boundary.end.to_string());
        let mut found = self.boundaries_query("#sk < :place", &[(":place", place)], false, BOUNDARIES_PER_CALL).await?;
        let full = found.len() == usize::try_from(BOUNDARIES_PER_CALL).unwrap_or(usize::MAX);
        let next = found.last().copied().filter(|_| full);
        found.retain(|boundary| boundary.earliest.is_some_and(|earliest| earliest <= now));
        Ok((found.iter().map(Boundary::page).collect(), next))
    }
}

/// Boundaries that one call reads: some 100 KB.
const BOUNDARIES_PER_CALL: i32 = 1_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn place(millis: i64) -> CataloguePlace {
        let ticket = "0199a1b2-0000-7000-8000-000000000001".parse().unwrap();
        CataloguePlace { moment: Timestamp::from_millis(millis).unwrap(), ticket }
    }

    #[test]
    fn a_page_reads_back_from_its_text() {
        for page in [PageId::Head, PageId::Closed { end: place(7), name: 12 }] {
            assert_eq!(page.to_string().parse(), Ok(page));
        }
        for wrong in ["", "Head", "12", "12@", "@000000000000007#0199a1b2-0000-7000-8000-000000000001", "x@head"] {
            assert_eq!(wrong.parse::<PageId>(), Err(InvalidPageId), "{wrong}");
        }
    }

    #[test]
    fn names_are_never_given_twice_and_notes_are_kept_once() {
        let empty = PageRegister::from_item(None).unwrap();
        assert_eq!(empty.unsettled, [PageId::Head]);
        let (first, boundaries) = empty.after(&[place(1), place(2)], &[PageId::Head]);
        assert_eq!(boundaries.iter().map(|boundary| boundary.name).collect::<Vec<_>>(), [1, 2]);
        let expected = [PageId::Head, boundaries[0].page(), boundaries[1].page()];
        assert_eq!(first.unsettled, expected, "the head was noted before");
        assert_eq!(expected.map(PageId::end), [None, Some(place(1)), Some(place(2))]);
        let (second, boundaries) = first.after(&[place(3)], &[]);
        assert_eq!((boundaries[0].name, second.version, second.unsettled.len()), (3, 2, 4));
    }

    #[test]
    fn register_and_boundary_read_back() {
        let empty = PageRegister::from_item(None).unwrap();
        let (register, boundaries) = empty.after(&[place(1)], &[]);
        let item = register.put(&empty, "market").unwrap().item().clone();
        assert_eq!(PageRegister::from_item(Some(item)).unwrap(), register);
        let noted = Boundary { earliest: Some(Timestamp::from_millis(9).unwrap()), ..boundaries[0] };
        for boundary in [boundaries[0], noted] {
            assert_eq!(boundary_from(boundary_item(&boundary).unwrap()).unwrap(), boundary);
        }
    }
}
