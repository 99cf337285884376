//! What of a payment the decisions need: Stripe's `PaymentIntent` with manual capture, reduced to what it means.

use crate::money::Currency;
use crate::order::PaymentIntentId;

/// How far a payment is. Source: Stripe, "How intents work", for card payments with manual capture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IntentStatus {
    /// `requires_payment_method`, `requires_confirmation`, `requires_action` or `processing`: no money is reserved.
    NotAuthorised,
    /// `requires_capture`: the amount is reserved on the card.
    Authorised,
    /// `succeeded`: the money is taken.
    Captured {
        /// What was taken, in minor units.
        received: u64,
        /// Whether all of it was given back.
        refunded: bool,
    },
    /// `canceled`: nothing is reserved, and nothing can be any more.
    Canceled,
}

/// A payment as it was seen at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Intent {
    /// Its id.
    pub id: PaymentIntentId,
    /// How far it is.
    pub status: IntentStatus,
    /// What it is for, in minor units.
    pub amount: u64,
    /// In which currency; `None` for one that Holdfast does not know.
    pub currency: Option<Currency>,
}
