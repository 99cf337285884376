//! Giving an order up.

use holdfast_domain::{Order, OrderState, PaymentIntentId, Record, TicketState};

use super::fixture::{at, hold_of, listed, market, order_id, placed, stored, user};
use crate::{CancelOutcome, Market, order_cancel};

fn intent() -> PaymentIntentId {
    PaymentIntentId::from_stripe("pi_1".into())
}

async fn record(market: &Market, order: &Order, records: &[Record]) {
    for record in records {
        let written = market.order_record(order.buyer, order.id, record).await.unwrap();
        assert!(matches!(written, crate::Written::Won(_)), "{record:?}: {written:?}");
    }
}

fn closed(outcome: CancelOutcome) -> Order {
    match outcome {
        CancelOutcome::Closed(order) => *order,
        CancelOutcome::Bought | CancelOutcome::Absent => panic!("not closed: {outcome:?}"),
    }
}

#[tokio::test]
async fn what_is_given_up_is_on_the_market_again_and_twice_is_as_once() {
    let (market, _) = market().await;
    let order = placed(&market, 1, listed(&market).await.id, 0).await;
    let first = closed(order_cancel(&market, user(1), order.id, at(1)).await.unwrap());
    assert_eq!(first.state, OrderState::Cancelled { closed_at: at(1), intent: None });
    assert_eq!(stored(&market, order.ticket.id).await.state, TicketState::Listed);
    assert_eq!(closed(order_cancel(&market, user(1), order.id, at(2)).await.unwrap()), first);
    assert_eq!(stored(&market, order.ticket.id).await.version.number(), 3);
}

#[tokio::test]
async fn an_order_of_nobody_or_of_somebody_else_is_absent() {
    let (market, _) = market().await;
    let order = placed(&market, 1, listed(&market).await.id, 0).await;
    assert_eq!(order_cancel(&market, user(2), order.id, at(1)).await.unwrap(), CancelOutcome::Absent);
    let never = order_id(1, "never");
    assert_eq!(order_cancel(&market, user(1), never, at(1)).await.unwrap(), CancelOutcome::Absent);
    assert_eq!(hold_of(&stored(&market, order.ticket.id).await).order, order.id);
}

#[tokio::test]
async fn a_payment_that_was_begun_stays_on_the_order() {
    let (market, _) = market().await;
    let order = placed(&market, 1, listed(&market).await.id, 0).await;
    record(&market, &order, &[Record::Intent { intent: intent(), expires_at: at(25) }]).await;
    let cancelled = closed(order_cancel(&market, user(1), order.id, at(1)).await.unwrap());
    assert_eq!(cancelled.state, OrderState::Cancelled { closed_at: at(1), intent: Some(intent()) });
}

#[tokio::test]
async fn a_hold_that_somebody_took_over_stays_theirs() {
    let (market, _) = market().await;
    let order = placed(&market, 1, listed(&market).await.id, 0).await;
    let other = placed(&market, 2, order.ticket.id, 20).await;
    closed(order_cancel(&market, user(1), order.id, at(21)).await.unwrap());
    assert_eq!(hold_of(&stored(&market, order.ticket.id).await).order, other.id);
}

#[tokio::test]
async fn what_is_bought_stays_bought() {
    let (market, _) = market().await;
    let order = placed(&market, 1, listed(&market).await.id, 0).await;
    let begun = Record::Intent { intent: intent(), expires_at: at(25) };
    record(&market, &order, &[begun]).await;
    market.ticket_commit(order.ticket.id, order.id, order.hold).await.unwrap();
    let cancel = || async { order_cancel(&market, user(1), order.id, at(2)).await.unwrap() };
    assert_eq!(cancel().await, CancelOutcome::Bought, "the ticket has decided, the order does not say so yet");
    record(&market, &order, &[Record::Capturing { intent: intent() }]).await;
    assert_eq!(cancel().await, CancelOutcome::Bought);
    market.ticket_sell(order.ticket.id, order.id, order.hold, at(3)).await.unwrap();
    record(&market, &order, &[Record::Paid { intent: intent(), card: None, now: at(3) }]).await;
    assert_eq!(cancel().await, CancelOutcome::Bought);
    assert!(matches!(stored(&market, order.ticket.id).await.state, TicketState::Sold(_)));
}

#[tokio::test]
async fn an_order_that_ran_out_is_closed_as_it_was() {
    let (market, _) = market().await;
    let order = placed(&market, 1, listed(&market).await.id, 0).await;
    crate::order_expire_run_out(&market, user(1), order.id, at(15)).await.unwrap();
    let found = closed(order_cancel(&market, user(1), order.id, at(16)).await.unwrap());
    assert!(matches!(found.state, OrderState::Expired { .. }), "{found:?}");
}
