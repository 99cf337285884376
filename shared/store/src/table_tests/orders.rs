//! Recording, reading and listing orders.

use std::collections::HashMap;
use std::sync::Arc;

use holdfast_domain::{Order, OrderId, PaidCard, PaymentIntentId, Record};
use uuid::Uuid;

use super::fixture::{at, listed, market, order_id, placed, placing, user};
use crate::keys::order_key;
use crate::{Image, Market, OwnerPage, Recorded, StoreError, Written, image_from_item, order_place, trace_of_item};

fn intent() -> PaymentIntentId {
    PaymentIntentId::from_stripe("pi_1".into())
}

/// As many orders of buyer 1, each a minute later than the one before.
async fn many(market: &Market, number: u64) -> Vec<Order> {
    let mut orders = Vec::new();
    for minute in 0..number {
        let place = crate::PlaceOrder { limit: 50, ..placing(1, &minute.to_string(), listed(market).await.id) };
        orders.push(order_place(market, place, || at(minute)).await.unwrap());
    }
    orders
}

#[tokio::test]
async fn an_id_is_recorded_once() {
    let (market, _) = market().await;
    let order = placed(&market, 1, listed(&market).await.id, 0).await;
    let other = Order { created_at: at(9), ..order.clone() };
    assert_eq!(market.order_create(&other).await.unwrap(), Recorded::Existing(Box::new(order.clone())));
    assert_eq!(market.order_read(user(1), order.id).await.unwrap(), Some(order.clone()));
    let fresh = Order { id: order_id(1, "fresh"), ..order };
    assert_eq!(market.order_create(&fresh).await.unwrap(), Recorded::New);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_ten_records_of_one_id_at_once_one_is_new() {
    let (market, _) = market().await;
    let order = placed(&market, 1, listed(&market).await.id, 0).await;
    let market = Arc::new(market);
    let mut running = tokio::task::JoinSet::new();
    for minute in 0..10 {
        let market = Arc::clone(&market);
        let order = Order { id: order_id(1, "contended"), created_at: at(minute), ..order.clone() };
        running.spawn(async move { market.order_create(&order).await.unwrap() });
    }
    let answers = running.join_all().await;
    let stored = market.order_read(user(1), order_id(1, "contended")).await.unwrap().unwrap();
    assert_eq!(answers.iter().filter(|answer| **answer == Recorded::New).count(), 1);
    for answer in answers.into_iter().filter(|answer| *answer != Recorded::New) {
        assert_eq!(answer, Recorded::Existing(Box::new(stored.clone())));
    }
}

#[tokio::test]
async fn an_order_is_read_under_its_buyer_alone() {
    let (market, _) = market().await;
    let order = placed(&market, 1, listed(&market).await.id, 0).await;
    assert_eq!(market.order_read(user(2), order.id).await.unwrap(), None);
    assert_eq!(market.orders_read(user(2), &[order.id]).await.unwrap(), []);
    let never = OrderId::from_uuid(Uuid::now_v7());
    assert_eq!(market.orders_read(user(1), &[never, order.id]).await.unwrap(), [order]);
    assert_eq!(market.orders_read(user(1), &[]).await.unwrap(), []);
}

#[tokio::test]
async fn nothing_is_recorded_on_an_order_that_is_not_there() {
    let (market, table) = market().await;
    let never = order_id(1, "never");
    for record in [
        Record::Intent { intent: intent(), expires_at: at(1) },
        Record::Expiry { expires_at: at(1) },
        Record::AtRest { intent: None },
        Record::CardForgotten,
    ] {
        let missing = market.order_record(user(1), never, &record).await;
        assert!(matches!(missing, Err(StoreError::Corrupt(_))), "{record:?}: {missing:?}");
    }
    assert_eq!(table.item(order_key(user(1), never)).await, None);
}

#[tokio::test]
async fn a_card_is_kept_until_it_is_to_be_forgotten() {
    let (market, table) = market().await;
    let order = placed(&market, 1, listed(&market).await.id, 0).await;
    let card = PaidCard::parse("visa", "4242").unwrap();
    for record in [
        Record::Intent { intent: intent(), expires_at: at(25) },
        Record::Capturing { intent: intent() },
        Record::Paid { intent: intent(), card: Some(card), now: at(2) },
    ] {
        assert!(matches!(market.order_record(order.buyer, order.id, &record).await.unwrap(), Written::Won(_)));
    }
    let key = || order_key(order.buyer, order.id);
    assert_eq!(table.item(key()).await.unwrap()["card_last4"].as_s().unwrap(), "4242");
    for _ in 0..2 {
        market.order_forget_card(order.buyer, order.id).await.unwrap();
        let item = table.item(key()).await.unwrap();
        assert!(!item.contains_key("card_brand") && !item.contains_key("card_last4"), "{item:?}");
        assert_eq!(item["version"].as_n().unwrap(), "5", "twice is as once");
    }
}

/// What of a page there is to see.
fn ids(page: &OwnerPage<Order>) -> Vec<OrderId> {
    page.items.iter().map(|order| order.id).collect()
}

#[tokio::test]
async fn a_buyers_orders_are_listed_newest_first_a_page_at_a_time() {
    let (market, _) = market().await;
    let orders = many(&market, 5).await;
    placed(&market, 2, listed(&market).await.id, 99).await;
    let newest_first: Vec<_> = orders.iter().rev().map(|order| order.id).collect();
    let whole = market.order_list_by_buyer(user(1), 50, None).await.unwrap();
    assert_eq!((ids(&whole), whole.next.is_none()), (newest_first.clone(), true));
    let (mut walked, mut after) = (Vec::new(), None);
    loop {
        let page = market.order_list_by_buyer(user(1), 2, after).await.unwrap();
        assert!(page.items.len() <= 2);
        walked.extend(ids(&page));
        let Some(next) = page.next else { break };
        after = Some(next.to_string().parse().unwrap());
    }
    assert_eq!(walked, newest_first);
    assert_eq!(ids(&market.order_list_by_buyer(user(3), 2, None).await.unwrap()), []);
}

#[tokio::test]
async fn all_orders_of_a_buyer_are_read_in_the_order_of_their_ids() {
    let (market, _) = market().await;
    let orders = many(&market, 5).await;
    placed(&market, 2, listed(&market).await.id, 99).await;
    let mut expected: Vec<_> = orders.into_iter().map(|order| (order.id.to_string(), order)).collect();
    expected.sort_by(|one, other| one.0.cmp(&other.0));
    let (mut walked, mut after) = (Vec::new(), None);
    loop {
        let page = market.order_list_all(user(1), 2, after).await.unwrap();
        walked.extend(page.orders);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(walked, expected.into_iter().map(|(_, order)| order).collect::<Vec<_>>());
}

/// An item as the table's stream gives it.
fn image(item: crate::keys::Item) -> HashMap<String, serde_dynamo::AttributeValue> {
    serde_dynamo::Item::from(item).into_inner()
}

#[tokio::test]
async fn the_stream_has_locks_and_orders_with_their_trace_and_nothing_else_of_events() {
    let (market, table) = market().await;
    let order = placed(&market, 1, listed(&market).await.id, 0).await;
    market.catalogue_project(order.ticket.id, at(0)).await.unwrap();
    let lock = image(table.item(crate::keys::lock_key(order.ticket.id)).await.unwrap());
    assert!(trace_of_item(&lock).is_some());
    let ticket = market.ticket_read(order.ticket.id).await.unwrap().unwrap();
    assert_eq!(image_from_item(lock).unwrap(), Some(Image::Ticket(ticket)));
    let stored = image(table.item(order_key(order.buyer, order.id)).await.unwrap());
    assert!(trace_of_item(&stored).is_some());
    assert_eq!(image_from_item(stored).unwrap(), Some(Image::Order(order.clone())));
    let mut others = table.partition(&format!("T#{}", order.ticket.id)).await;
    others.retain(|item| item["sk"].as_s().unwrap() != "T");
    others.extend(table.partition("C#NEWEST").await);
    others.extend(table.item(crate::keys::holds_key(order.buyer)).await);
    assert_eq!(others.len(), 4, "details, the entry, a row and what is counted");
    for other in others {
        assert_eq!(image_from_item(image(other.clone())).unwrap(), None, "{other:?}");
    }
    assert!(image_from_item(HashMap::new()).is_err());
}
