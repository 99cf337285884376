//! Our own code between the table and Stripe, as the model runs it: from the beginning, with the answers that it has had so
//! far, up to the call that it makes next.
//!
//! What is remembered of a run is the answers alone; the code is deterministic, so that they say where it stands.

use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use holdfast_domain::{
    CommitLost, ExtendLost, HoldLost, HoldNumber, HoldRequest, Order, OrderId, PaymentIntentId, Record,
    ReleaseExpiredLost, ReleaseLost, SellLost, Ticket, TicketId, Timestamp, UserId, Version,
};
use holdfast_payments::{ClientSecret, NewPayment, Payment, PaymentError, Payments};
use holdfast_store::{CountedHold, LostOr, Recorded, Steps, StoreError, Written};

use crate::call::{Answer, Call, Edit, Lost, Transition};
use crate::interned::Kept;
use crate::names::{self, timeless, timeless_record};
use crate::setting::UNLIMITED;

/// What a run waits for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Wants {
    Clock,
    Call(Call),
}

/// A run: table, Stripe and clock in one.
#[derive(Debug, Clone)]
pub(crate) struct Replay {
    progress: Arc<Mutex<Progress>>,
    idle: Timestamp,
}

#[derive(Debug)]
struct Progress {
    answers: Vec<Kept<Answer>>,
    taken: usize,
    wants: Option<Wants>,
}

impl Replay {
    /// A run that has had these answers; `idle` is the moment wherever none is said to decide anything.
    pub(crate) fn new(answers: Vec<Kept<Answer>>, idle: Timestamp) -> Self {
        Self { progress: Arc::new(Mutex::new(Progress { answers, taken: 0, wants: None })), idle }
    }

    /// What it waits for, if it has come to that.
    pub(crate) fn wants(&self) -> Option<Wants> {
        self.lock().wants.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The moment. When it is to be read next, the run goes on with any, and nothing that it does then counts.
    pub(crate) fn now(&self) -> Timestamp {
        let Some(answer) = self.lock().next(|| Wants::Clock) else {
            return names::at(0);
        };
        let Answer::Now(now) = &*answer else { unfit(answer) };
        *now
    }

    /// A moment that is written down, and by which nothing is decided.
    pub(crate) fn idle_moment(&self) -> Timestamp {
        self.idle
    }

    async fn ask(&self, call: impl Fn() -> Call + Send) -> Kept<Answer> {
        poll_fn(|_| match self.lock().next(|| Wants::Call(call())) {
            Some(answer) => Poll::Ready(answer),
            None => Poll::Pending,
        })
        .await
    }

    async fn transition<L>(
        &self,
        id: TicketId,
        transition: Transition,
        lost: impl Fn(&Lost) -> Option<L> + Send,
    ) -> Result<Ticket, LostOr<L>> {
        let answer = self.ask(|| Call::Ticket(id, transition)).await;
        let Answer::Transition(became) = &*answer else { unfit(answer) };
        became.clone().map_err(|why| match why {
            None => LostOr::Absent,
            Some(why) => LostOr::Lost(lost(&why).expect("a loss of its kind")),
        })
    }

    /// A seller's change of a ticket as it was read.
    pub(crate) async fn change(&self, id: TicketId, version: Version, edit: Edit) {
        self.ask(|| Call::Change(id, version, edit)).await;
    }
}

impl Progress {
    fn next(&mut self, wants: impl FnOnce() -> Wants) -> Option<Kept<Answer>> {
        let answer = self.answers.get(self.taken).copied();
        if answer.is_some() {
            self.taken += 1;
        } else if self.wants.is_none() {
            self.wants = Some(wants());
        }
        answer
    }
}

#[expect(clippy::panic, reason = "the model would be wrong itself")]
fn unfit(answer: Kept<Answer>) -> ! {
    panic!("the answer {answer:?} does not fit its call")
}

impl Steps for Replay {
    async fn ticket_read(&self, id: TicketId) -> Result<Option<Ticket>, StoreError> {
        let answer = self.ask(|| Call::ReadTicket(id)).await;
        let Answer::Ticket(ticket) = &*answer else { unfit(answer) };
        Ok(ticket.clone())
    }

    async fn ticket_hold(&self, id: TicketId, request: HoldRequest) -> Result<Ticket, LostOr<HoldLost>> {
        let lost = |lost: &Lost| if let Lost::Hold(why) = lost { Some(why.clone()) } else { None };
        self.transition(id, Transition::Hold(request), lost).await
    }

    async fn ticket_extend(
        &self,
        id: TicketId,
        order: OrderId,
        hold: HoldNumber,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<Ticket, LostOr<ExtendLost>> {
        let lost = |lost: &Lost| if let Lost::Extend(why) = lost { Some(*why) } else { None };
        self.transition(id, Transition::Extend { order, hold, now, expires_at }, lost).await
    }

    async fn ticket_commit(
        &self,
        id: TicketId,
        order: OrderId,
        hold: HoldNumber,
    ) -> Result<Ticket, LostOr<CommitLost>> {
        let lost = |lost: &Lost| if let Lost::Commit(why) = lost { Some(*why) } else { None };
        self.transition(id, Transition::Commit { order, hold }, lost).await
    }

    async fn ticket_sell(
        &self,
        id: TicketId,
        order: OrderId,
        hold: HoldNumber,
        _now: Timestamp,
    ) -> Result<Ticket, LostOr<SellLost>> {
        let lost = |lost: &Lost| if let Lost::Sell(why) = lost { Some(*why) } else { None };
        self.transition(id, Transition::Sell { order, hold }, lost).await
    }

    async fn ticket_release_voided(
        &self,
        id: TicketId,
        order: OrderId,
        hold: HoldNumber,
    ) -> Result<Ticket, LostOr<ReleaseLost>> {
        self.transition(id, Transition::ReleaseVoided { order, hold }, release_lost).await
    }

    async fn ticket_release(
        &self,
        id: TicketId,
        order: OrderId,
        hold: HoldNumber,
    ) -> Result<Ticket, LostOr<ReleaseLost>> {
        self.transition(id, Transition::Release { order, hold }, release_lost).await
    }

    async fn ticket_release_expired(
        &self,
        id: TicketId,
        order: OrderId,
        hold: HoldNumber,
        now: Timestamp,
    ) -> Result<Ticket, LostOr<ReleaseExpiredLost>> {
        let lost = |lost: &Lost| if let Lost::ReleaseExpired(why) = lost { Some(*why) } else { None };
        self.transition(id, Transition::ReleaseExpired { order, hold, now }, lost).await
    }

    async fn order_read(&self, _buyer: UserId, order: OrderId) -> Result<Option<Order>, StoreError> {
        let answer = self.ask(|| Call::ReadOrder(order)).await;
        let Answer::Order(order) = &*answer else { unfit(answer) };
        Ok(order.clone())
    }

    async fn orders_read(&self, _buyer: UserId, orders: &[OrderId]) -> Result<Vec<Order>, StoreError> {
        let answer = self.ask(|| Call::ReadOrders(orders.to_vec())).await;
        let Answer::Orders(orders) = &*answer else { unfit(answer) };
        Ok(orders.clone())
    }

    async fn order_create(&self, order: &Order) -> Result<Recorded, StoreError> {
        let answer = self.ask(|| Call::Create(Box::new(timeless(order.clone())))).await;
        let Answer::Created(recorded) = &*answer else { unfit(answer) };
        Ok(recorded.clone())
    }

    async fn order_record(&self, _buyer: UserId, order: OrderId, record: &Record) -> Result<Written, StoreError> {
        let answer = self.ask(|| Call::Record(order, timeless_record(record.clone()))).await;
        let Answer::Recorded(written) = &*answer else { unfit(answer) };
        Ok(written.clone())
    }

    async fn hold_added(
        &self,
        _buyer: UserId,
        hold: CountedHold,
        limit: u8,
    ) -> Result<Option<Vec<CountedHold>>, StoreError> {
        if limit == UNLIMITED {
            return Ok(None);
        }
        let answer = self.ask(|| Call::Count(hold, limit)).await;
        let Answer::Counted(full) = &*answer else { unfit(answer) };
        Ok(full.clone())
    }

    async fn holds_dropped(&self, _buyer: UserId, ended: &[CountedHold]) -> Result<(), StoreError> {
        let Some(first) = ended.first() else {
            return Ok(());
        };
        self.ask(|| Call::Drop(first.order, ended.to_vec())).await;
        Ok(())
    }
}

fn release_lost(lost: &Lost) -> Option<ReleaseLost> {
    if let Lost::Release(why) = lost { Some(*why) } else { None }
}

impl Payments for Replay {
    async fn create(&self, new: &NewPayment) -> Result<Payment, PaymentError> {
        let (order, amount) = (new.owner.order, new.price.amount());
        Ok(payment(self.ask(|| Call::MakePayment { order, amount }).await))
    }

    async fn retrieve(&self, id: &PaymentIntentId) -> Result<Payment, PaymentError> {
        Ok(payment(self.ask(|| Call::Retrieve(names::intent_number(id))).await))
    }

    async fn capture(&self, id: &PaymentIntentId) -> Result<(), PaymentError> {
        changed(self.ask(|| Call::Capture(names::intent_number(id))).await)
    }

    async fn cancel(&self, id: &PaymentIntentId) -> Result<(), PaymentError> {
        changed(self.ask(|| Call::Void(names::intent_number(id))).await)
    }

    async fn refund(&self, id: &PaymentIntentId) -> Result<(), PaymentError> {
        changed(self.ask(|| Call::Refund(names::intent_number(id))).await)
    }

    async fn find(&self, _order: OrderId) -> Result<Option<Payment>, PaymentError> {
        Err(PaymentError::Unknown)
    }
}

fn payment(answer: Kept<Answer>) -> Payment {
    let Answer::Payment(intent) = &*answer else { unfit(answer) };
    let client_secret = Some(ClientSecret::from_stripe(intent.id.as_str().to_owned()));
    Payment { intent: intent.clone(), owner: None, client_secret, card: None }
}

fn changed(answer: Kept<Answer>) -> Result<(), PaymentError> {
    let Answer::Changed(is_done) = &*answer else { unfit(answer) };
    if *is_done { Ok(()) } else { Err(PaymentError::Stale) }
}
