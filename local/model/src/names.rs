//! Who is who in the model, and how it is told.

use std::time::Duration;

use holdfast_domain::limits::HOLD_GRACE;
use holdfast_domain::{
    Closing, Currency, Expiry, Order, OrderId, OrderState, PaymentIntentId, Price, Record, Ticket, TicketFacts,
    TicketId, TicketState, Timestamp, Title, UserId, Version,
};
use uuid::Uuid;

/// From one moment of the model to the next.
const MOMENT: Duration = Duration::from_secs(10);
/// An order holds its ticket for one moment.
pub(crate) const HOLD: Duration = MOMENT;
/// A payment that is begun has two, of which our own grace is a part.
pub(crate) const PAYMENT: Duration = Duration::from_secs(20 - HOLD_GRACE.as_secs());
/// The same in moments.
pub(crate) const HOLD_MOMENTS: u8 = 1;
pub(crate) const PAYMENT_MOMENTS: u8 = 2;
/// Long after every hold has run out.
pub(crate) const LATER: u8 = 20;
/// What a ticket costs before and after its seller changed the price.
pub(crate) const PRICES: [u64; 2] = [1_000, 2_000];

const TICKETS: u128 = 0x100;
const ORDERS: u128 = 0x200;
const BUYERS: u128 = 0x300;

pub(crate) fn ticket_id(number: usize) -> TicketId {
    TicketId::from_uuid(Uuid::from_u128(TICKETS + number as u128))
}

pub(crate) fn ticket_number(id: TicketId) -> usize {
    number(id.as_uuid(), TICKETS)
}

pub(crate) fn order_id(number: usize) -> OrderId {
    OrderId::from_uuid(Uuid::from_u128(ORDERS + number as u128))
}

pub(crate) fn order_number(id: OrderId) -> usize {
    number(id.as_uuid(), ORDERS)
}

pub(crate) fn buyer_id(number: usize) -> UserId {
    UserId::from_uuid(Uuid::from_u128(BUYERS + number as u128))
}

pub(crate) fn buyer_number(id: UserId) -> usize {
    number(id.as_uuid(), BUYERS)
}

pub(crate) fn seller_id() -> UserId {
    UserId::from_uuid(Uuid::from_u128(1))
}

fn number(uuid: Uuid, first: u128) -> usize {
    usize::try_from(uuid.as_u128() - first).expect("an id of the model")
}

pub(crate) fn intent_id(number: usize) -> PaymentIntentId {
    PaymentIntentId::from_stripe(number.to_string())
}

pub(crate) fn intent_number(id: &PaymentIntentId) -> usize {
    id.as_str().parse().expect("a payment of the model")
}

/// The `number`th moment.
pub(crate) fn at(number: u8) -> Timestamp {
    Timestamp::from_millis(0).expect("the first moment").plus(MOMENT * u32::from(number))
}

pub(crate) fn facts(amount: u64) -> TicketFacts {
    let price = Price::new(amount, Currency::Eur).expect("a price");
    TicketFacts { title: Title::parse("T").expect("a title"), price, venue: None, starts_at: None }
}

pub(crate) fn moment(moment: Timestamp) -> String {
    format!("moment {}", moment.as_seconds() / 10)
}

pub(crate) fn ticket(id: TicketId) -> String {
    format!("ticket {}", ticket_number(id) + 1)
}

pub(crate) fn order(id: OrderId) -> String {
    format!("order {}", order_number(id) + 1)
}

pub(crate) fn ticket_state(ticket: &Ticket) -> String {
    let price = ticket.facts.price.amount();
    match ticket.state {
        TicketState::Listed => format!("listed at {price}"),
        TicketState::Held(hold) => format!(
            "held by {} at {price} until {}, hold {}{}",
            order(hold.order),
            moment(hold.expires_at),
            hold.number.number(),
            if hold.extended { ", extended" } else { "" }
        ),
        TicketState::Committed(claim) => format!("committed to {} at {price}", order(claim.order)),
        TicketState::Sold(sale) => format!("sold to {} at {price}", order(sale.order)),
    }
}

pub(crate) fn order_state(order: &Order) -> String {
    let intent = order.intent().map_or(String::new(), |intent| format!(" with payment {intent}"));
    let state = match &order.state {
        OrderState::AwaitingPayment { .. } => format!("awaiting payment until {}", moment(order.expires_at)),
        OrderState::Capturing { .. } => "capturing".to_owned(),
        OrderState::Paid { .. } => "paid".to_owned(),
        OrderState::Cancelled { .. } => "cancelled".to_owned(),
        OrderState::Expired { why: Expiry::RanOut, .. } => "expired".to_owned(),
        OrderState::Expired { why: Expiry::PaidTooLate, .. } => "expired, paid too late".to_owned(),
    };
    format!("{state}{intent}, hold {}", order.hold.number())
}

pub(crate) fn record(record: &Record) -> String {
    match record {
        Record::Intent { intent, expires_at } => format!("payment {intent} and {}", moment(*expires_at)),
        Record::Capturing { intent } => format!("that payment {intent} is being captured"),
        Record::Paid { intent, .. } => format!("that payment {intent} is taken"),
        Record::Voided { intent, .. } => format!("that payment {intent} is void"),
        Record::Closed { how: Closing::Cancelled, .. } => "that it is cancelled".to_owned(),
        Record::Closed { how: Closing::Expired, .. } => "that it is expired".to_owned(),
        Record::Closed { how: Closing::PaidTooLate, .. } => "that it was paid too late".to_owned(),
        Record::Expiry { expires_at } => format!("{} as its end", moment(*expires_at)),
        Record::AtRest { .. } => "that it is at rest".to_owned(),
        Record::Refund { .. } => "a refund".to_owned(),
        Record::CardForgotten => "no card any more".to_owned(),
    }
}

/// An order without the moments and the count of writes by which nothing is decided.
pub(crate) fn timeless(mut order: Order) -> Order {
    order.version = Version::FIRST;
    order.created_at = at(0);
    match &mut order.state {
        OrderState::AwaitingPayment { .. } | OrderState::Capturing { .. } => {}
        OrderState::Paid { paid_at, .. } => *paid_at = at(0),
        OrderState::Cancelled { closed_at, .. } | OrderState::Expired { closed_at, .. } => *closed_at = at(0),
    }
    order
}

/// A record without the moment by which nothing is decided.
pub(crate) fn timeless_record(mut record: Record) -> Record {
    match &mut record {
        Record::Paid { now, .. }
        | Record::Voided { now, .. }
        | Record::Closed { now, .. }
        | Record::Refund { now, .. } => {
            *now = at(0);
        }
        Record::Intent { .. }
        | Record::Capturing { .. }
        | Record::Expiry { .. }
        | Record::AtRest { .. }
        | Record::CardForgotten => {}
    }
    record
}
