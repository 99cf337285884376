//! Whoever knows the events alone knows what is offered, what is sold and how each order ended: of any history of writes
//! that the domain allows, each change has its one event, and a write that changes none of that has none.

use std::collections::HashSet;
use std::time::Duration;

use holdfast_domain::{
    Currency, Expiry, HoldRequest, Order, OrderId, OrderState, Price, Ticket, TicketState, Timestamp, Title, UserId,
    Venue, Version,
};
use holdfast_events::{Aggregate, DomainEvent, EventData, Money, TicketOffer};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::TestCaseResult;
use uuid::Uuid;

use crate::samples::{intent, moment, now, order, ticket, trace};
use crate::schemas::is_as_its_schema_says;

/// What somebody tries to do to a ticket. Most of it is lost, most of the time.
#[derive(Debug, Clone)]
enum Try {
    Change(String, Option<String>, u64),
    Delete,
    Hold(u8, u64),
    Extend(u8, u64),
    Release(u8),
    ReleaseExpired(u8),
    ReleaseVoided(u8),
    Commit(u8),
    Sell(u8),
}

fn tries() -> impl Strategy<Value = Vec<Try>> {
    // Few orders, so that they meet.
    let (order, minutes) = (|| 1..4_u8, || 1..30_u64);
    let one = prop_oneof![
        1 => ("[ -~🎫]{0,20}", prop::option::of("[ -~]{0,20}"), 50..1_000_000_u64)
            .prop_map(|(title, venue, amount)| Try::Change(title, venue, amount)),
        1 => Just(Try::Delete),
        6 => (order(), minutes()).prop_map(|(order, minutes)| Try::Hold(order, minutes)),
        2 => (order(), minutes()).prop_map(|(order, minutes)| Try::Extend(order, minutes)),
        2 => order().prop_map(Try::Release),
        2 => order().prop_map(Try::ReleaseExpired),
        2 => order().prop_map(Try::ReleaseVoided),
        3 => order().prop_map(Try::Commit),
        2 => order().prop_map(Try::Sell),
    ];
    prop::collection::vec(one, 0..30)
}

fn order_id(number: u8) -> OrderId {
    OrderId::from_uuid(Uuid::from_u128(number.into()))
}

/// A write that has won: the ticket after it, or that it is gone.
#[derive(Debug)]
enum Won {
    Written(Ticket),
    Deleted,
}

fn after(ticket: &Ticket, attempt: &Try, now: Timestamp) -> Option<Won> {
    let number = match ticket.state {
        TicketState::Held(hold) => hold.number,
        TicketState::Committed(claim) => claim.number,
        TicketState::Listed | TicketState::Sold(_) => holdfast_domain::HoldNumber::from_number(0),
    };
    let later = |minutes: &u64| now.plus(Duration::from_mins(*minutes));
    let old = ticket.clone();
    let new = match attempt {
        Try::Change(title, venue, amount) => {
            let mut facts = old.facts.clone();
            facts.title = Title::parse(&format!("T{title}.")).ok()?;
            facts.venue = venue.as_ref().and_then(|venue| Venue::parse(venue).ok());
            facts.price = Price::new(*amount, Currency::Eur).ok()?;
            old.change(facts).ok()?
        }
        Try::Delete => return matches!(old.state, TicketState::Listed).then_some(Won::Deleted),
        Try::Hold(order, minutes) => {
            let buyer = UserId::from_uuid(Uuid::from_u128(u128::from(*order) + 100));
            old.hold(HoldRequest { order: order_id(*order), buyer, now, expires_at: later(minutes) }).ok()?
        }
        Try::Extend(order, minutes) => old.extend(order_id(*order), number, now, later(minutes)).ok()?,
        Try::Release(order) => old.release(order_id(*order), number).ok()?,
        Try::ReleaseExpired(order) => old.release_expired(order_id(*order), number, now).ok()?,
        Try::ReleaseVoided(order) => old.release_voided(order_id(*order), number).ok()?,
        Try::Commit(order) => old.commit(order_id(*order), number).ok()?,
        Try::Sell(order) => old.sell(order_id(*order), number, now).ok()?,
    };
    Some(Won::Written(new))
}

/// What the world knows of a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Known {
    Nothing,
    Offered(TicketOffer),
    Sold(OrderId, UserId, Money),
    Deleted,
}

impl Known {
    fn by(self, event: &DomainEvent) -> Self {
        match event.data() {
            EventData::TicketListed(offer) | EventData::TicketChanged(offer) => Self::Offered(offer.clone()),
            EventData::TicketDeleted(_) => Self::Deleted,
            EventData::TicketReleased(_) => self,
            EventData::TicketSold(sold) => Self::Sold(sold.order, sold.buyer, sold.price),
            EventData::OrderPlaced(_)
            | EventData::HoldExtended(_)
            | EventData::OrderCancelled(_)
            | EventData::OrderExpired(_)
            | EventData::OrderPaid(_)
            | EventData::OrderRefunded(_) => panic!("no event of a ticket: {event:?}"),
        }
    }

    fn of(ticket: Option<&Ticket>) -> Self {
        let Some(Ticket { seller, facts, created_at, state, .. }) = ticket else { return Self::Deleted };
        match state {
            TicketState::Sold(sale) => Self::Sold(sale.order, sale.buyer, facts.price.into()),
            TicketState::Listed | TicketState::Held(_) | TicketState::Committed(_) => Self::Offered(TicketOffer {
                seller: *seller,
                title: facts.title.as_str().to_owned(),
                price: facts.price.into(),
                venue: facts.venue.as_ref().map(|venue| venue.as_str().to_owned()),
                starts_at: facts.starts_at,
                created_at: *created_at,
            }),
        }
    }
}

/// The order whose hold or claim a write has ended without a sale.
fn given_back(old: Option<&Ticket>, new: Option<&Ticket>) -> Option<OrderId> {
    match (old?.state, new?.state) {
        (TicketState::Held(hold), TicketState::Listed) => Some(hold.order),
        (TicketState::Committed(claim), TicketState::Listed) => Some(claim.order),
        _ => None,
    }
}

/// Events of one aggregate, checked as they come.
#[derive(Debug, Default)]
struct Heard {
    ids: HashSet<Uuid>,
    last: Option<Version>,
}

impl Heard {
    fn hear(&mut self, event: &DomainEvent, aggregate: Aggregate) -> TestCaseResult {
        prop_assert_eq!(event.aggregate(), aggregate);
        prop_assert!(self.last < Some(event.version()), "{:?} after {:?}", event, self.last);
        self.last = Some(event.version());
        prop_assert!(self.ids.insert(event.id().as_uuid()), "an id twice");
        let value = serde_json::to_value(event).unwrap();
        is_as_its_schema_says(event.name(), &value);
        prop_assert_eq!(&serde_json::from_value::<DomainEvent>(value).unwrap(), event);
        Ok(())
    }
}

/// What is written to an order after it was placed.
#[derive(Debug, Clone, Copy)]
enum Write {
    Intent,
    Expiry(u64),
    Capturing,
    Paid,
    Cancelled,
    Expired,
    Refunded,
    /// Its place in the sweep's index goes, or its buyer's name.
    Nothing,
}

/// The order after a write, if it is one that this order allows.
fn written(old: &Order, write: Write, now: Timestamp) -> Option<Order> {
    let mut new = Order { version: old.version.next(), ..old.clone() };
    new.state = match (write, old.state.clone()) {
        (Write::Intent, OrderState::AwaitingPayment { intent: None }) => {
            OrderState::AwaitingPayment { intent: Some(intent()) }
        }
        (Write::Expiry(minutes), state @ OrderState::AwaitingPayment { .. }) => {
            new.expires_at = old.expires_at.plus(Duration::from_mins(minutes));
            state
        }
        (Write::Capturing, OrderState::AwaitingPayment { intent: Some(intent) }) => OrderState::Capturing { intent },
        (Write::Paid, OrderState::Capturing { intent }) => {
            OrderState::Paid { intent, paid_at: now, card: None, refunded_at: None }
        }
        (Write::Cancelled, OrderState::AwaitingPayment { intent }) => OrderState::Cancelled { closed_at: now, intent },
        (Write::Expired, OrderState::AwaitingPayment { intent }) => {
            OrderState::Expired { closed_at: now, intent, why: Expiry::RanOut }
        }
        (Write::Expired, OrderState::Capturing { intent }) => {
            OrderState::Expired { closed_at: now, intent: Some(intent), why: Expiry::RanOut }
        }
        (Write::Refunded, OrderState::Paid { intent, paid_at, card, refunded_at: None }) => {
            OrderState::Paid { intent, paid_at, card, refunded_at: Some(now) }
        }
        (Write::Nothing, state) => {
            new.version = old.version;
            state
        }
        _ => return None,
    };
    Some(new)
}

/// How far an order is, as its buyer's mailbox would know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    Open(Timestamp),
    Cancelled,
    Expired,
    Paid(Money),
    Refunded(Money),
}

impl Told {
    fn by(event: &DomainEvent) -> Self {
        match event.data() {
            EventData::OrderPlaced(placed) => Self::Open(placed.expires_at),
            EventData::HoldExtended(extended) => Self::Open(extended.expires_at),
            EventData::OrderCancelled(_) => Self::Cancelled,
            EventData::OrderExpired(_) => Self::Expired,
            EventData::OrderPaid(paid) => Self::Paid(paid.price),
            EventData::OrderRefunded(refunded) => Self::Refunded(refunded.price),
            EventData::TicketListed(_)
            | EventData::TicketChanged(_)
            | EventData::TicketDeleted(_)
            | EventData::TicketReleased(_)
            | EventData::TicketSold(_) => panic!("no event of an order: {event:?}"),
        }
    }

    fn of(order: &Order) -> Self {
        let price = order.ticket.facts.price.into();
        match order.state {
            OrderState::AwaitingPayment { .. } | OrderState::Capturing { .. } => Self::Open(order.expires_at),
            OrderState::Cancelled { .. } => Self::Cancelled,
            OrderState::Expired { .. } => Self::Expired,
            OrderState::Paid { refunded_at: None, .. } => Self::Paid(price),
            OrderState::Paid { refunded_at: Some(_), .. } => Self::Refunded(price),
        }
    }
}

proptest! {
    #[test]
    fn events_alone_tell_what_became_of_a_ticket(tries in tries(), minutes in prop::collection::vec(0..20_u64, 30)) {
        let first = ticket(1, TicketState::Listed);
        let aggregate = Aggregate::Ticket(first.id);
        let mut writes = vec![(None, Some(first))];
        let mut moment = now();
        for (attempt, minutes) in tries.iter().zip(minutes) {
            moment = moment.plus(Duration::from_mins(minutes));
            let Some((_, Some(ticket))) = writes.last() else { break };
            let new = match after(ticket, attempt, moment) {
                Some(Won::Written(new)) => Some(new),
                Some(Won::Deleted) => None,
                None => continue,
            };
            writes.push((Some(ticket.clone()), new));
        }
        let (mut known, mut heard) = (Known::Nothing, Heard::default());
        for (old, new) in &writes {
            let event = DomainEvent::of_ticket(old.as_ref(), new.as_ref(), moment).map(|event| event.with_trace(Some(trace())));
            let truth = Known::of(new.as_ref());
            let back = given_back(old.as_ref(), new.as_ref());
            // Nobody is told what they know, and everybody what they do not.
            let is_news = known != truth || back.is_some() || is_changed(old.as_ref(), new.as_ref());
            prop_assert_eq!(event.is_some(), is_news, "{:?} to {:?}", old, new);
            if let Some(event) = event {
                heard.hear(&event, aggregate)?;
                let released = if let EventData::TicketReleased(released) = event.data() { Some(released.order) } else { None };
                prop_assert_eq!(released, back);
                known = known.by(&event);
            }
            prop_assert_eq!(&known, &truth);
            prop_assert_eq!(DomainEvent::of_ticket(new.as_ref(), new.as_ref(), moment), None, "the same once more");
        }
    }

    #[test]
    fn events_alone_tell_what_became_of_an_order(
        writes in prop::collection::vec(
            prop_oneof![
                select(vec![Write::Intent, Write::Capturing, Write::Paid, Write::Refunded, Write::Nothing]),
                select(vec![Write::Cancelled, Write::Expired, Write::Nothing]),
                (1..20_u64).prop_map(Write::Expiry),
            ],
            0..12,
        ),
    ) {
        let first = order(1, OrderState::AwaitingPayment { intent: None });
        let aggregate = Aggregate::Order(first.id);
        let (mut old, mut told, mut heard) = (None, None, Heard::default());
        let mut next = Some(first);
        let mut writes = writes.into_iter();
        while let Some(new) = next.take() {
            let event = DomainEvent::of_order(old.as_ref(), Some(&new), moment("2026-11-22T17:00:00Z"));
            let truth = Some(Told::of(&new));
            prop_assert_eq!(event.is_some(), told != truth, "{:?} to {:?}", old, new);
            if let Some(event) = event {
                heard.hear(&event.with_trace(Some(trace())), aggregate)?;
                told = Some(Told::by(&DomainEvent::of_order(old.as_ref(), Some(&new), now()).unwrap()));
            }
            prop_assert_eq!(told, truth);
            next = writes.by_ref().find_map(|write| written(&new, write, now()));
            old = Some(new);
        }
    }
}

/// Whether a seller has written a listed ticket anew, be it with the same words.
fn is_changed(old: Option<&Ticket>, new: Option<&Ticket>) -> bool {
    let is_listed = |ticket: Option<&Ticket>| ticket.is_some_and(|ticket| matches!(ticket.state, TicketState::Listed));
    is_listed(old) && is_listed(new)
}
