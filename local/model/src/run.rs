//! Runs of our own functions: each is deployed code, of which the model makes one call at a time.

use std::cell::Cell;
use std::future::Future as _;
use std::hash::{Hash, Hasher};
use std::ops::ControlFlow;
use std::pin::pin;
use std::sync::OnceLock;
use std::task::{Context, Poll, Waker};

use holdfast_checkout::{Begun, Checkout, ReconcileError, StartError};
use holdfast_domain::{Order, PaymentIntentId, TicketState, Timestamp};
use holdfast_store::{
    HoldEnd, PlaceError, PlaceOrder, Steps as _, StoreError, hold_end, order_cancel, order_expire_run_out, order_place,
};

use crate::call::{Answer, Call, Edit, Numbers};
use crate::interned::Kept;
use crate::names::{self, timeless};
use crate::replay::{Replay, Wants};
use crate::setting::UNLIMITED;

/// A number of the model: of an order, a ticket, a buyer.
pub(crate) type Nr = u8;

/// What a run does, and for whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Job {
    /// `POST /api/orders`.
    Place { order: Nr, buyer: Nr, ticket: Nr, limit: u8 },
    /// `DELETE /api/orders/…`.
    Cancel { order: Nr, buyer: Nr },
    /// `POST /api/orders/…/payment`.
    Start { order: Nr, buyer: Nr },
    /// A round of reconciling: a webhook, early, late or repeated; the return page; the sweep.
    Reconcile { order: Nr, buyer: Nr },
    /// A schedule: early, late or repeated.
    Expire { order: Nr, buyer: Nr },
    /// The sweep at a ticket.
    SweepHold { ticket: Nr },
    /// `PUT /api/tickets/…`.
    ChangePrice { ticket: Nr },
    /// `DELETE /api/tickets/…`.
    Delete { ticket: Nr },
}

impl Job {
    /// Whether it is one of the ticket's seller.
    pub(crate) fn is_sellers(self) -> bool {
        match self {
            Self::ChangePrice { .. } | Self::Delete { .. } => true,
            Self::Place { .. }
            | Self::Cancel { .. }
            | Self::Start { .. }
            | Self::Reconcile { .. }
            | Self::Expire { .. }
            | Self::SweepHold { .. } => false,
        }
    }
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum End {
    /// With nothing that anybody else hears of.
    Silent,
    /// With an order that its buyer is told.
    Placed(Box<Order>),
    /// With a payment whose secret the buyer gets.
    Payable(usize),
    /// With a payment that is past being confirmed: its order is reconciled, and its secret may be told.
    Moved { order: Nr, buyer: Nr, payment: usize },
    /// The order is to be looked at, or looked at again.
    Reconcile { order: Nr, buyer: Nr },
    /// With what the protocol says cannot be.
    Impossible(String),
}

/// Where a run stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Status {
    Waits(Wants),
    Ended(End),
}

/// A run that has had some answers.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) job: Job,
    /// Which of the model's settings it belongs to: with another fault the same answers lead elsewhere.
    setting: usize,
    answers: Vec<Kept<Answer>>,
    numbers: Numbers,
    status: OnceLock<Status>,
}

impl PartialEq for Run {
    fn eq(&self, other: &Self) -> bool {
        self.job == other.job && self.setting == other.setting && self.answers == other.answers
    }
}

impl Eq for Run {}

impl Hash for Run {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.job, self.setting).hash(state);
        self.answers.hash(state);
    }
}

impl Run {
    pub(crate) fn new(job: Job, setting: usize) -> Kept<Self> {
        Self::with(job, setting, Vec::new(), Numbers::default())
    }

    fn with(job: Job, setting: usize, answers: Vec<Kept<Answer>>, numbers: Numbers) -> Kept<Self> {
        Kept::new(Self { job, setting, answers, numbers, status: OnceLock::new() })
    }

    /// The run with one more answer.
    pub(crate) fn answered(&self, answer: Answer) -> Kept<Self> {
        let numbers = self.numbers.and(answer.numbers());
        let answers = self.answers.iter().copied().chain([Kept::new(answer)]).collect();
        Self::with(self.job, self.setting, answers, numbers)
    }

    /// The numbers that it has heard of.
    pub(crate) fn numbers(&self) -> Numbers {
        self.numbers
    }

    /// Where it stands.
    pub(crate) fn status(&self) -> &Status {
        self.status.get_or_init(|| self.replayed())
    }

    /// The call that it makes next, if it makes one.
    pub(crate) fn call(&self) -> Option<&Call> {
        match self.status() {
            Status::Waits(Wants::Call(call)) => Some(call),
            Status::Waits(Wants::Clock) | Status::Ended(_) => None,
        }
    }

    fn replayed(&self) -> Status {
        let [early, late] = [0, names::LATER].map(|idle| replayed(self.job, self.answers.clone(), names::at(idle)));
        if early == late { early } else { Status::Ended(End::Impossible("an idle moment decides".to_owned())) }
    }
}

fn replayed(job: Job, answers: Vec<Kept<Answer>>, idle: Timestamp) -> Status {
    let replay = Replay::new(answers, idle);
    let polled = {
        let running = pin!(run(job, replay.clone()));
        running.poll(&mut Context::from_waker(Waker::noop()))
    };
    match (replay.wants(), polled) {
        (Some(wants), _) => Status::Waits(wants),
        (None, Poll::Ready(end)) => Status::Ended(end),
        (None, Poll::Pending) => Status::Ended(End::Impossible("it waits for nothing".to_owned())),
    }
}

async fn run(job: Job, replay: Replay) -> End {
    let clock = || replay.now();
    match job {
        Job::Place { order, buyer, ticket, limit } => {
            let command = PlaceOrder {
                order: names::order_id(order.into()),
                buyer: names::buyer_id(buyer.into()),
                ticket: names::ticket_id(ticket.into()),
                hold: names::HOLD,
                limit,
            };
            let asked = Cell::new(0);
            // The first moment is the hold's, the second the count's; the third is written down.
            let clock = || match asked.replace(asked.get() + 1) {
                0 => replay.now(),
                1 if limit != UNLIMITED => replay.now(),
                _ => replay.idle_moment(),
            };
            match order_place(&replay, command, clock).await {
                Ok(order) => End::Placed(Box::new(timeless(order))),
                Err(PlaceError::Store(error)) => impossible(&error),
                Err(
                    PlaceError::NoTicket
                    | PlaceError::OwnTicket
                    | PlaceError::HeldByAnother
                    | PlaceError::Sold
                    | PlaceError::TooManyHolds { .. }
                    | PlaceError::KeyReused,
                ) => End::Silent,
            }
        }
        Job::Cancel { order, buyer } => {
            let now = replay.idle_moment();
            silent(order_cancel(&replay, names::buyer_id(buyer.into()), names::order_id(order.into()), now).await)
        }
        Job::Expire { order, buyer } => {
            let now = clock();
            let ended =
                order_expire_run_out(&replay, names::buyer_id(buyer.into()), names::order_id(order.into()), now);
            silent(ended.await)
        }
        Job::Start { order, buyer } => start(replay.clone(), order, buyer, clock).await,
        Job::Reconcile { order, buyer } => reconcile(replay.clone(), order, buyer, clock).await,
        Job::SweepHold { ticket } => match hold_end(&replay, names::ticket_id(ticket.into()), clock).await {
            Ok(HoldEnd::AtRest | HoldEnd::Released) => End::Silent,
            Ok(HoldEnd::OfOrder(buyer, order)) => {
                End::Reconcile { order: nr(names::order_number(order)), buyer: nr(names::buyer_number(buyer)) }
            }
            Err(error) => impossible(&error),
        },
        Job::ChangePrice { ticket } => edit(&replay, ticket, Edit::Price).await,
        Job::Delete { ticket } => edit(&replay, ticket, Edit::Delete).await,
    }
}

fn nr(number: usize) -> Nr {
    Nr::try_from(number).expect("a number of the model")
}

async fn start(replay: Replay, order: Nr, buyer: Nr, clock: impl Fn() -> Timestamp + Send + Sync) -> End {
    let checkout = Checkout::new(replay.clone(), replay, "model".to_owned());
    let (buyer_id, order_id) = (names::buyer_id(buyer.into()), names::order_id(order.into()));
    match checkout.start_or_find(buyer_id, order_id, names::PAYMENT, clock).await {
        Ok(Begun::Payable(started)) => {
            let payment = PaymentIntentId::from_stripe(started.client_secret.expose().to_owned());
            End::Payable(names::intent_number(&payment))
        }
        Ok(Begun::Moved(payment)) => End::Moved { order, buyer, payment: names::intent_number(&payment.intent.id) },
        Err(StartError::Absent | StartError::Closed | StartError::Bought | StartError::HoldExpired) => End::Silent,
        Err(StartError::Reconcile(error)) => impossible(&error),
    }
}

async fn reconcile(replay: Replay, order: Nr, buyer: Nr, clock: impl Fn() -> Timestamp + Send + Sync) -> End {
    let checkout = Checkout::new(replay.clone(), replay, "model".to_owned());
    let (buyer_id, order_id) = (names::buyer_id(buyer.into()), names::order_id(order.into()));
    match checkout.reconcile_round(buyer_id, order_id, clock).await {
        Ok(ControlFlow::Continue(())) => End::Reconcile { order, buyer },
        Ok(ControlFlow::Break(_)) => End::Silent,
        Err(
            error @ (ReconcileError::Store(_)
            | ReconcileError::Payment(_)
            | ReconcileError::Anomaly(_)
            | ReconcileError::NotCommitted
            | ReconcileError::SoldUnpaid
            | ReconcileError::Unsettled(_)
            | ReconcileError::NoOrder(_)),
        ) => impossible(&error),
    }
}

/// What the seller's routes do: the ticket as it is read, then the change of that version.
async fn edit(replay: &Replay, ticket: Nr, edit: Edit) -> End {
    let id = names::ticket_id(ticket.into());
    if let Ok(Some(ticket)) = replay.ticket_read(id).await
        && matches!(ticket.state, TicketState::Listed)
    {
        replay.change(id, ticket.version, edit).await;
    }
    End::Silent
}

fn silent<T>(result: Result<T, StoreError>) -> End {
    result.map_or_else(|error| impossible(&error), |_| End::Silent)
}

fn impossible(error: &dyn std::error::Error) -> End {
    End::Impossible(error.to_string())
}

#[cfg(test)]
mod tests;
