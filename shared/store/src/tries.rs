//! Tries that somebody has left: how often a password may be guessed, or an account be asked for.
//!
//! A bucket is one item with one figure, the moment at which it will be full again. A take moves that moment one interval
//! into the future, unless it is too far ahead already: one conditional write decides, so that takes at the same time
//! never exceed the limit. (The method is known as the generic cell rate algorithm.)

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use holdfast_auth::BucketName;
use holdfast_domain::Timestamp;

use crate::crash::crash_point;
use crate::error::StoreError;
use crate::items::moment;
use crate::keys::{self, Item};

const HOUR: Duration = Duration::from_hours(1);
/// How long an item is kept after its bucket has become full: it says nothing any more then.
const KEPT_AFTER_FULL: Duration = Duration::from_hours(1);
/// Writes of one take: a bucket that fills up, or is emptied by others, between two of them is looked at again.
const TAKE_WRITES: u32 = 6;

/// Some are left, and not all.
const PARTLY_FULL: &str = "full_at > :now AND full_at <= :latest";
const TAKE_ANOTHER: &str = "SET full_at = full_at + :interval, #ttl = :ttl";
/// All are left.
const FULL: &str = "attribute_not_exists(pk) OR full_at <= :now";
const TAKE_FIRST: &str = "SET full_at = :after_first, #ttl = :ttl";
/// Something has been taken.
const NOT_FULL: &str = "full_at > :now";
const GIVE_BACK: &str = "SET full_at = full_at - :interval";

/// How many tries a bucket allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    burst: u32,
    interval: Duration,
}

impl Allowance {
    /// At most `tries` in any hour, wherever it begins: three fifths of them at once, the others come back one by one,
    /// evenly over the hour. Of a bucket that holds `b` and regains one each `i`, no span of time `s` sees more than
    /// `b + s / i` takes; here that is `tries` for an hour.
    ///
    /// # Panics
    /// With fewer than two tries, or more than a million: an interval of ours has whole milliseconds.
    #[must_use]
    pub fn per_hour(tries: u32) -> Self {
        assert!((2..=1_000_000).contains(&tries), "from two to a million tries an hour");
        let burst = (tries * 3).div_ceil(5).min(tries - 1);
        // Rounded up, so that never more than `tries - burst` come back in an hour.
        let millis = HOUR.as_millis().div_ceil(u128::from(tries - burst));
        Self { burst, interval: Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX)) }
    }

    /// How far ahead the moment may be at which the bucket is full, for one more take.
    fn tolerance(self) -> Duration {
        self.interval * (self.burst - 1)
    }
}

/// Why a try was not taken.
#[derive(Debug, thiserror::Error)]
pub enum TryTakeError {
    /// None is left.
    #[error("no try is left")]
    Exhausted {
        /// When the next one comes back, if nobody else takes it.
        retry_after: Duration,
    },
    /// The table failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The table of buckets. `DynamoDB` removes those that are full again; losing all of it costs a limit that begins anew.
#[derive(Debug, Clone)]
pub struct Tries {
    client: Client,
    table: String,
}

/// What one write did.
enum Wrote {
    /// It took.
    Taken,
    /// Its condition was lost to a bucket that is full at this moment; `None` when there is no item.
    Lost(Option<Timestamp>),
}

impl Tries {
    /// The buckets in the table named `table`.
    #[must_use]
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// Takes one try out of a bucket, before the work is done that it stands for.
    ///
    /// A try whose answer was lost and that the SDK repeats takes twice, which errs on the safe side.
    ///
    /// # Errors
    /// [`TryTakeError::Exhausted`] when none is left.
    pub async fn try_take(&self, name: &BucketName, of: Allowance, now: Timestamp) -> Result<(), TryTakeError> {
        let latest = now.plus(of.tolerance());
        let mut is_full = false;
        for _ in 0..TAKE_WRITES {
            let wrote = if is_full { self.first(name, of, now).await? } else { self.another(name, of, now).await? };
            match wrote {
                Wrote::Taken => {
                    crash_point("try_take");
                    return Ok(());
                }
                Wrote::Lost(Some(full_at)) if full_at > latest => {
                    return Err(TryTakeError::Exhausted { retry_after: full_at.since(latest) });
                }
                Wrote::Lost(full_at) => is_full = full_at.is_none_or(|full_at| full_at <= now),
            }
        }
        Err(StoreError::Unavailable("a bucket of tries stays undecided".into()).into())
    }

    /// Gives a try back that turned out to be the owner's own. A bucket that has become full keeps nothing.
    ///
    /// # Errors
    /// [`StoreError`] when the table fails.
    pub async fn try_give_back(&self, name: &BucketName, of: Allowance, now: Timestamp) -> Result<(), StoreError> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(name)))
            .condition_expression(NOT_FULL)
            .update_expression(GIVE_BACK)
            .expression_attribute_values(":now", keys::n(now.as_millis()))
            .expression_attribute_values(":interval", keys::n(of.interval.as_millis()));
        match update.send().await {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(()),
                Some(_) | None => Err(StoreError::from_sdk(error)),
            },
        }
    }

    async fn first(&self, name: &BucketName, of: Allowance, now: Timestamp) -> Result<Wrote, StoreError> {
        let after_first = now.plus(of.interval);
        let update = self
            .take(name, of, now)
            .condition_expression(FULL)
            .update_expression(TAKE_FIRST)
            .expression_attribute_values(":after_first", keys::n(after_first.as_millis()));
        wrote(update.send().await)
    }

    async fn another(&self, name: &BucketName, of: Allowance, now: Timestamp) -> Result<Wrote, StoreError> {
        let update = self
            .take(name, of, now)
            .condition_expression(PARTLY_FULL)
            .update_expression(TAKE_ANOTHER)
            .expression_attribute_values(":latest", keys::n(now.plus(of.tolerance()).as_millis()))
            .expression_attribute_values(":interval", keys::n(of.interval.as_millis()));
        wrote(update.send().await)
    }

    fn take(&self, name: &BucketName, of: Allowance, now: Timestamp) -> Update {
        let ttl = now.plus(of.interval * of.burst + KEPT_AFTER_FULL).as_seconds();
        self.client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(name)))
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":now", keys::n(now.as_millis()))
            .expression_attribute_values(":ttl", keys::n(ttl))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
    }
}

type Update = aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
type Updated = Result<
    aws_sdk_dynamodb::operation::update_item::UpdateItemOutput,
    aws_sdk_dynamodb::error::SdkError<UpdateItemError>,
>;

fn key(name: &BucketName) -> Item {
    Item::from([(keys::PK.to_owned(), keys::s(name.as_str()))])
}

fn wrote(sent: Updated) -> Result<Wrote, StoreError> {
    let Err(error) = sent else { return Ok(Wrote::Taken) };
    match error.as_service_error() {
        Some(UpdateItemError::ConditionalCheckFailedException(lost)) => {
            let full_at = lost.item().and_then(|item| item.get("full_at"));
            let Some(full_at) = full_at else { return Ok(Wrote::Lost(None)) };
            let millis = full_at.as_n().map_err(|_| StoreError::corrupt("full_at is no number"))?;
            Ok(Wrote::Lost(Some(moment(millis.parse().map_err(StoreError::corrupt)?)?)))
        }
        Some(_) | None => Err(StoreError::from_sdk(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_hour_sees_more_tries_than_allowed() {
        for tries in [2, 3, 10, 11, 600, 1_000_000] {
            let of = Allowance::per_hour(tries);
            let most = u128::from(of.burst) + HOUR.as_millis() / of.interval.as_millis();
            assert!(most <= u128::from(tries) && of.burst >= 1, "{tries}: {of:?}");
        }
        let ten = Allowance::per_hour(10);
        assert_eq!((ten.burst, ten.interval), (6, Duration::from_mins(15)));
    }
}
