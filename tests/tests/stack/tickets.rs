//! Tickets as their seller and everybody else see them, and the catalogue that follows by events.

use std::time::Duration;

use serde_json::{Value, json};
use tests::{Call, Person, Stack, eventually, ticket_body};
use uuid::Uuid;

/// A word that no other ticket has.
fn word() -> String {
    format!("w{}", &Uuid::new_v4().simple().to_string()[..16])
}

async fn found(stack: &Stack, query: &str) -> Vec<Value> {
    let answer = stack.send(Call::new("GET", format!("/api/tickets?{query}"))).await.expect(200);
    answer.body["items"].as_array().expect("items").clone()
}

/// Waits until the search finds so many tickets: events are on their way.
async fn search_until(stack: &Stack, query: &str, count: usize) -> Vec<Value> {
    eventually(&format!("{count} tickets for {query}"), Duration::from_secs(30), || async {
        Some(found(stack, query).await).filter(|items| items.len() == count)
    })
    .await
}

async fn put(person: &Person, ticket: &str, body: &Value) -> tests::Answer {
    person.send(Call::new("PUT", format!("/api/tickets/{ticket}")).json(body)).await
}

#[tokio::test]
async fn a_listing_that_is_sent_twice_under_its_key_is_one_ticket() {
    let stack = Stack::get();
    let (seller, other) = tokio::join!(stack.person("Seller"), stack.person("Other"));
    let title = word();
    let key = Uuid::new_v4().to_string();
    let list = |body: Value| Call::new("POST", "/api/tickets").header("idempotency-key", &key).json(&body);
    let (first, second) = tokio::join!(seller.send(list(ticket_body(&title))), seller.send(list(ticket_body(&title))));
    // Of two at once one may meet the other's transaction: it is told to come again, and gets the same ticket then.
    let mut ids = Vec::new();
    for answer in [first, second] {
        let answer = if answer.status == 503 { seller.send(list(ticket_body(&title))).await } else { answer };
        ids.push(answer.expect(201).text("id"));
    }
    assert_eq!(ids[0], ids[1]);
    let again = seller.send(list(ticket_body(&title))).await.expect(201);
    assert_eq!(again.body, seller.get(format!("/api/me/tickets/{}", ids[0])).await.expect(200).body);
    search_until(&stack, &format!("q={title}"), 1).await;

    seller.send(list(ticket_body(&word()))).await.expect_problem(422, "idempotency-key-reused");
    seller
        .send(Call::new("POST", "/api/tickets").header("idempotency-key", "with space").json(&ticket_body("x")))
        .await
        .expect_problem(400, "idempotency-key-required");
    let others = other.send(list(ticket_body(&word()))).await.expect(201);
    assert_ne!(others.text("id"), ids[0], "a key is its seller's own");
    seller.send(Call::new("DELETE", format!("/api/tickets/{}", ids[0]))).await.expect(204);
    seller.send(list(ticket_body(&title))).await.expect_problem(404, "not-found");
}

#[tokio::test]
async fn a_listing_is_shown_changed_and_deleted() {
    let stack = Stack::get();
    let seller = stack.person("Seller").await;
    let body = json!({
        "title": " The Magic Flute ", "price": {"amount": 8500, "currency": "chf"}, "venue": "City Opera",
        "starts_at": "2031-06-01T21:30:00+02:00", "description": "Two lines\nof text", "credential": "FLUTE-7",
    });
    let created = seller.send(Call::new("POST", "/api/tickets").json(&body)).await.expect(201);
    let id = created.text("id");
    assert_eq!(created.text("credential"), "FLUTE-7");
    let shown = stack.ticket(&id).await.expect(200);
    let expected = json!({
        "id": id, "title": "The Magic Flute", "price": {"amount": 8500, "currency": "chf"}, "venue": "City Opera",
        "starts_at": "2031-06-01T19:30:00Z", "description": "Two lines\nof text", "seller": {"display_name": "Seller"},
        "state": "listed", "created_at": created.text("created_at"), "version": 1,
    });
    assert_eq!(shown.body, expected, "and nothing else: no credential, no seller's id");
    assert_eq!(seller.get(format!("/api/me/tickets/{id}")).await.expect(200).text("credential"), "FLUTE-7");

    let changed = put(&seller, &id, &ticket_body("Changed")).await.expect(200);
    assert_eq!(
        (changed.text("title"), &changed.body["venue"], &changed.body["credential"]),
        ("Changed".into(), &Value::Null, &Value::Null)
    );
    let own = seller.get(format!("/api/me/tickets/{id}")).await.expect(200);
    assert_eq!(own.body, changed.body, "what was answered is what is stored");
    assert_eq!(own.body["version"], 2);

    let mut stale = ticket_body("From an old page");
    stale["version"] = json!(1);
    put(&seller, &id, &stale).await.expect_problem(409, "ticket-changed");

    let delete = || Call::new("DELETE", format!("/api/tickets/{id}"));
    seller.send(delete()).await.expect(204);
    stack.ticket(&id).await.expect_problem(404, "not-found");
    seller.send(delete()).await.expect_problem(404, "not-found");
    put(&seller, &id, &ticket_body("Back?")).await.expect_problem(404, "not-found");
    assert_eq!(seller.get("/api/me/tickets").await.expect(200).body["items"], json!([]));
}

#[tokio::test]
async fn a_held_ticket_stays_as_it_is() {
    let stack = Stack::get();
    let (seller, buyer) = (stack.person("Seller").await, stack.person("Buyer").await);
    let id = seller.list_ticket("Held").await;
    let order = buyer.place_order(&id).await.expect(201);
    put(&seller, &id, &ticket_body("Dearer")).await.expect_problem(409, "ticket-held");
    let delete = Call::new("DELETE", format!("/api/tickets/{id}"));
    seller.send(delete.clone()).await.expect_problem(409, "ticket-held");
    assert_eq!(stack.ticket(&id).await.text("title"), "Held");
    buyer.cancel(&order.text("id")).await.expect(200);
    put(&seller, &id, &ticket_body("Dearer")).await.expect(200);
    // The closed order keeps what it was for.
    let kept = buyer.get(format!("/api/orders/{}", order.text("id"))).await.expect(200);
    assert_eq!(kept.body["ticket"], order.body["ticket"]);
    seller.send(delete).await.expect(204);
}

#[tokio::test]
async fn what_cannot_be_listed_is_refused_field_by_field_and_nothing_is_written() {
    let stack = Stack::get();
    let seller = stack.person("Seller").await;
    let with = |member: &str, value: Value| {
        let mut body = ticket_body("Right");
        body[member] = value;
        body
    };
    let cases = [
        (json!({}), vec!["price", "title"]),
        (with("title", json!("x".repeat(121))), vec!["title"]),
        (with("title", json!("two\nlines")), vec!["title"]),
        (with("price", json!({"amount": 49, "currency": "eur"})), vec!["price.amount"]),
        (with("price", json!({"amount": 1_000_001, "currency": "eur"})), vec!["price.amount"]),
        (with("price", json!({"amount": 1.5, "currency": "EUR"})), vec!["price.amount", "price.currency"]),
        (with("price", json!({"amount": 100})), vec!["price.currency"]),
        (with("venue", json!("x".repeat(121))), vec!["venue"]),
        (with("description", json!("x".repeat(2001))), vec!["description"]),
        (with("credential", json!("x".repeat(501))), vec!["credential"]),
        (with("starts_at", json!("2020-01-01T00:00:00Z")), vec!["starts_at"]),
        (with("starts_at", json!("tomorrow")), vec!["starts_at"]),
        (with("state", json!("sold")), vec!["state"]),
    ];
    let id = seller.list_ticket("Right").await;
    let before = stack.ticket(&id).await.body;
    for (body, fields) in cases {
        for (method, path) in [("POST", "/api/tickets".to_owned()), ("PUT", format!("/api/tickets/{id}"))] {
            let answer = seller.send(Call::new(method, path).json(&body)).await;
            answer.expect_problem(422, "invalid-fields");
            assert_eq!(answer.wrong_fields(), fields, "{body}");
        }
    }
    assert_eq!(stack.ticket(&id).await.body, before);
    assert_eq!(seller.get("/api/me/tickets").await.expect(200).body["items"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn the_longest_texts_fit_whatever_their_script() {
    let seller = Stack::get().person("Seller").await;
    for letter in ["x", "ü", "票", "🎟"] {
        let mut body = ticket_body(&letter.repeat(120));
        for (member, length) in [("venue", 120), ("description", 2000), ("credential", 500)] {
            body[member] = json!(letter.repeat(length));
        }
        seller.send(Call::new("POST", "/api/tickets").json(&body)).await.expect(201);
    }
}

#[tokio::test]
async fn the_catalogue_follows_what_sellers_do_and_hides_what_buyers_hold() {
    let stack = Stack::get();
    let (seller, buyer) = (stack.person("Seller").await, stack.person("Buyer").await);
    let (first, second) = (word(), word());
    let id = seller.list_ticket(&format!("Evening with {first}")).await;
    let items = search_until(&stack, &format!("q={first}"), 1).await;
    assert_eq!((items[0]["id"].as_str(), items[0]["state"].as_str()), (Some(id.as_str()), Some("listed")));
    assert_eq!(found(&stack, &format!("q=evening%20{first}")).await.len(), 1);
    assert_eq!(found(&stack, &format!("q=morning%20{first}")).await.len(), 0, "all words must match");

    let order = buyer.place_order(&id).await.expect(201).text("id");
    search_until(&stack, &format!("q={first}"), 0).await;
    buyer.cancel(&order).await.expect(200);
    search_until(&stack, &format!("q={first}"), 1).await;

    put(&seller, &id, &ticket_body(&format!("Evening with {second}"))).await.expect(200);
    search_until(&stack, &format!("q={second}"), 1).await;
    search_until(&stack, &format!("q={first}"), 0).await;
    seller.send(Call::new("DELETE", format!("/api/tickets/{id}"))).await.expect(204);
    search_until(&stack, &format!("q={second}"), 0).await;
}

#[tokio::test]
async fn the_catalogue_is_sorted_filtered_and_paged() {
    let stack = Stack::get();
    let seller = stack.person("Seller").await;
    let word = word();
    let mut listed = Vec::new();
    for (seat, day) in [(1, 20), (2, 10), (3, 30)] {
        let mut body = ticket_body(&format!("{word} seat {seat}"));
        body["starts_at"] = json!(format!("2031-03-{day:02}T19:00:00Z"));
        listed.push(seller.send(Call::new("POST", "/api/tickets").json(&body)).await.expect(201).text("id"));
    }
    search_until(&stack, &format!("q={word}"), 3).await;
    let ids = |items: &[Value]| items.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    let order = |indices: [usize; 3]| indices.map(|index| listed[index].clone()).to_vec();
    assert_eq!(ids(&found(&stack, &format!("q={word}&sort=newest")).await), order([2, 1, 0]));
    assert_eq!(ids(&found(&stack, &format!("q={word}&sort=soonest")).await), order([1, 0, 2]));
    for sort in ["newest", "soonest"] {
        let from_to = found(&stack, &format!("q={word}&sort={sort}&from=2031-03-15&to=2031-03-25")).await;
        assert_eq!(ids(&from_to), [listed[0].clone()], "{sort}");
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        for _ in 0..4 {
            let path = format!("/api/tickets?q={word}&sort={sort}&limit=1{cursor}");
            let page = stack.send(Call::new("GET", path)).await.expect(200);
            seen.extend(ids(page.body["items"].as_array().unwrap()));
            match page.body["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(seen.len(), 3, "{sort}: {seen:?}");
    }
    for wrong in ["sort=cheapest", "limit=0", "limit=x", "cursor=x", "from=soon", "colour=red", "to=2031-13-01"] {
        stack.send(Call::new("GET", format!("/api/tickets?{wrong}"))).await.expect_problem(400, "bad-query");
    }
}

#[tokio::test]
async fn my_tickets_show_every_state_to_their_seller_alone() {
    let stack = Stack::get();
    let (seller, buyer) = (stack.person("Seller").await, stack.person("Buyer").await);
    let (held, listed) = (seller.list_ticket("Held").await, seller.list_ticket("Listed").await);
    buyer.place_order(&held).await.expect(201);
    let mine = seller.get("/api/me/tickets").await.expect(200);
    let states: Vec<_> =
        mine.body["items"].as_array().unwrap().iter().map(|t| (t["id"].clone(), t["state"].clone())).collect();
    assert_eq!(states, [(json!(listed), json!("listed")), (json!(held), json!("held"))]);
    assert_eq!(buyer.get("/api/me/tickets").await.expect(200).body["items"], json!([]));
    let pages = seller.get("/api/me/tickets?limit=1").await.expect(200);
    let next = format!("/api/me/tickets?limit=1&cursor={}", pages.text("next"));
    assert_eq!(seller.get(next).await.expect(200).body["items"][0]["id"], json!(held));
}
