//! Placing an order: each refusal, each repetition, and what comes in between.

use std::sync::atomic::{AtomicU32, Ordering};

use holdfast_domain::{Order, OrderState, TicketState, Timestamp};

use super::fixture::{
    HOLD, SELLER, at, facts, held, hold_of, listed, listed_as, market, order_id, placed, placing, stored, ticket, user,
};
use crate::{CancelOutcome, Market, PlaceError, order_cancel, order_place};

/// A clock that lets something happen when it is asked for the `nth` time: between two steps of what asks it.
fn interrupted_at<F: Future>(nth: u32, now: Timestamp, meanwhile: impl Fn() -> F) -> impl Fn() -> Timestamp {
    let asked = AtomicU32::new(0);
    move || {
        if asked.fetch_add(1, Ordering::SeqCst) + 1 == nth {
            tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(meanwhile()));
        }
        now
    }
}

/// The moments at which placing asks for the time: before it holds, counts and records.
const BEFORE_THE_HOLD: u32 = 1;
const BEFORE_THE_RECORD: u32 = 3;

async fn order(market: &Market, buyer: u128) -> Order {
    market.order_read(user(buyer), order_id(buyer, "key")).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_placed_order_holds_its_ticket_and_says_so() {
    let (market, _) = market().await;
    let ticket = listed(&market).await;
    let placed = placed(&market, 1, ticket.id, 0).await;
    assert_eq!(order(&market, 1).await, placed);
    assert_eq!((placed.ticket.id, &placed.ticket.facts, placed.hold.number()), (ticket.id, &ticket.facts, 2));
    assert_eq!((placed.created_at, placed.expires_at, placed.version.number()), (at(0), at(0).plus(HOLD), 1));
    assert_eq!(placed.state, OrderState::AwaitingPayment { intent: None });
    let hold = hold_of(&stored(&market, ticket.id).await);
    assert_eq!((hold.order, hold.number, hold.expires_at), (placed.id, placed.hold, placed.expires_at));
}

#[tokio::test]
async fn each_refusal_says_why_and_leaves_the_ticket() {
    let (market, _) = market().await;
    let ticket_id = listed(&market).await.id;
    let place = |buyer, key, ticket, minute| {
        let market = &market;
        async move { order_place(market, placing(buyer, key, ticket), || at(minute)).await }
    };
    let unknown = ticket(facts("Never listed"), 0).id;
    assert!(matches!(place(1, "a", unknown, 0).await, Err(PlaceError::NoTicket)));
    assert!(matches!(place(SELLER, "a", ticket_id, 0).await, Err(PlaceError::OwnTicket)));
    let first = place(1, "a", ticket_id, 0).await.unwrap();
    assert!(matches!(place(2, "a", ticket_id, 1).await, Err(PlaceError::HeldByAnother)));
    assert!(matches!(place(1, "b", ticket_id, 1).await, Err(PlaceError::HeldByAnother)), "nor by the same buyer");
    let other = listed(&market).await.id;
    assert!(matches!(place(1, "a", other, 1).await, Err(PlaceError::KeyReused)));
    assert_eq!(stored(&market, other).await.state, TicketState::Listed);
    market.ticket_commit(ticket_id, first.id, first.hold).await.unwrap();
    assert!(matches!(place(2, "a", ticket_id, 60).await, Err(PlaceError::Sold)));
    market.ticket_sell(ticket_id, first.id, first.hold, at(2)).await.unwrap();
    assert!(matches!(place(2, "a", ticket_id, 60).await, Err(PlaceError::Sold)));
    assert_eq!(market.order_read(user(2), order_id(2, "a")).await.unwrap(), None);
}

#[tokio::test]
async fn a_repetition_has_one_effect_and_one_answer() {
    let (market, _) = market().await;
    let id = listed(&market).await.id;
    let first = placed(&market, 1, id, 0).await;
    assert_eq!(placed(&market, 1, id, 5).await, first);
    assert_eq!(placed(&market, 1, id, 50).await, first, "its time is over, and still it is the same order");
    assert_eq!(stored(&market, id).await.version.number(), 2);
}

#[tokio::test]
async fn a_hold_whose_process_died_is_gone_on_with() {
    let (market, _) = market().await;
    let id = listed(&market).await.id;
    let hold = held(&market, 1, id, 0).await;
    let order = placed(&market, 1, id, 40).await;
    assert_eq!((order.hold, order.expires_at, order.created_at), (hold.number, hold.expires_at, at(40)));
    assert_eq!(stored(&market, id).await.version.number(), 2, "the hold is the one that was there, not a new one");
}

#[tokio::test]
async fn a_hold_that_has_run_out_is_taken_over() {
    let (market, _) = market().await;
    let id = listed(&market).await.id;
    placed(&market, 1, id, 0).await;
    let refused =
        order_place(&market, placing(2, "key", id), || at(15).minus(std::time::Duration::from_millis(1))).await;
    assert!(matches!(refused, Err(PlaceError::HeldByAnother)));
    let second = placed(&market, 2, id, 15).await;
    assert_eq!((second.hold.number(), hold_of(&stored(&market, id).await).order), (3, second.id));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_run_of_the_same_placing_may_record_first() {
    let (market, _) = market().await;
    let id = listed(&market).await.id;
    let meanwhile = || async { placed(&market, 1, id, 1).await };
    let clock = interrupted_at(BEFORE_THE_RECORD, at(2), meanwhile);
    let placed = order_place(&market, placing(1, "key", id), clock).await.unwrap();
    assert_eq!((&placed, placed.created_at), (&order(&market, 1).await, at(1)));
    assert_eq!(hold_of(&stored(&market, id).await).number, placed.hold, "one hold, and it stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_ended_meanwhile_keeps_no_hold() {
    let (market, _) = market().await;
    let id = listed(&market).await.id;
    // Another run records the order, its buyer gives it up; and only then does this run take its hold.
    let meanwhile = || async {
        let order = placed(&market, 1, id, 0).await;
        let closed = order_cancel(&market, order.buyer, order.id, at(1)).await.unwrap();
        assert!(matches!(closed, CancelOutcome::Closed(_)));
    };
    let clock = interrupted_at(BEFORE_THE_HOLD, at(2), meanwhile);
    let answered = order_place(&market, placing(1, "key", id), clock).await.unwrap();
    assert_eq!(answered.state, OrderState::Cancelled { closed_at: at(1), intent: None });
    assert_eq!(stored(&market, id).await.state, TicketState::Listed, "what it held late is given back");
    assert_eq!(stored(&market, id).await.version.number(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_was_used_for_another_ticket_meanwhile_holds_one() {
    let (market, _) = market().await;
    let (id, other) = (listed(&market).await.id, listed_as(&market, ticket(facts("Ballet"), 0)).await.id);
    let clock = interrupted_at(BEFORE_THE_RECORD, at(2), || async { placed(&market, 1, other, 1).await });
    let refused = order_place(&market, placing(1, "key", id), clock).await;
    assert!(matches!(refused, Err(PlaceError::KeyReused)), "{refused:?}");
    assert_eq!(stored(&market, id).await.state, TicketState::Listed);
    assert_eq!(hold_of(&stored(&market, other).await).order, order(&market, 1).await.id);
}
