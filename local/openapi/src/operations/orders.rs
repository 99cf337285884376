//! Orders: holding a ticket, and giving it up.

use holdfast_http_api::Problem;
use holdfast_http_api::wire::{OrderBody, PageBody};
use place_order::PlaceOrderBody;

use crate::operation::{Operation, Who};
use crate::parameters::{cursor, limit, required_idempotency_key};

pub(crate) fn all() -> Vec<Operation> {
    vec![place(), list(), show(), cancel()]
}

/// What can be done with an order whose id an answer has.
fn followed(operation: Operation, expression: &'static str) -> Operation {
    ["show_order", "cancel_order", "start_payment", "reconcile_order"]
        .into_iter()
        .fold(operation, |operation, next| operation.leads_to(next, "order_id", expression))
}

fn place() -> Operation {
    let place = Operation::new("place_order", "POST /api/orders", Who::User, "Holds a ticket.")
        .parameter(required_idempotency_key)
        .body::<PlaceOrderBody>()
        .answers::<OrderBody>(201, "The order; under a key that was used before, the order of the first time.")
        .problems([
            Problem::idempotency_key_required,
            Problem::not_found,
            Problem::own_ticket,
            Problem::ticket_held,
            Problem::ticket_sold,
            Problem::idempotency_key_reused,
            Problem::too_many_holds,
        ]);
    followed(place, "$response.body#/id")
}

fn list() -> Operation {
    let list = Operation::new("list_orders", "GET /api/orders", Who::User, "One's own orders.")
        .parameter(limit)
        .parameter(cursor)
        .answers::<PageBody<OrderBody>>(200, "A page, the newest first, without what admits.")
        .leads_to("list_orders", "cursor", "$response.body#/next")
        .problems([Problem::bad_query]);
    followed(list, "$response.body#/items/0/id")
}

fn show() -> Operation {
    let show = Operation::new("show_order", "GET /api/orders/{order_id}", Who::User, "One of one's own orders.")
        .answers::<OrderBody>(200, "The order as it is now.")
        .problems([Problem::not_found]);
    followed(show, "$response.body#/id")
}

fn cancel() -> Operation {
    Operation::new("cancel_order", "DELETE /api/orders/{order_id}", Who::User, "Gives the ticket back.")
        .answers::<OrderBody>(200, "What is stored: cancelled, or closed before.")
        .leads_to("cancel_order", "order_id", "$response.body#/id")
        .leads_to("show_order", "order_id", "$response.body#/id")
        .leads_to("start_payment", "order_id", "$response.body#/id")
        .leads_to_field("place_order", "ticket_id", "$response.body#/ticket/id")
        .problems([Problem::not_found, Problem::order_paid])
}
