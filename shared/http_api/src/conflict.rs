//! Why a seller's change was refused.

use holdfast_domain::{Ticket, TicketState};

use crate::problem::{ApiError, Problem};

/// The reason, from the ticket as it is after the change was refused. A hold that has run out still counts: a payment
/// that was authorised in time may be on its way, and within a minute the sweep has decided.
#[must_use]
pub fn seller_conflict(ticket: Option<&Ticket>) -> ApiError {
    let problem = match ticket.map(|ticket| ticket.state) {
        None => Problem::not_found("You have no such ticket."),
        Some(TicketState::Listed) => Problem::ticket_changed("It was changed since you loaded it. Load it again."),
        Some(TicketState::Held(_)) => {
            Problem::ticket_held("A buyer holds it. If they do not buy it, you can change it again.")
        }
        Some(TicketState::Committed(_) | TicketState::Sold(_)) => Problem::ticket_sold("It is sold."),
    };
    problem.into()
}
