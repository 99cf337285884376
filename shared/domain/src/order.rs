//! The order: what a buyer asked for and how it ended. It records what the ticket decided.
//!
//! ```text
//! AwaitingPayment ──► Capturing ──► Paid
//!        └───────────────┴────────► Cancelled, Expired
//! ```
//! Paid, Cancelled and Expired are final.

use std::fmt;

use crate::ids::{OrderId, TicketId, UserId};
use crate::ticket::{HoldNumber, TicketFacts, Version};
use crate::timestamp::Timestamp;

/// The id of a Stripe `PaymentIntent`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentIntentId(String);

impl PaymentIntentId {
    /// Wraps an id that Stripe gave.
    #[must_use]
    pub fn from_stripe(id: String) -> Self {
        Self(id)
    }

    /// The id's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The ticket as it was when the order held it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderTicket {
    /// Which ticket.
    pub id: TicketId,
    /// What it was, and at which price it was held.
    pub facts: TicketFacts,
}

/// How far an order is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrderState {
    /// The ticket is held; the buyer may pay.
    AwaitingPayment {
        /// The payment that was begun, if any.
        intent: Option<PaymentIntentId>,
    },
    /// The ticket is committed; the payment is being captured.
    Capturing {
        /// The payment.
        intent: PaymentIntentId,
    },
    /// Bought and paid.
    Paid {
        /// The payment.
        intent: PaymentIntentId,
        /// When it was recorded.
        paid_at: Timestamp,
    },
    /// Given up by the buyer.
    Cancelled {
        /// When it was recorded.
        closed_at: Timestamp,
        /// The payment that was begun, if any.
        intent: Option<PaymentIntentId>,
    },
    /// The hold ran out, or the ticket went to somebody else before the payment was authorised.
    Expired {
        /// When it was recorded.
        closed_at: Timestamp,
        /// The payment that was begun, if any.
        intent: Option<PaymentIntentId>,
    },
}

/// An order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// The order's id, derived from the buyer and the `Idempotency-Key`.
    pub id: OrderId,
    /// Who placed it.
    pub buyer: UserId,
    /// What it is for.
    pub ticket: OrderTicket,
    /// The hold that it took.
    pub hold: HoldNumber,
    /// The end of the hold, as copied from the ticket; the ticket's own says what holds.
    pub expires_at: Timestamp,
    /// When it was placed.
    pub created_at: Timestamp,
    /// How often the item was written.
    pub version: Version,
    /// How far it is.
    pub state: OrderState,
}

impl Order {
    /// Whether nothing can happen to the order's state any more.
    #[must_use]
    pub fn is_final(&self) -> bool {
        match self.state {
            OrderState::AwaitingPayment { .. } | OrderState::Capturing { .. } => false,
            OrderState::Paid { .. } | OrderState::Cancelled { .. } | OrderState::Expired { .. } => true,
        }
    }

    /// Whether the order ended without a sale.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        match self.state {
            OrderState::AwaitingPayment { .. } | OrderState::Capturing { .. } | OrderState::Paid { .. } => false,
            OrderState::Cancelled { .. } | OrderState::Expired { .. } => true,
        }
    }

    /// The payment that was begun, if any.
    #[must_use]
    pub fn intent(&self) -> Option<&PaymentIntentId> {
        match &self.state {
            OrderState::AwaitingPayment { intent }
            | OrderState::Cancelled { intent, .. }
            | OrderState::Expired { intent, .. } => intent.as_ref(),
            OrderState::Capturing { intent } | OrderState::Paid { intent, .. } => Some(intent),
        }
    }

    /// Whether this order may keep the hold `number` on `ticket` that a repeated placing has just found or taken.
    /// A closed order, or one for another ticket or another hold, may not: that hold is to be released.
    #[must_use]
    pub fn keeps_hold(&self, ticket: TicketId, number: HoldNumber) -> bool {
        !self.is_closed() && self.ticket.id == ticket && self.hold == number
    }
}

impl fmt::Display for PaymentIntentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
