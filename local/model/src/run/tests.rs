use holdfast_domain::{HoldNumber, Order, OrderState, OrderTicket, ReleaseExpiredLost, ReleaseLost, Version};

use super::{End, Job, Run, Status};
use crate::call::{Answer, Lost};
use crate::names;

/// An order whose own hold runs out at the first moment, before a payment was begun.
fn awaiting() -> Order {
    Order {
        id: names::order_id(0),
        buyer: names::buyer_id(0),
        ticket: OrderTicket { id: names::ticket_id(0), facts: names::facts(names::PRICES[0]) },
        hold: HoldNumber::from_number(1),
        expires_at: names::at(1),
        created_at: names::at(0),
        version: Version::FIRST,
        state: OrderState::AwaitingPayment { intent: None },
    }
}

/// A payment was begun, authorised and taken for the ticket after this round had read the order.
#[test]
fn a_round_that_read_the_order_before_its_payment_was_begun_looks_again() {
    let bought = Lost::ReleaseExpired(ReleaseExpiredLost::Release(ReleaseLost::CommittedToOrder));
    let answers = [Answer::Now(names::at(1)), Answer::Order(Some(awaiting())), Answer::Transition(Err(Some(bought)))];
    let round = Run::new(Job::Reconcile { order: 0, buyer: 0 }, 0);
    let round = answers.into_iter().fold(round, |round, answer| round.answered(answer));
    assert_eq!(*round.status(), Status::Ended(End::Reconcile { order: 0, buyer: 0 }));
}
