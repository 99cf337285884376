//! Functions that fail for a while, for real: what they did not deal with ends in a failure queue, is seen there, and is
//! handed on again.
//!
//! A program of its own: while it runs, one function of the stack is broken, and never two at once.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{Environment, InvocationType};
use serde_json::{Value, json};
use tests::{Aws, Call, Stack, eventually, operate};
use tokio::sync::Mutex;

const QUEUE: &str = "ScheduleExpiryFailureQueue";
const VARIABLE: &str = "SCHEDULE_GROUP";
const POSITIONS: &str = "RelayStreamFailureQueue";

/// For as long the relay is given a record here; the cloud takes no less than a minute.
const RECORD_AGE_SECONDS: i32 = 3;

/// Three runs with the waits between them that the platform makes.
const UNTIL_GIVEN_UP: Duration = Duration::from_mins(5);

static ALONE: Mutex<()> = Mutex::const_new(());

async fn told(aws: &Aws, function: &str) -> HashMap<String, String> {
    let found = aws.lambda.get_function_configuration().function_name(function).send().await.expect("a function");
    found.environment.and_then(|environment| environment.variables).expect("variables")
}

async fn tell(aws: &Aws, function: &str, variables: HashMap<String, String>) {
    let environment = Environment::builder().set_variables(Some(variables)).build();
    let update = aws.lambda.update_function_configuration().function_name(function).environment(environment);
    update.send().await.expect("a change");
}

/// What the bus would send for this order.
fn order_placed(order: &Value, buyer: &str) -> Value {
    json!({
        "version": "0", "id": "5f0d2a4e-8c1b-4d53-9a6e-2b7f0c9d1e34", "detail-type": "OrderPlaced", "source": "holdfast",
        "account": "000000000000", "time": order["created_at"], "region": "eu-central-1", "resources": [],
        "detail": {
            "id": uuid::Uuid::new_v4().to_string(),
            "aggregate": {"kind": "order", "id": order["id"]},
            "version": 1,
            "time": order["created_at"],
            "name": "OrderPlaced",
            "data": {
                "buyer": buyer,
                "ticket": order["ticket"]["id"],
                "price": order["ticket"]["price"],
                "expires_at": order["expires_at"],
            },
        },
    })
}

fn replay(queue: &str, dry_run: bool) -> Vec<Value> {
    let answer = operate("replay", &json!({"queues": [queue], "dry_run": dry_run, "limit": 100}));
    answer["queues"][0]["messages"].as_array().expect("messages").clone()
}

/// Whether the queue holds an event of this order: nothing but ids is shown of it.
fn is_there(messages: &[Value], order: &str) -> bool {
    messages.iter().any(|message| message["ids"].as_object().is_some_and(|ids| ids.values().any(|id| id == order)))
}

#[tokio::test]
async fn an_event_whose_function_failed_to_the_end_is_handed_on_again_and_has_its_effect_once() {
    let _alone = ALONE.lock().await;
    let (stack, aws) = (Stack::get(), Aws::get().await);
    let (seller, buyer) = (stack.person("Seller").await, stack.person("Buyer").await);
    let ticket = seller.list_ticket("Dead letter").await;
    let order = buyer.place_order(&ticket).await.expect(201);
    let id = order.text("id");
    let (name, group) = (format!("order-{id}"), stack.output("ScheduleGroup"));
    let schedule = || async { aws.scheduler.get_schedule().name(&name).group_name(&group).send().await.ok() };
    eventually("the order's first schedule", Duration::from_mins(1), schedule).await;
    aws.scheduler.delete_schedule().name(&name).group_name(&group).send().await.expect("no schedule");

    let function = stack.resource("ScheduleExpiry");
    let variables = told(&aws, &function).await;
    let mut wrong = variables.clone();
    wrong.insert(VARIABLE.to_owned(), "no-such-group".to_owned());
    tell(&aws, &function, wrong).await;
    let event = Blob::new(order_placed(&order.body, &buyer.id).to_string());
    let invoke = aws.lambda.invoke().function_name(&function).invocation_type(InvocationType::Event).payload(event);
    let sent = invoke.send().await;
    let looked_for = id.clone();
    let arrived = tokio::spawn(async move {
        let look = || async { is_there(&replay(QUEUE, true), &looked_for).then_some(()) };
        eventually("the event in the failure queue", UNTIL_GIVEN_UP, look).await;
    });
    // The function is mended whatever happens: others need it.
    let arrived = arrived.await;
    tell(&aws, &function, variables).await;
    sent.expect("an invocation");
    arrived.expect("a dead letter");

    assert!(is_there(&replay(QUEUE, true), &id), "a dry run changes nothing");
    assert!(schedule().await.is_none());
    let handed_on = replay(QUEUE, false);
    assert!(is_there(&handed_on, &id) && handed_on.iter().all(|message| message["left"].is_null()), "{handed_on:?}");
    eventually("the schedule is back", Duration::from_mins(1), schedule).await;
    assert!(!is_there(&replay(QUEUE, false), &id), "what was handed on is gone");
}

/// The id of the stream's mapping, and for how many seconds it gives the relay a record.
async fn mapping(aws: &Aws, relay: &str) -> (String, i32) {
    let found = aws.lambda.list_event_source_mappings().function_name(relay).send().await.expect("mappings");
    let [mapping] = found.event_source_mappings() else { panic!("the relay reads one stream") };
    let age = mapping.maximum_record_age_in_seconds().expect("an age");
    (mapping.uuid().expect("an id").to_owned(), age)
}

async fn give_up_after(aws: &Aws, mapping: &str, seconds: i32) {
    let update = aws.lambda.update_event_source_mapping().uuid(mapping).maximum_record_age_in_seconds(seconds);
    update.send().await.expect("a change");
}

/// Whether a visitor finds a ticket by a word of its title.
async fn is_found(stack: &Stack, word: &str) -> Option<()> {
    let found = stack.send(Call::new("GET", format!("/api/tickets?q={word}"))).await.expect(200);
    found.body["items"].as_array().is_some_and(|items| !items.is_empty()).then_some(())
}

#[tokio::test]
async fn records_that_the_stream_gave_up_are_read_by_their_positions_and_have_their_effect() {
    let _alone = ALONE.lock().await;
    let (stack, aws) = (Stack::get(), Aws::get().await);
    let seller = stack.person("Seller").await;
    let relay = stack.resource("RelayEvents");
    let (mapping, age) = mapping(&aws, &relay).await;
    let variables = told(&aws, &relay).await;
    let mut wrong = variables.clone();
    for name in ["EVENT_BUS_NAME", "RELAY_FAILURE_QUEUE_URL"] {
        wrong.insert(name.to_owned(), format!("{}-elsewhere", variables[name]));
    }
    tell(&aws, &relay, wrong).await;
    give_up_after(&aws, &mapping, RECORD_AGE_SECONDS).await;
    // As long as a word of the catalogue can be.
    let word = uuid::Uuid::new_v4().simple().to_string()[..24].to_owned();
    let lister = seller.clone();
    let title = word.clone();
    let arrived = tokio::spawn(async move {
        lister.list_ticket(&title).await;
        let look = || async { Some(replay(POSITIONS, true)).filter(|messages| !messages.is_empty()) };
        eventually("positions in the queue", UNTIL_GIVEN_UP, look).await
    });
    // The relay is mended whatever happens: others need it.
    let arrived = arrived.await;
    give_up_after(&aws, &mapping, age).await;
    tell(&aws, &relay, variables).await;

    let seen = arrived.expect("positions");
    assert!(seen.iter().any(|message| message["records"].as_u64() > Some(0)), "{seen:?}");
    assert!(is_found(&stack, &word).await.is_none(), "nobody was told of the ticket");
    let handed_on = replay(POSITIONS, false);
    assert!(handed_on.iter().all(|message| message["left"].is_null()), "{handed_on:?}");
    eventually("the ticket is found", Duration::from_mins(1), || is_found(&stack, &word)).await;
    assert!(replay(POSITIONS, true).is_empty(), "what was handed on is gone");
}

#[tokio::test]
async fn positions_that_the_stream_has_forgotten_are_said_and_stay() {
    let _alone = ALONE.lock().await;
    let (stack, aws) = (Stack::get(), Aws::get().await);
    let relay = stack.resource("RelayEvents");
    let found = aws.lambda.list_event_source_mappings().function_name(&relay).send().await.expect("mappings");
    let stream = found.event_source_mappings()[0].event_source_arn().expect("a stream").to_owned();
    let shard = "shardId-00000000000000000000-00000000";
    let body = json!({"DDBStreamBatchInfo": {
        "shardId": shard, "startSequenceNumber": "000000000000000000001", "endSequenceNumber": "000000000000000000002",
        "batchSize": 2, "streamArn": stream,
        "approximateArrivalOfFirstRecord": "2020-01-01T00:00:00Z",
        "approximateArrivalOfLastRecord": "2020-01-01T00:00:01Z"}});
    let queue = stack.resource(POSITIONS);
    aws.sqs.send_message().queue_url(&queue).message_body(body.to_string()).send().await.expect("a message");
    for _ in 0..2 {
        let [message] = &replay(POSITIONS, false)[..] else { panic!("one message") };
        let left = message["left"].as_str().expect("a reason");
        assert!(left.contains("lost from the stream") && left.contains("2020-01-01T00:00:01Z"), "{left}");
    }
    aws.sqs.purge_queue().queue_url(&queue).send().await.expect("an empty queue");
}
