//! What the sweep finds.

use std::collections::BTreeSet;
use std::time::Duration;

use holdfast_domain::{Closing, Order, PaymentIntentId, Record, TicketId, Timestamp};

use super::fixture::{Table, at, listed, market, placed};
use crate::keys::{Item, lock_key, n, order_key};
use crate::{DUE_SHARDS, Due, Market, order_cancel, order_close};

/// Everything that is due, in every shard, a few at a time.
async fn due(market: &Market, now: Timestamp) -> Vec<Due> {
    let mut found = Vec::new();
    for shard in 0..DUE_SHARDS {
        let mut after: Option<Item> = None;
        loop {
            let page = market.due_list(shard, now, 2, after).await.unwrap();
            assert!(page.items.len() <= 2);
            found.extend(page.items);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
    }
    found
}

fn ids(found: &[Due]) -> BTreeSet<String> {
    found.iter().map(|due| format!("{due:?}")).collect()
}

fn of_order(order: &Order) -> Due {
    Due::Order(order.buyer, order.id)
}

fn intent() -> PaymentIntentId {
    PaymentIntentId::from_stripe("pi_1".into())
}

async fn due_at(table: &Table, key: Item) -> Option<aws_sdk_dynamodb::types::AttributeValue> {
    table.item(key).await.unwrap().get("due_at").cloned()
}

#[tokio::test]
async fn a_hold_and_its_order_are_due_from_the_moment_at_which_the_hold_ends() {
    let (market, _) = market().await;
    let mut expected = Vec::new();
    for buyer in 1..=20 {
        let order = placed(&market, buyer, listed(&market).await.id, 0).await;
        expected.extend([Due::Ticket(order.ticket.id), of_order(&order)]);
    }
    listed(&market).await;
    assert_eq!(due(&market, at(15).minus(Duration::from_millis(1))).await, []);
    let found = due(&market, at(15)).await;
    assert_eq!((found.len(), ids(&found)), (40, ids(&expected)));
    let shards = expected.iter().map(|due| shard(*due)).collect::<BTreeSet<_>>();
    assert!(shards.len() > 1, "they are spread");
}

fn shard(due: Due) -> String {
    let id = match due {
        Due::Ticket(id) => id.as_uuid(),
        Due::Order(_, order) => order.as_uuid(),
    };
    crate::keys::due_shard(id)
}

#[tokio::test]
async fn the_longest_due_comes_first() {
    let (market, _) = market().await;
    // Tickets of one shard, held in another order than that of their ids.
    let mut tickets: Vec<TicketId> = Vec::new();
    while tickets.len() < 3 {
        let ticket = listed(&market).await.id;
        if ticket.as_uuid().as_bytes()[15] % DUE_SHARDS == 3 {
            tickets.push(ticket);
        }
    }
    for (buyer, (ticket, minute)) in (1..).zip(tickets.iter().zip([20, 0, 10])) {
        super::fixture::held(&market, buyer, *ticket, minute).await;
    }
    let page = market.due_list(3, at(100), 10, None).await.unwrap();
    assert_eq!(page.items, [tickets[1], tickets[2], tickets[0]].map(Due::Ticket));
    assert!(page.next.is_none());
    let first = market.due_list(3, at(100), 1, None).await.unwrap();
    assert_eq!(first.items, [Due::Ticket(tickets[1])]);
    let rest = market.due_list(3, at(100), 10, first.next).await.unwrap();
    assert_eq!(rest.items, [tickets[2], tickets[0]].map(Due::Ticket));
}

#[tokio::test]
async fn what_is_at_rest_is_not_due() {
    let (market, _) = market().await;
    let order = placed(&market, 1, listed(&market).await.id, 0).await;
    market.ticket_commit(order.ticket.id, order.id, order.hold).await.unwrap();
    assert_eq!(due(&market, at(99)).await, [of_order(&order)], "a sale that is decided is the order's");
    market.ticket_release_voided(order.ticket.id, order.id, order.hold).await.unwrap();
    order_cancel(&market, order.buyer, order.id, at(1)).await.unwrap();
    assert_eq!(due(&market, at(99)).await, []);
}

#[tokio::test]
async fn an_order_that_is_given_up_with_a_payment_is_due_at_once_and_one_that_ran_out_was_already() {
    let (market, table) = market().await;
    let begun = Record::Intent { intent: intent(), expires_at: at(30) };
    for (buyer, how, expected) in [(1, Closing::Cancelled, at(2)), (2, Closing::Expired, at(15))] {
        let order = placed(&market, buyer, listed(&market).await.id, 0).await;
        market.order_record(order.buyer, order.id, &begun).await.unwrap();
        let key = || order_key(order.buyer, order.id);
        assert_eq!(due_at(&table, key()).await, Some(n(at(15).as_millis())), "the sweep comes early, and finds out");
        order_close(&market, order.buyer, order.id, how, at(2)).await.unwrap();
        assert_eq!(due_at(&table, key()).await, Some(n(expected.as_millis())), "{how:?}");
        market.order_record(order.buyer, order.id, &Record::AtRest { intent: Some(intent()) }).await.unwrap();
        assert_eq!(due_at(&table, key()).await, None);
    }
}

#[tokio::test]
async fn an_extension_moves_no_row_of_the_index() {
    let (market, table) = market().await;
    let order = placed(&market, 1, listed(&market).await.id, 0).await;
    market.ticket_extend(order.ticket.id, order.id, order.hold, at(1), at(30)).await.unwrap();
    assert_eq!(due_at(&table, lock_key(order.ticket.id)).await, Some(n(at(15).as_millis())));
    market.order_record(order.buyer, order.id, &Record::Expiry { expires_at: at(30) }).await.unwrap();
    assert_eq!(due_at(&table, order_key(order.buyer, order.id)).await, Some(n(at(15).as_millis())));
}
