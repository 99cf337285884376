//! How many tickets a buyer may hold at once: a set of the holds that were counted for them, so that nobody can hold the
//! whole market.
//!
//! The set is a limit, not a record: the lock alone says who holds what. A hold that has ended is dropped from the set
//! when there is no room for the next one, so that ending costs no write.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use holdfast_domain::{Hold, OrderId, OrderState, Timestamp, UserId};

use crate::Market;
use crate::crash::crash_point;
use crate::error::StoreError;
use crate::expression;
use crate::keys::{self, n};
use crate::lock::lost_condition;
use crate::steps::Steps;

const HAS_ROOM: &str = "attribute_not_exists(#holds) OR contains(#holds, :hold) OR size(#holds) < :limit";
const COUNT: &str = "ADD #holds :holds";
const STILL_THERE: &str = "attribute_exists(#holds)";
const DROP: &str = "DELETE #holds :holds";

/// Rounds of dropping what has ended and asking again: others of the same buyer may take the room that was made.
const ROUNDS: u32 = 3;

/// Whether a hold was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counted {
    /// There was room, or it had been counted before.
    Yes,
    /// So many others are open; the first of them ends after this time at the latest.
    NoRoom {
        /// At least a second.
        for_at_least: Duration,
    },
}

/// A hold in the set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CountedHold {
    /// The order that holds.
    pub order: OrderId,
    /// When the hold ends, if its order was never recorded.
    pub expires_at: Timestamp,
}

impl CountedHold {
    /// `<order>@<milliseconds>`: the set stays under 1 KB, one write unit, for any limit that the template admits.
    fn to_text(self) -> String {
        format!("{}@{}", self.order, self.expires_at.as_millis())
    }

    fn parse(text: &str) -> Result<Self, StoreError> {
        let (order, millis) = text.split_once('@').ok_or_else(|| StoreError::corrupt("not a counted hold"))?;
        let millis = millis.parse().map_err(StoreError::corrupt)?;
        Ok(Self {
            order: order.parse().map_err(StoreError::corrupt)?,
            expires_at: Timestamp::from_millis(millis).map_err(StoreError::corrupt)?,
        })
    }
}

/// Counts a hold of a buyer, if that makes no more than `limit`. Counting it again changes nothing.
pub(crate) async fn hold_counted(
    steps: &impl Steps,
    buyer: UserId,
    hold: Hold,
    limit: u8,
    now: Timestamp,
) -> Result<Counted, StoreError> {
    let entry = CountedHold { order: hold.order, expires_at: hold.expires_at };
    let mut soonest = None;
    for _ in 0..ROUNDS {
        let Some(others) = steps.hold_added(buyer, entry, limit).await? else {
            return Ok(Counted::Yes);
        };
        // Counted by another run of the same placing, whose hold has been extended since: it must not be given back.
        if others.iter().any(|other| other.order == entry.order) {
            return Ok(Counted::Yes);
        }
        let (open, ended) = sorted_out(steps, buyer, others, now).await?;
        soonest = open.iter().map(|open| open.expires_at).min();
        if ended.is_empty() {
            break;
        }
        steps.holds_dropped(buyer, &ended).await?;
    }
    let wait = soonest.map_or(Duration::ZERO, |end| end.since(now));
    Ok(Counted::NoRoom { for_at_least: wait.max(Duration::from_secs(1)) })
}

/// Which entries are open, and which have ended: paid, closed, or run out. An order that is not there is being recorded, or
/// never will be; its hold counts until it runs out.
async fn sorted_out(
    steps: &impl Steps,
    buyer: UserId,
    entries: Vec<CountedHold>,
    now: Timestamp,
) -> Result<(Vec<CountedHold>, Vec<CountedHold>), StoreError> {
    // A hold that was taken late, after its order had ended, is counted beside the one before; a batch refuses a key that it
    // has twice.
    let counted: BTreeSet<OrderId> = entries.iter().map(|entry| entry.order).collect();
    let wanted: Vec<OrderId> = counted.into_iter().collect();
    let orders = steps.orders_read(buyer, &wanted).await?;
    let ends_at = |entry: &CountedHold| match orders.iter().find(|order| order.id == entry.order) {
        None => Some(entry.expires_at),
        Some(order) => match order.state {
            OrderState::AwaitingPayment { .. } => Some(order.expires_at.max(entry.expires_at)),
            OrderState::Capturing { .. }
            | OrderState::Paid { .. }
            | OrderState::Cancelled { .. }
            | OrderState::Expired { .. } => None,
        },
    };
    let (mut open, mut ended) = (Vec::new(), Vec::new());
    for entry in entries {
        match ends_at(&entry).filter(|end| *end > now) {
            Some(expires_at) => open.push(CountedHold { expires_at, ..entry }),
            None => ended.push(entry),
        }
    }
    Ok((open, ended))
}

impl Market {
    /// Adds an entry if there is room; else what fills the set.
    pub(crate) async fn hold_added(
        &self,
        buyer: UserId,
        entry: CountedHold,
        limit: u8,
    ) -> Result<Option<Vec<CountedHold>>, StoreError> {
        let added = AttributeValue::Ss(vec![entry.to_text()]);
        let sent = expression::conditional(&self.client, &self.table, keys::holds_key(buyer), HAS_ROOM, COUNT, &[])
            .expression_attribute_values(":holds", added)
            .expression_attribute_values(":hold", keys::s(entry.to_text()))
            .expression_attribute_values(":limit", n(limit))
            .send()
            .await;
        let Err(error) = sent else {
            crash_point("hold_counted");
            return Ok(None);
        };
        let image = lost_condition(error)?.ok_or_else(|| StoreError::corrupt("a full set without its image"))?;
        let texts = image.get("holds").and_then(|holds| holds.as_ss().ok());
        let texts = texts.ok_or_else(|| StoreError::corrupt("a full set that is none"))?;
        texts.iter().map(|text| CountedHold::parse(text)).collect::<Result<_, _>>().map(Some)
    }

    /// Drops entries that have ended; those that somebody else has dropped are no error.
    pub(crate) async fn holds_dropped(&self, buyer: UserId, ended: &[CountedHold]) -> Result<(), StoreError> {
        let dropped = AttributeValue::Ss(ended.iter().map(|entry| entry.to_text()).collect());
        let sent = expression::conditional(&self.client, &self.table, keys::holds_key(buyer), STILL_THERE, DROP, &[])
            .expression_attribute_values(":holds", dropped)
            .send()
            .await;
        match sent {
            Ok(_) => Ok(()),
            Err(error) => lost_condition(error).map(drop),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_read_as_it_was_written() {
        let order = "018f3e5c-6d2a-7c31-9a55-1f2e3d4c5b6a".parse().expect("an id");
        let entry = CountedHold { order, expires_at: Timestamp::from_millis(1_795_000_000_123).expect("a moment") };
        assert_eq!(CountedHold::parse(&entry.to_text()).expect("an entry"), entry);
        for text in ["", "@", "x@1", "018f3e5c-6d2a-7c31-9a55-1f2e3d4c5b6a", "018f3e5c-6d2a-7c31-9a55-1f2e3d4c5b6a@x"] {
            assert!(CountedHold::parse(text).is_err(), "{text}");
        }
    }
}
