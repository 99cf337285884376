//! The order: what a buyer asked for and how it ended. It records what the ticket decided.
//!
//! ```text
//! AwaitingPayment ──► Capturing ──► Paid
//!        └───────────────┴────────► Cancelled, Expired
//! ```
//! Paid, Cancelled and Expired are final.

use std::fmt;

use crate::ids::{OrderId, TicketId, UserId};
use crate::ticket::{HoldNumber, TicketFacts, Version, same_hold};
use crate::timestamp::Timestamp;

/// The id of a Stripe `PaymentIntent`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
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

/// The card that paid, as a receipt shows it: nothing that could be used again.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PaidCard {
    brand: String,
    last4: String,
}

/// A brand or last four digits of another form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a card is shown by its brand and four digits")]
pub struct InvalidCard;

impl PaidCard {
    /// A card by its brand (`visa`; at most 32 characters) and its last four digits.
    ///
    /// # Errors
    /// [`InvalidCard`] when either is of another form: more than four digits are never kept.
    pub fn parse(brand: &str, last4: &str) -> Result<Self, InvalidCard> {
        let brand_fits = !brand.is_empty() && brand.len() <= 32 && brand.chars().all(|c| c.is_ascii_graphic());
        if brand_fits && last4.len() == 4 && last4.bytes().all(|digit| digit.is_ascii_digit()) {
            Ok(Self { brand: brand.to_owned(), last4: last4.to_owned() })
        } else {
            Err(InvalidCard)
        }
    }

    /// The brand, as Stripe writes it.
    #[must_use]
    pub fn brand(&self) -> &str {
        &self.brand
    }

    /// The last four digits.
    #[must_use]
    pub fn last4(&self) -> &str {
        &self.last4
    }
}

/// Why an order expired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Expiry {
    /// Its time was over before a payment was authorised, or the authorisation lapsed.
    RanOut,
    /// A payment was authorised after its time was over and somebody else had taken the ticket: it was voided.
    PaidTooLate,
}

/// The ticket as it was when the order held it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OrderTicket {
    /// Which ticket.
    pub id: TicketId,
    /// What it was, and at which price it was held.
    pub facts: TicketFacts,
}

/// How far an order is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
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
        /// The card, if Stripe said.
        card: Option<PaidCard>,
        /// When the whole amount was given back, if it was. The ticket stays sold.
        refunded_at: Option<Timestamp>,
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
        /// Why.
        why: Expiry,
    },
}

/// An order.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
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
        !self.is_closed() && self.ticket.id == ticket && same_hold(self.hold, number)
    }
}

impl fmt::Display for PaymentIntentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::{Currency, Price};
    use crate::text::Title;

    fn uuid(number: u128) -> uuid::Uuid {
        uuid::Uuid::from_u128(number)
    }

    fn intent() -> PaymentIntentId {
        PaymentIntentId::from_stripe("pi_1".to_owned())
    }

    fn order(state: OrderState) -> Order {
        let price = Price::new(4_500, Currency::Eur).unwrap();
        let facts = TicketFacts { title: Title::parse("Opera").unwrap(), price, venue: None, starts_at: None };
        let moment = Timestamp::from_millis(1).unwrap();
        Order {
            id: OrderId::from_uuid(uuid(1)),
            buyer: UserId::from_uuid(uuid(2)),
            ticket: OrderTicket { id: TicketId::from_uuid(uuid(3)), facts },
            hold: HoldNumber::from_number(2),
            expires_at: moment,
            created_at: moment,
            version: Version::FIRST,
            state,
        }
    }

    #[test]
    fn a_state_says_whether_an_order_is_final_whether_it_is_closed_and_by_what_it_is_paid() {
        let (closed_at, paid_at) = (Timestamp::from_millis(2).unwrap(), Timestamp::from_millis(2).unwrap());
        let paid = OrderState::Paid { intent: intent(), paid_at, card: None, refunded_at: None };
        for (state, is_final, is_closed, has_intent) in [
            (OrderState::AwaitingPayment { intent: None }, false, false, false),
            (OrderState::AwaitingPayment { intent: Some(intent()) }, false, false, true),
            (OrderState::Capturing { intent: intent() }, false, false, true),
            (paid, true, false, true),
            (OrderState::Cancelled { closed_at, intent: None }, true, true, false),
            (OrderState::Cancelled { closed_at, intent: Some(intent()) }, true, true, true),
            (OrderState::Expired { closed_at, intent: Some(intent()), why: Expiry::RanOut }, true, true, true),
        ] {
            let order = order(state);
            assert_eq!((order.is_final(), order.is_closed()), (is_final, is_closed), "{order:?}");
            assert_eq!(order.intent(), has_intent.then(intent).as_ref(), "{order:?}");
        }
        assert_eq!((intent().as_str(), intent().to_string().as_str()), ("pi_1", "pi_1"));
    }

    #[test]
    fn an_order_keeps_the_hold_that_it_took_on_its_ticket_while_it_is_not_closed() {
        let open = order(OrderState::AwaitingPayment { intent: None });
        let (ticket, hold) = (open.ticket.id, open.hold);
        assert!(open.keeps_hold(ticket, hold));
        assert!(!open.keeps_hold(TicketId::from_uuid(uuid(9)), hold));
        assert!(!open.keeps_hold(ticket, HoldNumber::from_number(4)));
        let closed_at = Timestamp::from_millis(2).unwrap();
        assert!(!order(OrderState::Cancelled { closed_at, intent: None }).keeps_hold(ticket, hold));
    }

    #[test]
    fn a_card_is_its_brand_and_four_digits_and_nothing_more() {
        let card = PaidCard::parse("visa", "4242").unwrap();
        assert_eq!((card.brand(), card.last4()), ("visa", "4242"));
        let too_long = "x".repeat(33);
        for (brand, last4) in [("visa", "4242424242424242"), ("visa", "42x2"), ("", "4242"), (&too_long, "4242")] {
            assert_eq!(PaidCard::parse(brand, last4), Err(InvalidCard), "{brand} {last4}");
        }
    }
}
