//! An order from placing to cancelling, as its buyer, another buyer and the seller see it.

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::json;
use tests::{Aws, Call, Stack};
use uuid::Uuid;

#[tokio::test]
async fn a_hold_takes_the_ticket_off_the_market_until_it_is_cancelled() {
    let stack = Stack::get();
    let (seller, buyer, other) =
        (stack.person("Seller").await, stack.person("Buyer").await, stack.person("Other").await);
    let ticket = seller.list_ticket("Row 3, seat 14").await;
    assert_eq!(stack.ticket(&ticket).await.text("state"), "listed");

    let order = buyer.place_order(&ticket).await.expect(201);
    assert_eq!(order.text("state"), "awaiting_payment");
    assert_eq!(order.body["ticket"]["price"], json!({"amount": 4500, "currency": "eur"}));
    assert!(order.text("expires_at") > order.text("created_at"));
    assert_eq!(stack.ticket(&ticket).await.text("state"), "held");

    other.place_order(&ticket).await.expect_problem(409, "ticket-held");
    seller.place_order(&ticket).await.expect_problem(409, "own-ticket");

    let order = order.text("id");
    assert_eq!(buyer.cancel(&order).await.expect(200).text("state"), "cancelled");
    assert_eq!(buyer.cancel(&order).await.expect(200).text("state"), "cancelled");
    assert_eq!(stack.ticket(&ticket).await.text("state"), "listed");
    let taken = other.place_order(&ticket).await.expect(201).text("id");

    // The first order's late cancel must not touch the second order's hold.
    assert_eq!(buyer.cancel(&order).await.expect(200).text("state"), "cancelled");
    assert_eq!(stack.ticket(&ticket).await.text("state"), "held");
    other.cancel(&taken).await.expect(200);
}

#[tokio::test]
async fn one_key_has_one_effect_and_one_answer() {
    let stack = Stack::get();
    let (seller, buyer) = (stack.person("Seller").await, stack.person("Buyer").await);
    let (ticket, second) = (seller.list_ticket("Standing").await, seller.list_ticket("Seated").await);
    let key = Uuid::new_v4().to_string();

    let first = buyer.place_order_under(&key, &ticket).await.expect(201);
    let again = buyer.place_order_under(&key, &ticket).await.expect(201);
    assert_eq!(first.body, again.body);
    buyer.place_order_under(&key, &second).await.expect_problem(422, "idempotency-key-reused");
    assert_eq!(stack.ticket(&second).await.text("state"), "listed", "a refused request takes nothing");

    buyer.cancel(&first.text("id")).await.expect(200);
    let after = buyer.place_order_under(&key, &ticket).await.expect(201);
    assert_eq!(after.text("state"), "cancelled", "the key names the order that was cancelled");
    assert_eq!(stack.ticket(&ticket).await.text("state"), "listed", "and takes the ticket no second time");

    // The same key of another buyer is another order.
    let other = stack.person("Other").await;
    let theirs = other.place_order_under(&key, &ticket).await.expect(201);
    assert_ne!(theirs.text("id"), first.text("id"));
}

#[tokio::test]
async fn an_order_is_its_buyers_alone() {
    let stack = Stack::get();
    let (seller, buyer, other) =
        (stack.person("Seller").await, stack.person("Buyer").await, stack.person("Other").await);
    let ticket = seller.list_ticket("Balcony").await;
    let order = buyer.place_order(&ticket).await.expect(201).text("id");
    let path = format!("/api/orders/{order}");
    assert_eq!(buyer.get(&path).await.expect(200).text("id"), order);
    for stranger in [&seller, &other] {
        stranger.get(&path).await.expect_problem(404, "not-found");
        stranger.cancel(&order).await.expect_problem(404, "not-found");
        assert_eq!(stranger.get("/api/orders").await.expect(200).body["items"], json!([]));
    }
    assert_eq!(stack.ticket(&ticket).await.text("state"), "held");
    stack.send(Call::new("GET", &path)).await.expect_problem(401, "no-session");
}

#[tokio::test]
async fn my_orders_are_paged_newest_first() {
    let stack = Stack::get();
    let (seller, buyer) = (stack.person("Seller").await, stack.person("Buyer").await);
    let mut placed = Vec::new();
    for seat in 0..5 {
        let ticket = seller.list_ticket(&format!("Seat {seat}")).await;
        placed.push(buyer.place_order(&ticket).await.expect(201).text("id"));
    }
    placed.reverse();
    let (mut seen, mut path) = (Vec::new(), "/api/orders?limit=2".to_owned());
    for _ in 0..placed.len() {
        let page = buyer.get(&path).await.expect(200);
        let items = page.body["items"].as_array().unwrap().clone();
        assert!(items.len() <= 2);
        seen.extend(items.iter().map(|order| order["id"].as_str().unwrap().to_owned()));
        match page.body["next"].as_str() {
            Some(next) => path = format!("/api/orders?limit=2&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, placed);
    buyer.get("/api/orders?cursor=nonsense").await.expect_problem(400, "bad-query");
    buyer.get("/api/orders?limit=51").await.expect_problem(400, "bad-query");
}

#[tokio::test]
async fn what_cannot_be_ordered_is_refused_with_the_reason() {
    let stack = Stack::get();
    let (seller, buyer) = (stack.person("Seller").await, stack.person("Buyer").await);
    let ticket = seller.list_ticket("Stalls").await;
    let place = || Call::new("POST", "/api/orders");
    let body = json!({"ticket_id": ticket});

    buyer.send(place().json(&body)).await.expect_problem(400, "idempotency-key-required");
    let keyed = |key: &str| place().header("idempotency-key", key);
    buyer.send(keyed("with space").json(&body)).await.expect_problem(400, "idempotency-key-required");
    let answer = buyer.send(keyed("k").json(&json!({"ticket_id": "42", "seat": 7}))).await;
    answer.expect_problem(422, "invalid-fields");
    assert_eq!(answer.wrong_fields(), ["seat", "ticket_id"]);
    buyer.send(keyed("k").json(&json!({}))).await.expect_problem(422, "invalid-fields");
    buyer.send(keyed("k").raw("application/json", "{")).await.expect_problem(400, "malformed-json");
    buyer.send(keyed("k").raw("text/plain", body.to_string())).await.expect_problem(415, "unsupported-media-type");
    buyer.place_order(&Uuid::now_v7().to_string()).await.expect_problem(404, "not-found");

    seller.send(Call::new("DELETE", format!("/api/tickets/{ticket}"))).await.expect(204);
    buyer.place_order(&ticket).await.expect_problem(404, "not-found");
    assert_eq!(buyer.get("/api/orders").await.expect(200).body["items"], json!([]));
}

#[tokio::test]
async fn a_hold_that_was_counted_twice_keeps_nobody_from_ordering() {
    let (stack, aws) = (Stack::get(), Aws::get().await);
    let (seller, buyer) = (stack.person("Seller").await, stack.person("Buyer").await);
    let given_up = buyer.place_order(&seller.list_ticket("Counted twice").await).await.expect(201).text("id");
    buyer.cancel(&given_up).await.expect(200);

    // A call that arrives after all that has taken another hold for the order, and given it back; the set is full.
    let ended = (0..8).map(|_| Uuid::new_v4().to_string()).chain([given_up]);
    let ended = AttributeValue::Ss(ended.map(|order| format!("{order}@60000")).collect());
    let counting = aws.dynamodb.update_item().table_name(stack.output("MarketTable"));
    let counting = counting.key("pk", AttributeValue::S(format!("U#{}", buyer.id)));
    let counting = counting.key("sk", AttributeValue::S("HOLDS".to_owned()));
    let counting = counting.update_expression("ADD holds :ended").expression_attribute_values(":ended", ended);
    counting.send().await.expect("a full set");

    buyer.place_order(&seller.list_ticket("Ordered all the same").await).await.expect(201);
}

#[tokio::test]
async fn nobody_holds_more_tickets_than_one_person_may() {
    let stack = Stack::get();
    let (seller, greedy, other) =
        (stack.person("Seller").await, stack.person("Greedy").await, stack.person("Other").await);
    let limit = 10;
    let mut tickets = Vec::new();
    for number in 0..limit + 3 {
        tickets.push(seller.list_ticket(&format!("Front row {number}")).await);
    }

    // All at once: the limit must hold against somebody who does not wait for answers.
    let asked: Vec<_> = tickets
        .into_iter()
        .map(|ticket| {
            let greedy = greedy.clone();
            tokio::spawn(async move { (greedy.place_order(&ticket).await, ticket) })
        })
        .collect();
    let (mut held, mut refused) = (Vec::new(), Vec::new());
    for task in asked {
        let (answer, ticket) = task.await.expect("an answer");
        if answer.status == 201 { held.push(answer.text("id")) } else { refused.push((ticket, answer)) }
    }
    assert_eq!(held.len(), limit);
    for (ticket, answer) in &refused {
        answer.expect_problem(429, "too-many-holds");
        let wait: u64 = answer.header("retry-after").expect("a time to wait").parse().expect("seconds");
        assert!((1..=86_500).contains(&wait), "{wait} s");
        assert_eq!(stack.ticket(ticket).await.text("state"), "listed", "what is refused stays on the market");
    }
    let left = &refused[0].0;
    let key = Uuid::new_v4().to_string();
    greedy.place_order_under(&key, left).await.expect_problem(429, "too-many-holds");

    // One given back is one more; the refused key is good for it.
    greedy.cancel(&held[0]).await.expect(200);
    assert_eq!(greedy.place_order_under(&key, left).await.expect(201).text("state"), "awaiting_payment");
    greedy.place_order(&refused[1].0).await.expect_problem(429, "too-many-holds");

    // Nobody else is in the way of anybody.
    other.place_order(&refused[1].0).await.expect(201);
}
