//! Write units of a journey, from the capacity that the table reports. `docs/write-units.md` says the same figures.

use std::fmt::Write as _;
use std::path::Path;

use holdfast_domain::{
    Closing, Currency, DisplayName, IdempotencyKey, Order, OrderId, PaidCard, PaymentIntentId, Price, Record, Ticket,
    TicketFacts, TicketId, Timestamp, Title, UserId, Venue,
};
use uuid::Uuid;

use super::fixture::Table;
use super::meter::Meter;
use crate::{
    ExpireOutcome, Market, NewTicket, PlaceOrder, TicketDetails, order_close, order_expire_run_out, order_place,
};

/// The market through a client that counts, and a ticket with texts as long as they may be in a Latin script.
struct Counted {
    meter: Meter,
    market: Market,
    ticket: Ticket,
    now: Timestamp,
    rows: Vec<(&'static str, Vec<f64>)>,
}

impl Counted {
    async fn new() -> Self {
        let table = Table::new("MarketTable").await;
        let meter = Meter::default();
        let config = table.client.config().to_builder().interceptor(meter.clone()).build();
        let market = Market::new(aws_sdk_dynamodb::Client::from_conf(config), table.name);
        let now = Timestamp::parse("2026-11-22T12:00:00Z").expect("a moment");
        let facts = TicketFacts {
            title: Title::parse(&"t".repeat(120)).expect("a title"),
            price: Price::new(1_000_000, Currency::Eur).expect("a price"),
            venue: Some(Venue::parse(&"v".repeat(120)).expect("a venue")),
            starts_at: Some(Timestamp::parse("2031-01-01T19:00:00Z").expect("a moment")),
        };
        let ticket = Ticket::list(TicketId::from_uuid(Uuid::now_v7()), UserId::from_uuid(Uuid::now_v7()), facts, now);
        let details = TicketDetails { seller_name: DisplayName::parse("Seller").expect("a name"), description: None };
        let new = NewTicket { ticket: ticket.clone(), details, credential: None };
        market.ticket_create(&new).await.expect("a ticket");
        Self { meter, market, ticket, now, rows: Vec::new() }
    }

    fn count(&mut self, step: &'static str) {
        self.rows.push((step, self.meter.take()));
    }

    async fn place(&mut self) -> Order {
        let buyer = UserId::from_uuid(Uuid::now_v7());
        let id = OrderId::derive(buyer, &IdempotencyKey::parse("k").expect("a key"));
        let hold = std::time::Duration::from_mins(15);
        let command = PlaceOrder { order: id, buyer, ticket: self.ticket.id, hold, limit: 10 };
        let order = order_place(&self.market, command, || self.now).await.expect("an order");
        self.count("hold: ticket, count, order");
        order
    }

    async fn record(&self, order: &Order, record: Record) {
        self.market.order_record(order.buyer, order.id, &record).await.expect("a record");
    }

    fn table(&self) -> (f64, String) {
        let (mut total, mut text) = (0.0, String::new());
        for (step, units) in &self.rows {
            let sum: f64 = units.iter().sum();
            total += sum;
            let _ = writeln!(text, "| {step} | {} | {sum} |", units.len());
        }
        let _ = writeln!(
            text,
            "| **together** | {} | **{total}** |",
            self.rows.iter().map(|row| row.1.len()).sum::<usize>()
        );
        (total, text)
    }
}

#[expect(clippy::print_stdout, reason = "the figures are what this test is for")]
fn compare(journey: &str, counted: &Counted, budget: f64) {
    let (total, table) = counted.table();
    println!("{journey}\n{table}");
    assert!(total <= budget, "{journey} costs {total} write units, more than {budget}:\n{table}");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/write-units.md");
    let documented = std::fs::read_to_string(path).expect("docs/write-units.md");
    assert!(documented.contains(&table), "docs/write-units.md does not say of {journey}:\n{table}");
}

#[tokio::test]
async fn write_units_of_hold_to_cancel() {
    let mut counted = Counted::new().await;
    let order = counted.place().await;
    counted.market.ticket_release(order.ticket.id, order.id, order.hold).await.expect("a release");
    counted.count("cancel: ticket");
    order_close(&counted.market, order.buyer, order.id, Closing::Cancelled, counted.now).await.expect("a record");
    counted.count("cancel: order");
    compare("hold → cancel", &counted, 10.0);
}

#[tokio::test]
async fn write_units_of_hold_to_expire() {
    let mut counted = Counted::new().await;
    let order = counted.place().await;
    let outcome = order_expire_run_out(&counted.market, order.buyer, order.id, order.expires_at).await.expect("an end");
    assert_eq!(outcome, ExpireOutcome::Expired);
    counted.count("expire: ticket and order");
    compare("hold → expire", &counted, 10.0);
}

#[tokio::test]
async fn write_units_of_hold_to_paid() {
    let mut counted = Counted::new().await;
    let order = counted.place().await;
    let (ticket, hold, now) = (order.ticket.id, order.hold, counted.now);
    let end = order.expires_at.plus(std::time::Duration::from_mins(5));
    counted.market.ticket_extend(ticket, order.id, hold, now, end).await.expect("an extension");
    counted.count("begin to pay: ticket");
    let intent = PaymentIntentId::from_stripe(format!("pi_{}", "x".repeat(24)));
    counted.record(&order, Record::Intent { intent: intent.clone(), expires_at: end }).await;
    counted.count("begin to pay: order");
    counted.market.ticket_commit(ticket, order.id, hold).await.expect("a sale");
    counted.count("authorised: ticket");
    counted.record(&order, Record::Capturing { intent: intent.clone() }).await;
    counted.count("authorised: order");
    counted.market.ticket_sell(ticket, order.id, hold, now).await.expect("a record");
    counted.count("captured: ticket");
    let card = PaidCard::parse("mastercard", "4444").expect("a card");
    counted.record(&order, Record::Paid { intent, card: Some(card), now }).await;
    counted.count("captured: order");
    compare("hold → paid", &counted, 14.0);
}
