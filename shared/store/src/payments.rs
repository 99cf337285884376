//! What a payment records on an order. Every write is conditional; final states are never overwritten.

use aws_sdk_dynamodb::types::AttributeValue;
use holdfast_domain::{Order, OrderId, PaidCard, PaymentIntentId, Timestamp, UserId};

use crate::Market;
use crate::error::StoreError;
use crate::keys::{n, s};
use crate::orders::{Written, order_recorded};

const AWAITING_WITHOUT_INTENT: &str = "#state = :awaiting AND attribute_not_exists(#intent)";
const SET_INTENT: &str = "SET #intent = :intent, #expires_at = :expires_at, #version = #version + :one";
const AWAITING_PAYMENT_BY: &str = "#state = :awaiting AND #intent = :intent";
const SET_CAPTURING: &str = "SET #state = :capturing, #version = #version + :one";
const CAPTURING_PAYMENT_BY: &str = "#state = :capturing AND #intent = :intent";
const SET_PAID: &str = "SET #state = :paid, #paid_at = :now, #version = #version + :one REMOVE #due_shard, #due_at";
const SET_PAID_BY_CARD: &str = "SET #state = :paid, #paid_at = :now, #version = #version + :one, \
                                #card_brand = :brand, #card_last4 = :last4 REMOVE #due_shard, #due_at";
const OPEN_PAYMENT_BY: &str = "(#state = :awaiting OR #state = :capturing) AND #intent = :intent";
const SET_VOIDED: &str = "SET #state = :expired, #closed_at = :now, #version = #version + :one \
                          REMOVE #due_shard, #due_at";
const CLOSED_PAYMENT_BY: &str = "(#state = :cancelled OR #state = :expired) AND #intent = :intent \
                                 AND attribute_exists(#due_shard)";
const CLOSED_WITHOUT_INTENT: &str = "(#state = :cancelled OR #state = :expired) AND attribute_not_exists(#intent) \
                                     AND attribute_exists(#due_shard)";
const SET_AT_REST: &str = "SET #version = #version + :one REMOVE #due_shard, #due_at";
const PAID_AND_KEPT: &str = "#state = :paid AND #intent = :intent AND attribute_not_exists(#refunded_at)";
const SET_REFUNDED: &str = "SET #refunded_at = :now, #version = #version + :one";

impl Market {
    /// Stores the payment of an order that awaits one and has none, with the end of its extended hold. Answers what is
    /// stored then: another payment, or a closed order, when this one lost.
    ///
    /// # Errors
    /// [`StoreError`] when the table fails; `Corrupt` when there is no such order.
    pub async fn order_store_intent(
        &self,
        buyer: UserId,
        order: OrderId,
        intent: &PaymentIntentId,
        expires_at: Timestamp,
    ) -> Result<Order, StoreError> {
        let update = self
            .order_update(buyer, order, AWAITING_WITHOUT_INTENT, SET_INTENT)
            .expression_attribute_values(":intent", s(intent.as_str()))
            .expression_attribute_values(":expires_at", n(expires_at.as_millis()));
        order_recorded("order_store_intent", update).await.map(Written::into_order)
    }

    /// Records that the ticket is committed and the payment is being captured, if the order awaits payment. Answers
    /// what is stored then.
    ///
    /// # Errors
    /// [`StoreError`] when the table fails; `Corrupt` when there is no such order.
    pub async fn order_capture(
        &self,
        buyer: UserId,
        order: OrderId,
        intent: &PaymentIntentId,
    ) -> Result<Order, StoreError> {
        let update = self
            .order_update(buyer, order, AWAITING_PAYMENT_BY, SET_CAPTURING)
            .expression_attribute_values(":intent", s(intent.as_str()));
        order_recorded("order_capture", update).await.map(Written::into_order)
    }

    /// Records an order as paid, if its payment is being captured; the sweep need not look at it again. Answers what is
    /// stored then.
    ///
    /// # Errors
    /// [`StoreError`] when the table fails; `Corrupt` when there is no such order.
    pub async fn order_pay(
        &self,
        buyer: UserId,
        order: OrderId,
        intent: &PaymentIntentId,
        card: Option<&PaidCard>,
        now: Timestamp,
    ) -> Result<Order, StoreError> {
        let set = if card.is_some() { SET_PAID_BY_CARD } else { SET_PAID };
        let mut update = self
            .order_update(buyer, order, CAPTURING_PAYMENT_BY, set)
            .expression_attribute_values(":intent", s(intent.as_str()))
            .expression_attribute_values(":now", n(now.as_millis()));
        if let Some(card) = card {
            update = update
                .expression_attribute_values(":brand", AttributeValue::S(card.brand().to_owned()))
                .expression_attribute_values(":last4", AttributeValue::S(card.last4().to_owned()));
        }
        order_recorded("order_pay", update).await.map(Written::into_order)
    }

    /// Closes an order whose payment is void, whether it awaits payment or is being captured; nobody can pay it any
    /// more, so that the sweep need not look at it again. Answers what is stored then.
    ///
    /// # Errors
    /// [`StoreError`] when the table fails; `Corrupt` when there is no such order.
    pub async fn order_close_voided(
        &self,
        buyer: UserId,
        order: OrderId,
        intent: &PaymentIntentId,
        now: Timestamp,
    ) -> Result<Order, StoreError> {
        let update = self
            .order_update(buyer, order, OPEN_PAYMENT_BY, SET_VOIDED)
            .expression_attribute_values(":intent", s(intent.as_str()))
            .expression_attribute_values(":now", n(now.as_millis()));
        order_recorded("order_close_voided", update).await.map(Written::into_order)
    }

    /// Takes a closed order out of the sweep's index: its payment, if it has one, is the given one and at rest.
    /// Answers what is stored then.
    ///
    /// # Errors
    /// [`StoreError`] when the table fails; `Corrupt` when there is no such order.
    pub async fn order_remove_due(
        &self,
        buyer: UserId,
        order: OrderId,
        intent: Option<&PaymentIntentId>,
    ) -> Result<Order, StoreError> {
        let condition = if intent.is_some() { CLOSED_PAYMENT_BY } else { CLOSED_WITHOUT_INTENT };
        let mut update = self.order_update(buyer, order, condition, SET_AT_REST);
        if let Some(intent) = intent {
            update = update.expression_attribute_values(":intent", s(intent.as_str()));
        }
        order_recorded("order_remove_due", update).await.map(Written::into_order)
    }

    /// Records once that the whole payment of a paid order was given back. Answers what is stored then.
    ///
    /// # Errors
    /// [`StoreError`] when the table fails; `Corrupt` when there is no such order.
    pub async fn order_refund(
        &self,
        buyer: UserId,
        order: OrderId,
        intent: &PaymentIntentId,
        now: Timestamp,
    ) -> Result<Order, StoreError> {
        let update = self
            .order_update(buyer, order, PAID_AND_KEPT, SET_REFUNDED)
            .expression_attribute_values(":intent", s(intent.as_str()))
            .expression_attribute_values(":now", n(now.as_millis()));
        order_recorded("order_refund", update).await.map(Written::into_order)
    }
}
