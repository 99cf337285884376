//! What a run did.

use serde::Serialize;

/// What a run did, in numbers of items.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Orders that ended without a sale, and tickets whose orders did.
    pub closed: u32,
    /// Orders that ended with a sale.
    pub paid: u32,
    /// Tickets that were held without a live order.
    pub released: u32,
    /// Orders that await their payment: their holds last longer.
    pub waiting: u32,
    /// Orders with a payment that Stripe could not be asked about.
    pub left_to_payment: u32,
    /// Items that had come to rest before; the index is behind the table by moments.
    pub at_rest: u32,
    /// Items or pages that failed.
    pub failed: u32,
    /// Shards that have more than one run looks at.
    pub unfinished: u32,
}

impl Counts {
    /// What is due and should be at rest, but is not: what failed, what waits for Stripe to answer, and, at least one for
    /// each, the shards of which a run has not seen the end. A payment that is being made is as it should be.
    #[must_use]
    pub fn not_at_rest(self) -> u32 {
        self.left_to_payment + self.failed + self.unfinished
    }

    /// The sum.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            closed: self.closed + other.closed,
            paid: self.paid + other.paid,
            released: self.released + other.released,
            waiting: self.waiting + other.waiting,
            left_to_payment: self.left_to_payment + other.left_to_payment,
            at_rest: self.at_rest + other.at_rest,
            failed: self.failed + other.failed,
            unfinished: self.unfinished + other.unfinished,
        }
    }
}
