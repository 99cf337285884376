//! Moments, in whole milliseconds since the Unix epoch.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A text that is not an RFC 3339 date and time, or a moment outside the years 1970 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be an RFC 3339 date and time, such as 2027-06-01T19:30:00Z")]
pub struct InvalidTimestamp;

/// A moment, in whole milliseconds since the Unix epoch, from 1970 to the end of 9999.
///
/// On the wire it is RFC 3339 in UTC; in the table it is the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Timestamp(i64);

/// 9999-12-31T23:59:59.999Z, the last moment that RFC 3339 can write.
const LAST_MILLIS: i64 = 253_402_300_799_999;

impl Timestamp {
    /// The moment `millis` milliseconds after the Unix epoch.
    ///
    /// # Errors
    /// [`InvalidTimestamp`] when it is before 1970 or after 9999.
    pub fn from_millis(millis: i64) -> Result<Self, InvalidTimestamp> {
        if (0..=LAST_MILLIS).contains(&millis) { Ok(Self(millis)) } else { Err(InvalidTimestamp) }
    }

    /// The moment of `time`, cut to milliseconds.
    ///
    /// # Errors
    /// [`InvalidTimestamp`] when it is before 1970 or after 9999.
    pub fn from_datetime(time: OffsetDateTime) -> Result<Self, InvalidTimestamp> {
        let millis = time.unix_timestamp_nanos().div_euclid(1_000_000);
        Self::from_millis(i64::try_from(millis).map_err(|_| InvalidTimestamp)?)
    }

    /// Reads RFC 3339 with any offset.
    ///
    /// # Errors
    /// [`InvalidTimestamp`] when the text is something else.
    pub fn parse(text: &str) -> Result<Self, InvalidTimestamp> {
        let time = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| InvalidTimestamp)?;
        Self::from_datetime(time)
    }

    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub fn as_millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since the Unix epoch, rounded down: the unit of DynamoDB's time to live.
    #[must_use]
    pub fn as_seconds(self) -> i64 {
        self.0 / 1_000
    }

    /// The moment `duration` later, at most the end of 9999.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        let millis = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        Self(self.0.saturating_add(millis).min(LAST_MILLIS))
    }

    /// The moment `duration` earlier, at least the beginning of 1970.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        let millis = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        Self(self.0.saturating_sub(millis).max(0))
    }

    /// How long it is from `earlier` until this moment; zero when this moment is not later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0 - earlier.0).unwrap_or(0))
    }

    /// The same moment as a calendar date and time in UTC.
    #[must_use]
    pub fn to_datetime(self) -> OffsetDateTime {
        OffsetDateTime::UNIX_EPOCH + time::Duration::milliseconds(self.0)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_datetime().format(&Rfc3339).map_err(|_| fmt::Error)?)
    }
}

impl TryFrom<String> for Timestamp {
    type Error = InvalidTimestamp;

    fn try_from(text: String) -> Result<Self, InvalidTimestamp> {
        Self::parse(&text)
    }
}

impl From<Timestamp> for String {
    fn from(timestamp: Timestamp) -> String {
        timestamp.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_any_offset_and_writes_utc() {
        let moment = Timestamp::parse("2026-11-22T18:00:00.5+01:00").unwrap();
        assert_eq!(moment.to_string(), "2026-11-22T17:00:00.5Z");
        assert_eq!(Timestamp::from_millis(moment.as_millis()), Ok(moment));
    }

    #[test]
    fn seconds_are_those_that_have_passed() {
        let moment = Timestamp::from_millis(1_795_000_001_999).unwrap();
        assert_eq!((moment.as_millis(), moment.as_seconds()), (1_795_000_001_999, 1_795_000_001));
        assert_eq!(moment.minus(Duration::from_millis(999)).as_millis(), 1_795_000_001_000);
        assert_eq!(String::from(moment), moment.to_string());
    }

    #[test]
    fn refuses_what_is_no_moment_of_our_range() {
        for wrong in
            ["", "tomorrow", "2026-11-22", "2026-11-22T18:00:00", "1969-12-31T23:59:59Z", "2026-02-30T00:00:00Z"]
        {
            assert_eq!(Timestamp::parse(wrong), Err(InvalidTimestamp), "{wrong}");
        }
        assert_eq!(Timestamp::from_millis(-1), Err(InvalidTimestamp));
        assert_eq!(Timestamp::from_millis(LAST_MILLIS + 1), Err(InvalidTimestamp));
    }

    #[test]
    fn arithmetic_stays_in_range() {
        let last = Timestamp::from_millis(LAST_MILLIS).unwrap();
        assert_eq!(last.plus(Duration::MAX), last);
        assert_eq!(last.to_string(), "9999-12-31T23:59:59.999Z");
        let first = Timestamp::from_millis(0).unwrap();
        assert_eq!(first.since(last), Duration::ZERO);
        assert_eq!(first.plus(Duration::from_secs(2)).since(first), Duration::from_secs(2));
    }
}
