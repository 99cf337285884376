//! What operators see: one trace an order, the fields of the log, metrics, and nothing that is personal.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use tests::{Aws, Call, Logs, PASSWORD, Person, Stack, Stripe, VISA, eventually, ticket_body, timeline};
use uuid::Uuid;

const PATIENCE: Duration = Duration::from_mins(1);

/// The trace of the request that a function answered about an order.
async fn trace_of(logs: Logs, function: &str, order: &str) -> String {
    eventually("the answer is logged", PATIENCE, || async {
        let answered = logs.of(function, "answered");
        let line = answered.iter().find(|line| line["order_id"] == order)?;
        Some(line["trace_id"].as_str().expect("a trace").to_owned())
    })
    .await
}

/// The trace with which an event of an order was published.
async fn published(logs: Logs, event: &str, order: &str) -> Value {
    eventually(event, PATIENCE, || async {
        let lines = logs.of("RelayEvents", "published an event");
        lines.into_iter().find(|line| line["event"] == event && line["order_id"] == order)
    })
    .await
}

/// Whether `function` has logged a message in a trace.
async fn seen(logs: Logs, function: &str, message: &str, trace: &str) {
    eventually(&format!("{function}: {message}"), PATIENCE, || async {
        logs.of(function, message).iter().any(|line| line["trace_id"] == trace).then_some(())
    })
    .await;
}

fn is_trace(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

/// The schedule of an order, as it will invoke.
async fn scheduled(stack: &Stack, aws: &Aws, order: &str) -> Value {
    let (name, group) = (format!("order-{order}"), stack.output("ScheduleGroup"));
    eventually("the schedule is there", PATIENCE, || async {
        let schedule = aws.scheduler.get_schedule().name(&name).group_name(&group).send().await.ok()?;
        serde_json::from_str(schedule.target()?.input()?).ok()
    })
    .await
}

struct Sale {
    stack: Stack,
    seller: Person,
    buyer: Person,
    credential: String,
    /// Words that only this sale has.
    names: [String; 3],
    ticket: String,
    order: String,
    client_secret: String,
}

impl Sale {
    /// Listed, looked for, held, wanted by another, paid.
    async fn paid() -> Self {
        let (stack, stripe) = (Stack::get(), Stripe::get());
        let word = |kind: &str| format!("{kind}{}", Uuid::new_v4().simple());
        let names = [word("seller"), word("buyer"), word("title")];
        let (seller, buyer) = (stack.person(&names[0]).await, stack.person(&names[1]).await);
        let credential = word("gate");
        let mut body = ticket_body(&names[2]);
        body["credential"] = json!(credential);
        let ticket = seller.send(Call::new("POST", "/api/tickets").json(&body)).await.expect(201).text("id");
        buyer.get(format!("/api/tickets?q={}", names[2])).await.expect(200);
        // Somebody who mistakes the address bar for a search field: nothing is there.
        buyer.get(format!("/api/orders/{}", buyer.email)).await.expect_problem(404, "not-found");
        let order = buyer.place_order(&ticket).await.expect(201).text("id");
        let late = stack.person("Late").await;
        late.place_order(&ticket).await.expect_problem(409, "ticket-held");
        let started = buyer.start_payment(&order).await.expect(201).body;
        assert_eq!(stripe.confirm(&started, VISA).await, 200);
        assert_eq!(buyer.reconcile(&order).await.expect(200).text("state"), "paid");
        let client_secret = started["client_secret"].as_str().expect("a secret").to_owned();
        Self { stack, seller, buyer, credential, names, ticket, order, client_secret }
    }
}

#[tokio::test]
async fn a_paid_order_is_one_trace_and_its_timeline_tells_of_every_step() {
    let (logs, aws) = (Logs::from_now(), Aws::get().await);
    let sale = Sale::paid().await;
    let trace = trace_of(logs, "PlaceOrder", &sale.order).await;
    assert!(is_trace(&trace), "{trace}");

    for event in ["OrderPlaced", "TicketSold", "OrderPaid"] {
        let line = published(logs, event, &sale.order).await;
        assert_eq!((&line["trace_id"], &line["ticket_id"]), (&json!(trace), &json!(sale.ticket)), "{event}");
        assert!(line["event_id"].is_string());
    }
    assert_eq!(scheduled(&sale.stack, &aws, &sale.order).await["trace_id"], trace);
    seen(logs, "ScheduleExpiry", "armed the order's schedule", &trace).await;
    seen(logs, "ProjectCatalogue", "looked at the ticket", &trace).await;
    seen(logs, "RenderPages", "the ticket's pages are right", &trace).await;

    // Whoever goes on with an order names it, in a trace of their own.
    let paying = trace_of(logs, "StartPayment", &sale.order).await;
    assert!(is_trace(&paying) && paying != trace);

    let told = timeline(&sale.order);
    let at = |function: &str, what: &str| {
        let found = told.iter().position(|line| line["function"] == function && line.to_string().contains(what));
        found.unwrap_or_else(|| panic!("no {what} of {function} in {told:#?}"))
    };
    let steps = [
        at("PlaceOrder", "POST /api/orders"),
        at("RelayEvents", "OrderPlaced"),
        at("ScheduleExpiry", "armed"),
        at("RelayEvents", "OrderPaid"),
    ];
    assert!(steps.is_sorted(), "{steps:?}");
    let paid = ["ReconcileOrder", "StripeWebhook"].map(|function| {
        told.iter().filter(|line| line["function"] == function).map(|line| line["step"].to_string()).collect::<String>()
    });
    for step in ["Commit", "Capture", "RecordSale"] {
        assert!(paid.iter().any(|steps| steps.contains(step)), "{step} in {paid:?}");
    }
    let others: BTreeSet<&str> = told.iter().filter_map(|line| line["order_id"].as_str()).collect();
    assert_eq!(others, [sale.order.as_str()].into());
}

#[tokio::test]
async fn every_line_has_its_fields_and_none_says_who_anybody_is() {
    let logs = Logs::from_now();
    let sale = Sale::paid().await;
    published(logs, "OrderPaid", &sale.order).await;
    let cookie = |person: &Person| person.cookie.split('=').nth(1).expect("a token").to_owned();
    let secrets = [
        sale.seller.email.clone(),
        sale.buyer.email.clone(),
        PASSWORD.to_owned(),
        cookie(&sale.seller),
        cookie(&sale.buyer),
        sale.credential.clone(),
        sale.client_secret.clone(),
        sale.stack.origin_secret(),
    ];
    let all = logs.read();
    for one in &all {
        for secret in secrets.iter().chain(&sale.names) {
            assert!(!one.text.contains(secret), "{} says {secret}: {}", one.function, one.text);
        }
    }
    let lines = all.iter().filter(|one| one.line["message"].is_string());
    let mut checked = 0;
    for one in lines.filter(|one| one.line["message"] == "answered" || one.line["message"] == "handled") {
        let text = |name: &str| one.line[name].as_str().unwrap_or_else(|| panic!("no {name}: {}", one.text)).to_owned();
        assert_eq!((text("level").as_str(), is_trace(&text("trace_id"))), ("INFO", true), "{}", one.text);
        assert!(text("timestamp").ends_with('Z') && !text("request_id").is_empty(), "{}", one.text);
        assert!(text("function").contains(&one.function), "{}", one.text);
        checked += 1;
    }
    assert!(checked >= 10, "{checked} lines");
    let answered = logs.of("PlaceOrder", "answered");
    let placed = answered.iter().find(|line| line["order_id"] == sale.order).expect("the order's answer");
    assert_eq!(
        json!([placed["route"], placed["status"], placed["user_id"], placed["ticket_id"]]),
        json!(["POST /api/orders", 201, sale.buyer.id, sale.ticket])
    );
}

#[tokio::test]
async fn an_order_that_runs_out_keeps_the_trace_of_its_hold() {
    let (logs, stack, aws) = (Logs::from_now(), Stack::get(), Aws::get().await);
    let (seller, buyer) = (stack.person("Seller").await, stack.person("Buyer").await);
    let ticket = seller.list_ticket("Stalls").await;
    let order = buyer.place_order(&ticket).await.expect(201).text("id");
    let trace = trace_of(logs, "PlaceOrder", &order).await;
    let input = scheduled(&stack, &aws, &order).await;
    aws.run_out_unseen(&ticket, &buyer.id, &order).await;
    aws.invoke("ExpireOrder", &input).await.expect("a run");
    seen(logs, "ExpireOrder", "looked at the order", &trace).await;
    assert_eq!(published(logs, "OrderExpired", &order).await["trace_id"], trace);
    assert_eq!(published(logs, "TicketReleased", &order).await["trace_id"], trace);
}

#[tokio::test]
async fn giving_an_order_up_is_a_request_of_its_own() {
    let (logs, stack) = (Logs::from_now(), Stack::get());
    let (seller, buyer) = (stack.person("Seller").await, stack.person("Buyer").await);
    let ticket = seller.list_ticket("Circle").await;
    let order = buyer.place_order(&ticket).await.expect(201).text("id");
    buyer.cancel(&order).await.expect(200);
    let (held, given_up) = (trace_of(logs, "PlaceOrder", &order).await, trace_of(logs, "CancelOrder", &order).await);
    assert_ne!(held, given_up);
    assert_eq!(published(logs, "OrderPlaced", &order).await["trace_id"], held);
    assert_eq!(published(logs, "OrderCancelled", &order).await["trace_id"], given_up);
    assert_eq!(published(logs, "TicketReleased", &order).await["trace_id"], given_up);
}

#[tokio::test]
async fn what_is_decided_and_what_fails_is_measured() {
    let (logs, aws) = (Logs::from_now(), Aws::get().await);
    let sale = Sale::paid().await;
    aws.sweep().await;
    let forged = Call::new("POST", "/api/stripe/webhook").raw("application/json", "{}");
    sale.stack.send(forged).await.expect_problem(400, "bad-signature");
    aws.invoke("RefundOrder", &json!({"order": Uuid::new_v4().to_string()})).await.expect_err("no such order");
    let wanted = [
        ("RelayEvents", "Holds"),
        ("RelayEvents", "OrdersPaid"),
        ("RelayEvents", "HoldToPaid"),
        ("PlaceOrder", "HoldConflicts"),
        ("Sweep", "Unfinished"),
        ("StripeWebhook", "WebhookFailures"),
        ("RefundOrder", "Failures"),
    ];
    for (function, metric) in wanted {
        let line = eventually(metric, PATIENCE, || async {
            logs.read().into_iter().find(|one| one.function == function && !one.line[metric].is_null())
        })
        .await
        .line;
        let described = &line["_aws"]["CloudWatchMetrics"][0];
        assert_eq!((&described["Namespace"], &line["Stage"]), (&json!("Holdfast"), &json!("dev")), "{line}");
        assert_eq!(described["Dimensions"], json!([["Stage"]]));
        let named = described["Metrics"].as_array().expect("metrics").iter().any(|one| one["Name"] == metric);
        assert!(named && line["_aws"]["Timestamp"].is_u64(), "{line}");
    }
}
