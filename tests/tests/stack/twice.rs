//! Every event handler, delivered twice and out of order: the same result.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tests::{Aws, Call, Person, Stack, eventually};
use uuid::Uuid;

fn stream_value(value: &AttributeValue) -> Value {
    let text = value.as_s().map(|text| json!({"S": text}));
    let number = value.as_n().map(|number| json!({"N": number}));
    let bool = value.as_bool().map(|bool| json!({"BOOL": bool}));
    let bytes = value.as_b().map(|bytes| json!({"B": STANDARD.encode(bytes)}));
    text.or(number).or(bool).or(bytes).unwrap_or_else(|other| panic!("the market writes no {other:?}"))
}

/// The item of a ticket's lock, as the stream shows its creation.
async fn creation_record(stack: &Stack, aws: &Aws, ticket: &str) -> Value {
    let key = |sk: &str| AttributeValue::S(sk.to_owned());
    let output = aws.dynamodb.get_item().table_name(stack.output("MarketTable"));
    let output = output.key("pk", key(&format!("T#{ticket}"))).key("sk", key("T")).send().await.expect("a read");
    let item = output.item.expect("an item");
    let image: BTreeMap<_, _> = item.iter().map(|(name, value)| (name.clone(), stream_value(value))).collect();
    json!({"Records": [{
        "eventID": Uuid::new_v4().simple().to_string(), "eventName": "INSERT", "eventVersion": "1.1",
        "eventSource": "aws:dynamodb", "awsRegion": "eu-central-1",
        "dynamodb": {
            "ApproximateCreationDateTime": 1_795_348_800, "Keys": {"pk": image["pk"], "sk": image["sk"]},
            "NewImage": image, "SequenceNumber": "1", "SizeBytes": 300, "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
    }]})
}

async fn catalogue(stack: &Stack, word: &str) -> Vec<Value> {
    let answer = stack.send(Call::new("GET", format!("/api/tickets?q={word}"))).await.expect(200);
    answer.body["items"].as_array().expect("items").clone()
}

async fn catalogue_has(stack: &Stack, word: &str, count: usize) {
    eventually(&format!("{count} rows of {word}"), Duration::from_secs(30), || async {
        (catalogue(stack, word).await.len() == count).then_some(())
    })
    .await;
}

fn bus_event(name: &str, kind: &str, id: &str, version: u64, data: &Value) -> Value {
    json!({
        "version": "0", "id": Uuid::new_v4(), "detail-type": name, "source": "holdfast", "account": "123456789012",
        "time": "2026-11-22T12:00:00Z", "region": "eu-central-1", "resources": [],
        "detail": {
            "id": Uuid::new_v4(), "aggregate": {"kind": kind, "id": id}, "version": version,
            "time": "2026-11-22T12:00:00Z", "name": name, "data": data,
        },
    })
}

fn ticket_listed(ticket: &Value) -> Value {
    let data = json!({
        "seller": Uuid::new_v4(), "title": ticket["title"], "price": ticket["price"], "venue": null,
        "starts_at": null, "created_at": ticket["created_at"],
    });
    bus_event("TicketListed", "ticket", ticket["id"].as_str().expect("an id"), 1, &data)
}

#[tokio::test]
async fn a_stream_record_that_comes_again_changes_nothing() {
    let (stack, aws) = (Stack::get(), Aws::get().await);
    let seller = stack.person("Seller").await;
    let word = format!("w{}", Uuid::new_v4().simple());
    let ticket = seller.list_ticket(&word[..20]).await;
    catalogue_has(&stack, &word[..20], 1).await;
    let record = creation_record(&stack, &aws, &ticket).await;
    for _ in 0..2 {
        aws.invoke("RelayEvents", &record).await.expect("a run");
    }
    seller.send(Call::new("DELETE", format!("/api/tickets/{ticket}"))).await.expect(204);
    catalogue_has(&stack, &word[..20], 0).await;
    // The record of the creation once more, after the ticket's end.
    aws.invoke("RelayEvents", &record).await.expect("a run");
    assert_eq!(catalogue(&stack, &word[..20]).await, Vec::<Value>::new());
}

#[tokio::test]
async fn the_catalogue_takes_duplicates_and_late_events_for_what_they_are() {
    let (stack, aws) = (Stack::get(), Aws::get().await);
    let seller = stack.person("Seller").await;
    let word = format!("w{}", &Uuid::new_v4().simple().to_string()[..16]);
    let ticket = seller.list_ticket(&word).await;
    catalogue_has(&stack, &word, 1).await;
    let listed = ticket_listed(&stack.ticket(&ticket).await.body);
    let before = catalogue(&stack, &word).await;
    for _ in 0..2 {
        aws.invoke("ProjectCatalogue", &listed).await.expect("a run");
    }
    assert_eq!(catalogue(&stack, &word).await, before);
    seller.send(Call::new("DELETE", format!("/api/tickets/{ticket}"))).await.expect(204);
    catalogue_has(&stack, &word, 0).await;
    for _ in 0..2 {
        aws.invoke("ProjectCatalogue", &listed).await.expect("a run");
    }
    assert_eq!(rows_of(&stack, &aws, &word).await, 0, "a late event brings no deleted ticket back");
}

/// Rows that the catalogue has under a word, whether or not a list shows them.
async fn rows_of(stack: &Stack, aws: &Aws, word: &str) -> usize {
    let output = aws
        .dynamodb
        .query()
        .table_name(stack.output("MarketTable"))
        .key_condition_expression("pk = :pk")
        .expression_attribute_values(":pk", AttributeValue::S(format!("W#{word}#N")))
        .send()
        .await
        .expect("a query");
    output.items.unwrap_or_default().len()
}

struct Held {
    aws: Aws,
    group: String,
    buyer: Person,
    ticket: String,
    order: Value,
}

impl Held {
    async fn new() -> Self {
        let (stack, aws) = (Stack::get(), Aws::get().await);
        let (seller, buyer) = (stack.person("Seller").await, stack.person("Buyer").await);
        let ticket = seller.list_ticket("Twice").await;
        let order = buyer.place_order(&ticket).await.expect(201).body;
        Self { aws, group: stack.output("ScheduleGroup"), buyer, ticket, order }
    }

    fn order_id(&self) -> &str {
        self.order["id"].as_str().expect("an id")
    }

    /// The event of the order, as the relay makes it.
    fn placed(&self) -> Value {
        let data = json!({
            "buyer": self.buyer.id, "ticket": self.ticket, "price": self.order["ticket"]["price"],
            "expires_at": self.order["expires_at"],
        });
        bus_event("OrderPlaced", "order", self.order_id(), 1, &data)
    }

    fn extended(&self, expires_at: &str) -> Value {
        let data = json!({"buyer": self.buyer.id, "ticket": self.ticket, "expires_at": expires_at});
        bus_event("HoldExtended", "order", self.order_id(), 2, &data)
    }

    async fn schedule(&self) -> Option<String> {
        let name = format!("order-{}", self.order_id());
        let schedule = self.aws.scheduler.get_schedule().name(name).group_name(&self.group).send().await.ok()?;
        schedule.schedule_expression
    }
}

#[tokio::test]
async fn an_order_has_one_schedule_and_an_extension_moves_it_whatever_comes_again() {
    let held = Held::new().await;
    let first = eventually("a schedule", Duration::from_secs(30), || held.schedule()).await;
    let (placed, extended) = (held.placed(), held.extended("2036-01-01T00:00:00Z"));
    for _ in 0..2 {
        held.aws.invoke("ScheduleExpiry", &placed).await.expect("a run");
    }
    assert_eq!(held.schedule().await, Some(first));
    for event in [&extended, &extended, &placed] {
        held.aws.invoke("ScheduleExpiry", event).await.expect("a run");
        assert_eq!(held.schedule().await.as_deref(), Some("at(2036-01-01T00:00:00)"));
    }
}

#[tokio::test]
async fn an_order_that_has_run_out_when_its_event_arrives_is_ended_at_once() {
    let held = Held::new().await;
    eventually("a schedule", Duration::from_secs(30), || held.schedule()).await;
    held.aws.run_out(&held.ticket, &held.buyer.id, held.order_id()).await;
    let name = format!("order-{}", held.order_id());
    held.aws.scheduler.delete_schedule().name(name).group_name(&held.group).send().await.expect("a deletion");
    let mut placed = held.placed();
    placed["detail"]["data"]["expires_at"] = json!("2026-01-01T00:00:00Z");
    held.aws.invoke("ScheduleExpiry", &placed).await.expect("no at() in the past is asked for");
    eventually("the order has ended", Duration::from_mins(1), || async {
        let order = held.buyer.get(format!("/api/orders/{}", held.order_id())).await;
        (order.text("state") == "expired").then_some(())
    })
    .await;
}

#[tokio::test]
async fn expiry_that_comes_twice_ends_the_order_once() {
    let held = Held::new().await;
    let event = json!({"order": held.order_id(), "buyer": held.buyer.id});
    held.aws.run_out(&held.ticket, &held.buyer.id, held.order_id()).await;
    held.aws.invoke("ExpireOrder", &event).await.expect("a run");
    let once = (held.aws.ticket(&held.ticket).await, held.aws.order(&held.buyer.id, held.order_id()).await);
    held.aws.invoke("ExpireOrder", &event).await.expect("a run");
    let twice = (held.aws.ticket(&held.ticket).await, held.aws.order(&held.buyer.id, held.order_id()).await);
    assert_eq!(once, twice);
    assert!(twice.1.is_closed());
    // And an order that never was is nobody's failure.
    let unknown = json!({"order": Uuid::new_v4(), "buyer": held.buyer.id});
    held.aws.invoke("ExpireOrder", &unknown).await.expect("a run");
}
