//! How what a route takes grows with the market: what routes, projection, renderer and sweep ask of the table is asked in a
//! table of its own, without functions, streams and pages around it, at one size after the other. The table is one of
//! DynamoDB Local's: the emulator took a second for some ten listings, and so hours for the largest size.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{BillingMode, GlobalSecondaryIndex};
use holdfast_domain::{
    Currency, DisplayName, IdempotencyKey, OrderId, Price, Ticket, TicketFacts, TicketId, Timestamp, Title, UserId,
    Venue,
};
use holdfast_store::{
    CatalogueOrder, CataloguePlace, CatalogueQuery, DUE_SHARDS, Market, NewTicket, PageId, PlaceOrder, TicketDetails,
    order_cancel, order_place,
};
use serde_json::{Value, json};
use tests::Stack;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::meter::Meter;

/// The key of whoever runs this.
const OWNER: &str = "test";
/// Listings under way at the same time while the table is filled.
const AT_ONCE: usize = 16;
/// Tickets of a page, of the list and of the catalogue.
const PAGE: u32 = 24;
const FULL: usize = 36;
/// Boundaries of pages that one transaction puts.
const PUT_AT_ONCE: usize = 50;

/// The market through the meter, and past it.
struct Grown {
    counted: Market,
    plain: Market,
    meter: Meter,
    seller: UserId,
    tickets: Vec<Ticket>,
    closed: usize,
    found: BTreeMap<&'static str, Value>,
}

fn start() -> Timestamp {
    Timestamp::parse("2026-01-01T00:00:00Z").expect("a moment")
}

fn now() -> Timestamp {
    Timestamp::parse("2026-11-26T12:00:00Z").expect("a moment")
}

/// Each is of the same opera, at the same house, and has a seat that no other has.
fn ticket(seller: UserId, number: usize) -> Ticket {
    let number = u64::try_from(number).expect("a number");
    let facts = TicketFacts {
        title: Title::parse(&format!("Magic Flute Seat{number}")).expect("a title"),
        price: Price::new(4_500, Currency::Eur).expect("a price"),
        venue: Some(Venue::parse("Opera House Berlin").expect("a venue")),
        starts_at: Some(Timestamp::parse("2031-01-01T19:00:00Z").expect("a moment").plus(Duration::from_secs(number))),
    };
    Ticket::list(TicketId::from_uuid(Uuid::now_v7()), seller, facts, start().plus(Duration::from_secs(number)))
}

fn new_ticket(ticket: &Ticket) -> NewTicket {
    let seller_name = DisplayName::parse("Seller").expect("a name");
    NewTicket { ticket: ticket.clone(), details: TicketDetails { seller_name, description: None }, credential: None }
}

fn query(order: CatalogueOrder, words: &[&str]) -> CatalogueQuery {
    CatalogueQuery { order, words: words.iter().map(|word| (*word).to_owned()).collect(), from: None, to: None }
}

/// A table with the keys and indexes of the stack's, and nothing else of it.
async fn own_table(of_stack: &Client, client: &Client) -> String {
    let market = of_stack.describe_table().table_name(Stack::get().output("MarketTable")).send().await;
    let market = market.expect("a description").table.expect("a table");
    let name = format!("growth-{}", Uuid::new_v4().simple());
    let mut table = client
        .create_table()
        .table_name(&name)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(market.attribute_definitions)
        .set_key_schema(market.key_schema);
    for index in market.global_secondary_indexes.into_iter().flatten() {
        let index = GlobalSecondaryIndex::builder()
            .set_index_name(index.index_name)
            .set_key_schema(index.key_schema)
            .set_projection(index.projection);
        table = table.global_secondary_indexes(index.build().expect("an index"));
    }
    table.send().await.expect("a table");
    name
}

impl Grown {
    /// A market without tickets, in a table at `address`; what is counted passes the meter on its way there.
    async fn new(meter: Meter, address: &str) -> Self {
        let sdk = aws_config::defaults(BehaviorVersion::latest()).load().await;
        let at = |address: &str| {
            Client::from_conf(aws_sdk_dynamodb::config::Builder::from(&sdk).endpoint_url(address).build())
        };
        let plain = at(address);
        let table = own_table(&Client::new(&sdk), &plain).await;
        Self {
            counted: Market::new(at(meter.address()), table.clone()),
            plain: Market::new(plain, table),
            meter,
            seller: UserId::from_uuid(Uuid::now_v7()),
            tickets: Vec::new(),
            closed: 0,
            found: BTreeMap::new(),
        }
    }

    /// Lists tickets until there are so many, with their rows, and closes their pages.
    async fn grow(&mut self, size: usize) {
        let (places, mut listing) = (Arc::new(Semaphore::new(AT_ONCE)), JoinSet::new());
        for number in self.tickets.len()..size {
            let ticket = ticket(self.seller, number);
            let (market, new) = (self.plain.clone(), new_ticket(&ticket));
            let place = Arc::clone(&places).acquire_owned().await.expect("a place");
            listing.spawn(async move {
                market.ticket_create(&new).await.expect("a ticket");
                market.catalogue_project(new.ticket.id, now()).await.expect("rows");
                drop(place);
            });
            self.tickets.push(ticket);
        }
        listing.join_all().await;
        let place = |ticket: &Ticket| CataloguePlace { moment: ticket.created_at, ticket: ticket.id };
        let ends: Vec<_> = self.tickets.iter().step_by(FULL).skip(1 + self.closed).map(place).collect();
        for ends in ends.chunks(PUT_AT_ONCE) {
            let register = self.plain.page_register().await.expect("a register");
            assert!(self.plain.boundaries_put(&register, ends, &[]).await.expect("boundaries"));
            let register = self.plain.page_register().await.expect("a register");
            assert!(self.plain.pages_settled(&register).await.expect("a register"));
        }
        self.closed += ends.len();
    }

    /// What one thing takes now.
    async fn count<T>(&mut self, name: &'static str, thing: impl Future<Output = T>) -> T {
        self.meter.begin().await;
        let outcome = Box::pin(thing).await;
        // What functions do meanwhile is none of this.
        let calls: Vec<_> = self.meter.all_calls().await.into_iter().filter(|call| call.key == OWNER).collect();
        self.meter.end().await;
        let sum = |of: fn(&meter::Units) -> f64| calls.iter().map(|call| of(&call.units)).sum::<f64>();
        self.found.insert(
            name,
            json!({
                "calls": calls.len(), "reads": sum(|units| units.reads),
                "writes": sum(|units| units.writes + units.index_writes),
            }),
        );
        outcome
    }

    async fn list(&mut self, name: &'static str, query: CatalogueQuery, after: Option<CataloguePlace>) {
        let market = self.counted.clone();
        let list = async move {
            let page = market.catalogue_list(&query, after, PAGE).await.expect("a list");
            let ids: Vec<_> = page.places.iter().map(|place| place.ticket).collect();
            if !ids.is_empty() {
                market.tickets_read(&ids).await.expect("tickets");
            }
        };
        self.count(name, list).await;
    }

    /// What anything takes at this size.
    async fn measure(&mut self) -> Value {
        let last = self.tickets.last().expect("a ticket").clone();
        let middle = self.tickets[self.tickets.len() / 2].clone();
        let in_the_middle = CataloguePlace { moment: middle.created_at, ticket: middle.id };
        let seat = format!("seat{}", self.tickets.len() - 1);
        self.list("the list", query(CatalogueOrder::Newest, &[]), None).await;
        self.list("the list, from the middle on", query(CatalogueOrder::Newest, &[]), Some(in_the_middle)).await;
        self.list("the list by date", query(CatalogueOrder::Soonest, &[]), None).await;
        self.list("a search that finds everything", query(CatalogueOrder::Newest, &["flute"]), None).await;
        self.list("a search that finds one", query(CatalogueOrder::Newest, &[&seat]), None).await;
        self.list("a search for two words", query(CatalogueOrder::Newest, &["berlin", "flute"]), None).await;
        let market = self.counted.clone();
        self.count("a ticket", market.ticket_show(last.id)).await.expect("a ticket");
        self.count("one's own tickets", market.ticket_list_by_seller(self.seller, PAGE, None)).await.expect("a list");
        let buyer = UserId::from_uuid(Uuid::now_v7());
        let id = OrderId::derive(buyer, &IdempotencyKey::parse("k").expect("a key"));
        let hold = Duration::from_mins(15);
        let command = PlaceOrder { order: id, buyer, ticket: last.id, hold, limit: 10 };
        self.count("a hold", Box::pin(order_place(&market, command, now))).await.expect("an order");
        let other = UserId::from_uuid(Uuid::now_v7());
        let late = OrderId::derive(other, &IdempotencyKey::parse("k").expect("a key"));
        let command = PlaceOrder { order: late, buyer: other, ..command };
        self.count("a lost race", Box::pin(order_place(&market, command, now))).await.expect_err("somebody has it");
        self.count("one's own orders", market.order_list_by_buyer(buyer, PAGE, None)).await.expect("a list");
        self.count("an order that is cancelled", Box::pin(order_cancel(&market, buyer, id, now())))
            .await
            .expect("an order");
        let new = new_ticket(&ticket(self.seller, self.tickets.len()));
        self.count("a listing", market.ticket_create(&new)).await.expect("a ticket");
        self.count("its rows", market.catalogue_project(new.ticket.id, now())).await.expect("rows");
        self.tickets.push(new.ticket.clone());
        let page = async |place| {
            let page = market.page_of(place).await.expect("a page");
            let layout = market.page_layout(page).await.expect("a layout").expect("a page");
            market.catalogue_shown(layout.range(), true, FULL, now()).await.expect("cards");
            page
        };
        let newest = CataloguePlace { moment: new.ticket.created_at, ticket: new.ticket.id };
        assert_eq!(self.count("the first page, rendered", page(newest)).await, PageId::Head);
        self.count("a page in the middle, rendered", page(in_the_middle)).await;
        let sweep = async {
            for shard in 0..DUE_SHARDS {
                market.due_list(shard, now(), 100, None).await.expect("what is due");
            }
        };
        self.count("a sweep with nothing due", sweep).await;
        json!(std::mem::take(&mut self.found))
    }
}

/// Grows a market in a table at `address` and looks at what everything takes at each size.
pub(crate) async fn measured(meter: Meter, address: &str, most: usize) -> Value {
    let mut grown = Grown::new(meter, address).await;
    let mut sizes = BTreeMap::new();
    for size in [1, 10, 100, 1_000, 10_000, 100_000].into_iter().filter(|size| *size <= most) {
        grown.grow(size).await;
        sizes.insert(format!("{size:06}"), Box::pin(grown.measure()).await);
    }
    json!(sizes)
}
