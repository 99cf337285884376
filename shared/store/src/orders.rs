//! Orders: they record what the ticket decided. Every write is conditional; final states are never overwritten.

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use holdfast_domain::{Order, OrderId, OrderState, Timestamp, UserId};

use crate::Market;
use crate::crash::crash_point;
use crate::error::StoreError;
use crate::expression;
use crate::items::{self, StoredOrderState};
use crate::keys::{self, Item, n, s};
use crate::lock::lost_condition;
use crate::owner_page::{OwnerCursor, OwnerPage, position};

/// What became of an order that was to be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recorded {
    /// It was not there before.
    New,
    /// Something with its id is there already, as given.
    Existing(Box<Order>),
}

/// How an order ends without a sale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closing {
    /// The buyer gave it up.
    Cancelled,
    /// Its hold ran out, or the ticket is gone.
    Expired,
    /// Its payment was authorised when the ticket was gone.
    PaidTooLate,
}

const AWAITING_WITHOUT_INTENT: &str = "#state = :awaiting AND attribute_not_exists(#intent)";
const AWAITING_WITH_INTENT: &str = "#state = :awaiting AND attribute_exists(#intent)";
const SET_CLOSED: &str = "SET #state = :closed, #closed_at = :now, #version = #version + :one";
/// The sweep is to void the payment within a minute, not only when the hold would have ended.
const SET_CANCELLED: &str = "SET #state = :closed, #closed_at = :now, #version = #version + :one, #due_at = :now, \
                             #trace = :trace";
const SET_CANCELLED_AT_REST: &str = "SET #state = :closed, #closed_at = :now, #version = #version + :one, \
                                     #trace = :trace REMOVE #due_shard, #due_at";
const SET_CLOSED_AT_REST: &str = "SET #state = :closed, #closed_at = :now, #version = #version + :one \
                                  REMOVE #due_shard, #due_at";
const SET_CLOSED_TOO_LATE: &str = "SET #state = :closed, #closed_at = :now, #version = #version + :one, \
                                   #paid_too_late = :yes";
const AWAITING_AND_EARLIER: &str = "#state = :awaiting AND #expires_at < :expires_at";
const SET_EXPIRY: &str = "SET #expires_at = :expires_at, #version = #version + :one";

impl Market {
    /// Records a new order, unless something with its id is there.
    ///
    /// # Errors
    /// [`StoreError`] when the table fails.
    pub async fn order_create(&self, order: &Order) -> Result<Recorded, StoreError> {
        let result = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(items::order_item(order)?))
            .condition_expression("attribute_not_exists(pk)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let Err(error) = result else {
            crash_point("order_create");
            return Ok(Recorded::New);
        };
        if !error.as_service_error().is_some_and(PutItemError::is_conditional_check_failed_exception) {
            return Err(StoreError::from_sdk(error));
        }
        let PutItemError::ConditionalCheckFailedException(failed) = error.into_service_error() else {
            return Err(StoreError::corrupt("a failed condition of another kind"));
        };
        let item = failed.item.ok_or_else(|| StoreError::corrupt("a lost condition without its image"))?;
        items::order_from(item).map(|order| Recorded::Existing(Box::new(order)))
    }

    /// An order of `buyer`, read consistently. Somebody else's cannot be read: its key has their id.
    ///
    /// # Errors
    /// [`StoreError`] when the table fails.
    pub async fn order_read(&self, buyer: UserId, order: OrderId) -> Result<Option<Order>, StoreError> {
        let output = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(keys::order_key(buyer, order)))
            .consistent_read(true)
            .send()
            .await
            .map_err(StoreError::from_sdk)?;
        output.item.map(items::order_from).transpose()
    }

    /// A page of a buyer's orders, newest first.
    ///
    /// # Errors
    /// [`StoreError`] when the table fails.
    pub async fn order_list_by_buyer(
        &self,
        buyer: UserId,
        limit: u32,
        after: Option<OwnerCursor>,
    ) -> Result<OwnerPage<Order>, StoreError> {
        let key_of = |id| keys::order_key(buyer, OrderId::from_uuid(id));
        let (found, next) = self.owner_page(keys::order_owner(buyer), limit, after, key_of).await?;
        let wanted: Vec<Item> = found
            .iter()
            .map(|key| Ok(keys::key(keys::text(key, keys::PK)?.to_owned(), keys::text(key, keys::SK)?)))
            .collect::<Result<_, StoreError>>()?;
        let mut orders = self.items_read(wanted.clone()).await?;
        orders.sort_by_key(|item| position(&wanted, item));
        let items = orders.into_iter().map(items::order_from).collect::<Result<_, _>>()?;
        Ok(OwnerPage { items, next })
    }

    /// Closes an order that awaits payment and answers what is stored then: a final order stays as it is.
    ///
    /// Its place in the sweep's index goes at once when there is no payment intent; with one it stays until that is at
    /// rest, and a cancelled order is due from now on.
    ///
    /// # Errors
    /// [`StoreError`] when the table fails; `Corrupt` when there is no such order.
    pub async fn order_close(
        &self,
        buyer: UserId,
        order: OrderId,
        how: Closing,
        now: Timestamp,
    ) -> Result<Order, StoreError> {
        let (state, with_intent, at_rest) = match how {
            Closing::Cancelled => (StoredOrderState::Cancelled, SET_CANCELLED, SET_CANCELLED_AT_REST),
            Closing::Expired => (StoredOrderState::Expired, SET_CLOSED, SET_CLOSED_AT_REST),
            Closing::PaidTooLate => (StoredOrderState::Expired, SET_CLOSED_TOO_LATE, SET_CLOSED_AT_REST),
        };
        let closing = |condition, update| {
            self.order_update(buyer, order, condition, update)
                .expression_attribute_values(":closed", s(state.as_str()))
                .expression_attribute_values(":now", n(now.as_millis()))
        };
        let update = closing(AWAITING_WITHOUT_INTENT, at_rest);
        let stored = match order_recorded("order_close", update).await? {
            Written::Won(order) => return Ok(order),
            Written::Lost(order) => order,
        };
        match stored.state {
            OrderState::AwaitingPayment { intent: Some(_) } => {
                let mut update = closing(AWAITING_WITH_INTENT, with_intent);
                if how == Closing::PaidTooLate {
                    update = update.expression_attribute_values(":yes", AttributeValue::Bool(true));
                }
                order_recorded("order_close", update).await.map(Written::into_order)
            }
            OrderState::AwaitingPayment { intent: None } => Err(StoreError::Drift("order_close")),
            OrderState::Capturing { .. }
            | OrderState::Paid { .. }
            | OrderState::Cancelled { .. }
            | OrderState::Expired { .. } => Ok(stored),
        }
    }

    /// Copies the ticket's later expiry to an order that awaits payment and answers what is stored then.
    ///
    /// The order's place in the sweep's index stays: a sweep that comes early finds out, and two index writes are saved.
    ///
    /// # Errors
    /// [`StoreError`] when the table fails; `Corrupt` when there is no such order.
    pub async fn order_move_expiry(
        &self,
        buyer: UserId,
        order: OrderId,
        expires_at: Timestamp,
    ) -> Result<Order, StoreError> {
        let update = self
            .order_update(buyer, order, AWAITING_AND_EARLIER, SET_EXPIRY)
            .expression_attribute_values(":expires_at", n(expires_at.as_millis()));
        order_recorded("order_move_expiry", update).await.map(Written::into_order)
    }

    pub(crate) fn order_update(
        &self,
        buyer: UserId,
        order: OrderId,
        condition: &'static str,
        update: &'static str,
    ) -> UpdateItemFluentBuilder {
        let states = [
            (":awaiting", StoredOrderState::AwaitingPayment.as_str()),
            (":capturing", StoredOrderState::Capturing.as_str()),
            (":paid", StoredOrderState::Paid.as_str()),
            (":cancelled", StoredOrderState::Cancelled.as_str()),
            (":expired", StoredOrderState::Expired.as_str()),
        ];
        expression::conditional(&self.client, &self.table, keys::order_key(buyer, order), condition, update, &states)
    }
}

/// A conditional write of an order: either way, what is stored now.
pub(crate) enum Written {
    Won(Order),
    Lost(Order),
}

impl Written {
    pub(crate) fn into_order(self) -> Order {
        match self {
            Self::Won(order) | Self::Lost(order) => order,
        }
    }
}

pub(crate) async fn order_recorded(name: &'static str, update: UpdateItemFluentBuilder) -> Result<Written, StoreError> {
    let missing = || StoreError::corrupt("there is no such order");
    match update.send().await {
        Ok(output) => {
            crash_point(name);
            items::order_from(output.attributes.ok_or_else(missing)?).map(Written::Won)
        }
        Err(error) => items::order_from(lost_condition(error)?.ok_or_else(missing)?).map(Written::Lost),
    }
}
