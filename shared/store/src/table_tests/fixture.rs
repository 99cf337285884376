//! Tables as the template has them, one of each kind for each test, and what is put into them.

use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::client::Waiters;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, Projection, PutRequest,
    StreamSpecification, TimeToLiveSpecification, WriteRequest,
};
use holdfast_domain::{
    Currency, DisplayName, Hold, HoldRequest, IdempotencyKey, Order, OrderId, Price, Ticket, TicketFacts, TicketId,
    TicketState, Timestamp, Title, UserId, Venue,
};
use serde_json::Value;
use uuid::Uuid;

use crate::keys::{Item, PK, SK, s};
use crate::{Market, NewTicket, PlaceOrder, TicketDetails, order_place};

/// Most items of one `BatchWriteItem`.
const ITEMS_PER_CALL: usize = 25;
/// How long a hold lasts.
pub(super) const HOLD: Duration = Duration::from_mins(15);

#[expect(clippy::disallowed_methods, reason = "tests are told where their table is, and nothing of them is deployed")]
fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: start these tests by `cargo xtask prove store`"))
}

/// The transformed template.
pub(super) fn template() -> Value {
    let text = std::fs::read_to_string(variable("HOLDFAST_TRANSFORMED_TEMPLATE")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// A client of the table's endpoint.
pub(super) async fn client() -> Client {
    // The SDK would ask the real cloud.
    variable("AWS_ENDPOINT_URL");
    Client::new(&aws_config::defaults(BehaviorVersion::latest()).load().await)
}

/// A new table with the properties of one of the template's.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) client: Client,
    pub(super) name: String,
}

impl Table {
    pub(super) async fn new(logical_id: &str) -> Self {
        let client = client().await;
        let name = format!("{logical_id}-{}", Uuid::new_v4().simple());
        let resource = &template()["Resources"][logical_id];
        assert_eq!(resource["Type"], "AWS::DynamoDB::Table", "{logical_id}");
        let mut create = client.create_table().table_name(&name);
        let mut time_to_live = None;
        for (property, value) in resource["Properties"].as_object().unwrap() {
            create = match property.as_str() {
                "BillingMode" => create.billing_mode(BillingMode::from(text(value))),
                "AttributeDefinitions" => create.set_attribute_definitions(Some(each(value, definition))),
                "KeySchema" => create.set_key_schema(Some(each(value, key_element))),
                "GlobalSecondaryIndexes" => create.set_global_secondary_indexes(Some(each(value, index))),
                "StreamSpecification" => create.stream_specification(stream(value)),
                "TimeToLiveSpecification" => {
                    time_to_live = Some(text(&value["AttributeName"]).to_owned());
                    create
                }
                // What keeps data, and nothing that an expression could meet.
                "PointInTimeRecoverySpecification" | "DeletionProtectionEnabled" | "SSESpecification" => create,
                unknown => panic!("{logical_id} has a property that these tests do not know: {unknown}"),
            };
        }
        create.send().await.unwrap();
        client.wait_until_table_exists().table_name(&name).wait(Duration::from_mins(1)).await.unwrap();
        if let Some(attribute) = time_to_live {
            let set = TimeToLiveSpecification::builder().attribute_name(attribute).enabled(true).build().unwrap();
            client.update_time_to_live().table_name(&name).time_to_live_specification(set).send().await.unwrap();
        }
        Self { client, name }
    }

    /// What is stored under a key.
    pub(super) async fn item(&self, key: Item) -> Option<Item> {
        let get = self.client.get_item().table_name(&self.name).set_key(Some(key)).consistent_read(true);
        get.send().await.unwrap().item
    }

    /// Stores an item as it is.
    pub(super) async fn put(&self, item: Item) {
        self.client.put_item().table_name(&self.name).set_item(Some(item)).send().await.unwrap();
    }

    /// Stores many items as they are.
    pub(super) async fn put_all(&self, items: Vec<Item>) {
        let request = |item: &Item| {
            let put = PutRequest::builder().set_item(Some(item.clone())).build().unwrap();
            WriteRequest::builder().put_request(put).build()
        };
        for chunk in items.chunks(ITEMS_PER_CALL) {
            let requests = chunk.iter().map(request).collect();
            let output = self.client.batch_write_item().request_items(&self.name, requests).send().await.unwrap();
            assert!(output.unprocessed_items.unwrap_or_default().is_empty());
        }
    }

    /// Removes what is stored under a key.
    pub(super) async fn remove(&self, key: Item) {
        self.client.delete_item().table_name(&self.name).set_key(Some(key)).send().await.unwrap();
    }

    /// Everything under a partition's key, in order.
    pub(super) async fn partition(&self, pk: &str) -> Vec<Item> {
        let query = self.client.query().table_name(&self.name).consistent_read(true);
        let query = query.key_condition_expression("pk = :pk").expression_attribute_values(":pk", s(pk));
        query.send().await.unwrap().items.unwrap_or_default()
    }

    /// The sort keys of a partition, in order.
    pub(super) async fn sort_keys(&self, pk: &str) -> Vec<String> {
        self.partition(pk).await.iter().map(|item| item[SK].as_s().unwrap().clone()).collect()
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn each<T>(list: &Value, of: impl Fn(&Value) -> T) -> Vec<T> {
    list.as_array().unwrap().iter().map(of).collect()
}

fn definition(value: &Value) -> AttributeDefinition {
    let definition = AttributeDefinition::builder().attribute_name(text(&value["AttributeName"]));
    definition.attribute_type(text(&value["AttributeType"]).into()).build().unwrap()
}

fn key_element(value: &Value) -> KeySchemaElement {
    let element = KeySchemaElement::builder().attribute_name(text(&value["AttributeName"]));
    element.key_type(text(&value["KeyType"]).into()).build().unwrap()
}

fn index(value: &Value) -> GlobalSecondaryIndex {
    let projection = Projection::builder().projection_type(text(&value["Projection"]["ProjectionType"]).into());
    GlobalSecondaryIndex::builder()
        .index_name(text(&value["IndexName"]))
        .set_key_schema(Some(each(&value["KeySchema"], key_element)))
        .projection(projection.build())
        .build()
        .unwrap()
}

fn stream(value: &Value) -> StreamSpecification {
    let stream = StreamSpecification::builder().stream_enabled(true);
    stream.stream_view_type(text(&value["StreamViewType"]).into()).build().unwrap()
}

/// The key of a table that has no sort key.
pub(super) fn key(pk: impl Into<String>) -> Item {
    Item::from([(PK.to_owned(), s(pk))])
}

/// A market in a table of its own, and the table as it is.
pub(super) async fn market() -> (Market, Table) {
    let table = Table::new("MarketTable").await;
    (Market::new(table.client.clone(), table.name.clone()), table)
}

pub(super) fn at(minutes: u64) -> Timestamp {
    Timestamp::parse("2035-06-01T12:00:00Z").unwrap().plus(Duration::from_mins(minutes))
}

pub(super) fn user(number: u128) -> UserId {
    UserId::from_uuid(Uuid::from_u128(number))
}

/// The seller of all tickets of these tests.
pub(super) const SELLER: u128 = 0x40;

pub(super) fn facts(title: &str) -> TicketFacts {
    TicketFacts {
        title: Title::parse(title).unwrap(),
        price: Price::new(4_500, Currency::Eur).unwrap(),
        venue: Some(Venue::parse("Hall").unwrap()),
        starts_at: Some(at(1_000)),
    }
}

pub(super) fn details() -> TicketDetails {
    TicketDetails { seller_name: DisplayName::parse("Seller").unwrap(), description: None }
}

/// A ticket that was listed at a minute.
pub(super) fn ticket(facts: TicketFacts, minute: u64) -> Ticket {
    Ticket::list(TicketId::from_uuid(Uuid::now_v7()), user(SELLER), facts, at(minute))
}

/// Puts a ticket on the market.
pub(super) async fn listed(market: &Market) -> Ticket {
    listed_as(market, ticket(facts("Opera"), 0)).await
}

pub(super) async fn listed_as(market: &Market, ticket: Ticket) -> Ticket {
    market.ticket_create(&NewTicket { ticket: ticket.clone(), details: details(), credential: None }).await.unwrap();
    ticket
}

/// The order that a buyer places under a key.
pub(super) fn order_id(buyer: u128, key: &str) -> OrderId {
    OrderId::derive(user(buyer), &IdempotencyKey::parse(key).unwrap())
}

pub(super) fn placing(buyer: u128, key: &str, ticket: TicketId) -> PlaceOrder {
    PlaceOrder { order: order_id(buyer, key), buyer: user(buyer), ticket, hold: HOLD, limit: 5 }
}

/// Places an order at a minute.
pub(super) async fn placed(market: &Market, buyer: u128, ticket: TicketId, minute: u64) -> Order {
    order_place(market, placing(buyer, "key", ticket), || at(minute)).await.unwrap()
}

/// Holds a ticket and records no order, as a process does that dies in between.
pub(super) async fn held(market: &Market, buyer: u128, ticket: TicketId, minute: u64) -> Hold {
    let (order, now) = (order_id(buyer, "key"), at(minute));
    let request = HoldRequest { order, buyer: user(buyer), now, expires_at: now.plus(HOLD) };
    hold_of(&market.ticket_hold(ticket, request).await.unwrap())
}

pub(super) fn hold_of(ticket: &Ticket) -> Hold {
    match ticket.state {
        TicketState::Held(hold) => hold,
        TicketState::Listed | TicketState::Committed(_) | TicketState::Sold(_) => panic!("not held: {ticket:?}"),
    }
}

/// A ticket as it is stored.
pub(super) async fn stored(market: &Market, id: TicketId) -> Ticket {
    market.ticket_read(id).await.unwrap().unwrap()
}
