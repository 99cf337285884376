//! What a buyer has bought.

use holdfast_domain::{Credential, Order, OrderState, PaymentIntentId, Record};

use super::fixture::{at, details, facts, market, placed, ticket};
use crate::{Market, NewTicket, Receipt, StoreError};

fn credential() -> Credential {
    Credential::parse("ABC-123").unwrap()
}

fn intent() -> PaymentIntentId {
    PaymentIntentId::from_stripe("pi_1".into())
}

/// An order for a ticket that has a credential.
async fn order(market: &Market, buyer: u128) -> Order {
    let ticket = ticket(facts("Opera"), 0);
    let id = ticket.id;
    let new = NewTicket { ticket, details: details(), credential: Some(credential()) };
    market.ticket_create(&new).await.unwrap();
    placed(market, buyer, id, 0).await
}

async fn bought(market: &Market, buyer: u128) -> Order {
    let order = order(market, buyer).await;
    market.ticket_commit(order.ticket.id, order.id, order.hold).await.unwrap();
    market.ticket_sell(order.ticket.id, order.id, order.hold, at(2)).await.unwrap();
    paid(market, &order).await
}

async fn paid(market: &Market, order: &Order) -> Order {
    for record in [
        Record::Intent { intent: intent(), expires_at: at(25) },
        Record::Capturing { intent: intent() },
        Record::Paid { intent: intent(), card: None, now: at(2) },
    ] {
        market.order_record(order.buyer, order.id, &record).await.unwrap();
    }
    market.order_read(order.buyer, order.id).await.unwrap().unwrap()
}

fn receipt(credential: Option<Credential>) -> Receipt {
    Receipt { seller_name: details().seller_name, credential }
}

#[tokio::test]
async fn a_paid_order_has_what_admits_its_buyer_and_a_refunded_one_has_not() {
    let (market, _) = market().await;
    let kept = bought(&market, 1).await;
    let returned = bought(&market, 2).await;
    let refund = Record::Refund { intent: intent(), now: at(9) };
    let returned = market.order_record(returned.buyer, returned.id, &refund).await.unwrap().into_order();
    assert!(matches!(returned.state, OrderState::Paid { refunded_at: Some(_), .. }));
    let open = order(&market, 3).await;
    assert_eq!(market.order_receipt(&kept).await.unwrap(), Some(receipt(Some(credential()))));
    assert_eq!(market.order_receipt(&returned).await.unwrap(), Some(receipt(None)));
    assert_eq!(market.order_receipt(&open).await.unwrap(), None);
    let all = market.order_receipts(&[open, returned, kept]).await.unwrap();
    assert_eq!(all, [None, Some(receipt(None)), Some(receipt(Some(credential())))]);
    assert_eq!(market.order_receipts(&[]).await.unwrap(), []);
}

#[tokio::test]
async fn the_orders_own_word_gives_no_credential() {
    let (market, _) = market().await;
    let claimed = paid(&market, &order(&market, 1).await).await;
    let refused = market.order_receipt(&claimed).await;
    assert!(matches!(refused, Err(StoreError::Corrupt(_))), "its ticket is held, not sold: {refused:?}");
    let sold = bought(&market, 2).await;
    for wrong in [
        Order { id: claimed.id, ..sold.clone() },
        Order { buyer: claimed.buyer, ..sold.clone() },
        Order { hold: holdfast_domain::HoldNumber::from_number(9), ..sold.clone() },
    ] {
        let refused = market.order_receipt(&wrong).await;
        assert!(matches!(refused, Err(StoreError::Corrupt(_))), "{wrong:?}: {refused:?}");
    }
}
