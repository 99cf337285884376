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
use crate::names;

/// What a run waits for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Wants {
    Clock,
    Call(Call),
}

/// A run: table, Stripe and clock in one.
#[derive(Debug, Clone)]
pub(crate) struct Replay(Arc<Mutex<Progress>>);

#[derive(Debug)]
struct Progress {
    answers: Vec<Kept<Answer>>,
    taken: usize,
    wants: Option<Wants>,
}

impl Replay {
    pub(crate) fn new(answers: Vec<Kept<Answer>>) -> Self {
        Self(Arc::new(Mutex::new(Progress { answers, taken: 0, wants: None })))
    }

    /// What it waits for, if it has come to that.
    pub(crate) fn wants(&self) -> Option<Wants> {
        self.lock().wants.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Progress> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The moment. When it is to be read next, the run goes on with any, and nothing that it does then counts.
    pub(crate) fn now(&self) -> Timestamp {
        match self.lock().next(|| Wants::Clock).as_deref() {
            Some(Answer::Now(now)) => *now,
            None => names::at(0),
            other => unfit(other),
        }
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
        match &*self.ask(|| Call::Ticket(id, transition)).await {
            Answer::TicketWon(ticket) => Ok(ticket.clone()),
            Answer::TicketLost(None) => Err(LostOr::Absent),
            Answer::TicketLost(Some(why)) => Err(LostOr::Lost(lost(why).expect("a loss of its kind"))),
            other => unfit(Some(other)),
        }
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
fn unfit(answer: Option<&Answer>) -> ! {
    panic!("the answer {answer:?} does not fit its call")
}

impl Steps for Replay {
    async fn ticket_read(&self, id: TicketId) -> Result<Option<Ticket>, StoreError> {
        match &*self.ask(|| Call::ReadTicket(id)).await {
            Answer::Ticket(ticket) => Ok(ticket.clone()),
            other => unfit(Some(other)),
        }
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
        now: Timestamp,
    ) -> Result<Ticket, LostOr<SellLost>> {
        let lost = |lost: &Lost| if let Lost::Sell(why) = lost { Some(*why) } else { None };
        self.transition(id, Transition::Sell { order, hold, now }, lost).await
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
        match &*self.ask(|| Call::ReadOrder(order)).await {
            Answer::Order(order) => Ok(order.clone()),
            other => unfit(Some(other)),
        }
    }

    async fn orders_read(&self, _buyer: UserId, orders: &[OrderId]) -> Result<Vec<Order>, StoreError> {
        match &*self.ask(|| Call::ReadOrders(orders.to_vec())).await {
            Answer::Orders(orders) => Ok(orders.clone()),
            other => unfit(Some(other)),
        }
    }

    async fn order_create(&self, order: &Order) -> Result<Recorded, StoreError> {
        match &*self.ask(|| Call::Create(Box::new(order.clone()))).await {
            Answer::Created => Ok(Recorded::New),
            Answer::Existing(order) => Ok(Recorded::Existing(order.clone())),
            other => unfit(Some(other)),
        }
    }

    async fn order_record(&self, _buyer: UserId, order: OrderId, record: &Record) -> Result<Written, StoreError> {
        match &*self.ask(|| Call::Record(order, record.clone())).await {
            Answer::RecordWon(order) => Ok(Written::Won(order.clone())),
            Answer::RecordLost(order) => Ok(Written::Lost(order.clone())),
            other => unfit(Some(other)),
        }
    }

    async fn hold_added(
        &self,
        _buyer: UserId,
        hold: CountedHold,
        limit: u8,
    ) -> Result<Option<Vec<CountedHold>>, StoreError> {
        match &*self.ask(|| Call::Count(hold, limit)).await {
            Answer::Room => Ok(None),
            Answer::NoRoom(holds) => Ok(Some(holds.clone())),
            other => unfit(Some(other)),
        }
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
        payment(self.ask(|| Call::MakePayment { order, amount }).await.get())
    }

    async fn retrieve(&self, id: &PaymentIntentId) -> Result<Payment, PaymentError> {
        payment(self.ask(|| Call::Retrieve(names::intent_number(id))).await.get())
    }

    async fn capture(&self, id: &PaymentIntentId) -> Result<(), PaymentError> {
        changed(self.ask(|| Call::Capture(names::intent_number(id))).await.get())
    }

    async fn cancel(&self, id: &PaymentIntentId) -> Result<(), PaymentError> {
        changed(self.ask(|| Call::Void(names::intent_number(id))).await.get())
    }

    async fn refund(&self, id: &PaymentIntentId) -> Result<(), PaymentError> {
        changed(self.ask(|| Call::Refund(names::intent_number(id))).await.get())
    }

    async fn find(&self, _order: OrderId) -> Result<Option<Payment>, PaymentError> {
        Err(PaymentError::Unknown)
    }
}

fn payment(answer: &Answer) -> Result<Payment, PaymentError> {
    let Answer::Payment(intent) = answer else {
        unfit(Some(answer));
    };
    let client_secret = Some(ClientSecret::from_stripe(intent.id.as_str().to_owned()));
    Ok(Payment { intent: intent.clone(), owner: None, client_secret, card: None })
}

fn changed(answer: &Answer) -> Result<(), PaymentError> {
    match answer {
        Answer::Done => Ok(()),
        Answer::Stale => Err(PaymentError::Stale),
        other => unfit(Some(other)),
    }
}
