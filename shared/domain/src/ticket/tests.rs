//! Every transition from every state.

use std::time::Duration;

use super::*;
use crate::money::Currency;
use crate::text::Title;

fn uuid(number: u128) -> uuid::Uuid {
    uuid::Uuid::from_u128(number)
}

fn user(number: u128) -> UserId {
    UserId::from_uuid(uuid(number))
}

fn order(number: u128) -> OrderId {
    OrderId::from_uuid(uuid(number))
}

/// So many seconds after the beginning of these tests.
fn at(seconds: u64) -> Timestamp {
    Timestamp::parse("2026-11-22T12:00:00Z").unwrap().plus(Duration::from_secs(seconds))
}

const SELLER: u128 = 1;
const ALICE: u128 = 2;
const BOB: u128 = 3;

fn listed() -> Ticket {
    let facts = TicketFacts {
        title: Title::parse("Opera").unwrap(),
        price: Price::new(4500, Currency::Eur).unwrap(),
        venue: None,
        starts_at: None,
    };
    Ticket::list(TicketId::from_uuid(uuid(9)), user(SELLER), facts, at(0))
}

fn request(buyer: u128, order_number: u128, now: u64) -> HoldRequest {
    HoldRequest { order: order(order_number), buyer: user(buyer), now: at(now), expires_at: at(now + 900) }
}

/// Held by Alice's order 20 from the start, until second 900.
fn held() -> (Ticket, Hold) {
    let ticket = listed().hold(request(ALICE, 20, 0)).unwrap();
    let TicketState::Held(hold) = ticket.state else { panic!("not held") };
    (ticket, hold)
}

fn committed() -> (Ticket, HoldNumber) {
    let (ticket, hold) = held();
    (ticket.commit(hold.order, hold.number).unwrap(), hold.number)
}

fn sold() -> (Ticket, HoldNumber) {
    let (ticket, number) = committed();
    (ticket.sell(order(20), number, at(5)).unwrap(), number)
}

#[test]
fn a_hold_has_the_version_that_its_write_gave_and_keeps_it() {
    let (ticket, hold) = held();
    assert_eq!((ticket.version.number(), hold.number.number()), (2, 2));
    let extended = ticket.extend(hold.order, hold.number, at(10), at(1200)).unwrap();
    let TicketState::Held(longer) = extended.state else { panic!("not held") };
    assert_eq!((longer.number, longer.expires_at, longer.extended), (hold.number, at(1200), true));
    let committed = extended.commit(hold.order, hold.number).unwrap();
    assert_eq!(committed.version.number(), 4);
    let TicketState::Committed(claim) = committed.state else { panic!("not committed") };
    assert_eq!((claim.buyer, claim.number), (user(ALICE), hold.number));
}

#[test]
fn nobody_takes_a_ticket_that_another_holds_until_its_time_has_passed() {
    let (ticket, _) = held();
    assert_eq!(ticket.clone().hold(request(BOB, 30, 899)), Err(HoldLost::HeldByAnother));
    let taken = ticket.hold(request(BOB, 30, 900)).unwrap();
    let TicketState::Held(hold) = taken.state else { panic!("not held") };
    assert_eq!((hold.order, hold.buyer, hold.number.number()), (order(30), user(BOB), 3));
}

#[test]
fn an_order_never_renews_its_own_hold() {
    let (ticket, hold) = held();
    for now in [1, 900, 100_000] {
        assert_eq!(ticket.clone().hold(request(ALICE, 20, now)), Err(HoldLost::AlreadyMine(hold)));
    }
    let extended = ticket.extend(hold.order, hold.number, at(1), at(1200)).unwrap();
    let again = extended.clone().extend(hold.order, hold.number, at(2), at(9999));
    assert!(matches!(again, Err(ExtendLost::AlreadyExtended(kept)) if kept.expires_at == at(1200)));
}

#[test]
fn a_run_out_hold_is_not_extended_but_may_still_be_paid() {
    let (ticket, hold) = held();
    assert_eq!(ticket.clone().extend(hold.order, hold.number, at(900), at(1200)), Err(ExtendLost::RunOut));
    assert!(ticket.commit(hold.order, hold.number).is_ok());
}

#[test]
fn nobody_buys_from_themselves_or_what_is_sold() {
    assert_eq!(listed().hold(request(SELLER, 20, 0)), Err(HoldLost::OwnTicket));
    for ticket in [committed().0, sold().0] {
        assert_eq!(ticket.hold(request(BOB, 30, 100_000)), Err(HoldLost::Sold));
    }
}

#[test]
fn only_the_holding_order_and_only_that_hold_of_it_releases() {
    let (ticket, hold) = held();
    let (other, earlier) = (order(30), HoldNumber::from_number(hold.number.number() - 1));
    for (who, which) in [(other, hold.number), (hold.order, earlier), (other, earlier)] {
        assert_eq!(ticket.clone().release(who, which), Err(ReleaseLost::Gone));
        let late = ticket.clone().release_expired(who, which, at(100_000));
        assert_eq!(late, Err(ReleaseExpiredLost::Release(ReleaseLost::Gone)));
        assert_eq!(ticket.clone().release_voided(who, which), Err(ReleaseLost::Gone));
        assert_eq!(ticket.clone().commit(who, which), Err(CommitLost::Gone));
        assert_eq!(ticket.clone().extend(who, which, at(1), at(2)), Err(ExtendLost::Gone));
    }
    assert_eq!(ticket.release(hold.order, hold.number).unwrap().state, TicketState::Listed);
}

#[test]
fn expiry_goes_by_the_tickets_own_time() {
    let (ticket, hold) = held();
    let early = ticket.clone().release_expired(hold.order, hold.number, at(899));
    assert_eq!(early, Err(ReleaseExpiredLost::NotRunOut(at(900))));
    let released = ticket.release_expired(hold.order, hold.number, at(900)).unwrap();
    assert_eq!((released.state, released.version.number()), (TicketState::Listed, 3));
}

#[test]
fn what_is_bought_is_neither_released_nor_bought_twice() {
    let (ticket, number) = committed();
    assert_eq!(ticket.clone().release(order(20), number), Err(ReleaseLost::CommittedToOrder));
    assert_eq!(ticket.clone().commit(order(20), number), Err(CommitLost::AlreadyMine));
    assert_eq!(ticket.clone().commit(order(30), number), Err(CommitLost::Gone));
    assert_eq!(ticket.clone().sell(order(30), number, at(5)), Err(SellLost::NotCommitted));
    assert_eq!(ticket.release_voided(order(20), number).unwrap().state, TicketState::Listed);
    let (ticket, number) = sold();
    assert_eq!(ticket.clone().release(order(20), number), Err(ReleaseLost::SoldToOrder));
    assert_eq!(ticket.clone().release_voided(order(20), number), Err(ReleaseLost::SoldToOrder));
    assert_eq!(ticket.clone().commit(order(20), number), Err(CommitLost::SoldToOrder));
    assert_eq!(ticket.sell(order(20), number, at(6)), Err(SellLost::AlreadyMine));
    assert_eq!(listed().sell(order(20), number, at(6)), Err(SellLost::NotCommitted));
}

#[test]
fn a_sale_is_of_one_order_and_of_one_hold() {
    let (ticket, number) = committed();
    let (other, earlier) = (order(30), HoldNumber::from_number(number.number() - 1));
    assert_eq!(ticket.clone().release(other, number), Err(ReleaseLost::Gone));
    assert_eq!(ticket.clone().release_voided(other, number), Err(ReleaseLost::Gone));
    assert_eq!(ticket.clone().release_voided(order(20), earlier), Err(ReleaseLost::CommittedToOrder));
    assert_eq!(ticket.clone().commit(order(20), earlier), Err(CommitLost::Gone));
    assert_eq!(ticket.sell(order(20), earlier, at(5)), Err(SellLost::NotCommitted));
    let (ticket, number) = sold();
    assert_eq!(ticket.clone().release(other, number), Err(ReleaseLost::Gone));
    assert_eq!(ticket.clone().commit(other, number), Err(CommitLost::Gone));
    assert_eq!(ticket.sell(other, number, at(6)), Err(SellLost::NotCommitted));
}

#[test]
fn the_seller_changes_only_what_is_listed() {
    let facts = TicketFacts { title: Title::parse("Ballet").unwrap(), ..listed().facts };
    let changed = listed().change(facts.clone()).unwrap();
    assert_eq!((changed.version.number(), &changed.facts), (2, &facts));
    for ticket in [held().0, committed().0, sold().0] {
        assert_eq!(*ticket.clone().change(facts.clone()).unwrap_err(), ticket);
    }
}

#[test]
fn a_hold_that_has_run_out_shows_as_on_the_market() {
    let (ticket, _) = held();
    assert!(listed().is_on_market(at(0)) && !ticket.is_on_market(at(899)) && ticket.is_on_market(at(900)));
    assert!(!committed().0.is_on_market(at(100_000)) && !sold().0.is_on_market(at(100_000)));
}
