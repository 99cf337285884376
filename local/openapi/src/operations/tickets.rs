//! Tickets: the catalogue, and what sellers do.

use holdfast_http_api::wire::{OwnTicketBody, PageBody, TicketBody, TicketItemBody};
use holdfast_http_api::{ListingFields, Problem};

use crate::operation::{Operation, Who};
use crate::parameters::{cursor, from, idempotency_key, limit, sort, to, words};

pub(crate) fn all() -> Vec<Operation> {
    vec![list(), show(), create(), update(), delete(), list_mine(), show_mine()]
}

fn list() -> Operation {
    Operation::new("list_tickets", "GET /api/tickets", Who::Anyone, "What can be bought now.")
        .parameter(limit)
        .parameter(cursor)
        .parameter(words)
        .parameter(sort)
        .parameter(from)
        .parameter(to)
        .answers::<PageBody<TicketItemBody>>(200, "A page of the catalogue. Any cache may keep it for two seconds.")
        .leads_to("list_tickets", "cursor", "$response.body#/next")
        .leads_to("show_ticket", "ticket_id", "$response.body#/items/0/id")
        .leads_to_field("place_order", "ticket_id", "$response.body#/items/0/id")
        .problems([Problem::bad_query])
}

fn show() -> Operation {
    Operation::new("show_ticket", "GET /api/tickets/{ticket_id}", Who::Anyone, "One ticket.")
        .answers::<TicketBody>(200, "The ticket as it is now. Any cache may keep it for two seconds.")
        .leads_to_field("place_order", "ticket_id", "$response.body#/id")
        .problems([Problem::not_found])
}

fn create() -> Operation {
    let create = Operation::new("create_ticket", "POST /api/tickets", Who::User, "Lists a ticket.")
        .parameter(idempotency_key)
        .body::<ListingFields>()
        .answers::<OwnTicketBody>(201, "The ticket; under a key that was used before, the ticket of the first time.")
        .leads_to_field("place_order", "ticket_id", "$response.body#/id")
        .problems([Problem::idempotency_key_required, Problem::idempotency_key_reused, Problem::not_found]);
    ["show_ticket", "show_my_ticket", "update_ticket", "delete_ticket"]
        .into_iter()
        .fold(create, |create, next| create.leads_to(next, "ticket_id", "$response.body#/id"))
}

fn update() -> Operation {
    Operation::new("update_ticket", "PUT /api/tickets/{ticket_id}", Who::User, "Replaces what its seller says of it.")
        .body::<ListingFields>()
        .answers::<OwnTicketBody>(200, "The ticket as it is now.")
        .leads_to("show_my_ticket", "ticket_id", "$response.body#/id")
        .leads_to("delete_ticket", "ticket_id", "$response.body#/id")
        .problems([Problem::not_found, Problem::ticket_held, Problem::ticket_sold, Problem::ticket_changed])
}

fn delete() -> Operation {
    Operation::new("delete_ticket", "DELETE /api/tickets/{ticket_id}", Who::User, "Takes it off the market for good.")
        .answers_nothing(204, "It is gone.")
        .problems([Problem::not_found, Problem::ticket_held, Problem::ticket_sold, Problem::ticket_changed])
}

fn list_mine() -> Operation {
    Operation::new("list_my_tickets", "GET /api/me/tickets", Who::User, "What one sells and has sold.")
        .parameter(limit)
        .parameter(cursor)
        .answers::<PageBody<OwnTicketBody>>(200, "A page, the newest first.")
        .leads_to("list_my_tickets", "cursor", "$response.body#/next")
        .leads_to("update_ticket", "ticket_id", "$response.body#/items/0/id")
        .problems([Problem::bad_query])
}

fn show_mine() -> Operation {
    Operation::new(
        "show_my_ticket",
        "GET /api/me/tickets/{ticket_id}",
        Who::User,
        "One of one's own, with its credential.",
    )
    .answers::<OwnTicketBody>(200, "The ticket as it is now.")
    .leads_to("update_ticket", "ticket_id", "$response.body#/id")
    .problems([Problem::not_found])
}
