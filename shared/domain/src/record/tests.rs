//! Every record on every state of an order.

use super::*;
use crate::ids::{OrderId, TicketId, UserId};
use crate::money::{Currency, Price};
use crate::order::OrderTicket;
use crate::text::Title;
use crate::ticket::{HoldNumber, TicketFacts, Version};

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis).unwrap()
}

fn intent(number: u8) -> PaymentIntentId {
    PaymentIntentId::from_stripe(format!("pi_{number}"))
}

fn filed(state: OrderState, is_due: bool) -> Filed {
    let facts = TicketFacts {
        title: Title::parse("Opera").unwrap(),
        price: Price::new(4500, Currency::Eur).unwrap(),
        venue: None,
        starts_at: None,
    };
    let order = Order {
        id: OrderId::from_uuid(uuid::Uuid::from_u128(1)),
        buyer: UserId::from_uuid(uuid::Uuid::from_u128(2)),
        ticket: OrderTicket { id: TicketId::from_uuid(uuid::Uuid::from_u128(3)), facts },
        hold: HoldNumber::from_number(2),
        expires_at: at(100),
        created_at: at(0),
        version: Version::FIRST,
        state,
    };
    Filed { order, is_due }
}

fn closed_states(intent: Option<&PaymentIntentId>) -> [OrderState; 2] {
    let expired = OrderState::Expired { closed_at: at(1), intent: intent.cloned(), why: Expiry::RanOut };
    [OrderState::Cancelled { closed_at: at(1), intent: intent.cloned() }, expired]
}

fn records(intent: &PaymentIntentId) -> Vec<Record> {
    let closed = |has_intent| Record::Closed { how: Closing::Expired, has_intent, now: at(9) };
    vec![
        Record::Intent { intent: intent.clone(), expires_at: at(200) },
        Record::Capturing { intent: intent.clone() },
        Record::Paid { intent: intent.clone(), card: None, now: at(9) },
        Record::Voided { intent: intent.clone(), now: at(9) },
        closed(false),
        closed(true),
        Record::Expiry { expires_at: at(200) },
    ]
}

#[test]
fn what_has_ended_stays_as_it_is() {
    let paid = OrderState::Paid { intent: intent(1), paid_at: at(1), card: None, refunded_at: None };
    let ended = [closed_states(None), closed_states(Some(&intent(1)))].concat();
    for state in ended.into_iter().chain([paid]) {
        for record in records(&intent(1)) {
            let order = filed(state.clone(), true);
            assert_eq!(order.clone().record(&record), Err(Box::new(order)), "{record:?} on {state:?}");
        }
    }
}

#[test]
fn a_payment_is_stored_once_and_every_other_record_names_it() {
    let awaiting = filed(OrderState::AwaitingPayment { intent: None }, true);
    let begun = awaiting.record(&Record::Intent { intent: intent(1), expires_at: at(200) }).unwrap();
    assert_eq!(begun.order.state, OrderState::AwaitingPayment { intent: Some(intent(1)) });
    assert_eq!(begun.order.expires_at, at(200));
    for record in records(&intent(2)) {
        let closes = matches!(record, Record::Closed { has_intent: true, .. });
        assert_eq!(begun.clone().record(&record).is_ok(), closes, "{record:?}");
    }
    let capturing = begun.record(&Record::Capturing { intent: intent(1) }).unwrap();
    let paid = capturing.record(&Record::Paid { intent: intent(1), card: None, now: at(9) }).unwrap();
    assert!(!paid.is_due, "a paid order is at rest");
    let refunded = paid.record(&Record::Refund { intent: intent(1), now: at(10) }).unwrap();
    let again = Record::Refund { intent: intent(1), now: at(11) };
    assert_eq!(refunded.clone().record(&again), Err(Box::new(refunded)), "money is given back once");
}

#[test]
fn an_order_that_closes_with_a_payment_is_due_until_that_is_at_rest() {
    let close = |has_intent| Record::Closed { how: Closing::Cancelled, has_intent, now: at(9) };
    let without = filed(OrderState::AwaitingPayment { intent: None }, true).record(&close(false)).unwrap();
    assert!(!without.is_due);
    let with = filed(OrderState::AwaitingPayment { intent: Some(intent(1)) }, true).record(&close(true)).unwrap();
    assert!(with.is_due);
    assert!(with.clone().record(&Record::AtRest { intent: Some(intent(2)) }).is_err());
    assert!(with.clone().record(&Record::AtRest { intent: None }).is_err());
    let rested = with.record(&Record::AtRest { intent: Some(intent(1)) }).unwrap();
    assert!(!rested.is_due);
    assert!(rested.record(&Record::AtRest { intent: Some(intent(1)) }).is_err(), "once");
}

#[test]
fn an_expiry_is_moved_later_and_never_earlier() {
    let order = filed(OrderState::AwaitingPayment { intent: None }, true);
    assert!(order.clone().record(&Record::Expiry { expires_at: at(100) }).is_err());
    assert_eq!(order.record(&Record::Expiry { expires_at: at(101) }).unwrap().order.expires_at, at(101));
}

#[test]
fn a_void_payment_ends_the_order_that_it_was_for_while_that_is_open() {
    let awaiting = filed(OrderState::AwaitingPayment { intent: Some(intent(1)) }, true);
    let capturing = filed(OrderState::Capturing { intent: intent(1) }, true);
    for open in [awaiting, capturing] {
        let other = Record::Voided { intent: intent(2), now: at(9) };
        assert_eq!(open.clone().record(&other), Err(Box::new(open.clone())));
        let voided = open.record(&Record::Voided { intent: intent(1), now: at(9) }).unwrap();
        let state = OrderState::Expired { closed_at: at(9), intent: Some(intent(1)), why: Expiry::RanOut };
        assert_eq!((voided.order.state, voided.is_due), (state, false));
    }
}

#[test]
fn an_open_order_is_not_at_rest() {
    for (state, named) in [
        (OrderState::AwaitingPayment { intent: None }, None),
        (OrderState::AwaitingPayment { intent: Some(intent(1)) }, Some(intent(1))),
        (OrderState::Capturing { intent: intent(1) }, Some(intent(1))),
    ] {
        assert!(filed(state.clone(), true).record(&Record::AtRest { intent: named }).is_err(), "{state:?}");
    }
}

#[test]
fn what_was_begun_to_be_paid_may_be_paid_too_late_and_nothing_else() {
    let close = |has_intent| Record::Closed { how: Closing::PaidTooLate, has_intent, now: at(9) };
    for (intent, why) in [(Some(intent(1)), Expiry::PaidTooLate), (None, Expiry::RanOut)] {
        let order = filed(OrderState::AwaitingPayment { intent: intent.clone() }, true);
        let closed = order.record(&close(intent.is_some())).unwrap();
        assert_eq!(closed.order.state, OrderState::Expired { closed_at: at(9), intent, why });
    }
}

#[test]
fn a_paid_order_gives_back_its_own_payment_and_forgets_its_card_once() {
    let card = PaidCard::parse("visa", "4242").ok();
    let paid = filed(OrderState::Paid { intent: intent(1), paid_at: at(1), card, refunded_at: None }, false);
    assert!(paid.clone().record(&Record::Refund { intent: intent(2), now: at(9) }).is_err());
    let forgotten = paid.record(&Record::CardForgotten).unwrap();
    assert!(matches!(forgotten.order.state, OrderState::Paid { card: None, .. }));
    assert!(forgotten.record(&Record::CardForgotten).is_err());
}
