//! What is stored: the table and Stripe. A write is the domain's transition of the item as it is.

use holdfast_domain::{Currency, Filed, Intent, IntentStatus, Order, Ticket, Version};
use holdfast_store::{CountedHold, Recorded, Written};

use crate::call::{Answer, Call, Edit, Numbers, Transition};
use crate::interned::Kept;
use crate::names::{self, timeless};
use crate::run::{Job, Nr};

/// The last ticket and the last order are put there at the end, to see whether their buyer may hold one.
pub(crate) const TICKETS: usize = 3;
pub(crate) const ORDERS: usize = 4;
pub(crate) const BUYERS: usize = 2;
const PAYMENTS: usize = 4;

/// How far a payment is at Stripe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum PaymentState {
    Open,
    Authorised,
    Captured,
    Canceled,
}

/// A payment at Stripe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct StripePayment {
    pub(crate) order: Nr,
    pub(crate) amount: u64,
    pub(crate) state: PaymentState,
    /// Whether the buyer was given what confirms it.
    pub(crate) secret_out: bool,
}

/// Everything that outlives a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct World {
    pub(crate) now: u8,
    pub(crate) tickets: [Option<Kept<Ticket>>; TICKETS],
    pub(crate) orders: [Option<Kept<Filed>>; ORDERS],
    pub(crate) payments: [Option<StripePayment>; PAYMENTS],
    pub(crate) counted: [Option<Kept<Vec<CountedHold>>>; BUYERS],
}

/// What a call depends on beside what is stored.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Circumstances {
    /// Who calls.
    pub(crate) job: Job,
    /// Numbers that somebody knows.
    pub(crate) used: Numbers,
    /// Whether versions of tickets matter: somebody edits them.
    pub(crate) versions: bool,
    /// Whether Stripe makes another payment for an order that has one, because it failed after the first.
    pub(crate) anew: bool,
}

impl World {
    pub(crate) fn new(tickets: usize) -> Self {
        let mut world = Self {
            now: 0,
            tickets: [None; TICKETS],
            orders: [None; ORDERS],
            payments: [None; PAYMENTS],
            counted: [None; BUYERS],
        };
        for number in 0..tickets {
            world.list(number);
        }
        world
    }

    pub(crate) fn list(&mut self, number: usize) {
        let facts = names::facts(names::PRICES[0]);
        let ticket = Ticket::list(names::ticket_id(number), names::seller_id(), facts, names::at(0));
        self.tickets[number] = Some(Kept::new(ticket));
    }

    /// Numbers that stored items have.
    pub(crate) fn numbers(&self) -> Numbers {
        let of_tickets = self.tickets.iter().flatten().map(|ticket| Numbers::of_ticket(ticket));
        let of_orders = self.orders.iter().flatten().map(|filed| Numbers::of_order(&filed.order));
        of_tickets.chain(of_orders).fold(Numbers::default(), Numbers::and)
    }

    /// Makes one call.
    pub(crate) fn apply(&mut self, call: &Call, circumstances: Circumstances) -> Answer {
        match call {
            Call::ReadTicket(id) => {
                let found = self.tickets[names::ticket_number(*id)].map(|ticket| (*ticket).clone());
                Answer::Ticket(found.map(|ticket| seen(ticket, circumstances)))
            }
            Call::Ticket(id, transition) => self.transition(names::ticket_number(*id), *transition, circumstances),
            Call::Change(id, version, edit) => {
                self.change(names::ticket_number(*id), *version, *edit, circumstances);
                Answer::Done
            }
            Call::ReadOrder(id) => Answer::Order(self.order(names::order_number(*id)).map(|filed| filed.order.clone())),
            Call::ReadOrders(ids) => {
                let found = ids.iter().filter_map(|id| self.order(names::order_number(*id)));
                Answer::Orders(found.map(|filed| filed.order.clone()).collect())
            }
            Call::Create(order) => self.create(order),
            Call::Record(id, record) => {
                let slot = &mut self.orders[names::order_number(*id)];
                let filed = slot.as_deref().expect("an order that was read").clone();
                match filed.record(record) {
                    Ok(filed) => {
                        let filed = Filed { order: timeless(filed.order), ..filed };
                        *slot = Some(Kept::new(filed.clone()));
                        Answer::Recorded(Written::Won(filed.order))
                    }
                    Err(filed) => Answer::Recorded(Written::Lost(filed.order)),
                }
            }
            Call::Count(hold, limit) => self.count(*hold, *limit, circumstances.job),
            Call::Drop(_, ended) => {
                let slot = &mut self.counted[buyer(circumstances.job)];
                let left = slot.iter().flat_map(|holds| holds.iter()).filter(|hold| !ended.contains(hold));
                *slot = Some(Kept::new(left.copied().collect()));
                Answer::Done
            }
            Call::MakePayment { order, amount } => {
                self.make_payment(names::order_number(*order), *amount, circumstances.anew)
            }
            Call::Retrieve(number) => self.payment_answer(*number),
            Call::Capture(number) => self.payment_moves(*number, &[PaymentState::Authorised], PaymentState::Captured),
            Call::Void(number) => {
                let voidable = [PaymentState::Open, PaymentState::Authorised];
                self.payment_moves(*number, &voidable, PaymentState::Canceled)
            }
            Call::Refund(_) => Answer::Changed(true),
        }
    }

    pub(crate) fn order(&self, number: usize) -> Option<&'static Filed> {
        self.orders[number].map(Kept::get)
    }

    pub(crate) fn ticket(&self, number: usize) -> Option<&'static Ticket> {
        self.tickets[number].map(Kept::get)
    }

    fn transition(&mut self, number: usize, transition: Transition, circumstances: Circumstances) -> Answer {
        let Some(ticket) = self.ticket(number) else {
            return Answer::Transition(Err(None));
        };
        let mut before = ticket.clone();
        if let Transition::Hold(_) = transition {
            // The hold's number is the version that the write sets: one that nobody knows.
            before.version = Version::from_number(Numbers::fresh(circumstances.used.holds[number]) - 1);
        }
        match transition.decide(before) {
            Ok(ticket) => {
                let ticket = self.store_ticket(number, ticket, circumstances);
                Answer::Transition(Ok(seen(ticket, circumstances)))
            }
            Err(lost) => Answer::Transition(Err(Some(lost))),
        }
    }

    fn store_ticket(&mut self, number: usize, mut ticket: Ticket, circumstances: Circumstances) -> Ticket {
        ticket.version = if circumstances.versions {
            Version::from_number(Numbers::fresh(circumstances.used.versions[number]))
        } else {
            Version::FIRST
        };
        self.tickets[number] = Some(Kept::new(ticket.clone()));
        ticket
    }

    /// A seller's transaction: listed, and as it was read.
    fn change(&mut self, number: usize, version: Version, edit: Edit, circumstances: Circumstances) {
        let Some(ticket) = self.ticket(number).filter(|ticket| ticket.version == version) else {
            return;
        };
        if let Ok(changed) = ticket.clone().change(names::facts(names::PRICES[1])) {
            match edit {
                Edit::Price => drop(self.store_ticket(number, changed, circumstances)),
                Edit::Delete => self.tickets[number] = None,
            }
        }
    }

    fn create(&mut self, order: &Order) -> Answer {
        let slot = &mut self.orders[names::order_number(order.id)];
        if let Some(filed) = slot {
            return Answer::Created(Recorded::Existing(Box::new(filed.order.clone())));
        }
        *slot = Some(Kept::new(Filed { order: order.clone(), is_due: true }));
        Answer::Created(Recorded::New)
    }

    fn count(&mut self, hold: CountedHold, limit: u8, job: Job) -> Answer {
        let slot = &mut self.counted[buyer(job)];
        let mut holds = slot.map(|holds| (*holds).clone()).unwrap_or_default();
        if !holds.contains(&hold) {
            if slot.is_some() && holds.len() >= usize::from(limit) {
                return Answer::Counted(Some(holds));
            }
            holds.push(hold);
            holds.sort_unstable();
        }
        *slot = Some(Kept::new(holds));
        Answer::Counted(None)
    }

    /// The payment of an order: the same for each call under its key, unless Stripe fails and the next key is taken.
    fn make_payment(&mut self, order: usize, amount: u64, anew: bool) -> Answer {
        let of_order =
            |payment: &Option<StripePayment>| payment.is_some_and(|payment| usize::from(payment.order) == order);
        let known = self.payments.iter().rposition(of_order);
        let number = match known {
            Some(number) if !anew => number,
            Some(_) | None => {
                let free = self.payments.iter().position(Option::is_none).expect("a place for a payment");
                let order = Nr::try_from(order).expect("a number");
                let made = StripePayment { order, amount, state: PaymentState::Open, secret_out: false };
                self.payments[free] = Some(made);
                free
            }
        };
        self.payment_answer(number)
    }

    pub(crate) fn payments_of(&self, order: usize) -> usize {
        self.payments.iter().flatten().filter(|payment| usize::from(payment.order) == order).count()
    }

    fn payment_answer(&self, number: usize) -> Answer {
        let payment = self.payments[number].expect("a payment that was made");
        let status = match payment.state {
            PaymentState::Open => IntentStatus::NotAuthorised,
            PaymentState::Authorised => IntentStatus::Authorised,
            PaymentState::Captured => IntentStatus::Captured { received: payment.amount, refunded: false },
            PaymentState::Canceled => IntentStatus::Canceled,
        };
        let (id, currency) = (names::intent_id(number), Some(Currency::Eur));
        Answer::Payment(Intent { id, status, amount: payment.amount, currency })
    }

    fn payment_moves(&mut self, number: usize, from: &[PaymentState], to: PaymentState) -> Answer {
        let payment = self.payments[number].as_mut().expect("a payment that was made");
        let can = from.contains(&payment.state);
        if can {
            payment.state = to;
        }
        Answer::Changed(can)
    }
}

/// A ticket as a caller sees it: nobody but its seller looks at the version, so that theirs alone are numbers in use.
fn seen(mut ticket: Ticket, circumstances: Circumstances) -> Ticket {
    if !circumstances.job.is_sellers() {
        ticket.version = Version::from_number(0);
    }
    ticket
}

fn buyer(job: Job) -> usize {
    match job {
        Job::Place { buyer, .. }
        | Job::Cancel { buyer, .. }
        | Job::Start { buyer, .. }
        | Job::Reconcile { buyer, .. }
        | Job::Expire { buyer, .. } => buyer.into(),
        Job::SweepHold { .. } | Job::ChangePrice { .. } | Job::Delete { .. } => 0,
    }
}
