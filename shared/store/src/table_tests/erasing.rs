//! What goes of the market when an account is deleted.

use holdfast_domain::IdempotencyKey;

use super::fixture::{SELLER, details, facts, listed, market, placed, ticket, user};
use crate::keys::{holds_key, listing_key, order_key};
use crate::{Created, NewTicket};

#[tokio::test]
async fn what_is_beside_orders_goes_and_the_orders_stay() {
    let (market, table) = market().await;
    let order = placed(&market, 1, listed(&market).await.id, 0).await;
    let key = IdempotencyKey::parse("key").unwrap();
    let new = NewTicket {
        ticket: holdfast_domain::Ticket { seller: user(1), ..ticket(facts("Opera"), 0) },
        details: details(),
        credential: None,
    };
    assert_eq!(market.ticket_create_once(&new, &key).await.unwrap(), Created::Now);
    placed(&market, 2, listed(&market).await.id, 0).await;
    for _ in 0..2 {
        assert!(market.beside_orders_delete(user(1)).await.unwrap(), "that was all");
        assert_eq!(table.item(holds_key(user(1))).await, None);
        assert_eq!(table.item(listing_key(user(1), &key)).await, None);
        assert!(table.item(order_key(user(1), order.id)).await.is_some());
    }
    assert!(table.item(holds_key(user(2))).await.is_some(), "another buyer's");
}

#[tokio::test]
async fn more_than_one_run_can_remove_is_left_to_the_next() {
    let (market, table) = market().await;
    let pk = format!("U#{}", user(SELLER));
    let noted = |number| listing_key(user(SELLER), &IdempotencyKey::parse(&format!("key-{number}")).unwrap());
    table.put_all((0..101).map(noted).collect()).await;
    assert!(!market.beside_orders_delete(user(SELLER)).await.unwrap());
    assert_eq!(table.sort_keys(&pk).await.len(), 1);
    assert!(market.beside_orders_delete(user(SELLER)).await.unwrap());
    assert_eq!(table.sort_keys(&pk).await.len(), 0);
}
