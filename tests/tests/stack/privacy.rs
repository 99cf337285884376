//! What somebody learns of what is kept about them.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tests::{Call, Person, Stack, Stripe, VISA, ticket_body};

const CREDENTIAL: &str = "GATE-9 7Q2XB";
/// More than two pages of the export.
const TICKETS: usize = 51;

/// All pages of somebody's export.
async fn export(person: &Person) -> Vec<Value> {
    let mut pages = vec![person.get("/api/me/export").await.expect(200).body];
    while let Some(next) = pages.last().and_then(|page| page["next"].as_str()) {
        assert!(pages.len() < 20, "the export ends");
        let path = format!("/api/me/export?cursor={next}");
        pages.push(person.get(path).await.expect(200).body);
    }
    pages
}

/// The ids of all tickets, or of all orders.
fn ids(pages: &[Value], list: &str) -> BTreeSet<String> {
    let items = pages.iter().flat_map(|page| page[list].as_array().expect("a list"));
    items.map(|item| item["id"].as_str().expect("an id").to_owned()).collect()
}

async fn list_with_credential(seller: &Person) -> String {
    let mut body = ticket_body("Exported seat");
    body["credential"] = json!(CREDENTIAL);
    seller.send(Call::new("POST", "/api/tickets").json(&body)).await.expect(201).text("id")
}

#[tokio::test]
async fn an_export_has_the_account_and_every_ticket_on_as_many_pages_as_it_takes() {
    let stack = Stack::get();
    let seller = stack.person("Seller of many").await;
    let mut listed = BTreeSet::from([list_with_credential(&seller).await]);
    for number in 1..TICKETS {
        listed.insert(seller.list_ticket(&format!("Seat {number}")).await);
    }
    let pages = export(&seller).await;
    assert_eq!(ids(&pages, "tickets"), listed);
    assert_eq!(pages.iter().map(|page| page["tickets"].as_array().map_or(0, Vec::len)).sum::<usize>(), TICKETS);
    assert_eq!(ids(&pages, "orders"), BTreeSet::new());
    for page in &pages {
        assert_eq!((&page["account"]["id"], &page["account"]["email"]), (&json!(seller.id), &json!(seller.email)));
        assert_eq!(page["account"]["display_name"], json!("Seller of many"));
        assert!(page["account"]["created_at"].is_string(), "{page}");
    }
    let whole = json!(pages).to_string();
    assert!(whole.contains(CREDENTIAL), "what the seller entered is theirs to read");
    assert!(!whole.contains("argon2"), "a hash serves nobody but a thief");
}

#[tokio::test]
async fn an_export_has_every_order_and_what_was_bought_and_nothing_of_the_other_side() {
    let (stack, stripe) = (Stack::get(), Stripe::get());
    let (seller, buyer) = (stack.person("Seller").await, stack.person("Buyer").await);
    let (bought, held) = (list_with_credential(&seller).await, list_with_credential(&seller).await);
    let order = buyer.place_order(&bought).await.expect(201).text("id");
    let started = buyer.start_payment(&order).await.expect(201).body;
    assert_eq!(stripe.confirm(&started, VISA).await, 200);
    assert_eq!(buyer.reconcile(&order).await.expect(200).text("state"), "paid");
    let open = buyer.place_order(&held).await.expect(201).text("id");

    let pages = export(&buyer).await;
    assert_eq!(ids(&pages, "orders"), BTreeSet::from([order.clone(), open.clone()]));
    assert_eq!(ids(&pages, "tickets"), BTreeSet::new());
    let orders = pages.iter().flat_map(|page| page["orders"].as_array().expect("a list"));
    for one in orders {
        let paid = one["id"] == json!(order);
        assert_eq!(one["state"], if paid { "paid" } else { "awaiting_payment" });
        assert_eq!(one["credential"], if paid { json!(CREDENTIAL) } else { Value::Null }, "only what was paid admits");
        let payment = one["payment_id"].as_str();
        assert_eq!(payment.is_some(), paid, "{one}");
    }
    assert!(!json!(pages).to_string().contains(&seller.email), "a seller's address is nobody's to export");
    assert!(!json!(export(&seller).await).to_string().contains(&buyer.id), "nor is who has bought");
    buyer.cancel(&open).await.expect(200);
}

#[tokio::test]
async fn an_export_begins_where_its_own_cursor_says_and_nowhere_else() {
    let person = Stack::get().person("Curious").await;
    // Like the other lists: an empty cursor is none.
    person.get("/api/me/export?cursor=").await.expect(200);
    for query in ["cursor=sessions", "cursor=tickets.x", "limit=1", "user=somebody"] {
        let answer = person.get(format!("/api/me/export?{query}")).await;
        answer.expect_problem(400, "bad-query");
    }
}
