//! What is recorded on an order: one conditional update for each record. What the conditions say is what
//! `holdfast_domain::Filed::record` says, and each that is lost is compared with it.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use holdfast_domain::{Closing, Order, OrderId, PaidCard, Record, UserId};

use crate::Market;
use crate::crash::crash_point;
use crate::error::StoreError;
use crate::expression;
use crate::items::{self, StoredOrderState};
use crate::keys::{self, n, s};
use crate::lock::lost_condition;

const AWAITING_WITHOUT_INTENT: &str = "#state = :awaiting AND attribute_not_exists(#intent)";
const AWAITING_WITH_INTENT: &str = "#state = :awaiting AND attribute_exists(#intent)";
const AWAITING_AND_EARLIER: &str = "#state = :awaiting AND #expires_at < :expires_at";
const AWAITING_PAYMENT_BY: &str = "#state = :awaiting AND #intent = :intent";
const CAPTURING_PAYMENT_BY: &str = "#state = :capturing AND #intent = :intent";
const OPEN_PAYMENT_BY: &str = "(#state = :awaiting OR #state = :capturing) AND #intent = :intent";
const CLOSED_PAYMENT_BY: &str = "(#state = :cancelled OR #state = :expired) AND #intent = :intent \
                                 AND attribute_exists(#due_shard)";
const CLOSED_WITHOUT_INTENT: &str = "(#state = :cancelled OR #state = :expired) AND attribute_not_exists(#intent) \
                                     AND attribute_exists(#due_shard)";
const PAID_AND_KEPT: &str = "#state = :paid AND #intent = :intent AND attribute_not_exists(#refunded_at)";
const PAID_BY_CARD: &str = "#state = :paid AND attribute_exists(#card_brand)";
const SET_INTENT: &str = "SET #intent = :intent, #expires_at = :expires_at, #version = #version + :one";
/// The order's place in the sweep's index stays: a sweep that comes early finds out, and two index writes are saved.
const SET_EXPIRY: &str = "SET #expires_at = :expires_at, #version = #version + :one";
const SET_CAPTURING: &str = "SET #state = :capturing, #version = #version + :one";
const SET_PAID: &str = "SET #state = :paid, #paid_at = :now, #version = #version + :one REMOVE #due_shard, #due_at";
const SET_PAID_BY_CARD: &str = "SET #state = :paid, #paid_at = :now, #version = #version + :one, \
                                #card_brand = :brand, #card_last4 = :last4 REMOVE #due_shard, #due_at";
const SET_VOIDED: &str = "SET #state = :expired, #closed_at = :now, #version = #version + :one \
                          REMOVE #due_shard, #due_at";
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
const SET_AT_REST: &str = "SET #version = #version + :one REMOVE #due_shard, #due_at";
const SET_REFUNDED: &str = "SET #refunded_at = :now, #version = #version + :one";

const SET_CARD_FORGOTTEN: &str = "SET #version = #version + :one REMOVE #card_brand, #card_last4";

/// A conditional write of an order: either way, what is stored now.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Written {
    /// The record is on it.
    Won(Order),
    /// It stays as it was.
    Lost(Order),
}

impl Written {
    /// What is stored now.
    #[must_use]
    pub fn into_order(self) -> Order {
        match self {
            Self::Won(order) | Self::Lost(order) => order,
        }
    }
}

impl Market {
    /// Records something on an order if the domain's rule admits it, and answers what is stored then.
    ///
    /// # Errors
    /// [`StoreError`] when the table fails; `Corrupt` when there is no such order.
    pub async fn order_record(&self, buyer: UserId, order: OrderId, record: &Record) -> Result<Written, StoreError> {
        let missing = || StoreError::corrupt("there is no such order");
        let (name, update) = self.record_update(buyer, order, record);
        let error = match update.send().await {
            Ok(output) => {
                crash_point(name);
                return items::order_from(output.attributes.ok_or_else(missing)?).map(Written::Won);
            }
            Err(error) => error,
        };
        let filed = items::filed_from(lost_condition(error)?.ok_or_else(missing)?)?;
        match filed.record(record) {
            Err(filed) => Ok(Written::Lost(filed.order)),
            Ok(_) => Err(StoreError::Drift(name)),
        }
    }

    /// The update of a record, and the name of its crash point.
    fn record_update(&self, buyer: UserId, order: OrderId, record: &Record) -> (&'static str, UpdateItemFluentBuilder) {
        let update = |condition, set| self.order_update(buyer, order, condition, set);
        match record {
            Record::Intent { intent, expires_at } => {
                let update = update(AWAITING_WITHOUT_INTENT, SET_INTENT)
                    .expression_attribute_values(":intent", s(intent.as_str()))
                    .expression_attribute_values(":expires_at", n(expires_at.as_millis()));
                ("order_store_intent", update)
            }
            Record::Capturing { intent } => {
                let update = update(AWAITING_PAYMENT_BY, SET_CAPTURING);
                ("order_capture", update.expression_attribute_values(":intent", s(intent.as_str())))
            }
            Record::Paid { intent, card, now } => {
                let update = update(CAPTURING_PAYMENT_BY, if card.is_some() { SET_PAID_BY_CARD } else { SET_PAID })
                    .expression_attribute_values(":intent", s(intent.as_str()))
                    .expression_attribute_values(":now", n(now.as_millis()));
                ("order_pay", with_card(update, card.as_ref()))
            }
            Record::Voided { intent, now } => {
                let update = update(OPEN_PAYMENT_BY, SET_VOIDED)
                    .expression_attribute_values(":intent", s(intent.as_str()))
                    .expression_attribute_values(":now", n(now.as_millis()));
                ("order_close_voided", update)
            }
            Record::Closed { how, has_intent, now } => {
                let (state, set) = closing(*how, *has_intent);
                let condition = if *has_intent { AWAITING_WITH_INTENT } else { AWAITING_WITHOUT_INTENT };
                let mut update = update(condition, set)
                    .expression_attribute_values(":closed", s(state.as_str()))
                    .expression_attribute_values(":now", n(now.as_millis()));
                if set == SET_CLOSED_TOO_LATE {
                    update = update.expression_attribute_values(":yes", AttributeValue::Bool(true));
                }
                ("order_close", update)
            }
            Record::Expiry { expires_at } => {
                let update = update(AWAITING_AND_EARLIER, SET_EXPIRY);
                let moved = update.expression_attribute_values(":expires_at", n(expires_at.as_millis()));
                ("order_move_expiry", moved)
            }
            Record::AtRest { intent: Some(intent) } => {
                let update = update(CLOSED_PAYMENT_BY, SET_AT_REST);
                ("order_remove_due", update.expression_attribute_values(":intent", s(intent.as_str())))
            }
            Record::AtRest { intent: None } => ("order_remove_due", update(CLOSED_WITHOUT_INTENT, SET_AT_REST)),
            Record::Refund { intent, now } => {
                let update = update(PAID_AND_KEPT, SET_REFUNDED)
                    .expression_attribute_values(":intent", s(intent.as_str()))
                    .expression_attribute_values(":now", n(now.as_millis()));
                ("order_refund", update)
            }
            Record::CardForgotten => ("order_forget_card", update(PAID_BY_CARD, SET_CARD_FORGOTTEN)),
        }
    }

    fn order_update(
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

fn closing(how: Closing, has_intent: bool) -> (StoredOrderState, &'static str) {
    match (how, has_intent) {
        (Closing::Cancelled, true) => (StoredOrderState::Cancelled, SET_CANCELLED),
        (Closing::Cancelled, false) => (StoredOrderState::Cancelled, SET_CANCELLED_AT_REST),
        (Closing::Expired, true) => (StoredOrderState::Expired, SET_CLOSED),
        (Closing::PaidTooLate, true) => (StoredOrderState::Expired, SET_CLOSED_TOO_LATE),
        (Closing::Expired | Closing::PaidTooLate, false) => (StoredOrderState::Expired, SET_CLOSED_AT_REST),
    }
}

fn with_card(update: UpdateItemFluentBuilder, card: Option<&PaidCard>) -> UpdateItemFluentBuilder {
    let Some(card) = card else {
        return update;
    };
    update
        .expression_attribute_values(":brand", AttributeValue::S(card.brand().to_owned()))
        .expression_attribute_values(":last4", AttributeValue::S(card.last4().to_owned()))
}
