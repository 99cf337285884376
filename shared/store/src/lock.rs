//! The transitions of the lock: each is one conditional update of one item, and that write decides.
//!
//! Conditions compare `state` for equality, so that no update resurrects a deleted ticket. A lost condition brings the
//! image that won; the domain's own transition says from it why this one lost.

use std::time::Duration;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use holdfast_domain::{
    CommitLost, ExtendLost, HoldLost, HoldNumber, HoldRequest, OrderId, ReleaseExpiredLost, ReleaseLost, SellLost,
    Ticket, TicketId, Timestamp,
};

use crate::Market;
use crate::crash::crash_point;
use crate::error::{LostOr, StoreError};
use crate::expression;
use crate::items::{self, StoredTicketState};
use crate::keys::{self, Item, n, s};

/// Listed, or held by another order whose time has passed; never one's own ticket.
const MAY_HOLD: &str = "(#state = :listed OR (#state = :held AND #expires_at <= :now AND #order_id <> :order)) \
                        AND #seller <> :buyer";
const SET_HOLD: &str = "SET #state = :held, #version = #version + :one, #hold = #version + :one, \
                        #order_id = :order, #buyer = :buyer, #expires_at = :expires_at, #extended = :no, \
                        #due_shard = :due_shard, #due_at = :expires_at, #trace = :trace";
/// `H(X,h)` of the protocol.
const HOLDS: &str = "#state = :held AND #order_id = :order AND #hold = :hold";
const HOLDS_RUN_OUT: &str = "#state = :held AND #order_id = :order AND #hold = :hold AND #expires_at <= :now";
const HOLDS_UNEXTENDED: &str = "#state = :held AND #order_id = :order AND #hold = :hold AND #extended = :no \
                                AND #expires_at > :now";
const HOLDS_OR_CLAIMS: &str = "(#state = :held OR #state = :committed) AND #order_id = :order AND #hold = :hold";
const CLAIMS: &str = "#state = :committed AND #order_id = :order AND #hold = :hold";
const SET_EXTENDED: &str = "SET #version = #version + :one, #expires_at = :expires_at, #extended = :yes";
/// Given up by its buyer: what follows belongs to that request.
const SET_GIVEN_BACK: &str = "SET #state = :listed, #version = #version + :one, #trace = :trace \
                              REMOVE #order_id, #buyer, #hold, #expires_at, #extended, #due_shard, #due_at";
const SET_LISTED: &str = "SET #state = :listed, #version = #version + :one \
                          REMOVE #order_id, #buyer, #hold, #expires_at, #extended, #due_shard, #due_at";
/// The order alone is due from now on: its payment is what is to be looked at.
const SET_COMMITTED: &str = "SET #state = :committed, #version = #version + :one \
                             REMOVE #expires_at, #extended, #due_shard, #due_at";
const SET_SOLD: &str = "SET #state = :sold, #version = #version + :one, #sold_at = :now";

/// A seller's transaction that crosses a hold is over within milliseconds: so many tries meet it.
const CONFLICT_TRIES: u32 = 4;

impl Market {
    /// Takes a ticket for an order. The ticket that comes back is the one that was held, with its price.
    ///
    /// # Errors
    /// [`LostOr::Lost`] says who has it; [`HoldLost::AlreadyMine`] is success for a retry.
    pub async fn ticket_hold(&self, id: TicketId, request: HoldRequest) -> Result<Ticket, LostOr<HoldLost>> {
        let update = self
            .lock_update(id, request.order, MAY_HOLD, SET_HOLD)
            .expression_attribute_values(":now", n(request.now.as_millis()))
            .expression_attribute_values(":buyer", s(request.buyer))
            .expression_attribute_values(":expires_at", n(request.expires_at.as_millis()))
            .expression_attribute_values(":no", AttributeValue::Bool(false))
            .expression_attribute_values(":due_shard", s(keys::due_shard(id.as_uuid())));
        transition("ticket_hold", update, |old| old.hold(request)).await
    }

    /// Moves the end of a hold that has not run out to `expires_at`, once.
    ///
    /// # Errors
    /// [`LostOr::Lost`] says why not; [`ExtendLost::AlreadyExtended`] is success for a retry.
    pub async fn ticket_extend(
        &self,
        id: TicketId,
        order: OrderId,
        hold: HoldNumber,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<Ticket, LostOr<ExtendLost>> {
        let update = self
            .hold_update(id, order, hold, HOLDS_UNEXTENDED, SET_EXTENDED)
            .expression_attribute_values(":now", n(now.as_millis()))
            .expression_attribute_values(":expires_at", n(expires_at.as_millis()))
            .expression_attribute_values(":no", AttributeValue::Bool(false))
            .expression_attribute_values(":yes", AttributeValue::Bool(true));
        transition("ticket_extend", update, |old| old.extend(order, hold, now, expires_at)).await
    }

    /// Decides the sale for the order that holds the ticket, run out or not.
    ///
    /// # Errors
    /// [`LostOr::Lost`] says why not; [`CommitLost::AlreadyMine`] is success for a retry.
    pub async fn ticket_commit(
        &self,
        id: TicketId,
        order: OrderId,
        hold: HoldNumber,
    ) -> Result<Ticket, LostOr<CommitLost>> {
        let update = self.hold_update(id, order, hold, HOLDS, SET_COMMITTED);
        transition("ticket_commit", update, |old| old.commit(order, hold)).await
    }

    /// Records the sale, once the payment is captured.
    ///
    /// # Errors
    /// [`LostOr::Lost`] says why not; [`SellLost::AlreadyMine`] is success for a retry.
    pub async fn ticket_sell(
        &self,
        id: TicketId,
        order: OrderId,
        hold: HoldNumber,
        now: Timestamp,
    ) -> Result<Ticket, LostOr<SellLost>> {
        let update =
            self.hold_update(id, order, hold, CLAIMS, SET_SOLD).expression_attribute_values(":now", n(now.as_millis()));
        transition("ticket_sell", update, |old| old.sell(order, hold, now)).await
    }

    /// Puts a ticket back on the market because its payment is void: from held or committed.
    ///
    /// # Errors
    /// [`LostOr::Lost`] when the ticket is neither held by nor committed to that order and hold.
    pub async fn ticket_release_voided(
        &self,
        id: TicketId,
        order: OrderId,
        hold: HoldNumber,
    ) -> Result<Ticket, LostOr<ReleaseLost>> {
        let update = self.hold_update(id, order, hold, HOLDS_OR_CLAIMS, SET_LISTED);
        transition("ticket_release_voided", update, |old| old.release_voided(order, hold)).await
    }

    /// Puts a ticket back on the market for the order that holds it.
    ///
    /// # Errors
    /// [`LostOr::Lost`] when that hold is not there.
    pub async fn ticket_release(
        &self,
        id: TicketId,
        order: OrderId,
        hold: HoldNumber,
    ) -> Result<Ticket, LostOr<ReleaseLost>> {
        let update = self.hold_update(id, order, hold, HOLDS, SET_GIVEN_BACK);
        transition("ticket_release", update, |old| old.release(order, hold)).await
    }

    /// Puts a ticket back on the market because the hold has run out by the ticket's own expiry.
    ///
    /// # Errors
    /// [`LostOr::Lost`] when that hold is not there or lasts longer.
    pub async fn ticket_release_expired(
        &self,
        id: TicketId,
        order: OrderId,
        hold: HoldNumber,
        now: Timestamp,
    ) -> Result<Ticket, LostOr<ReleaseExpiredLost>> {
        let update = self
            .hold_update(id, order, hold, HOLDS_RUN_OUT, SET_LISTED)
            .expression_attribute_values(":now", n(now.as_millis()));
        transition("ticket_release_expired", update, |old| old.release_expired(order, hold, now)).await
    }

    /// An update of the lock whose condition names an order and its hold.
    fn hold_update(
        &self,
        id: TicketId,
        order: OrderId,
        hold: HoldNumber,
        condition: &'static str,
        update: &'static str,
    ) -> UpdateItemFluentBuilder {
        self.lock_update(id, order, condition, update).expression_attribute_values(":hold", n(hold.number()))
    }

    fn lock_update(
        &self,
        id: TicketId,
        order: OrderId,
        condition: &'static str,
        update: &'static str,
    ) -> UpdateItemFluentBuilder {
        let states = [
            (":listed", StoredTicketState::Listed.as_str()),
            (":held", StoredTicketState::Held.as_str()),
            (":committed", StoredTicketState::Committed.as_str()),
            (":sold", StoredTicketState::Sold.as_str()),
        ];
        expression::conditional(&self.client, &self.table, keys::lock_key(id), condition, update, &states)
            .expression_attribute_values(":order", s(order))
    }
}

/// Sends a transition; when its condition fails, `decide` names the reason from the image that won.
async fn transition<L>(
    name: &'static str,
    update: UpdateItemFluentBuilder,
    decide: impl FnOnce(Ticket) -> Result<Ticket, L>,
) -> Result<Ticket, LostOr<L>> {
    let error = match send_past_conflicts(update).await {
        Ok(output) => {
            crash_point(name);
            let item = output.attributes.ok_or_else(|| StoreError::corrupt("an update without its new image"))?;
            return Ok(items::ticket_from(item)?);
        }
        Err(error) => error,
    };
    match lost_condition(error)? {
        None => Err(LostOr::Absent),
        Some(item) if item.is_empty() => Err(LostOr::Absent),
        Some(item) => match decide(items::ticket_from(item)?) {
            Err(lost) => Err(LostOr::Lost(lost)),
            Ok(_) => Err(StoreError::Drift(name).into()),
        },
    }
}

/// A seller's transaction on the same ticket makes a single write fail with a conflict: it is tried again.
async fn send_past_conflicts(
    update: UpdateItemFluentBuilder,
) -> Result<aws_sdk_dynamodb::operation::update_item::UpdateItemOutput, SdkError<UpdateItemError>> {
    let mut attempt = 0;
    loop {
        let result = update.clone().send().await;
        let conflict = result.as_ref().err().and_then(SdkError::as_service_error).is_some_and(|error| {
            error.is_transaction_conflict_exception() || error.is_replicated_write_conflict_exception()
        });
        attempt += 1;
        if !conflict || attempt == CONFLICT_TRIES {
            return result;
        }
        tokio::time::sleep(Duration::from_millis(10 << attempt)).await;
    }
}

/// The image that a failed condition lost to; any other failure as a [`StoreError`].
pub(crate) fn lost_condition(error: SdkError<UpdateItemError>) -> Result<Option<Item>, StoreError> {
    if !error.as_service_error().is_some_and(UpdateItemError::is_conditional_check_failed_exception) {
        return Err(StoreError::from_sdk(error));
    }
    if let UpdateItemError::ConditionalCheckFailedException(failed) = error.into_service_error() {
        Ok(failed.item)
    } else {
        Err(StoreError::corrupt("a failed condition of another kind"))
    }
}
