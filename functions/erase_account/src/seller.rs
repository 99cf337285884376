//! What somebody sells or has sold.

use holdfast_domain::{Ticket, TicketState};
use holdfast_events::{ErasureRequest, RenderRequest};
use holdfast_store::TicketChangeError;

use crate::{App, EraseError, Rest};

/// Tickets of one run.
const PAGE: u32 = 25;

/// Deletes the listed tickets of a page, and takes the seller's name off the others.
///
/// Pages are asked for after that, and again whenever this comes again: whoever took the name off may have died before
/// asking.
pub(crate) async fn page(app: &App, request: &ErasureRequest) -> Result<Rest, EraseError> {
    let after = request.after.as_deref().map(str::parse).transpose().map_err(|_| EraseError::Place)?;
    let page = app.market.lock_list_by_seller(request.user, PAGE, after).await?;
    let (mut at_rest, mut renamed) = (true, Vec::new());
    for ticket in &page.items {
        match fate(app, ticket).await? {
            Fate::Deleted => {}
            Fate::Stays => renamed.push(RenderRequest::Ticket { ticket: ticket.id }),
            Fate::Undecided => {
                at_rest = false;
                renamed.push(RenderRequest::Ticket { ticket: ticket.id });
            }
        }
    }
    app.pages.send(&renamed, None).await?;
    Ok(Rest { at_rest, next: page.next.map(|cursor| cursor.to_string()) })
}

/// What becomes of a ticket.
enum Fate {
    /// It is gone, and its event has its rows and pages removed.
    Deleted,
    /// It is sold, without its seller's name.
    Stays,
    /// Somebody holds it, or is paying for it: without its seller's name, until that has ended.
    Undecided,
}

async fn fate(app: &App, ticket: &Ticket) -> Result<Fate, EraseError> {
    let fate = match ticket.state {
        TicketState::Listed => match app.market.ticket_delete(ticket.id, ticket.seller, ticket.version).await {
            Ok(()) => return Ok(Fate::Deleted),
            // Held since it was read.
            Err(TicketChangeError::Changed) => Fate::Undecided,
            Err(TicketChangeError::Store(error)) => return Err(error.into()),
        },
        TicketState::Held(_) | TicketState::Committed(_) => Fate::Undecided,
        TicketState::Sold(_) => Fate::Stays,
    };
    app.market.ticket_forget_seller(ticket.id).await?;
    Ok(fate)
}
