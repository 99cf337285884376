//! What a run did.

use serde::Serialize;

/// What a run did, in numbers of items.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Orders that were ended, and tickets whose orders were.
    pub expired: u32,
    /// Tickets that were held without a live order.
    pub released: u32,
    /// Holds that turned out to last longer.
    pub not_run_out: u32,
    /// Orders with a payment: only whoever can ask Stripe may end them.
    pub left_to_payment: u32,
    /// Items that had come to rest before; the index is behind the table by moments.
    pub at_rest: u32,
    /// Items or pages that failed.
    pub failed: u32,
    /// Shards that have more than one run looks at.
    pub unfinished: u32,
}

impl Counts {
    /// The sum.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            expired: self.expired + other.expired,
            released: self.released + other.released,
            not_run_out: self.not_run_out + other.not_run_out,
            left_to_payment: self.left_to_payment + other.left_to_payment,
            at_rest: self.at_rest + other.at_rest,
            failed: self.failed + other.failed,
            unfinished: self.unfinished + other.unfinished,
        }
    }
}
