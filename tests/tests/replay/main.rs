//! A function that fails for a while, for real: its event ends in its failure queue, is seen there, and is handed on again.
//!
//! A program of its own: while it runs, one function of the stack is broken.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{Environment, InvocationType};
use serde_json::{Value, json};
use tests::{Aws, Stack, eventually, operate};

const QUEUE: &str = "ScheduleExpiryFailureQueue";
const VARIABLE: &str = "SCHEDULE_GROUP";

/// Three runs with the waits between them that the platform makes.
const UNTIL_GIVEN_UP: Duration = Duration::from_mins(5);

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

fn replay(dry_run: bool) -> Vec<Value> {
    let answer = operate("replay", &json!({"queues": [QUEUE], "dry_run": dry_run, "limit": 100}));
    answer["queues"][0]["messages"].as_array().expect("messages").clone()
}

/// Whether the queue holds an event of this order: nothing but ids is shown of it.
fn is_there(messages: &[Value], order: &str) -> bool {
    messages.iter().any(|message| message["ids"].as_object().is_some_and(|ids| ids.values().any(|id| id == order)))
}

#[tokio::test]
async fn an_event_whose_function_failed_to_the_end_is_handed_on_again_and_has_its_effect_once() {
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
        let look = || async { is_there(&replay(true), &looked_for).then_some(()) };
        eventually("the event in the failure queue", UNTIL_GIVEN_UP, look).await;
    });
    // The function is mended whatever happens: others need it.
    let arrived = arrived.await;
    tell(&aws, &function, variables).await;
    sent.expect("an invocation");
    arrived.expect("a dead letter");

    assert!(is_there(&replay(true), &id), "a dry run changes nothing");
    assert!(schedule().await.is_none());
    let handed_on = replay(false);
    assert!(is_there(&handed_on, &id) && handed_on.iter().all(|message| message["left"].is_null()), "{handed_on:?}");
    eventually("the schedule is back", Duration::from_mins(1), schedule).await;
    assert!(!is_there(&replay(false), &id), "what was handed on is gone");
}
