//! The one clock.

use holdfast_domain::Timestamp;
use time::OffsetDateTime;

/// The present moment, in milliseconds.
///
/// # Panics
/// When the machine's clock is set before 1970 or after 9999.
#[must_use]
pub fn now() -> Timestamp {
    Timestamp::from_datetime(OffsetDateTime::now_utc()).expect("the clock is set")
}
