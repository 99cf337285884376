//! The single reads and writes that the protocol is made of: whoever places, cancels, pays, reconciles or sweeps goes from
//! one to the next, and any other may come in between.
//!
//! [`Market`] makes each as one call of the table. The exhaustive model (`local/model`) makes each as one step of its own,
//! with the domain's transition in the place of the expression, and so runs the code of the protocol as it is deployed.

use std::future::Future;

use holdfast_domain::{
    CommitLost, ExtendLost, HoldLost, HoldNumber, HoldRequest, Order, OrderId, Record, ReleaseExpiredLost, ReleaseLost,
    SellLost, Ticket, TicketId, Timestamp, UserId,
};

use crate::Market;
use crate::allowance::CountedHold;
use crate::error::{LostOr, StoreError};
use crate::orders::Recorded;
use crate::records::Written;

/// The steps of the protocol. The methods of [`Market`] of the same names say what each does and when it fails.
#[expect(missing_docs, reason = "each is said at the method of Market of the same name")]
pub trait Steps: Send + Sync {
    fn ticket_read(&self, id: TicketId) -> impl Future<Output = Result<Option<Ticket>, StoreError>> + Send;

    fn ticket_hold(
        &self,
        id: TicketId,
        request: HoldRequest,
    ) -> impl Future<Output = Result<Ticket, LostOr<HoldLost>>> + Send;

    fn ticket_extend(
        &self,
        id: TicketId,
        order: OrderId,
        hold: HoldNumber,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> impl Future<Output = Result<Ticket, LostOr<ExtendLost>>> + Send;

    fn ticket_commit(
        &self,
        id: TicketId,
        order: OrderId,
        hold: HoldNumber,
    ) -> impl Future<Output = Result<Ticket, LostOr<CommitLost>>> + Send;

    fn ticket_sell(
        &self,
        id: TicketId,
        order: OrderId,
        hold: HoldNumber,
        now: Timestamp,
    ) -> impl Future<Output = Result<Ticket, LostOr<SellLost>>> + Send;

    fn ticket_release_voided(
        &self,
        id: TicketId,
        order: OrderId,
        hold: HoldNumber,
    ) -> impl Future<Output = Result<Ticket, LostOr<ReleaseLost>>> + Send;

    fn ticket_release(
        &self,
        id: TicketId,
        order: OrderId,
        hold: HoldNumber,
    ) -> impl Future<Output = Result<Ticket, LostOr<ReleaseLost>>> + Send;

    fn ticket_release_expired(
        &self,
        id: TicketId,
        order: OrderId,
        hold: HoldNumber,
        now: Timestamp,
    ) -> impl Future<Output = Result<Ticket, LostOr<ReleaseExpiredLost>>> + Send;

    fn order_read(
        &self,
        buyer: UserId,
        order: OrderId,
    ) -> impl Future<Output = Result<Option<Order>, StoreError>> + Send;

    fn orders_read(
        &self,
        buyer: UserId,
        orders: &[OrderId],
    ) -> impl Future<Output = Result<Vec<Order>, StoreError>> + Send;

    fn order_create(&self, order: &Order) -> impl Future<Output = Result<Recorded, StoreError>> + Send;

    fn order_record(
        &self,
        buyer: UserId,
        order: OrderId,
        record: &Record,
    ) -> impl Future<Output = Result<Written, StoreError>> + Send;

    fn hold_added(
        &self,
        buyer: UserId,
        hold: CountedHold,
        limit: u8,
    ) -> impl Future<Output = Result<Option<Vec<CountedHold>>, StoreError>> + Send;

    fn holds_dropped(
        &self,
        buyer: UserId,
        ended: &[CountedHold],
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

impl Steps for Market {
    async fn ticket_read(&self, id: TicketId) -> Result<Option<Ticket>, StoreError> {
        Self::ticket_read(self, id).await
    }

    async fn ticket_hold(&self, id: TicketId, request: HoldRequest) -> Result<Ticket, LostOr<HoldLost>> {
        Self::ticket_hold(self, id, request).await
    }

    async fn ticket_extend(
        &self,
        id: TicketId,
        order: OrderId,
        hold: HoldNumber,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<Ticket, LostOr<ExtendLost>> {
        Self::ticket_extend(self, id, order, hold, now, expires_at).await
    }

    async fn ticket_commit(
        &self,
        id: TicketId,
        order: OrderId,
        hold: HoldNumber,
    ) -> Result<Ticket, LostOr<CommitLost>> {
        Self::ticket_commit(self, id, order, hold).await
    }

    async fn ticket_sell(
        &self,
        id: TicketId,
        order: OrderId,
        hold: HoldNumber,
        now: Timestamp,
    ) -> Result<Ticket, LostOr<SellLost>> {
        Self::ticket_sell(self, id, order, hold, now).await
    }

    async fn ticket_release_voided(
        &self,
        id: TicketId,
        order: OrderId,
        hold: HoldNumber,
    ) -> Result<Ticket, LostOr<ReleaseLost>> {
        Self::ticket_release_voided(self, id, order, hold).await
    }

    async fn ticket_release(
        &self,
        id: TicketId,
        order: OrderId,
        hold: HoldNumber,
    ) -> Result<Ticket, LostOr<ReleaseLost>> {
        Self::ticket_release(self, id, order, hold).await
    }

    async fn ticket_release_expired(
        &self,
        id: TicketId,
        order: OrderId,
        hold: HoldNumber,
        now: Timestamp,
    ) -> Result<Ticket, LostOr<ReleaseExpiredLost>> {
        Self::ticket_release_expired(self, id, order, hold, now).await
    }

    async fn order_read(&self, buyer: UserId, order: OrderId) -> Result<Option<Order>, StoreError> {
        Self::order_read(self, buyer, order).await
    }

    async fn orders_read(&self, buyer: UserId, orders: &[OrderId]) -> Result<Vec<Order>, StoreError> {
        Self::orders_read(self, buyer, orders).await
    }

    async fn order_create(&self, order: &Order) -> Result<Recorded, StoreError> {
        Self::order_create(self, order).await
    }

    async fn order_record(&self, buyer: UserId, order: OrderId, record: &Record) -> Result<Written, StoreError> {
        Self::order_record(self, buyer, order, record).await
    }

    async fn hold_added(
        &self,
        buyer: UserId,
        hold: CountedHold,
        limit: u8,
    ) -> Result<Option<Vec<CountedHold>>, StoreError> {
        Self::hold_added(self, buyer, hold, limit).await
    }

    async fn holds_dropped(&self, buyer: UserId, ended: &[CountedHold]) -> Result<(), StoreError> {
        Self::holds_dropped(self, buyer, ended).await
    }
}
