//! The lock, where the domain's rule has no say: a ticket that is not there, and a seller's transaction in between.

use std::sync::Arc;

use holdfast_domain::{HoldNumber, HoldRequest, Ticket, TicketState};

use super::fixture::{SELLER, at, details, facts, held, listed, market, order_id, stored, ticket, user};
use crate::keys::lock_key;
use crate::{LostOr, TicketChange, TicketChangeError};

fn is_absent<L>(result: &Result<Ticket, LostOr<L>>) -> bool {
    matches!(result, Err(LostOr::Absent))
}

#[tokio::test]
async fn no_write_brings_a_ticket_that_is_not_there_into_being() {
    let (market, table) = market().await;
    let (id, order, hold) = (ticket(facts("Opera"), 0).id, order_id(1, "key"), HoldNumber::from_number(2));
    let request = HoldRequest { order, buyer: user(1), now: at(1), expires_at: at(16) };
    assert!(is_absent(&market.ticket_hold(id, request).await));
    assert!(is_absent(&market.ticket_extend(id, order, hold, at(1), at(20)).await));
    assert!(is_absent(&market.ticket_commit(id, order, hold).await));
    assert!(is_absent(&market.ticket_sell(id, order, hold, at(1)).await));
    assert!(is_absent(&market.ticket_release_voided(id, order, hold).await));
    assert!(is_absent(&market.ticket_release(id, order, hold).await));
    assert!(is_absent(&market.ticket_release_expired(id, order, hold, at(30)).await));
    assert_eq!(table.item(lock_key(id)).await, None);
}

/// Of a change and holds at the same time, whichever comes first wins, and nobody is told of an outage.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_sellers_change_and_holds_that_cross_it_end_in_one_winner_each() {
    let (market, _) = market().await;
    let market = Arc::new(market);
    for _ in 0..20 {
        let before = listed(&market).await;
        let mut holds = tokio::task::JoinSet::new();
        for buyer in 1..=4 {
            let (market, id) = (Arc::clone(&market), before.id);
            let request =
                HoldRequest { order: order_id(buyer, "key"), buyer: user(buyer), now: at(1), expires_at: at(16) };
            holds.spawn(async move { market.ticket_hold(id, request).await });
        }
        let change = TicketChange {
            id: before.id,
            seller: user(SELLER),
            version: before.version,
            facts: facts("Ballet"),
            details: details(),
            credential: None,
        };
        let changed = market.ticket_change(&change).await;
        let mut winners = 0;
        while let Some(hold) = holds.join_next().await {
            match hold.unwrap() {
                Ok(_) => winners += 1,
                Err(LostOr::Lost(_)) => {}
                Err(error) => panic!("{error:?}"),
            }
        }
        let after = stored(&market, before.id).await;
        assert_eq!(winners, 1, "one buyer holds it");
        match changed {
            Ok(()) => assert_eq!((after.facts, after.version.number()), (facts("Ballet"), 3)),
            Err(TicketChangeError::Changed) => assert_eq!((after.facts, after.version.number()), (facts("Opera"), 2)),
            // The change met a hold that was being decided: the seller is told to try again, and nothing is changed.
            Err(TicketChangeError::Store(error)) => {
                assert!(error.is_transient(), "{error:?}");
                assert_eq!(after.facts, facts("Opera"));
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_twenty_buyers_at_once_one_holds_the_ticket() {
    let (market, _) = market().await;
    let (id, market) = (listed(&market).await.id, Arc::new(market));
    let mut holds = tokio::task::JoinSet::new();
    for buyer in 1..=20 {
        let market = Arc::clone(&market);
        let request = HoldRequest { order: order_id(buyer, "key"), buyer: user(buyer), now: at(1), expires_at: at(16) };
        holds.spawn(async move { market.ticket_hold(id, request).await.is_ok() });
    }
    let winners = holds.join_all().await.into_iter().filter(|won| *won).count();
    assert_eq!((winners, stored(&market, id).await.version.number()), (1, 2));
}

#[tokio::test]
async fn a_hold_is_kept_with_all_that_it_says_and_goes_with_all_of_it() {
    let (market, table) = market().await;
    let before = listed(&market).await;
    let hold = held(&market, 1, before.id, 3).await;
    assert_eq!((hold.buyer, hold.order, hold.expires_at, hold.extended), (user(1), order_id(1, "key"), at(18), false));
    assert_eq!(hold.number.number(), 2);
    let extended = market.ticket_extend(before.id, hold.order, hold.number, at(4), at(30)).await.unwrap();
    let TicketState::Held(longer) = extended.state else { panic!("{extended:?}") };
    assert_eq!((longer.expires_at, longer.extended, longer.number), (at(30), true, hold.number));
    let item = table.item(lock_key(before.id)).await.unwrap();
    let listing = table.item(lock_key(listed(&market).await.id)).await.unwrap();
    assert!(item.len() > listing.len());
    market.ticket_release(before.id, hold.order, hold.number).await.unwrap();
    let mut left: Vec<_> = table.item(lock_key(before.id)).await.unwrap().into_keys().collect();
    let mut of_a_listing: Vec<_> = listing.into_keys().collect();
    left.sort_unstable();
    of_a_listing.sort_unstable();
    assert_eq!(left, of_a_listing, "nothing of the hold is left");
}

/// A request's trace is on what it decided, and stays when somebody else finishes it.
#[tokio::test]
async fn who_decides_leaves_a_trace_and_who_finishes_does_not() {
    let (market, table) = market().await;
    let id = listed(&market).await.id;
    let trace = || async { table.item(lock_key(id)).await.unwrap()["trace"].clone() };
    let listing = trace().await;
    let hold = held(&market, 1, id, 0).await;
    let holding = trace().await;
    assert_ne!(holding, listing);
    market.ticket_extend(id, hold.order, hold.number, at(1), at(20)).await.unwrap();
    assert_eq!(trace().await, holding);
    market.ticket_release_expired(id, hold.order, hold.number, at(20)).await.unwrap();
    assert_eq!(trace().await, holding, "nobody asked for that");
    let hold = held(&market, 1, id, 21).await;
    let again = trace().await;
    market.ticket_release(id, hold.order, hold.number).await.unwrap();
    assert_ne!(trace().await, again, "its buyer gave it up");
}
