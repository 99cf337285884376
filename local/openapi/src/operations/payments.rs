//! Paying for an order.

use holdfast_http_api::Problem;
use holdfast_http_api::wire::OrderBody;
use holdfast_payments::WebhookEvent;
use start_payment::PaymentBody;
use stripe_webhook::WebhookBody;

use crate::operation::{Operation, Who};
use crate::parameters::stripe_signature;

pub(crate) fn all() -> Vec<Operation> {
    vec![
        Operation::new("start_payment", "POST /api/orders/{order_id}/payment", Who::User, "Begins to pay.")
            .answers::<PaymentBody<'static>>(201, "What Stripe's script needs. Asking again gives the same payment.")
            .leads_to("start_payment", "order_id", "$request.path.order_id")
            .leads_to("reconcile_order", "order_id", "$request.path.order_id")
            .leads_to("cancel_order", "order_id", "$request.path.order_id")
            .problems([
                Problem::not_found,
                Problem::order_closed,
                Problem::order_paid,
                Problem::hold_expired,
                Problem::payments_not_configured,
            ]),
        Operation::new(
            "reconcile_order",
            "POST /api/orders/{order_id}/reconcile",
            Who::User,
            "Has Stripe asked what was paid.",
        )
        .answers::<OrderBody>(200, "The order as it is then.")
        .leads_to("show_order", "order_id", "$response.body#/id")
        .problems([Problem::not_found, Problem::payments_not_configured]),
        Operation::new("stripe_webhook", "POST /api/stripe/webhook", Who::Stripe, "What Stripe says of a payment.")
            .parameter(stripe_signature)
            .body_as_signed::<WebhookEvent>()
            .answers::<WebhookBody>(200, "It was looked at.")
            .problems([Problem::bad_signature, Problem::payments_not_configured]),
    ]
}
