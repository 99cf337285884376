//! Pages of what one person owns, newest first: a seller's tickets, a buyer's orders.

use std::fmt;
use std::str::FromStr;

use aws_sdk_dynamodb::types::AttributeValue;
use uuid::Uuid;

use crate::Market;
use crate::error::StoreError;
use crate::keys::{self, Item};

/// A page, and where the next one begins.
#[derive(Debug, Clone)]
pub struct OwnerPage<T> {
    /// The items, newest first.
    pub items: Vec<T>,
    /// Where to go on; `None` at the end.
    pub next: Option<OwnerCursor>,
}

/// The place after one item of an owner's list. It names no owner: that is always the one who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnerCursor {
    created_at: i64,
    id: Uuid,
}

/// A text that is no cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a cursor of this list")]
pub struct InvalidCursor;

impl fmt::Display for OwnerCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.created_at, self.id.simple())
    }
}

impl FromStr for OwnerCursor {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, InvalidCursor> {
        let (created_at, id) = text.split_once('.').ok_or(InvalidCursor)?;
        let cursor = Self {
            created_at: created_at.parse().map_err(|_| InvalidCursor)?,
            id: Uuid::try_parse(id).map_err(|_| InvalidCursor)?,
        };
        if cursor.to_string() == text { Ok(cursor) } else { Err(InvalidCursor) }
    }
}

impl Market {
    /// One page of the keys in the index under `owner`; `key_of` makes the table's key of an id.
    pub(crate) async fn owner_page(
        &self,
        owner: String,
        limit: u32,
        after: Option<OwnerCursor>,
        key_of: impl Fn(Uuid) -> Item,
    ) -> Result<(Vec<Item>, Option<OwnerCursor>), StoreError> {
        let start = after.map(|cursor| {
            let mut key = key_of(cursor.id);
            key.insert("owner".to_owned(), keys::s(owner.clone()));
            key.insert("created_at".to_owned(), keys::n(cursor.created_at));
            key
        });
        let output = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(keys::BY_OWNER_INDEX)
            .key_condition_expression("#owner = :owner")
            .expression_attribute_names("#owner", "owner")
            .expression_attribute_values(":owner", keys::s(owner))
            .scan_index_forward(false)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .set_exclusive_start_key(start)
            .send()
            .await
            .map_err(StoreError::from_sdk)?;
        let next = output.last_evaluated_key.as_ref().map(cursor_of).transpose()?;
        Ok((output.items.unwrap_or_default(), next))
    }
}

fn cursor_of(key: &Item) -> Result<OwnerCursor, StoreError> {
    let number = key.get("created_at").and_then(|value| value.as_n().ok());
    let created_at = number
        .and_then(|number| number.parse().ok())
        .ok_or_else(|| StoreError::corrupt("an index key without created_at"))?;
    let (pk, sk) = (keys::text(key, keys::PK)?, keys::text(key, keys::SK)?);
    let id = if sk == keys::LOCK {
        keys::parse_ticket_pk(pk)?.as_uuid()
    } else {
        keys::parse_order_key(pk, sk)?.1.as_uuid()
    };
    Ok(OwnerCursor { created_at, id })
}

/// The position of an item in a list of keys: restores the index's order after a batch read.
pub(crate) fn position(keys: &[Item], item: &Item) -> usize {
    let same = |key: &Item, name: &str| -> bool {
        let value: Option<&AttributeValue> = key.get(name);
        value == item.get(name)
    };
    keys.iter().position(|key| same(key, keys::PK) && same(key, keys::SK)).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_has_the_place_of_its_own_key() {
        let item = |pk: &str, sk: &str| {
            Item::from([(keys::PK, pk), (keys::SK, sk)].map(|(name, text)| (name.to_owned(), keys::s(text))))
        };
        let keys = [item("a", "T"), item("a", "D"), item("b", "T")];
        assert_eq!(keys.each_ref().map(|key| position(&keys, key)), [0, 1, 2]);
        assert_eq!(position(&keys, &item("b", "D")), usize::MAX, "whatever was not asked for comes last");
    }

    #[test]
    fn a_cursor_has_one_spelling() {
        let cursor = OwnerCursor { created_at: 1_700_000_000_000, id: Uuid::from_u128(7) };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        for wrong in ["", "1", "1.x", "01.00000000000000000000000000000007", "1.00000000-0000-0000-0000-000000000007"] {
            assert_eq!(wrong.parse::<OwnerCursor>(), Err(InvalidCursor), "{wrong}");
        }
    }
}
