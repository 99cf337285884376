#![doc = include_str!("../README.md")]

use holdfast_checkout::{Checkout, RefundError, RefundTarget};
use holdfast_domain::{OrderId, OrderState, PaymentIntentId, Timestamp};
use holdfast_payments::StripePayments;
use holdfast_telemetry::{Subject, note};
use serde::{Deserialize, Serialize};

/// What an operator names: `{"order": "<id>"}` or `{"payment": "pi_…"}`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum RefundOrder {
    /// An order, by the id on its receipt.
    Order(OrderId),
    /// A payment, by Stripe's id.
    Payment(String),
}

/// What was given back.
#[derive(Debug, Serialize)]
pub struct RefundReport {
    order: OrderId,
    /// In minor units.
    amount: u64,
    currency: &'static str,
    refunded_at: Timestamp,
}

/// Why nothing was given back, or it is not known whether it was. A repeat is harmless.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct RefundOrderError(#[from] RefundError);

/// Gives all of the order's money back and records it, once.
///
/// # Errors
/// [`RefundOrderError`] says why not, in words for the operator.
pub async fn handle(
    checkout: &Checkout<StripePayments>,
    request: RefundOrder,
    clock: impl Fn() -> Timestamp + Send + Sync,
) -> Result<RefundReport, RefundOrderError> {
    let target = match request {
        RefundOrder::Order(order) => RefundTarget::Order(order),
        RefundOrder::Payment(id) => RefundTarget::Payment(PaymentIntentId::from_stripe(id)),
    };
    let order = checkout.refund(&target, clock).await?;
    let OrderState::Paid { refunded_at: Some(refunded_at), .. } = order.state else {
        return Err(RefundError::NotShown.into());
    };
    let price = order.ticket.facts.price;
    note(Subject::Order(order.id));
    tracing::info!("refunded");
    Ok(RefundReport { order: order.id, amount: price.amount(), currency: price.currency().code(), refunded_at })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_samples_are_what_the_command_sends() {
        for sample in [
            include_str!("../../../events/refund_order/valid.json"),
            include_str!("../../../events/refund_order/by_payment.json"),
        ] {
            assert!(serde_json::from_str::<RefundOrder>(sample).is_ok(), "{sample}");
        }
        for wrong in ["{}", r#"{"order": "1"}"#, r#"{"order": "a6289436-8e3b-53a1-a03e-a23f1a21a4c7", "amount": 5}"#] {
            assert!(serde_json::from_str::<RefundOrder>(wrong).is_err(), "{wrong}");
        }
    }
}
