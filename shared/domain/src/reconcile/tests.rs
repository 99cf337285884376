//! Every row of the table.

use std::time::Duration;

use super::*;
use crate::ids::{OrderId, TicketId, UserId};
use crate::money::{Currency, Price};
use crate::order::{Expiry, OrderTicket, PaymentIntentId};
use crate::text::Title;
use crate::ticket::{HoldNumber, TicketFacts, Version};

const PRICE: u64 = 4500;

fn at(seconds: u64) -> Timestamp {
    Timestamp::parse("2026-11-22T12:00:00Z").unwrap().plus(Duration::from_secs(seconds))
}

fn id() -> PaymentIntentId {
    PaymentIntentId::from_stripe("pi_1".to_owned())
}

/// An order whose hold ends after a hundred seconds.
fn order(state: OrderState) -> Order {
    let facts = TicketFacts {
        title: Title::parse("Opera").unwrap(),
        price: Price::new(PRICE, Currency::Eur).unwrap(),
        venue: None,
        starts_at: None,
    };
    Order {
        id: OrderId::from_uuid(uuid::Uuid::from_u128(1)),
        buyer: UserId::from_uuid(uuid::Uuid::from_u128(2)),
        ticket: OrderTicket { id: TicketId::from_uuid(uuid::Uuid::from_u128(3)), facts },
        hold: HoldNumber::from_number(2),
        expires_at: at(100),
        created_at: at(0),
        version: Version::FIRST,
        state,
    }
}

fn awaiting_payment() -> Order {
    order(OrderState::AwaitingPayment { intent: Some(id()) })
}

fn capturing() -> Order {
    order(OrderState::Capturing { intent: id() })
}

fn paid(refunded_at: Option<Timestamp>) -> Order {
    order(OrderState::Paid { intent: id(), paid_at: at(1), card: None, refunded_at })
}

fn closed_orders() -> [Order; 3] {
    [
        order(OrderState::Cancelled { closed_at: at(1), intent: Some(id()) }),
        order(OrderState::Expired { closed_at: at(1), intent: Some(id()), why: Expiry::RanOut }),
        order(OrderState::Expired { closed_at: at(1), intent: Some(id()), why: Expiry::PaidTooLate }),
    ]
}

fn intent(status: IntentStatus) -> Intent {
    Intent { id: id(), status, amount: PRICE, currency: Some(Currency::Eur) }
}

const CAPTURED: IntentStatus = IntentStatus::Captured { received: PRICE, refunded: false };
const REFUNDED: IntentStatus = IntentStatus::Captured { received: PRICE, refunded: true };

/// The step for an order that did not change between its two readings.
fn step(order: &Order, status: IntentStatus, now: u64) -> Step {
    next_step(Glance { now: at(now), before: order, intent: Some(&intent(status)), order })
}

#[test]
fn an_authorised_payment_buys_whether_the_hold_has_run_out_or_not() {
    for now in [1, 100, 1000] {
        assert_eq!(step(&awaiting_payment(), IntentStatus::Authorised, now), Step::Commit);
        assert_eq!(step(&awaiting_payment(), CAPTURED, now), Step::Commit);
    }
}

#[test]
fn money_is_taken_only_for_a_committed_ticket() {
    assert_eq!(step(&capturing(), IntentStatus::Authorised, 1), Step::Capture);
    assert_eq!(step(&capturing(), CAPTURED, 1), Step::RecordSale);
    for order in closed_orders() {
        assert_eq!(step(&order, IntentStatus::Authorised, 1), Step::CancelIntent);
    }
}

#[test]
fn an_order_without_an_authorisation_ends_with_its_time() {
    let without = order(OrderState::AwaitingPayment { intent: None });
    for (now, expected) in [(99, Step::Rest), (100, Step::ReleaseRunOut)] {
        assert_eq!(step(&awaiting_payment(), IntentStatus::NotAuthorised, now), expected);
        let glance = Glance { now: at(now), before: &without, intent: None, order: &without };
        assert_eq!(next_step(glance), expected);
    }
}

#[test]
fn a_void_payment_releases_the_ticket() {
    assert_eq!(step(&awaiting_payment(), IntentStatus::Canceled, 1), Step::ReleaseVoided);
    assert_eq!(step(&capturing(), IntentStatus::Canceled, 1), Step::ReleaseVoided);
}

#[test]
fn an_authorisation_that_vanished_while_capturing_is_given_up() {
    assert_eq!(step(&capturing(), IntentStatus::NotAuthorised, 1), Step::CancelIntent);
    let (before, after, seen) = (awaiting_payment(), capturing(), intent(IntentStatus::NotAuthorised));
    let glance = Glance { now: at(1), before: &before, intent: Some(&seen), order: &after };
    assert_eq!(next_step(glance), Step::StartOver, "the payment was read before the commit");
}

#[test]
fn a_closed_order_rests_once_nobody_can_pay_it() {
    for order in closed_orders() {
        assert_eq!(step(&order, IntentStatus::NotAuthorised, 1), Step::CancelIntent);
        assert_eq!(step(&order, IntentStatus::Canceled, 1), Step::RemoveDue);
        assert_eq!(step(&order, REFUNDED, 1), Step::RemoveDue);
        assert_eq!(step(&order, CAPTURED, 1), Step::RefundStray);
    }
    let without = order(OrderState::Cancelled { closed_at: at(1), intent: None });
    let glance = Glance { now: at(1), before: &without, intent: None, order: &without };
    assert_eq!(next_step(glance), Step::RemoveDue);
}

#[test]
fn a_paid_order_stays_and_a_refund_is_recorded_once() {
    for status in [IntentStatus::NotAuthorised, IntentStatus::Authorised, CAPTURED, IntentStatus::Canceled] {
        assert_eq!(step(&paid(None), status, 1000), Step::Rest);
    }
    assert_eq!(step(&paid(None), REFUNDED, 1000), Step::RecordRefund);
    assert_eq!(step(&paid(Some(at(5))), REFUNDED, 1000), Step::Rest);
}

#[test]
fn a_payment_that_changed_meanwhile_is_looked_at_again() {
    let (before, after) = (order(OrderState::AwaitingPayment { intent: None }), awaiting_payment());
    let glance = Glance { now: at(1000), before: &before, intent: None, order: &after };
    assert_eq!(next_step(glance), Step::StartOver);
    let other = Intent { id: PaymentIntentId::from_stripe("pi_2".to_owned()), ..intent(IntentStatus::Authorised) };
    let glance = Glance { now: at(1), before: &after, intent: Some(&other), order: &after };
    assert_eq!(next_step(glance), Step::StartOver);
}

#[test]
fn another_price_is_an_alarm_and_never_a_sale() {
    let order = awaiting_payment();
    for wrong in [
        Intent { amount: PRICE - 1, ..intent(IntentStatus::Authorised) },
        Intent { currency: Some(Currency::Usd), ..intent(IntentStatus::Authorised) },
        Intent { currency: None, ..intent(IntentStatus::Authorised) },
        intent(IntentStatus::Captured { received: PRICE - 1, refunded: false }),
    ] {
        let glance = Glance { now: at(1), before: &order, intent: Some(&wrong), order: &order };
        assert_eq!(next_step(glance), Step::Alarm(Anomaly::WrongAmount), "{wrong:?}");
    }
}
