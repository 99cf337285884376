//! The end of a hold by its time.

use holdfast_domain::{Closing, Expiry, Order, OrderState, PaymentIntentId, Record, TicketState};

use super::fixture::{at, facts, held, hold_of, listed, market, order_id, placed, stored, ticket, user};
use crate::{
    ExpireOutcome, HoldEnd, Market, RunOutOutcome, hold_end, order_cancel, order_close, order_expire_run_out,
    order_release_run_out,
};

fn intent() -> PaymentIntentId {
    PaymentIntentId::from_stripe("pi_1".into())
}

async fn expire(market: &Market, order: &Order, minute: u64) -> ExpireOutcome {
    order_expire_run_out(market, order.buyer, order.id, at(minute)).await.unwrap()
}

async fn reread(market: &Market, order: &Order) -> Order {
    market.order_read(order.buyer, order.id).await.unwrap().unwrap()
}

async fn order(market: &Market) -> Order {
    placed(market, 1, listed(market).await.id, 0).await
}

#[tokio::test]
async fn an_order_ends_with_its_time_and_not_before() {
    let (market, _) = market().await;
    let order = order(&market).await;
    assert_eq!(expire(&market, &order, 14).await, ExpireOutcome::NotRunOut(at(15)));
    assert_eq!(hold_of(&stored(&market, order.ticket.id).await).order, order.id);
    assert_eq!(expire(&market, &order, 15).await, ExpireOutcome::Expired);
    let ended = OrderState::Expired { closed_at: at(15), intent: None, why: Expiry::RanOut };
    assert_eq!(reread(&market, &order).await.state, ended);
    assert_eq!(stored(&market, order.ticket.id).await.state, TicketState::Listed);
    assert_eq!(expire(&market, &order, 16).await, ExpireOutcome::Final);
    let unknown = order_expire_run_out(&market, user(1), order_id(1, "never"), at(16)).await.unwrap();
    assert_eq!(unknown, ExpireOutcome::Absent);
}

#[tokio::test]
async fn the_tickets_own_time_decides_and_the_order_learns_it() {
    let (market, _) = market().await;
    let order = order(&market).await;
    market.ticket_extend(order.ticket.id, order.id, order.hold, at(1), at(30)).await.unwrap();
    assert_eq!(expire(&market, &order, 15).await, ExpireOutcome::NotRunOut(at(30)));
    assert_eq!(reread(&market, &order).await.expires_at, at(30));
    assert_eq!(expire(&market, &order, 30).await, ExpireOutcome::Expired);
}

#[tokio::test]
async fn what_was_taken_over_is_expired_and_stays_with_who_took_it() {
    let (market, _) = market().await;
    let order = order(&market).await;
    let other = placed(&market, 2, order.ticket.id, 15).await;
    assert_eq!(expire(&market, &order, 16).await, ExpireOutcome::Expired);
    assert_eq!(hold_of(&stored(&market, order.ticket.id).await).order, other.id);
}

#[tokio::test]
async fn a_ticket_that_was_deleted_meanwhile_ends_its_order() {
    let (market, _) = market().await;
    let order = order(&market).await;
    let listed = market.ticket_release(order.ticket.id, order.id, order.hold).await.unwrap();
    market.ticket_delete(listed.id, listed.seller, listed.version).await.unwrap();
    assert_eq!(expire(&market, &order, 15).await, ExpireOutcome::Expired);
}

#[tokio::test]
async fn a_payment_or_a_sale_is_not_ended_by_time_alone() {
    let (market, _) = market().await;
    let order = order(&market).await;
    market.ticket_commit(order.ticket.id, order.id, order.hold).await.unwrap();
    assert_eq!(expire(&market, &order, 20).await, ExpireOutcome::Bought, "the ticket says so before the order does");
    let begun = Record::Intent { intent: intent(), expires_at: at(15) };
    market.order_record(order.buyer, order.id, &begun).await.unwrap();
    assert_eq!(expire(&market, &order, 20).await, ExpireOutcome::HasIntent);
    market.order_record(order.buyer, order.id, &Record::Capturing { intent: intent() }).await.unwrap();
    assert_eq!(expire(&market, &order, 20).await, ExpireOutcome::Bought);
    let paid = Record::Paid { intent: intent(), card: None, now: at(20) };
    market.order_record(order.buyer, order.id, &paid).await.unwrap();
    assert_eq!(expire(&market, &order, 20).await, ExpireOutcome::Final);
}

#[tokio::test]
async fn who_has_asked_stripe_ends_an_order_with_a_payment() {
    let (market, _) = market().await;
    let order = order(&market).await;
    let begun = Record::Intent { intent: intent(), expires_at: at(15) };
    market.order_record(order.buyer, order.id, &begun).await.unwrap();
    let order = reread(&market, &order).await;
    let early = order_release_run_out(&market, &order, at(14)).await.unwrap();
    assert_eq!(early, RunOutOutcome::NotRunOut(at(15)));
    let RunOutOutcome::Released(ended) = order_release_run_out(&market, &order, at(15)).await.unwrap() else {
        panic!("not released");
    };
    let state = OrderState::Expired { closed_at: at(15), intent: Some(intent()), why: Expiry::RanOut };
    assert_eq!((&ended.state, *ended.clone()), (&state, reread(&market, &order).await));
}

#[tokio::test]
async fn closing_answers_what_is_stored_and_overwrites_no_end() {
    let (market, _) = market().await;
    let order = order(&market).await;
    let close = |how, minute| {
        let (market, order) = (&market, &order);
        async move { order_close(market, order.buyer, order.id, how, at(minute)).await }
    };
    let closed = close(Closing::PaidTooLate, 1).await.unwrap();
    let state = OrderState::Expired { closed_at: at(1), intent: None, why: Expiry::RanOut };
    assert_eq!(closed.state, state, "nothing was paid, so nothing was too late");
    assert_eq!(close(Closing::Cancelled, 2).await.unwrap(), closed);
    let missing = order_close(&market, user(9), order.id, Closing::Cancelled, at(1)).await;
    assert!(matches!(missing, Err(crate::StoreError::Corrupt(_))), "{missing:?}");
}

#[tokio::test]
async fn a_hold_without_a_live_order_is_released_once_it_has_run_out() {
    let (market, _) = market().await;
    let id = listed(&market).await.id;
    let end = |minute| {
        let market = &market;
        async move { hold_end(market, id, || at(minute)).await.unwrap() }
    };
    assert_eq!(end(99).await, HoldEnd::AtRest, "nobody holds it");
    held(&market, 1, id, 0).await;
    assert_eq!(end(14).await, HoldEnd::AtRest, "it has not run out");
    assert_eq!(end(15).await, HoldEnd::Released);
    assert_eq!(stored(&market, id).await.state, TicketState::Listed);
    let order = placed(&market, 1, id, 20).await;
    assert_eq!(end(35).await, HoldEnd::OfOrder(user(1), order.id));
    assert_eq!(hold_of(&stored(&market, id).await).order, order.id);
    // A retry that took the hold anew after its order had ended.
    order_cancel(&market, user(1), order.id, at(36)).await.unwrap();
    held(&market, 1, id, 40).await;
    assert_eq!(end(60).await, HoldEnd::Released);
    let committed = held(&market, 2, id, 61).await;
    market.ticket_commit(id, committed.order, committed.number).await.unwrap();
    assert_eq!(end(99).await, HoldEnd::AtRest);
    let never = ticket(facts("Never listed"), 0).id;
    assert_eq!(hold_end(&market, never, || at(99)).await.unwrap(), HoldEnd::AtRest);
}

/// The hold that is found may be taken over before it is released.
#[tokio::test(flavor = "multi_thread")]
async fn who_takes_over_in_between_keeps_what_they_took() {
    let (market, _) = market().await;
    let id = listed(&market).await.id;
    held(&market, 1, id, 0).await;
    let asked = std::sync::atomic::AtomicU32::new(0);
    let clock = || {
        if asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 1 {
            tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(placed(&market, 2, id, 16)));
        }
        at(16)
    };
    assert_eq!(hold_end(&market, id, clock).await.unwrap(), HoldEnd::AtRest);
    assert_eq!(hold_of(&stored(&market, id).await).buyer, user(2));
}
