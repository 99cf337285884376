//! What is stored is what is read, and a lock is one write unit.

use aws_sdk_dynamodb::types::AttributeValue;
use holdfast_domain::limits::TITLE_MAX_CHARS;
use uuid::Uuid;

use super::*;
use crate::keys::{due_shard, n, s};

fn facts(title: &str, venue: &str) -> TicketFacts {
    TicketFacts {
        title: Title::parse(title).unwrap(),
        price: Price::new(Currency::Sek.maximum(), Currency::Sek).unwrap(),
        venue: Some(Venue::parse(venue).unwrap()),
        starts_at: Some(Timestamp::parse("2031-06-01T19:30:00Z").unwrap()),
    }
}

fn ticket(title: &str, venue: &str) -> Ticket {
    let now = Timestamp::parse("2026-11-22T12:00:00.123Z").unwrap();
    Ticket::list(
        TicketId::from_uuid(Uuid::from_u128(7)),
        UserId::from_uuid(Uuid::from_u128(8)),
        facts(title, venue),
        now,
    )
}

/// The lock item as a hold leaves it: with all that a ticket ever has.
fn held_item(ticket: &Ticket) -> Item {
    let mut item = listed_item(ticket).unwrap();
    item.insert("state".into(), s("committed"));
    for name in ["order_id", "buyer"] {
        item.insert(name.into(), s(Uuid::from_u128(20).to_string()));
    }
    for name in ["hold", "expires_at", "due_at", "sold_at", "version"] {
        item.insert(name.into(), n(1_795_334_400_123_u64));
    }
    item.insert("extended".into(), AttributeValue::Bool(false));
    item.insert("due_shard".into(), s(due_shard(Uuid::from_u128(7))));
    item
}

/// Bytes of an item as DynamoDB counts them: names and texts in UTF-8, a number one byte for two digits and one more, bytes
/// as they are.
fn bytes(item: &Item) -> usize {
    let value = |value: &AttributeValue| match (value.as_s(), value.as_n(), value.as_b()) {
        (Ok(text), ..) => text.len(),
        (_, Ok(number), _) => number.len().div_ceil(2) + 1,
        (.., Ok(bytes)) => bytes.as_ref().len(),
        _ => 1,
    };
    item.iter().map(|(name, stored)| name.len() + value(stored)).sum()
}

#[test]
fn the_lock_is_one_write_unit_for_texts_of_two_byte_letters() {
    let longest = ticket(&"ü".repeat(TITLE_MAX_CHARS), &"ж".repeat(TITLE_MAX_CHARS));
    let size = bytes(&held_item(&longest));
    assert!(size <= 1024 - 80, "{size} bytes leave no room for 560 bytes of title and venue");
}

#[test]
fn an_item_that_was_written_before_the_first_trace_is_read_as_ever() {
    let stored = ticket("Opera", "Great Hall");
    let mut item = held_item(&stored);
    assert!(item.remove(trace::TRACE).is_some(), "every lock has a trace");
    ticket_from(item).unwrap();
}

#[test]
fn a_ticket_comes_back_as_it_was_stored() {
    let stored = ticket("Opera", "Great Hall");
    assert_eq!(ticket_from(listed_item(&stored).unwrap()).unwrap(), stored);
    let TicketState::Committed(claim) = ticket_from(held_item(&stored)).unwrap().state else {
        panic!("not committed");
    };
    assert_eq!(claim.number.number(), 1_795_334_400_123);
}

#[test]
fn an_order_comes_back_as_it_was_stored() {
    let order = Order {
        id: OrderId::from_uuid(Uuid::from_u128(20)),
        buyer: UserId::from_uuid(Uuid::from_u128(2)),
        ticket: OrderTicket { id: TicketId::from_uuid(Uuid::from_u128(7)), facts: facts("Opera", "Great Hall") },
        hold: HoldNumber::from_number(2),
        expires_at: Timestamp::from_millis(5_000).unwrap(),
        created_at: Timestamp::from_millis(4_000).unwrap(),
        version: Version::FIRST,
        state: OrderState::AwaitingPayment { intent: None },
    };
    assert_eq!(order_from(order_item(&order).unwrap()).unwrap(), order);
}

#[test]
fn an_item_that_lost_what_its_state_needs_is_corrupt_not_guessed() {
    let stored = ticket("Opera", "Great Hall");
    for name in ["order_id", "buyer", "hold", "state", "title", "version"] {
        let mut item = held_item(&stored);
        item.remove(name);
        assert!(matches!(ticket_from(item), Err(StoreError::Corrupt(_))), "{name}");
    }
}
