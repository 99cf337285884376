//! Every write of the protocol from every state, in the table, against the domain's rule.
//!
//! The exhaustive model (`local/model`) puts the rule in the place of the table's expression: that is right as long as this
//! test passes.

use std::slice::from_ref;

use holdfast_domain::{
    Closing, Filed, HoldNumber, HoldRequest, Order, OrderId, OrderState, OrderTicket, PaidCard, PaymentIntentId,
    Record, Ticket, TicketId, TicketState, UserId, Version,
};
use uuid::Uuid;

use super::fixture::{SELLER, Table, at, facts, listed, market, stored, user};
use crate::items::{order_from, ticket_from};
use crate::keys::{lock_key, order_key};
use crate::{LostOr, Market, Written};

/// The orders of these tests: one each of two buyers.
fn order_id(number: u128) -> OrderId {
    OrderId::from_uuid(Uuid::from_u128(0x10 + number))
}

/// A transition of the lock.
#[derive(Debug, Clone, Copy)]
enum Transition {
    /// By an order, at a minute.
    Hold(u128, u64),
    Extend(u128, HoldNumber, u64),
    Commit(u128, HoldNumber),
    Sell(u128, HoldNumber),
    ReleaseVoided(u128, HoldNumber),
    Release(u128, HoldNumber),
    ReleaseExpired(u128, HoldNumber, u64),
}

fn hold_request(order: u128, now: u64) -> HoldRequest {
    HoldRequest { order: order_id(order), buyer: user(order), now: at(now), expires_at: at(now + 15) }
}

impl Transition {
    /// What the domain makes of a ticket, or why it makes nothing of it.
    fn decide(self, ticket: Ticket) -> Result<Ticket, String> {
        match self {
            Self::Hold(order, now) => ticket.hold(hold_request(order, now)).map_err(text),
            Self::Extend(order, hold, now) => ticket.extend(order_id(order), hold, at(now), at(now + 20)).map_err(text),
            Self::Commit(order, hold) => ticket.commit(order_id(order), hold).map_err(text),
            Self::Sell(order, hold) => ticket.sell(order_id(order), hold, at(30)).map_err(text),
            Self::ReleaseVoided(order, hold) => ticket.release_voided(order_id(order), hold).map_err(text),
            Self::Release(order, hold) => ticket.release(order_id(order), hold).map_err(text),
            Self::ReleaseExpired(order, hold, now) => {
                ticket.release_expired(order_id(order), hold, at(now)).map_err(text)
            }
        }
    }

    /// What the table makes of it.
    async fn write(self, market: &Market, id: TicketId) -> Result<Ticket, String> {
        match self {
            Self::Hold(order, now) => lost(market.ticket_hold(id, hold_request(order, now)).await),
            Self::Extend(order, hold, now) => {
                lost(market.ticket_extend(id, order_id(order), hold, at(now), at(now + 20)).await)
            }
            Self::Commit(order, hold) => lost(market.ticket_commit(id, order_id(order), hold).await),
            Self::Sell(order, hold) => lost(market.ticket_sell(id, order_id(order), hold, at(30)).await),
            Self::ReleaseVoided(order, hold) => lost(market.ticket_release_voided(id, order_id(order), hold).await),
            Self::Release(order, hold) => lost(market.ticket_release(id, order_id(order), hold).await),
            Self::ReleaseExpired(order, hold, now) => {
                lost(market.ticket_release_expired(id, order_id(order), hold, at(now)).await)
            }
        }
    }
}

fn text(error: impl std::fmt::Debug) -> String {
    format!("{error:?}")
}

fn lost<L: std::fmt::Debug>(written: Result<Ticket, LostOr<L>>) -> Result<Ticket, String> {
    written.map_err(|error| match error {
        LostOr::Lost(why) => text(why),
        LostOr::Absent | LostOr::Store(_) => format!("not decided: {error:?}"),
    })
}

/// The first hold of a ticket that was listed just now.
const FIRST: u64 = 2;

/// Ways to the states of a lock.
fn lock_states() -> Vec<(&'static str, Vec<Transition>)> {
    use Transition::{Commit, Extend, Hold, Release, Sell};
    let first = HoldNumber::from_number(FIRST);
    vec![
        ("listed", vec![]),
        ("held", vec![Hold(1, 0)]),
        ("held and extended", vec![Hold(1, 0), Extend(1, first, 5)]),
        ("held anew by the same order", vec![Hold(1, 0), Release(1, first), Hold(1, 1)]),
        ("taken over", vec![Hold(1, 0), Hold(2, 15)]),
        ("committed", vec![Hold(1, 0), Commit(1, first)]),
        ("committed to another", vec![Hold(2, 0), Commit(2, first)]),
        ("sold", vec![Hold(1, 0), Commit(1, first), Sell(1, first)]),
        ("sold to another", vec![Hold(2, 0), Commit(2, first), Sell(2, first)]),
        ("listed again", vec![Hold(1, 0), Release(1, first)]),
    ]
}

/// Every transition for the first order, by its own hold and by another, before, at and after its end.
fn transitions() -> Vec<Transition> {
    use Transition::{Commit, Extend, Hold, Release, ReleaseExpired, ReleaseVoided, Sell};
    let mut all = Vec::new();
    for now in [3, 15, 40] {
        all.extend([Hold(1, now), Hold(SELLER, now)]);
        for hold in [FIRST, FIRST + 2].map(HoldNumber::from_number) {
            all.extend([Extend(1, hold, now), ReleaseExpired(1, hold, now)]);
        }
    }
    for hold in [FIRST, FIRST + 2].map(HoldNumber::from_number) {
        all.extend([Commit(1, hold), Sell(1, hold), ReleaseVoided(1, hold), Release(1, hold)]);
    }
    all
}

#[tokio::test]
async fn every_write_of_a_lock_is_as_the_domain_decides() {
    let (market, table) = market().await;
    let mut compared = 0;
    for (state, way) in lock_states() {
        for transition in transitions() {
            let id = listed(&market).await.id;
            for step in &way {
                step.write(&market, id).await.expect("a step of the way");
            }
            let before = stored(&market, id).await;
            let decided = transition.decide(before.clone());
            let written = transition.write(&market, id).await;
            assert_eq!(written, decided, "{transition:?} of a ticket that is {state}");
            let item = table.item(lock_key(id)).await.unwrap();
            let after = ticket_from(item.clone()).unwrap();
            assert_eq!(after, decided.unwrap_or(before), "{transition:?} of a ticket that is {state}");
            let (is_due, is_held) = (item.contains_key("due_shard"), matches!(after.state, TicketState::Held(_)));
            assert_eq!(
                (is_due, item.contains_key("due_at")),
                (is_held, is_held),
                "the sweep looks at held tickets alone"
            );
            compared += 1;
        }
    }
    assert_eq!(compared, lock_states().len() * transitions().len());
}

fn intent(number: u8) -> PaymentIntentId {
    PaymentIntentId::from_stripe(format!("pi_{number}"))
}

fn closed(how: Closing, has_intent: bool) -> Record {
    Record::Closed { how, has_intent, now: at(20) }
}

/// Every record.
fn records() -> Vec<Record> {
    let mut all = vec![Record::AtRest { intent: None }, Record::CardForgotten];
    for end in [10, 30] {
        all.push(Record::Expiry { expires_at: at(end) });
    }
    for how in [Closing::Cancelled, Closing::Expired, Closing::PaidTooLate] {
        all.extend([closed(how, false), closed(how, true)]);
    }
    for intent in [1, 2].map(intent) {
        all.extend([
            Record::Intent { intent: intent.clone(), expires_at: at(25) },
            Record::Capturing { intent: intent.clone() },
            Record::Paid { intent: intent.clone(), card: None, now: at(20) },
            Record::Paid { intent: intent.clone(), card: PaidCard::parse("visa", "4242").ok(), now: at(20) },
            Record::Voided { intent: intent.clone(), now: at(20) },
            Record::AtRest { intent: Some(intent.clone()) },
            Record::Refund { intent, now: at(50) },
        ]);
    }
    all
}

/// Ways to the states of an order.
fn order_states() -> Vec<(&'static str, Vec<Record>)> {
    let begun = Record::Intent { intent: intent(1), expires_at: at(25) };
    let capturing = Record::Capturing { intent: intent(1) };
    let paid = Record::Paid { intent: intent(1), card: None, now: at(20) };
    let by_card = Record::Paid { intent: intent(1), card: PaidCard::parse("visa", "4242").ok(), now: at(20) };
    let rest = Record::AtRest { intent: Some(intent(1)) };
    let with = |more: &[Record]| [from_ref(&begun), more].concat();
    vec![
        ("awaiting payment", vec![]),
        ("awaiting a payment that was begun", with(&[])),
        ("capturing", with(from_ref(&capturing))),
        ("paid", with(&[capturing.clone(), paid.clone()])),
        ("paid by a card that is known", with(&[capturing.clone(), by_card.clone()])),
        ("paid by a card that is forgotten", with(&[capturing.clone(), by_card, Record::CardForgotten])),
        ("refunded", with(&[capturing.clone(), paid, Record::Refund { intent: intent(1), now: at(40) }])),
        ("cancelled", vec![closed(Closing::Cancelled, false)]),
        ("cancelled with a payment", with(&[closed(Closing::Cancelled, true)])),
        ("cancelled, its payment at rest", with(&[closed(Closing::Cancelled, true), rest.clone()])),
        ("expired", vec![closed(Closing::Expired, false)]),
        ("expired with a payment", with(&[closed(Closing::Expired, true)])),
        ("paid too late", with(&[closed(Closing::PaidTooLate, true)])),
        ("paid too late, its payment at rest", with(&[closed(Closing::PaidTooLate, true), rest])),
        ("voided", with(&[Record::Voided { intent: intent(1), now: at(20) }])),
        ("voided while capturing", with(&[capturing, Record::Voided { intent: intent(1), now: at(20) }])),
    ]
}

/// The order and its place in the sweep's index, as the table has them.
async fn filed(table: &Table, order: &Order) -> Filed {
    let item = table.item(order_key(order.buyer, order.id)).await.unwrap();
    let is_due = item.contains_key("due_shard");
    assert_eq!(is_due, item.contains_key("due_at"), "both attributes of the index, or none");
    Filed { order: order_from(item).unwrap(), is_due }
}

#[tokio::test]
async fn every_record_on_an_order_is_as_the_domain_decides() {
    let (market, table) = market().await;
    let mut compared = 0;
    for (state, way) in order_states() {
        for record in records() {
            let order = Order {
                id: OrderId::from_uuid(Uuid::now_v7()),
                buyer: UserId::from_uuid(Uuid::now_v7()),
                ticket: OrderTicket { id: TicketId::from_uuid(Uuid::now_v7()), facts: facts("Opera") },
                hold: HoldNumber::from_number(FIRST),
                expires_at: at(15),
                created_at: at(0),
                version: Version::FIRST,
                state: OrderState::AwaitingPayment { intent: None },
            };
            market.order_create(&order).await.unwrap();
            for step in &way {
                let written = market.order_record(order.buyer, order.id, step).await.unwrap();
                assert!(matches!(written, Written::Won(_)), "{step:?} on the way to {state}");
            }
            let before = filed(&table, &order).await;
            let decided = before.record(&record);
            let written = market.order_record(order.buyer, order.id, &record).await.unwrap();
            let expected = match &decided {
                Ok(filed) => Written::Won(filed.order.clone()),
                Err(filed) => Written::Lost(filed.order.clone()),
            };
            assert_eq!(written, expected, "{record:?} on an order that is {state}");
            let after = decided.unwrap_or_else(|unchanged| *unchanged);
            assert_eq!(filed(&table, &order).await, after, "{record:?} on an order that is {state}");
            compared += 1;
        }
    }
    assert_eq!(compared, order_states().len() * records().len());
}
