//! The table that brings an order, its ticket and its payment to rest: one row is chosen from what was seen.
//!
//! Whoever calls takes the moment first, then reads the order, its payment, and the order again. The order matters: an
//! order that changed between the two readings makes the payment's state old news.

use crate::fault::{self, Fault};
use crate::order::{Order, OrderState};
use crate::payment::{Intent, IntentStatus};
use crate::timestamp::Timestamp;

/// What one round of reconciling saw.
#[derive(Debug, Clone, Copy)]
pub struct Glance<'a> {
    /// The moment before anything was read: a payment made in time is not judged by a later one.
    pub now: Timestamp,
    /// The order before its payment was read.
    pub before: &'a Order,
    /// The payment that the first reading names, if it names one.
    pub intent: Option<&'a Intent>,
    /// The order after that.
    pub order: &'a Order,
}

/// What is to be done next. Each is idempotent and may be repeated from the beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Decide the sale: commit the ticket, then record that the payment is being captured.
    Commit,
    /// Take the money that is reserved.
    Capture,
    /// Record the sale on the ticket, then the payment on the order.
    RecordSale,
    /// The payment is void: release the ticket, held or committed, then close the order for good.
    ReleaseVoided,
    /// The time is over without an authorisation: release the ticket if its own expiry has passed, then close the order.
    ReleaseRunOut,
    /// Nobody is to pay any more: void the payment.
    CancelIntent,
    /// Everything is at rest: the sweep need not look again.
    RemoveDue,
    /// The money was given back: record it.
    RecordRefund,
    /// The money was taken for an order that is closed, which nothing of ours does: give it back, and alarm.
    RefundStray,
    /// What was seen is old: look again.
    StartOver,
    /// Nothing is to be done now.
    Rest,
    /// What was seen cannot be; nothing is done to it but to say so.
    Alarm(Anomaly),
}

/// What should not be possible. Somebody has acted in Stripe's dashboard, or the data is damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Anomaly {
    /// The payment is not for the order's price.
    #[error("the payment's amount or currency is not the order's price")]
    WrongAmount,
    /// An order without a payment is said to be further than that allows.
    #[error("the order's payment is not known to Stripe's answer")]
    NoIntent,
}

/// The row of the protocol's table that applies.
#[must_use]
pub fn next_step(glance: Glance<'_>) -> Step {
    let Glance { now, before, intent, order } = glance;
    if before.intent() != order.intent() || intent.map(|intent| &intent.id) != order.intent() {
        return Step::StartOver;
    }
    if intent.is_some_and(|intent| !is_for_price(intent, order)) {
        return Step::Alarm(Anomaly::WrongAmount);
    }
    let status = intent.map(|intent| intent.status);
    match &order.state {
        OrderState::AwaitingPayment { .. } => awaiting(status, order.expires_at <= now),
        OrderState::Capturing { .. } => capturing(status, matches!(before.state, OrderState::Capturing { .. })),
        OrderState::Paid { refunded_at, .. } => match status {
            Some(IntentStatus::Captured { refunded: true, .. }) if refunded_at.is_none() => Step::RecordRefund,
            Some(_) | None => Step::Rest,
        },
        OrderState::Cancelled { .. } | OrderState::Expired { .. } => closed(status),
    }
}

fn awaiting(status: Option<IntentStatus>, has_run_out: bool) -> Step {
    match status {
        // Captured cannot be reached by our own hand; if it was by another, the ticket decides all the same.
        Some(IntentStatus::Authorised | IntentStatus::Captured { .. }) => Step::Commit,
        Some(IntentStatus::Canceled) => Step::ReleaseVoided,
        Some(IntentStatus::NotAuthorised) | None if has_run_out => Step::ReleaseRunOut,
        Some(IntentStatus::NotAuthorised) | None => Step::Rest,
    }
}

fn capturing(status: Option<IntentStatus>, was_capturing: bool) -> Step {
    match status {
        Some(IntentStatus::Authorised) => Step::Capture,
        Some(IntentStatus::Captured { .. }) => Step::RecordSale,
        Some(IntentStatus::Canceled) => Step::ReleaseVoided,
        Some(IntentStatus::NotAuthorised) if fault::present(Fault::NoRowForVanished) => Step::Rest,
        // The authorisation vanished; a payment that was read before the commit says nothing of it.
        Some(IntentStatus::NotAuthorised) if was_capturing => Step::CancelIntent,
        Some(IntentStatus::NotAuthorised) => Step::StartOver,
        None => Step::Alarm(Anomaly::NoIntent),
    }
}

fn closed(status: Option<IntentStatus>) -> Step {
    match status {
        Some(IntentStatus::NotAuthorised | IntentStatus::Authorised) => Step::CancelIntent,
        Some(IntentStatus::Captured { refunded: false, .. }) => Step::RefundStray,
        Some(IntentStatus::Captured { refunded: true, .. } | IntentStatus::Canceled) | None => Step::RemoveDue,
    }
}

/// A payment that was captured in part is for another price, too.
fn is_for_price(intent: &Intent, order: &Order) -> bool {
    let price = order.ticket.facts.price;
    let received_all = match intent.status {
        IntentStatus::Captured { received, .. } => received == price.amount(),
        IntentStatus::NotAuthorised | IntentStatus::Authorised | IntentStatus::Canceled => true,
    };
    intent.amount == price.amount() && intent.currency == Some(price.currency()) && received_all
}

#[cfg(test)]
mod tests;
