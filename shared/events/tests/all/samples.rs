//! Tickets and orders in every state.

use holdfast_domain::{
    Claim, Currency, Hold, HoldNumber, Order, OrderState, OrderTicket, PaymentIntentId, Price, Sale, Ticket,
    TicketFacts, TicketState, Timestamp, Title, TraceId, Venue, Version,
};

pub(crate) const TICKET: &str = "0199a1b2-0000-7000-8000-000000000001";
pub(crate) const ORDER: &str = "0199a1b2-0000-5000-8000-000000000002";
pub(crate) const SELLER: &str = "0199a1b2-0000-7000-8000-00000000000a";
pub(crate) const BUYER: &str = "0199a1b2-0000-7000-8000-00000000000b";

pub(crate) const TRACE: &str = "5759e988bd862e3fe1be46a994272793";

pub(crate) fn trace() -> TraceId {
    TRACE.parse().unwrap()
}

pub(crate) fn moment(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

pub(crate) fn now() -> Timestamp {
    moment("2026-11-22T16:44:05Z")
}

pub(crate) fn facts() -> TicketFacts {
    TicketFacts {
        title: Title::parse("The Magic Flute, stalls").unwrap(),
        price: Price::new(4_500, Currency::Eur).unwrap(),
        venue: Some(Venue::parse("Opera House").unwrap()),
        starts_at: Some(moment("2027-01-15T19:30:00Z")),
    }
}

pub(crate) fn hold() -> Hold {
    Hold {
        order: ORDER.parse().unwrap(),
        buyer: BUYER.parse().unwrap(),
        number: HoldNumber::from_number(2),
        expires_at: moment("2026-11-22T16:59:05Z"),
        extended: false,
    }
}

pub(crate) fn claim() -> Claim {
    Claim { order: hold().order, buyer: hold().buyer, number: hold().number }
}

pub(crate) fn sale() -> Sale {
    Sale { order: hold().order, buyer: hold().buyer, number: hold().number, sold_at: moment("2026-11-22T16:50:00Z") }
}

pub(crate) fn ticket(version: u64, state: TicketState) -> Ticket {
    Ticket {
        id: TICKET.parse().unwrap(),
        seller: SELLER.parse().unwrap(),
        facts: facts(),
        created_at: moment("2026-11-20T08:00:00.123Z"),
        version: Version::from_number(version),
        state,
    }
}

pub(crate) fn order(version: u64, state: OrderState) -> Order {
    Order {
        id: ORDER.parse().unwrap(),
        buyer: BUYER.parse().unwrap(),
        ticket: OrderTicket { id: TICKET.parse().unwrap(), facts: facts() },
        hold: HoldNumber::from_number(2),
        expires_at: moment("2026-11-22T16:59:05Z"),
        created_at: now(),
        version: Version::from_number(version),
        state,
    }
}

pub(crate) fn intent() -> PaymentIntentId {
    PaymentIntentId::from_stripe("pi_1".to_owned())
}

/// A paid order, refunded or not.
pub(crate) fn paid(version: u64, refunded_at: Option<Timestamp>) -> Order {
    order(version, OrderState::Paid { intent: intent(), paid_at: now(), card: None, refunded_at })
}
