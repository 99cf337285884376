//! Beginning a payment.

use std::time::Duration;

use holdfast_domain::fault::{self, Fault};
use holdfast_domain::limits::HOLD_GRACE;
use holdfast_domain::{
    ExtendLost, IntentStatus, Order, OrderId, OrderState, PaymentIntentId, Record, TicketState, Timestamp, UserId,
};
use holdfast_http_api::{ApiError, Problem};
use holdfast_payments::{ClientSecret, NewPayment, Payment, PaymentError, PaymentOwner, Payments};
use holdfast_store::crash::crash_point;
use holdfast_store::{LostOr, Steps, StoreError};

use crate::Checkout;
use crate::error::{ReconcileError, payment_failed};

/// A payment that the buyer's browser can confirm.
#[derive(Debug)]
pub struct Started {
    /// The order, with the end of its extended hold.
    pub order: Order,
    /// What confirms the payment.
    pub client_secret: ClientSecret,
}

/// A payment that was begun, now or before.
#[derive(Debug)]
pub enum Begun {
    /// It can be confirmed.
    Payable(Box<Started>),
    /// There is nothing left to confirm.
    Moved(Box<Payment>),
}

/// Why a payment was not begun.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The buyer has no such order.
    #[error("there is no such order")]
    Absent,
    /// The order has ended.
    #[error("the order has ended")]
    Closed,
    /// The sale is decided.
    #[error("the ticket is bought")]
    Bought,
    /// The hold ran out before.
    #[error("the hold has run out")]
    HoldExpired,
    /// The order could not be looked at, or the payment not be made.
    #[error(transparent)]
    Reconcile(#[from] ReconcileError),
}

impl From<StoreError> for StartError {
    fn from(error: StoreError) -> Self {
        Self::Reconcile(error.into())
    }
}

impl From<PaymentError> for StartError {
    fn from(error: PaymentError) -> Self {
        Self::Reconcile(error.into())
    }
}

impl From<StartError> for ApiError {
    fn from(error: StartError) -> Self {
        let problem = match error {
            StartError::Absent => Problem::not_found("You have no such order."),
            StartError::Closed => Problem::order_closed("The order has ended, and nothing was charged."),
            StartError::Bought => Problem::order_paid("The payment has been accepted: the ticket is yours."),
            StartError::HoldExpired => {
                Problem::hold_expired("The ticket is no longer held for you. Nothing was charged.")
            }
            StartError::Reconcile(ReconcileError::Payment(error)) => return payment_failed(error),
            StartError::Reconcile(error) => return error.into(),
        };
        problem.into()
    }
}

impl<P: Payments, M: Steps> Checkout<P, M> {
    /// Begins the payment of an order, or finds the one that was begun: extends the hold once, so that the ticket is
    /// held for `payment_time` at least, makes the payment, stores it, and gives its secret to the buyer. No secret
    /// leaves before its payment is stored.
    ///
    /// # Errors
    /// [`StartError`]; after an outage calling again is right.
    pub async fn start(
        &self,
        buyer: UserId,
        id: OrderId,
        payment_time: Duration,
        clock: impl Fn() -> Timestamp + Send + Sync,
    ) -> Result<Started, StartError> {
        let (order, payment) = match self.start_or_find(buyer, id, payment_time, &clock).await? {
            Begun::Payable(started) => return Ok(*started),
            Begun::Moved(payment) => (self.reconcile(buyer, id, clock).await?.ok_or(StartError::Absent)?, *payment),
        };
        still_awaiting(&order)?;
        started(order, payment)
    }

    /// The same without what follows when the payment that was begun is past being confirmed: that is to be recorded, and told.
    ///
    /// # Errors
    /// [`StartError`]; after an outage calling again is right.
    pub async fn start_or_find(
        &self,
        buyer: UserId,
        id: OrderId,
        payment_time: Duration,
        clock: impl Fn() -> Timestamp + Send + Sync,
    ) -> Result<Begun, StartError> {
        let order = self.market.order_read(buyer, id).await?.ok_or(StartError::Absent)?;
        let order = match still_awaiting(&order)? {
            Some(_) => order,
            None => self.begin(order, payment_time, clock()).await?,
        };
        let Some(intent) = still_awaiting(&order)? else {
            return Err(StoreError::Drift("order_store_intent").into());
        };
        let payment = self.payments.retrieve(intent).await?;
        match payment.intent.status {
            IntentStatus::NotAuthorised => started(order, payment).map(Box::new).map(Begun::Payable),
            IntentStatus::Authorised | IntentStatus::Captured { .. } | IntentStatus::Canceled => {
                Ok(Begun::Moved(Box::new(payment)))
            }
        }
    }

    /// Steps 2 to 4 of the protocol: extend, make, store. Answers what is stored then.
    async fn begin(&self, order: Order, payment_time: Duration, now: Timestamp) -> Result<Order, StartError> {
        let wanted = order.expires_at.max(now.plus(payment_time + HOLD_GRACE));
        let expires_at = self.extended(&order, now, wanted).await?;
        let owner = PaymentOwner { stage: self.stage.clone(), order: order.id, buyer: order.buyer };
        let made = self.payments.create(&NewPayment { owner, price: order.ticket.facts.price }).await?;
        crash_point("payment_create");
        let made = made.intent.id;
        if fault::present(Fault::SecretBeforeStored) {
            return Ok(Order { state: OrderState::AwaitingPayment { intent: Some(made) }, ..order });
        }
        let record = Record::Intent { intent: made.clone(), expires_at };
        let stored = self.market.order_record(order.buyer, order.id, &record).await?.into_order();
        if stored.intent() != Some(&made) {
            self.drop_payment(&order, &made).await;
        }
        Ok(stored)
    }

    /// The end of the hold, extended now or before.
    async fn extended(&self, order: &Order, now: Timestamp, expires_at: Timestamp) -> Result<Timestamp, StartError> {
        match self.market.ticket_extend(order.ticket.id, order.id, order.hold, now, expires_at).await {
            Ok(ticket) => match ticket.state {
                TicketState::Held(hold) => Ok(hold.expires_at),
                TicketState::Listed | TicketState::Committed(_) | TicketState::Sold(_) => {
                    Err(StoreError::Drift("ticket_extend").into())
                }
            },
            Err(LostOr::Lost(ExtendLost::AlreadyExtended(hold))) => Ok(hold.expires_at),
            Err(LostOr::Absent | LostOr::Lost(ExtendLost::RunOut | ExtendLost::Gone)) => Err(StartError::HoldExpired),
            Err(LostOr::Store(error)) => Err(error.into()),
        }
    }

    /// Voids a payment that lost to another one or to the end of its order. Its secret never left, so that nobody can
    /// pay by it; voiding it only keeps Stripe's lists tidy.
    async fn drop_payment(&self, order: &Order, payment: &PaymentIntentId) {
        if let Err(error) = self.payments.cancel(payment).await {
            tracing::warn!(order_id = %order.id, %payment, %error, "a payment that is not used was not voided");
        }
    }
}

/// The payment that was begun, if any, of an order that still awaits payment.
fn still_awaiting(order: &Order) -> Result<Option<&PaymentIntentId>, StartError> {
    match &order.state {
        OrderState::AwaitingPayment { intent } => Ok(intent.as_ref()),
        OrderState::Capturing { .. } | OrderState::Paid { .. } => Err(StartError::Bought),
        OrderState::Cancelled { .. } | OrderState::Expired { .. } => Err(StartError::Closed),
    }
}

fn started(order: Order, payment: Payment) -> Result<Started, StartError> {
    let client_secret = payment.client_secret.ok_or(PaymentError::Unknown)?;
    Ok(Started { order, client_secret })
}
