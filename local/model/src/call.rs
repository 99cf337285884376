//! What a run of our code asks of the table and of Stripe, and what it is answered: one step each.

use std::{array, fmt};

use holdfast_domain::{
    CommitLost, ExtendLost, HoldLost, HoldNumber, HoldRequest, Intent, Order, OrderId, Record, ReleaseExpiredLost,
    ReleaseLost, SellLost, Ticket, TicketId, Timestamp, Version,
};
use holdfast_store::{CountedHold, Recorded, Written};

use crate::names;
use crate::world::TICKETS;

/// A transition of the lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Transition {
    Hold(HoldRequest),
    Extend { order: OrderId, hold: HoldNumber, now: Timestamp, expires_at: Timestamp },
    Commit { order: OrderId, hold: HoldNumber },
    Sell { order: OrderId, hold: HoldNumber },
    ReleaseVoided { order: OrderId, hold: HoldNumber },
    Release { order: OrderId, hold: HoldNumber },
    ReleaseExpired { order: OrderId, hold: HoldNumber, now: Timestamp },
}

/// Why a transition was lost.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Lost {
    Hold(HoldLost),
    Extend(ExtendLost),
    Commit(CommitLost),
    Sell(SellLost),
    Release(ReleaseLost),
    ReleaseExpired(ReleaseExpiredLost),
}

impl Transition {
    /// The order that it is made for.
    pub(crate) fn order(self) -> OrderId {
        match self {
            Self::Hold(request) => request.order,
            Self::Extend { order, .. }
            | Self::Commit { order, .. }
            | Self::Sell { order, .. }
            | Self::ReleaseVoided { order, .. }
            | Self::Release { order, .. }
            | Self::ReleaseExpired { order, .. } => order,
        }
    }

    /// The hold that it names.
    fn hold(self) -> Option<HoldNumber> {
        match self {
            Self::Hold(_) => None,
            Self::Extend { hold, .. }
            | Self::Commit { hold, .. }
            | Self::Sell { hold, .. }
            | Self::ReleaseVoided { hold, .. }
            | Self::Release { hold, .. }
            | Self::ReleaseExpired { hold, .. } => Some(hold),
        }
    }

    /// The domain's decision.
    pub(crate) fn decide(self, ticket: Ticket) -> Result<Ticket, Lost> {
        match self {
            Self::Hold(request) => ticket.hold(request).map_err(Lost::Hold),
            Self::Extend { order, hold, now, expires_at } => {
                ticket.extend(order, hold, now, expires_at).map_err(Lost::Extend)
            }
            Self::Commit { order, hold } => ticket.commit(order, hold).map_err(Lost::Commit),
            Self::Sell { order, hold } => ticket.sell(order, hold, names::at(0)).map_err(Lost::Sell),
            Self::ReleaseVoided { order, hold } => ticket.release_voided(order, hold).map_err(Lost::Release),
            Self::Release { order, hold } => ticket.release(order, hold).map_err(Lost::Release),
            Self::ReleaseExpired { order, hold, now } => {
                ticket.release_expired(order, hold, now).map_err(Lost::ReleaseExpired)
            }
        }
    }
}

/// One call.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Call {
    ReadTicket(TicketId),
    Ticket(TicketId, Transition),
    /// A seller's change of the price, or the end of the listing.
    Change(TicketId, Version, Edit),
    ReadOrder(OrderId),
    ReadOrders(Vec<OrderId>),
    Create(Box<Order>),
    Record(OrderId, Record),
    Count(CountedHold, u8),
    Drop(OrderId, Vec<CountedHold>),
    MakePayment {
        order: OrderId,
        amount: u64,
    },
    Retrieve(usize),
    Capture(usize),
    Void(usize),
    Refund(usize),
}

/// What a seller does to a listed ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Edit {
    Price,
    Delete,
}

/// What a call answers.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Answer {
    Now(Timestamp),
    Ticket(Option<Ticket>),
    /// What became of a transition; why it was lost, or that there is no such ticket.
    Transition(Result<Ticket, Option<Lost>>),
    Order(Option<Order>),
    Orders(Vec<Order>),
    Created(Recorded),
    Recorded(Written),
    /// What fills the set, when there is no room in it.
    Counted(Option<Vec<CountedHold>>),
    Payment(Intent),
    /// Whether the payment was in a state in which that can be done to it.
    Changed(bool),
    Done,
}

impl Call {
    /// Whether it can change anything.
    pub(crate) fn writes(&self) -> bool {
        match self {
            Self::ReadTicket(_) | Self::ReadOrder(_) | Self::ReadOrders(_) | Self::Retrieve(_) => false,
            Self::Ticket(..)
            | Self::Change(..)
            | Self::Create(_)
            | Self::Record(..)
            | Self::Count(..)
            | Self::Drop(..)
            | Self::MakePayment { .. }
            | Self::Capture(_)
            | Self::Void(_)
            | Self::Refund(_) => true,
        }
    }
}

impl Call {
    /// The numbers of holds that it names, and the versions of tickets.
    pub(crate) fn numbers(&self) -> Numbers {
        let mut numbers = Numbers::default();
        match self {
            Self::Ticket(id, transition) => {
                if let Some(hold) = transition.hold() {
                    numbers.holds[names::ticket_number(*id)] = 1 << hold.number();
                }
            }
            Self::Change(id, version, _) => numbers.versions[names::ticket_number(*id)] = 1 << version.number(),
            Self::Create(order) => numbers = Numbers::of_order(order),
            Self::ReadTicket(_)
            | Self::ReadOrder(_)
            | Self::ReadOrders(_)
            | Self::Record(..)
            | Self::Count(..)
            | Self::Drop(..)
            | Self::MakePayment { .. }
            | Self::Retrieve(_)
            | Self::Capture(_)
            | Self::Void(_)
            | Self::Refund(_) => {}
        }
        numbers
    }
}

impl Answer {
    /// The numbers of holds that it speaks of, and the versions of tickets.
    pub(crate) fn numbers(&self) -> Numbers {
        match self {
            Self::Ticket(Some(ticket)) | Self::Transition(Ok(ticket)) => Numbers::of_ticket(ticket),
            Self::Transition(Err(Some(
                Lost::Hold(HoldLost::AlreadyMine(hold)) | Lost::Extend(ExtendLost::AlreadyExtended(hold)),
            ))) => Numbers::of_hold_of_any_ticket(hold.number),
            Self::Order(Some(order)) | Self::Recorded(Written::Won(order) | Written::Lost(order)) => {
                Numbers::of_order(order)
            }
            Self::Created(Recorded::Existing(order)) => Numbers::of_order(order),
            Self::Orders(orders) => orders.iter().map(Numbers::of_order).fold(Numbers::default(), Numbers::and),
            Self::Now(_)
            | Self::Ticket(None)
            | Self::Transition(Err(_))
            | Self::Order(None)
            | Self::Created(Recorded::New)
            | Self::Counted(_)
            | Self::Payment(_)
            | Self::Changed(_)
            | Self::Done => Numbers::default(),
        }
    }
}

/// Numbers that are in use for each ticket, a bit each. Nothing but their equality at one ticket matters, so that one that
/// nobody knows any more is given again: the states stay finite however often a ticket is held. Two tickets count alike, so
/// that whoever took a hold of one for a hold of the other would be found out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(crate) struct Numbers {
    pub(crate) holds: [u16; TICKETS],
    pub(crate) versions: [u16; TICKETS],
}

impl Numbers {
    pub(crate) fn and(self, other: Self) -> Self {
        let both = |one: [u16; TICKETS], other: [u16; TICKETS]| array::from_fn(|ticket| one[ticket] | other[ticket]);
        Self { holds: both(self.holds, other.holds), versions: both(self.versions, other.versions) }
    }

    pub(crate) fn of_ticket(ticket: &Ticket) -> Self {
        use holdfast_domain::TicketState::{Committed, Held, Listed, Sold};
        let mut numbers = Self::default();
        let number = names::ticket_number(ticket.id);
        numbers.versions[number] = 1 << ticket.version.number();
        numbers.holds[number] = match ticket.state {
            Listed => 0,
            Held(hold) => 1 << hold.number.number(),
            Committed(claim) => 1 << claim.number.number(),
            Sold(sale) => 1 << sale.number.number(),
        };
        numbers
    }

    pub(crate) fn of_order(order: &Order) -> Self {
        let mut numbers = Self::default();
        numbers.holds[names::ticket_number(order.ticket.id)] = 1 << order.hold.number();
        numbers
    }

    fn of_hold_of_any_ticket(hold: HoldNumber) -> Self {
        Self { holds: [1 << hold.number(); TICKETS], ..Self::default() }
    }

    /// The least number that is not in use, 1 at least.
    pub(crate) fn fresh(used: u16) -> u64 {
        u64::from((used | 1).trailing_ones())
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReadTicket(id) => write!(f, "reads {}", names::ticket(*id)),
            Self::Ticket(id, transition) => {
                let ticket = names::ticket(*id);
                match transition {
                    Transition::Hold(request) => write!(
                        f,
                        "holds {ticket} from {} until {}",
                        names::moment(request.now),
                        names::moment(request.expires_at)
                    ),
                    Transition::Extend { expires_at, .. } => {
                        write!(f, "extends its hold of {ticket} until {}", names::moment(*expires_at))
                    }
                    Transition::Commit { hold, .. } => write!(f, "commits {ticket} by hold {}", hold.number()),
                    Transition::Sell { .. } => write!(f, "records {ticket} as sold"),
                    Transition::ReleaseVoided { hold, .. } => {
                        write!(f, "releases {ticket}, whose payment is void, by hold {}", hold.number())
                    }
                    Transition::Release { hold, .. } => write!(f, "gives {ticket} back by hold {}", hold.number()),
                    Transition::ReleaseExpired { hold, now, .. } => write!(
                        f,
                        "releases {ticket} by hold {} if it has run out at {}",
                        hold.number(),
                        names::moment(*now)
                    ),
                }
            }
            Self::Change(id, _, Edit::Price) => write!(f, "changes the price of {}", names::ticket(*id)),
            Self::Change(id, _, Edit::Delete) => write!(f, "deletes {}", names::ticket(*id)),
            Self::ReadOrder(id) => write!(f, "reads {}", names::order(*id)),
            Self::ReadOrders(ids) => {
                write!(f, "reads {}", ids.iter().map(|id| names::order(*id)).collect::<Vec<_>>().join(" and "))
            }
            Self::Create(order) => {
                write!(f, "records {} with hold {}", names::order(order.id), order.hold.number())
            }
            Self::Record(id, record) => write!(f, "records {} on {}", names::record(record), names::order(*id)),
            Self::Count(hold, limit) => {
                write!(f, "counts the hold of {} among at most {limit}", names::order(hold.order))
            }
            Self::Drop(_, holds) => write!(f, "drops {} holds that have ended from the count", holds.len()),
            Self::MakePayment { amount, .. } => write!(f, "makes a payment of {amount} at Stripe"),
            Self::Retrieve(number) => write!(f, "asks Stripe for payment {number}"),
            Self::Capture(number) => write!(f, "captures payment {number}"),
            Self::Void(number) => write!(f, "voids payment {number}"),
            Self::Refund(number) => write!(f, "refunds payment {number}"),
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Now(now) => write!(f, "{}", names::moment(*now)),
            Self::Ticket(None) | Self::Order(None) => f.write_str("nothing there"),
            Self::Ticket(Some(ticket)) | Self::Transition(Ok(ticket)) => write!(f, "{}", names::ticket_state(ticket)),
            Self::Transition(Err(None)) => f.write_str("lost: nothing there"),
            Self::Transition(Err(Some(lost))) => match lost {
                Lost::Hold(why) => write!(f, "lost: {why}"),
                Lost::Extend(why) => write!(f, "lost: {why}"),
                Lost::Commit(why) => write!(f, "lost: {why}"),
                Lost::Sell(why) => write!(f, "lost: {why}"),
                Lost::Release(why) => write!(f, "lost: {why}"),
                Lost::ReleaseExpired(why) => write!(f, "lost: {why}"),
            },
            Self::Order(Some(order)) | Self::Recorded(Written::Won(order)) => {
                write!(f, "{}", names::order_state(order))
            }
            Self::Orders(orders) => f.write_str(&orders.iter().map(names::order_state).collect::<Vec<_>>().join(", ")),
            Self::Created(Recorded::New) => f.write_str("new"),
            Self::Created(Recorded::Existing(order)) => {
                write!(f, "lost: it is there, {}", names::order_state(order))
            }
            Self::Recorded(Written::Lost(order)) => write!(f, "lost: it is {}", names::order_state(order)),
            Self::Counted(None) => f.write_str("there is room"),
            Self::Counted(Some(holds)) => write!(f, "no room beside {}", holds.len()),
            Self::Payment(intent) => write!(f, "payment {} is {:?}", intent.id, intent.status),
            Self::Changed(true) | Self::Done => f.write_str("done"),
            Self::Changed(false) => f.write_str("refused: it is in another state"),
        }
    }
}
