//! Bringing an order, its ticket and its payment to rest.

use std::ops::ControlFlow;

use holdfast_domain::fault::{self, Fault};
use holdfast_domain::{
    Anomaly, Closing, CommitLost, Glance, IntentStatus, Order, OrderId, OrderState, PaymentIntentId, Record,
    ReleaseLost, SellLost, Step, Timestamp, UserId, next_step,
};
use holdfast_payments::{Payment, PaymentError, Payments};
use holdfast_store::crash::crash_point;
use holdfast_store::{LostOr, RunOutOutcome, Steps, StoreError, order_close, order_release_run_out};
use holdfast_telemetry::{Metric, metrics};

use crate::Checkout;
use crate::error::ReconcileError;

/// Looks at an order in one call. A sale takes four; the others are for what changes meanwhile.
const ROUNDS: u32 = 8;

/// Whether to look again, or to answer the order as it is now.
type Round = Result<ControlFlow<Order>, ReconcileError>;

const AGAIN: Round = Ok(ControlFlow::Continue(()));

impl<P: Payments, M: Steps> Checkout<P, M> {
    /// Brings an order to rest as far as that is possible now, and answers it as it is then; `None` when there is none.
    /// `clock` is asked when a moment is needed.
    ///
    /// # Errors
    /// [`ReconcileError`]; calling again is right.
    pub async fn reconcile(
        &self,
        buyer: UserId,
        id: OrderId,
        clock: impl Fn() -> Timestamp + Send + Sync,
    ) -> Result<Option<Order>, ReconcileError> {
        for _ in 0..ROUNDS {
            if let ControlFlow::Break(order) = self.reconcile_round(buyer, id, &clock).await? {
                return Ok(order);
            }
        }
        Err(ReconcileError::Unsettled(ROUNDS))
    }

    /// Looks once and does the one thing that is next. Says whether to look again, or the order as it is now.
    ///
    /// # Errors
    /// [`ReconcileError`]; calling again is right.
    pub async fn reconcile_round(
        &self,
        buyer: UserId,
        id: OrderId,
        clock: impl Fn() -> Timestamp + Send + Sync,
    ) -> Result<ControlFlow<Option<Order>>, ReconcileError> {
        // Before anything is read: a payment that is made in time is not judged by a later moment.
        let now = clock();
        let Some(before) = self.market.order_read(buyer, id).await? else {
            return Ok(ControlFlow::Break(None));
        };
        let (payment, order) = match before.intent() {
            Some(intent) => {
                let payment = self.payments.retrieve(intent).await?;
                crash_point("payment_retrieve");
                (Some(payment), self.market.order_read(buyer, id).await?)
            }
            None => (None, Some(before.clone())),
        };
        let Some(order) = order else {
            return Ok(ControlFlow::Break(None));
        };
        let now = if fault::present(Fault::MomentAfterPayment) { clock() } else { now };
        let intent = payment.as_ref().map(|payment| &payment.intent);
        let step = next_step(Glance { now, before: &before, intent, order: &order });
        if !matches!(step, Step::Rest | Step::StartOver) {
            tracing::info!(order_id = %id, ticket_id = %order.ticket.id, ?step, "brings the order on");
        }
        Ok(self.act(step, order, payment.as_ref(), now).await?.map_break(Some))
    }

    /// Brings the order of a payment to rest; `None` when the payment is not one of this stage's.
    ///
    /// # Errors
    /// [`ReconcileError`]; calling again is right.
    pub async fn settle(
        &self,
        payment: &PaymentIntentId,
        clock: impl Fn() -> Timestamp + Send + Sync,
    ) -> Result<Option<Order>, ReconcileError> {
        let found = self.payments.retrieve(payment).await?;
        let Some(owner) = found.owner.filter(|owner| owner.stage == self.stage) else {
            return Ok(None);
        };
        match self.reconcile(owner.buyer, owner.order, clock).await? {
            Some(order) => Ok(Some(order)),
            None => Err(ReconcileError::NoOrder(owner.order)),
        }
    }

    async fn act(&self, step: Step, order: Order, payment: Option<&Payment>, now: Timestamp) -> Round {
        match step {
            Step::Commit => self.commit(&order, intent_of(&order)?, now).await,
            Step::Capture => {
                let captured = self.payments.capture(intent_of(&order)?).await;
                crash_point("payment_capture");
                changed(captured)
            }
            Step::RecordSale => self.record_sale(&order, payment, now).await,
            Step::ReleaseVoided => self.release_voided(&order, now).await,
            Step::ReleaseRunOut => self.release_run_out(&order, now).await,
            Step::CancelIntent => {
                let cancelled = self.payments.cancel(intent_of(&order)?).await;
                crash_point("payment_cancel");
                if cancelled.is_ok() && is_late(&order, payment) {
                    metrics::count(Metric::LatePayments, 1);
                }
                changed(cancelled)
            }
            Step::RemoveDue => self.last_record(&order, Record::AtRest { intent: order.intent().cloned() }).await,
            Step::RecordRefund => {
                self.last_record(&order, Record::Refund { intent: intent_of(&order)?.clone(), now }).await
            }
            Step::RefundStray => {
                // Nothing of ours captures for a closed order: somebody did so in Stripe's dashboard.
                tracing::error!(order_id = %order.id, "payment anomaly: captured for a closed order; it is refunded");
                self.payments.refund(intent_of(&order)?).await?;
                crash_point("payment_refund");
                metrics::count(Metric::LatePayments, 1);
                AGAIN
            }
            Step::StartOver => AGAIN,
            Step::Rest => Ok(ControlFlow::Break(order)),
            Step::Alarm(anomaly) => Err(anomaly.into()),
        }
    }

    /// The write that decides the sale, then its record.
    async fn commit(&self, order: &Order, intent: &PaymentIntentId, now: Timestamp) -> Round {
        match self.market.ticket_commit(order.ticket.id, order.id, order.hold).await {
            Ok(_) | Err(LostOr::Lost(CommitLost::AlreadyMine)) => {
                self.record_capturing(order, intent).await?;
            }
            Err(LostOr::Lost(CommitLost::SoldToOrder)) => {}
            Err(LostOr::Absent | LostOr::Lost(CommitLost::Gone)) => {
                order_close(&self.market, order.buyer, order.id, Closing::PaidTooLate, now).await?;
            }
            Err(LostOr::Store(error)) => return Err(error.into()),
        }
        AGAIN
    }

    async fn record_sale(&self, order: &Order, payment: Option<&Payment>, now: Timestamp) -> Round {
        match self.market.ticket_sell(order.ticket.id, order.id, order.hold, now).await {
            Ok(_) | Err(LostOr::Lost(SellLost::AlreadyMine)) => {}
            Err(LostOr::Absent | LostOr::Lost(SellLost::NotCommitted)) => return Err(ReconcileError::NotCommitted),
            Err(LostOr::Store(error)) => return Err(error.into()),
        }
        let card = payment.and_then(|payment| payment.card.clone());
        self.last_record(order, Record::Paid { intent: intent_of(order)?.clone(), card, now }).await
    }

    async fn release_voided(&self, order: &Order, now: Timestamp) -> Round {
        match self.market.ticket_release_voided(order.ticket.id, order.id, order.hold).await {
            Ok(_) | Err(LostOr::Absent | LostOr::Lost(ReleaseLost::Gone)) => {}
            Err(LostOr::Lost(ReleaseLost::CommittedToOrder | ReleaseLost::SoldToOrder)) => {
                return Err(ReconcileError::SoldUnpaid);
            }
            Err(LostOr::Store(error)) => return Err(error.into()),
        }
        self.last_record(order, Record::Voided { intent: intent_of(order)?.clone(), now }).await
    }

    async fn release_run_out(&self, order: &Order, now: Timestamp) -> Round {
        match order_release_run_out(&self.market, order, now).await? {
            // Without a payment it is at rest; with one, that is to be voided.
            RunOutOutcome::Released(stored) if stored.intent().is_none() => Ok(ControlFlow::Break(*stored)),
            RunOutOutcome::Released(_) => AGAIN,
            RunOutOutcome::NotRunOut(expires_at) => Ok(ControlFlow::Break(Order { expires_at, ..order.clone() })),
            RunOutOutcome::Bought => {
                // Without a payment the order is old news: it was read before that was begun, and has one when it is read again.
                if let Some(intent) = order.intent() {
                    self.record_capturing(order, intent).await?;
                }
                AGAIN
            }
        }
    }

    async fn record_capturing(&self, order: &Order, intent: &PaymentIntentId) -> Result<(), StoreError> {
        let record = Record::Capturing { intent: intent.clone() };
        self.market.order_record(order.buyer, order.id, &record).await.map(drop)
    }

    /// A record after which the order is at rest: it is answered as it is stored then.
    async fn last_record(&self, order: &Order, record: Record) -> Round {
        let written = self.market.order_record(order.buyer, order.id, &record).await?;
        Ok(ControlFlow::Break(written.into_order()))
    }
}

/// A payment that was in another state than expected is looked at again.
fn changed(outcome: Result<(), PaymentError>) -> Round {
    match outcome {
        Ok(()) | Err(PaymentError::Stale) => AGAIN,
        Err(error) => Err(error.into()),
    }
}

/// Whether a payment was authorised for an order whose time was over: void from now on. It is counted here, since the order
/// may have been closed before the payment came, and then no event tells of it.
fn is_late(order: &Order, payment: Option<&Payment>) -> bool {
    let authorised = payment.is_some_and(|payment| payment.intent.status == IntentStatus::Authorised);
    authorised && matches!(order.state, OrderState::Expired { .. })
}

fn intent_of(order: &Order) -> Result<&PaymentIntentId, Anomaly> {
    order.intent().ok_or(Anomaly::NoIntent)
}
