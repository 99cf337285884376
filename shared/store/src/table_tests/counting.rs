//! How many tickets one buyer may hold at once.

use std::time::Duration;

use holdfast_domain::{Order, Record, TicketId, TicketState, Timestamp};

use super::fixture::{HOLD, at, held, listed, market, order_id, placing, stored, user};
use crate::keys::holds_key;
use crate::{CountedHold, Market, PlaceError, PlaceOrder, order_cancel, order_place};

const LIMIT: u8 = 2;

async fn place(market: &Market, key: &str, ticket: TicketId, now: Timestamp) -> Result<Order, PlaceError> {
    order_place(market, PlaceOrder { limit: LIMIT, ..placing(1, key, ticket) }, || now).await
}

/// How long a refused buyer is to wait.
fn wait(refused: Result<Order, PlaceError>) -> Duration {
    match refused {
        Err(PlaceError::TooManyHolds { retry_after }) => retry_after,
        other => panic!("not refused for too many: {other:?}"),
    }
}

/// Two orders, placed at the minutes 0 and 1, which are all that their buyer may have.
async fn full(market: &Market) -> [Order; 2] {
    let first = place(market, "first", listed(market).await.id, at(0)).await.unwrap();
    let second = place(market, "second", listed(market).await.id, at(1)).await.unwrap();
    [first, second]
}

#[tokio::test]
async fn who_holds_all_they_may_waits_for_the_first_to_end_and_the_ticket_stays_on_the_market() {
    let (market, _) = market().await;
    let [first, second] = full(&market).await;
    let third = listed(&market).await.id;
    assert_eq!(wait(place(&market, "third", third, at(2)).await), Duration::from_mins(13));
    let almost = first.expires_at.minus(Duration::from_millis(1));
    assert_eq!(wait(place(&market, "third", third, almost).await), Duration::from_secs(1), "a second at least");
    assert_eq!(stored(&market, third).await.state, TicketState::Listed);
    assert_eq!(market.order_read(user(1), order_id(1, "third")).await.unwrap(), None);
    // What is held already may be asked for again, and others are not concerned.
    assert_eq!(place(&market, "second", second.ticket.id, at(2)).await.unwrap(), second);
    order_place(&market, PlaceOrder { limit: LIMIT, ..placing(2, "key", third) }, || at(2)).await.unwrap();
}

#[tokio::test]
async fn a_hold_that_ends_makes_room_at_its_end() {
    let (market, _) = market().await;
    let [first, second] = full(&market).await;
    let third = listed(&market).await.id;
    place(&market, "third", third, first.expires_at).await.expect("the first has run out");
    assert_eq!(
        wait(place(&market, "fourth", listed(&market).await.id, first.expires_at).await),
        Duration::from_mins(1)
    );
    assert_eq!(second.expires_at, at(16));
}

#[tokio::test]
async fn what_is_given_up_or_paid_makes_room_at_once() {
    let (market, _) = market().await;
    let [first, second] = full(&market).await;
    order_cancel(&market, user(1), first.id, at(2)).await.unwrap();
    place(&market, "third", listed(&market).await.id, at(2)).await.expect("one was given up");
    wait(place(&market, "fourth", listed(&market).await.id, at(2)).await);
    let intent = holdfast_domain::PaymentIntentId::from_stripe("pi_1".into());
    let begun = Record::Intent { intent: intent.clone(), expires_at: second.expires_at };
    for record in [begun, Record::Capturing { intent }] {
        market.order_record(second.buyer, second.id, &record).await.unwrap();
    }
    place(&market, "fourth", listed(&market).await.id, at(2)).await.expect("one is bought");
}

#[tokio::test]
async fn a_hold_that_was_extended_counts_until_its_later_end() {
    let (market, _) = market().await;
    let [first, second] = full(&market).await;
    let later = at(100);
    let intent = holdfast_domain::PaymentIntentId::from_stripe("pi_1".into());
    for order in [&first, &second] {
        let begun = Record::Intent { intent: intent.clone(), expires_at: later };
        market.order_record(order.buyer, order.id, &begun).await.unwrap();
    }
    let third = listed(&market).await.id;
    assert_eq!(wait(place(&market, "third", third, at(20)).await), Duration::from_mins(80));
    place(&market, "third", third, later).await.expect("now both have run out");
}

#[tokio::test]
async fn a_hold_whose_order_was_never_recorded_counts_until_it_runs_out() {
    let (market, table) = market().await;
    let id = listed(&market).await.id;
    let lost = held(&market, 1, id, 0).await;
    let entry = CountedHold { order: lost.order, expires_at: lost.expires_at };
    assert_eq!(market.hold_added(user(1), entry, LIMIT).await.unwrap(), None);
    assert_eq!(market.hold_added(user(1), entry, LIMIT).await.unwrap(), None, "the same is counted once");
    let counted = || async { table.item(holds_key(user(1))).await.unwrap()["holds"].as_ss().unwrap().len() };
    assert_eq!(counted().await, 1);
    place(&market, "second", listed(&market).await.id, at(1)).await.unwrap();
    let third = listed(&market).await.id;
    assert_eq!(wait(place(&market, "third", third, at(14)).await), Duration::from_mins(1));
    place(&market, "third", third, at(15)).await.expect("it has run out");
    assert_eq!(counted().await, 2, "what has ended is not counted any more");
}

/// Counted by another run of the same placing, whose hold has been extended since.
#[tokio::test]
async fn an_order_that_is_counted_with_another_end_is_not_refused() {
    let (market, _) = market().await;
    let [_, second] = full(&market).await;
    let entry = CountedHold { order: order_id(1, "third"), expires_at: at(90) };
    assert_eq!(market.hold_added(user(1), entry, LIMIT + 1).await.unwrap(), None);
    place(&market, "third", listed(&market).await.id, at(2)).await.expect("it is counted, if with another end");
    assert_eq!(second.expires_at, at(1).plus(HOLD));
}

#[tokio::test]
async fn a_full_set_says_what_fills_it_and_an_empty_one_is_none() {
    let (market, table) = market().await;
    let entry = |key: &str, minute| CountedHold { order: order_id(1, key), expires_at: at(minute) };
    let (one, two, three) = (entry("one", 1), entry("two", 2), entry("three", 3));
    market.holds_dropped(user(1), &[one]).await.expect("nothing is there to be dropped");
    assert_eq!(table.item(holds_key(user(1))).await, None);
    for entry in [one, two] {
        assert_eq!(market.hold_added(user(1), entry, 2).await.unwrap(), None);
    }
    let mut others = market.hold_added(user(1), three, 2).await.unwrap().expect("no room");
    others.sort_unstable();
    let mut expected = vec![one, two];
    expected.sort_unstable();
    assert_eq!(others, expected);
    market.holds_dropped(user(1), &[one, two, three]).await.unwrap();
    assert!(!table.item(holds_key(user(1))).await.unwrap().contains_key("holds"), "a set that is empty is none");
    assert_eq!(market.hold_added(user(1), three, 1).await.unwrap(), None);
}
