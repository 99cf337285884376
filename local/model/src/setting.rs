//! Who and what there is in one exploration.

use holdfast_domain::fault::Fault;
use holdfast_domain::{Expiry, OrderState, TicketState};
use stateright::Property;

use crate::protocol::{Protocol, State};
use crate::run::{Job, Nr};

/// No limit: holds are not even counted.
pub(crate) const UNLIMITED: u8 = u8::MAX;

/// What becomes of a call whose answer is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lost {
    /// The run dies: another may begin.
    Dies,
    /// The same, or it is made again at once.
    Repeated,
    /// The same, or it is made again, and the first arrives whenever it likes.
    Late,
}

/// A setting.
#[derive(Debug, Clone)]
pub(crate) struct Setting {
    pub(crate) name: &'static str,
    /// What tells the runs of this exploration from those of others in the same process.
    pub(crate) number: usize,
    pub(crate) tickets: usize,
    /// What runs may begin: each again and again.
    pub(crate) jobs: Vec<Job>,
    /// Most runs at a time.
    pub(crate) slots: usize,
    /// What becomes of calls whose answer is lost.
    pub(crate) lost: Lost,
    /// Nothing passes after this moment until the end.
    pub(crate) last_moment: u8,
    /// Whether the bank withdraws authorisations.
    pub(crate) bank: bool,
    /// Whether Stripe fails after it has made a payment, so that there are two.
    pub(crate) anew: bool,
    /// Most holds of one buyer.
    pub(crate) limit: u8,
    pub(crate) fault: Option<Fault>,
    /// What must be seen to happen, so that nothing is proved of an empty world.
    pub(crate) reaches: &'static [&'static str],
}

impl Setting {
    /// Whether somebody compares versions of tickets.
    pub(crate) fn has_seller(&self) -> bool {
        self.jobs.iter().any(|job| job.is_sellers())
    }
}

/// Everything that begins around one order.
pub(crate) fn jobs_of(order: Nr, buyer: Nr, ticket: Nr, limit: u8) -> Vec<Job> {
    vec![
        Job::Place { order, buyer, ticket, limit },
        Job::Cancel { order, buyer },
        Job::Start { order, buyer },
        Job::Reconcile { order, buyer },
        Job::Expire { order, buyer },
    ]
}

/// What a buyer does who wants to pay.
pub(crate) fn buys(order: Nr, buyer: Nr, ticket: Nr) -> Vec<Job> {
    vec![
        Job::Place { order, buyer, ticket, limit: UNLIMITED },
        Job::Start { order, buyer },
        Job::Reconcile { order, buyer },
    ]
}

pub(crate) const PAID: &str = "an order is paid";
pub(crate) const CANCELLED: &str = "an order is cancelled";
pub(crate) const RAN_OUT: &str = "an order runs out";
pub(crate) const TOO_LATE: &str = "an order is paid too late";
pub(crate) const TAKEN_OVER: &str = "a hold is taken over";
pub(crate) const ABANDONED: &str = "a hold is left without an order";
pub(crate) const GONE: &str = "a ticket is deleted";
pub(crate) const DEARER: &str = "a ticket is held at a new price";
pub(crate) const BOTH_PAID: &str = "two tickets are sold to two orders";

fn any_order(state: &State, test: impl Fn(&OrderState) -> bool) -> bool {
    state.world.orders.iter().flatten().any(|filed| test(&filed.order.state))
}

/// What must be seen to happen.
pub(crate) fn reached(names: &[&'static str]) -> Vec<Property<Protocol>> {
    let mut all = vec![
        Property::sometimes(PAID, |_, state: &State| {
            any_order(state, |order| matches!(order, OrderState::Paid { .. }))
        }),
        Property::sometimes(CANCELLED, |_, state: &State| {
            any_order(state, |order| matches!(order, OrderState::Cancelled { .. }))
        }),
        Property::sometimes(RAN_OUT, |_, state: &State| {
            any_order(state, |order| matches!(order, OrderState::Expired { why: Expiry::RanOut, .. }))
        }),
        Property::sometimes(TOO_LATE, |_, state: &State| {
            any_order(state, |order| matches!(order, OrderState::Expired { why: Expiry::PaidTooLate, .. }))
        }),
        Property::sometimes(TAKEN_OVER, |_, state: &State| {
            state.world.tickets.iter().flatten().any(|ticket| match ticket.state {
                TicketState::Held(hold) => state.world.orders.iter().flatten().any(|filed| {
                    filed.order.ticket.id == ticket.id && filed.order.id != hold.order && !filed.order.is_final()
                }),
                TicketState::Listed | TicketState::Committed(_) | TicketState::Sold(_) => false,
            })
        }),
        Property::sometimes(ABANDONED, |_, state: &State| {
            state.runs.iter().all(Option::is_none)
                && state.world.tickets.iter().flatten().any(|ticket| match ticket.state {
                    TicketState::Held(hold) => {
                        !state.world.orders.iter().flatten().any(|filed| filed.order.id == hold.order)
                    }
                    TicketState::Listed | TicketState::Committed(_) | TicketState::Sold(_) => false,
                })
        }),
        Property::sometimes(GONE, |_, state: &State| state.world.tickets.iter().all(Option::is_none)),
        Property::sometimes(DEARER, |_, state: &State| {
            state.world.tickets.iter().flatten().any(|ticket| {
                matches!(ticket.state, TicketState::Held(_)) && ticket.facts.price.amount() == crate::names::PRICES[1]
            })
        }),
        Property::sometimes(BOTH_PAID, |_, state: &State| {
            let sold =
                |ticket: &&crate::interned::Kept<holdfast_domain::Ticket>| matches!(ticket.state, TicketState::Sold(_));
            state.world.tickets.iter().flatten().filter(sold).count() == 2
        }),
    ];
    all.retain(|property| names.contains(&property.name));
    all
}
