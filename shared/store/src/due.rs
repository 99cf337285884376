//! What the sweep has to look at: the sparse, sharded index of orders to reconcile and tickets held.

use holdfast_domain::{OrderId, TicketId, Timestamp, UserId};

use crate::Market;
use crate::error::StoreError;
use crate::keys::{self, Item, LOCK, PK, SK, n, s};

pub use crate::keys::DUE_SHARDS;

/// Something whose time has come. The index is behind the table by moments: read the item before acting on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// A ticket that was held.
    Ticket(TicketId),
    /// An order that was not at rest.
    Order(UserId, OrderId),
}

/// A page of one shard, and where the next one begins.
#[derive(Debug, Clone)]
pub struct DuePage {
    /// What is due, the longest first.
    pub items: Vec<Due>,
    /// Where to go on; `None` at the end of the shard.
    pub next: Option<Item>,
}

impl Market {
    /// What became due in `shard` (0 to [`DUE_SHARDS`] - 1) up to `now`.
    ///
    /// # Errors
    /// [`StoreError`] when the table fails.
    pub async fn due_list(
        &self,
        shard: u8,
        now: Timestamp,
        limit: u32,
        after: Option<Item>,
    ) -> Result<DuePage, StoreError> {
        let output = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(keys::DUE_INDEX)
            .key_condition_expression("#due_shard = :shard AND #due_at <= :now")
            .expression_attribute_names("#due_shard", "due_shard")
            .expression_attribute_names("#due_at", "due_at")
            .expression_attribute_values(":shard", s(keys::due_shard_key(shard)))
            .expression_attribute_values(":now", n(now.as_millis()))
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .set_exclusive_start_key(after)
            .send()
            .await
            .map_err(StoreError::from_sdk)?;
        let items = output.items.unwrap_or_default().iter().map(due_of).collect::<Result<_, _>>()?;
        Ok(DuePage { items, next: output.last_evaluated_key })
    }
}

fn due_of(key: &Item) -> Result<Due, StoreError> {
    let (pk, sk) = (keys::text(key, PK)?, keys::text(key, SK)?);
    if sk == LOCK {
        keys::parse_ticket_pk(pk).map(Due::Ticket)
    } else {
        keys::parse_order_key(pk, sk).map(|(buyer, order)| Due::Order(buyer, order))
    }
}
