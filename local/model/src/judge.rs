//! What no single step may do.

use holdfast_domain::{Filed, Hold, OrderState, Ticket, TicketState};

use crate::call::{Call, Transition};
use crate::names;
use crate::protocol::hold_of;
use crate::run::Job;
use crate::world::{PaymentState, TICKETS, World};

/// What is remembered for the judgement alone: nothing of ours knows it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(crate) struct Memory {
    /// Orders, a bit each, whose payment is authorised since a moment at which their hold had not run out, and which nobody
    /// but ourselves can have given up since.
    pub(crate) in_time: u8,
    /// When the order that holds a ticket has taken it first.
    pub(crate) held_since: [u8; TICKETS],
}

impl Memory {
    pub(crate) fn is_in_time(self, order: usize) -> bool {
        self.in_time & (1 << order) != 0
    }

    pub(crate) fn set_in_time(&mut self, order: usize, to: bool) {
        self.in_time = if to { self.in_time | 1 << order } else { self.in_time & !(1 << order) };
    }
}

/// What is wrong with what a call has done, if anything is; and what is to be remembered of it.
pub(crate) fn judge(job: Job, call: &Call, before: &World, after: &World, memory: &mut Memory) -> Option<&'static str> {
    for number in 0..TICKETS {
        if before.tickets[number] != after.tickets[number] {
            let wrong = judge_ticket(number, job, call, before, after, memory);
            if wrong.is_some() {
                return wrong;
            }
        }
    }
    for number in 0..before.orders.len() {
        if let Some(filed) = before.order(number)
            && before.orders[number] != after.orders[number]
        {
            let wrong = judge_order(filed, after.order(number)?, after, memory);
            if wrong.is_some() {
                return wrong;
            }
        }
    }
    match call {
        Call::ReadOrders(ids) if ids.iter().enumerate().any(|(place, id)| ids[..place].contains(id)) => {
            Some("a batch asks for one order twice, which the table refuses")
        }
        Call::Capture(number) if before.payments[*number] != after.payments[*number] => judge_capture(*number, before),
        Call::Refund(_) => Some("money is given back that was never to be taken"),
        Call::ReadTicket(_)
        | Call::Ticket(..)
        | Call::Change(..)
        | Call::ReadOrder(_)
        | Call::ReadOrders(_)
        | Call::Create(_)
        | Call::Record(..)
        | Call::Count(..)
        | Call::Drop(..)
        | Call::MakePayment { .. }
        | Call::Retrieve(_)
        | Call::Capture(_)
        | Call::Void(_) => None,
    }
}

fn judge_ticket(
    number: usize,
    job: Job,
    call: &Call,
    before: &World,
    after: &World,
    memory: &mut Memory,
) -> Option<&'static str> {
    let (old, new) = (before.ticket(number)?, after.ticket(number));
    let now = names::at(before.now);
    let by = if let Call::Ticket(_, transition) = call { Some(*transition) } else { None };
    match (old.state, new.map(|ticket| ticket.state)) {
        (TicketState::Listed, None | Some(TicketState::Listed)) => None,
        (TicketState::Listed, Some(TicketState::Held(_))) => {
            memory.held_since[number] = before.now;
            None
        }
        (TicketState::Held(old), Some(TicketState::Held(new))) if old.order == new.order => {
            let bound = memory.held_since[number] + names::HOLD_MOMENTS + names::PAYMENT_MOMENTS;
            (new.expires_at >= names::at(bound)).then_some("an order renews its hold again and again")
        }
        (TicketState::Held(old), Some(TicketState::Held(_))) => {
            memory.held_since[number] = before.now;
            ends_in_time(old, before, memory);
            (old.expires_at > now).then_some("a hold is taken over before it has run out")
        }
        (TicketState::Held(hold), Some(TicketState::Listed)) => {
            memory.held_since[number] = 0;
            let order = names::order_number(hold.order);
            if by.is_some_and(|by| by.order() != hold.order) {
                return Some("a hold is released for another order than its own");
            }
            let is_in_time = ends_in_time(hold, before, memory);
            match by {
                Some(Transition::ReleaseExpired { .. }) if hold.expires_at > now => {
                    Some("a hold is released before the ticket's own expiry")
                }
                Some(Transition::ReleaseExpired { .. }) if is_in_time => {
                    Some("a payment that was authorised in time is given up by our own expiry")
                }
                Some(Transition::ReleaseVoided { .. }) => voided_without_cause(order, before),
                Some(Transition::Release { .. }) if !matches!(job, Job::Cancel { .. } | Job::Place { .. }) => {
                    Some("a hold is given back by neither its buyer nor the run that took it")
                }
                Some(
                    Transition::ReleaseExpired { .. }
                    | Transition::Release { .. }
                    | Transition::Hold(_)
                    | Transition::Extend { .. }
                    | Transition::Commit { .. }
                    | Transition::Sell { .. },
                )
                | None => None,
            }
        }
        (TicketState::Held(hold), Some(TicketState::Committed(claim))) => {
            memory.held_since[number] = 0;
            (hold.order != claim.order).then_some("a ticket is committed to another order than the one that holds it")
        }
        (TicketState::Committed(claim), Some(TicketState::Listed)) => {
            voided_without_cause(names::order_number(claim.order), before)
        }
        (TicketState::Committed(claim), Some(TicketState::Sold(sale))) => (claim.order != sale.order)
            .then_some("a ticket is sold to another order than the one that it is committed to"),
        (TicketState::Listed, Some(TicketState::Committed(_) | TicketState::Sold(_)))
        | (TicketState::Held(_), None | Some(TicketState::Sold(_)))
        | (TicketState::Committed(_), None | Some(TicketState::Held(_) | TicketState::Committed(_)))
        | (TicketState::Sold(_), _) => Some("a ticket goes a way that there is not"),
    }
}

/// A hold ends: whether it was the one that an order which was authorised in time has taken. Another hold of the same order,
/// taken by a retry, is nothing to that.
fn ends_in_time(hold: Hold, before: &World, memory: &mut Memory) -> bool {
    let order = names::order_number(hold.order);
    let is_its_own = before.order(order).and_then(|filed| hold_of(before, filed)).is_some_and(|own| own == hold);
    let in_time = is_its_own && memory.is_in_time(order);
    if in_time {
        memory.set_in_time(order, false);
    }
    in_time
}

/// A ticket goes back from an order whose payment is void for no other reason than that.
fn voided_without_cause(order: usize, world: &World) -> Option<&'static str> {
    let payment = world.order(order)?.order.intent().map(names::intent_number);
    let is_void = payment
        .and_then(|number| world.payments[number])
        .is_some_and(|payment| payment.state == PaymentState::Canceled);
    (!is_void).then_some("a ticket is taken from an order whose payment is not void")
}

fn judge_order(old: &Filed, new: &Filed, after: &World, memory: &mut Memory) -> Option<&'static str> {
    if old.order.is_final() && old.order.state != new.order.state {
        return Some("an order that has ended is overwritten");
    }
    if (old.order.hold, &old.order.ticket) != (new.order.hold, &new.order.ticket) {
        return Some("an order changes what it is for");
    }
    if let (OrderState::Paid { intent, .. }, false) = (&new.order.state, old.order.is_final()) {
        memory.set_in_time(names::order_number(new.order.id), false);
        return judge_paid(new, names::intent_number(intent), after);
    }
    None
}

fn judge_paid(filed: &Filed, payment: usize, world: &World) -> Option<&'static str> {
    let order = &filed.order;
    let others = world.orders.iter().flatten().filter(|other| other.order.id != order.id);
    let mut paid = others.filter(|other| matches!(other.order.state, OrderState::Paid { .. }));
    if paid.any(|other| other.order.ticket.id == order.ticket.id) {
        return Some("two orders are paid for one ticket");
    }
    if world.payments[payment].is_none_or(|payment| payment.state != PaymentState::Captured) {
        return Some("an order is recorded as paid whose payment is not captured");
    }
    let ticket = world.ticket(names::ticket_number(order.ticket.id));
    let is_sold = |ticket: &Ticket| matches!(ticket.state, TicketState::Sold(sale) if sale.order == order.id);
    (!ticket.is_some_and(is_sold)).then_some("an order is recorded as paid whose ticket is not sold to it")
}

/// Money is taken for a committed ticket alone, and at its price.
fn judge_capture(number: usize, world: &World) -> Option<&'static str> {
    let payment = world.payments[number]?;
    let Some(filed) = world.order(payment.order.into()) else {
        return Some("money is taken for an order that is not there");
    };
    let order = &filed.order;
    if !matches!(&order.state, OrderState::Capturing { intent } if names::intent_number(intent) == number) {
        return Some("money is taken for an order that is not being captured");
    }
    let ticket = world.ticket(names::ticket_number(order.ticket.id));
    let is_claimed =
        |ticket: &&Ticket| matches!(ticket.state, TicketState::Committed(claim) if claim.order == order.id);
    match ticket.filter(is_claimed) {
        None => Some("money is taken for a ticket that is not committed"),
        Some(ticket) if ticket.facts.price.amount() != payment.amount => {
            Some("money is taken at another price than the ticket's")
        }
        Some(_) => None,
    }
}
