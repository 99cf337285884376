//! Which writes are events, and that reading a record twice changes nothing.

use crate::samples::{claim, hold, intent, moment, now, order, paid, sale, ticket};
use holdfast_domain::{Expiry, Hold, Order, OrderState, Ticket, TicketState, Title};
use holdfast_events::{DomainEvent, EventData, EventName};

fn of_ticket(old: Option<&Ticket>, new: Option<&Ticket>) -> Option<EventName> {
    let event = DomainEvent::of_ticket(old, new, now());
    assert_eq!(event, DomainEvent::of_ticket(old, new, now()), "a second reading gives the same event");
    event.map(|event| event.name())
}

fn of_order(old: Option<&Order>, new: Option<&Order>) -> Option<EventName> {
    let event = DomainEvent::of_order(old, new, now());
    assert_eq!(event, DomainEvent::of_order(old, new, now()), "a second reading gives the same event");
    event.map(|event| event.name())
}

#[test]
fn a_ticket_comes_changes_and_goes() {
    let listed = ticket(1, TicketState::Listed);
    let mut changed = ticket(2, TicketState::Listed);
    changed.facts.title = Title::parse("Fidelio").unwrap();
    assert_eq!(of_ticket(None, Some(&listed)), Some(EventName::TicketListed));
    assert_eq!(of_ticket(Some(&listed), Some(&changed)), Some(EventName::TicketChanged));
    assert_eq!(of_ticket(Some(&listed), None), Some(EventName::TicketDeleted));
    assert_eq!(of_ticket(None, None), None);
}

#[test]
fn every_transition_of_a_ticket_says_what_consumers_need_and_no_more() {
    let listed = TicketState::Listed;
    let held = TicketState::Held(hold());
    let taken_over =
        TicketState::Held(Hold { order: "0199a1b2-0000-5000-8000-000000000003".parse().unwrap(), ..hold() });
    let extended = TicketState::Held(Hold { extended: true, expires_at: moment("2026-11-22T17:09:05Z"), ..hold() });
    let (committed, sold) = (TicketState::Committed(claim()), TicketState::Sold(sale()));
    let cases = [
        (listed, held, None),
        (held, taken_over, None),
        (held, extended, None),
        (held, committed, None),
        (held, listed, Some(EventName::TicketReleased)),
        (committed, listed, Some(EventName::TicketReleased)),
        (committed, sold, Some(EventName::TicketSold)),
        (held, sold, Some(EventName::TicketSold)),
        (sold, sold, None),
    ];
    for (old, new, expected) in cases {
        assert_eq!(of_ticket(Some(&ticket(5, old)), Some(&ticket(6, new))), expected, "{old:?} to {new:?}");
    }
}

#[test]
fn the_same_image_twice_is_no_news() {
    for state in
        [TicketState::Listed, TicketState::Held(hold()), TicketState::Committed(claim()), TicketState::Sold(sale())]
    {
        assert_eq!(of_ticket(Some(&ticket(3, state)), Some(&ticket(3, state))), None, "{state:?}");
    }
}

#[test]
fn an_order_is_placed_extended_and_ends_once() {
    let awaiting = order(1, OrderState::AwaitingPayment { intent: None });
    let mut extended = order(2, OrderState::AwaitingPayment { intent: Some(intent()) });
    extended.expires_at = moment("2026-11-22T17:09:05Z");
    let only_intent = order(2, OrderState::AwaitingPayment { intent: Some(intent()) });
    let capturing = order(3, OrderState::Capturing { intent: intent() });
    let (paid, refunded) = (paid(4, None), paid(5, Some(now())));
    let cancelled = order(2, OrderState::Cancelled { closed_at: now(), intent: None });
    let expired = order(2, OrderState::Expired { closed_at: now(), intent: None, why: Expiry::RanOut });
    assert_eq!(of_order(None, Some(&awaiting)), Some(EventName::OrderPlaced));
    assert_eq!(of_order(Some(&awaiting), Some(&extended)), Some(EventName::HoldExtended));
    assert_eq!(of_order(Some(&awaiting), Some(&only_intent)), None);
    assert_eq!(of_order(Some(&awaiting), Some(&capturing)), None);
    assert_eq!(of_order(Some(&capturing), Some(&paid)), Some(EventName::OrderPaid));
    assert_eq!(of_order(Some(&paid), Some(&refunded)), Some(EventName::OrderRefunded));
    assert_eq!(of_order(Some(&awaiting), Some(&cancelled)), Some(EventName::OrderCancelled));
    assert_eq!(of_order(Some(&awaiting), Some(&expired)), Some(EventName::OrderExpired));
    for last in [&paid, &refunded, &cancelled, &expired] {
        assert_eq!(of_order(Some(last), Some(last)), None, "dropping its place in the index is no news");
        assert_eq!(of_order(Some(last), None), None);
    }
}

#[test]
fn ids_depend_on_aggregate_version_and_name_alone() {
    let listed = ticket(1, TicketState::Listed);
    let id = |old: Option<&Ticket>, new: Option<&Ticket>| {
        DomainEvent::of_ticket(old, new, now()).map(|event| event.id().to_string())
    };
    let created = id(None, Some(&listed)).unwrap();
    let later = DomainEvent::of_ticket(None, Some(&listed), moment("2027-01-01T00:00:00Z")).unwrap();
    assert_eq!(later.id().to_string(), created);
    assert_ne!(id(Some(&listed), Some(&ticket(2, TicketState::Listed))).unwrap(), created);
    assert_ne!(id(Some(&listed), None).unwrap(), created);
    // Consumers may store it: a change of the derivation would break their recognition of duplicates.
    assert_eq!(created, "67589438-6b32-52b7-a621-7e82b133b892");
}

#[test]
fn a_deletion_is_newer_than_the_last_change() {
    let event = DomainEvent::of_ticket(Some(&ticket(7, TicketState::Listed)), None, now()).unwrap();
    assert_eq!(event.version().number(), 8);
}

#[test]
fn a_release_names_the_order_that_had_the_ticket() {
    let old = ticket(2, TicketState::Committed(claim()));
    let event = DomainEvent::of_ticket(Some(&old), Some(&ticket(3, TicketState::Listed)), now()).unwrap();
    let EventData::TicketReleased(released) = event.data() else { panic!("{event:?}") };
    assert_eq!((released.order, released.buyer), (claim().order, claim().buyer));
}
