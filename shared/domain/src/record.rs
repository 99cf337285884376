//! What is written to an order after it was placed, and when it may be: the rules behind the store's conditions.

use crate::fault::{self, Fault};
use crate::order::{Expiry, Order, OrderState, PaidCard, PaymentIntentId};
use crate::timestamp::Timestamp;

/// How an order ends without a sale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Closing {
    /// The buyer gave it up.
    Cancelled,
    /// Its hold ran out, or the ticket is gone.
    Expired,
    /// Its payment was authorised when the ticket was gone.
    PaidTooLate,
}

/// Something to be recorded on an order. What was recorded once is not recorded again, and final states stay as they are.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Record {
    /// The payment that was begun, with the end of the extended hold.
    Intent {
        /// The payment.
        intent: PaymentIntentId,
        /// The end of the hold.
        expires_at: Timestamp,
    },
    /// The ticket is committed; the payment is being captured.
    Capturing {
        /// The payment.
        intent: PaymentIntentId,
    },
    /// The money is taken and the ticket sold.
    Paid {
        /// The payment.
        intent: PaymentIntentId,
        /// The card, if Stripe said.
        card: Option<PaidCard>,
        /// When.
        now: Timestamp,
    },
    /// The payment is void, so that nobody can pay by it any more.
    Voided {
        /// The payment.
        intent: PaymentIntentId,
        /// When.
        now: Timestamp,
    },
    /// The order ends without a sale. Whether a payment was begun is part of the condition, because one that was stays due
    /// until it is at rest.
    Closed {
        /// Why.
        how: Closing,
        /// Whether a payment was begun.
        has_intent: bool,
        /// When.
        now: Timestamp,
    },
    /// The ticket's later expiry.
    Expiry {
        /// The end of the hold.
        expires_at: Timestamp,
    },
    /// The closed order's payment, if it has one, is at rest.
    AtRest {
        /// The payment.
        intent: Option<PaymentIntentId>,
    },
    /// All of the money was given back.
    Refund {
        /// The payment.
        intent: PaymentIntentId,
        /// When.
        now: Timestamp,
    },
    /// The buyer's account is being deleted: a paid order says no more which card has paid it.
    CardForgotten,
}

/// An order as it is filed: with or without a place among what the sweep looks at.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Filed {
    /// The order.
    pub order: Order,
    /// Whether the sweep looks at it.
    pub is_due: bool,
}

impl Filed {
    /// The order with a record on it.
    ///
    /// # Errors
    /// The order as it is, when that is not to be recorded on it.
    pub fn record(self, record: &Record) -> Result<Self, Box<Self>> {
        if self.admits(record) { Ok(self.with(record)) } else { Err(Box::new(self)) }
    }

    fn admits(&self, record: &Record) -> bool {
        let order = &self.order;
        let awaits = matches!(order.state, OrderState::AwaitingPayment { .. });
        let captures = matches!(order.state, OrderState::Capturing { .. });
        let is_by = |intent| order.intent() == Some(intent);
        let unconditional = fault::present(Fault::UnconditionalRecord);
        match record {
            Record::Intent { .. } => (awaits && order.intent().is_none()) || fault::present(Fault::UnconditionalIntent),
            Record::Capturing { intent } => (awaits && is_by(intent)) || unconditional,
            Record::Paid { intent, .. } => (captures && is_by(intent)) || unconditional,
            Record::Voided { intent, .. } => ((awaits || captures) && is_by(intent)) || unconditional,
            Record::Closed { has_intent, .. } => (awaits || unconditional) && order.intent().is_some() == *has_intent,
            Record::Expiry { expires_at } => awaits && order.expires_at < *expires_at,
            Record::AtRest { intent } => order.is_closed() && order.intent() == intent.as_ref() && self.is_due,
            Record::Refund { intent, .. } => match &order.state {
                OrderState::Paid { refunded_at: None, .. } => is_by(intent),
                OrderState::Paid { refunded_at: Some(_), .. }
                | OrderState::AwaitingPayment { .. }
                | OrderState::Capturing { .. }
                | OrderState::Cancelled { .. }
                | OrderState::Expired { .. } => false,
            },
            Record::CardForgotten => matches!(order.state, OrderState::Paid { card: Some(_), .. }),
        }
    }

    fn with(self, record: &Record) -> Self {
        let Self { mut order, mut is_due } = self;
        order.version = order.version.next();
        match record.clone() {
            Record::Intent { intent, expires_at } => {
                order.expires_at = expires_at;
                order.state = OrderState::AwaitingPayment { intent: Some(intent) };
            }
            Record::Capturing { intent } => order.state = OrderState::Capturing { intent },
            Record::Paid { intent, card, now } => {
                order.state = OrderState::Paid { intent, paid_at: now, card, refunded_at: None };
                is_due = false;
            }
            Record::Voided { intent, now } => {
                order.state = OrderState::Expired { closed_at: now, intent: Some(intent), why: Expiry::RanOut };
                is_due = false;
            }
            Record::Closed { how, has_intent, now } => {
                order.state = closed(order.intent().cloned(), how, now);
                is_due = has_intent && !fault::present(Fault::DueDroppedOnClosing);
            }
            Record::Expiry { expires_at } => order.expires_at = expires_at,
            Record::AtRest { .. } => is_due = false,
            Record::Refund { now, .. } => {
                if let OrderState::Paid { refunded_at, .. } = &mut order.state {
                    *refunded_at = Some(now);
                }
            }
            Record::CardForgotten => {
                if let OrderState::Paid { card, .. } = &mut order.state {
                    *card = None;
                }
            }
        }
        Self { order, is_due }
    }
}

fn closed(intent: Option<PaymentIntentId>, how: Closing, closed_at: Timestamp) -> OrderState {
    match how {
        Closing::Cancelled => OrderState::Cancelled { closed_at, intent },
        Closing::Expired => OrderState::Expired { closed_at, intent, why: Expiry::RanOut },
        Closing::PaidTooLate => {
            // What nobody has begun to pay was not paid too late.
            let why = if intent.is_some() { Expiry::PaidTooLate } else { Expiry::RanOut };
            OrderState::Expired { closed_at, intent, why }
        }
    }
}

#[cfg(test)]
mod tests;
