//! One shard of what is due.

use holdfast_domain::{Hold, OrderId, Ticket, TicketId, TicketState, Timestamp, UserId};
use holdfast_runtime::error_chain;
use holdfast_store::{Due, ExpireOutcome, LostOr, Market, StoreError};
use tokio::time::Instant;

use crate::counts::Counts;

const ITEMS_PER_PAGE: u32 = 100;
/// Items that stay, such as orders with a payment, stand at the head of the index: a run looks well past them.
const PAGES: u32 = 10;

/// Looks at the items of a shard, the longest due first.
pub(crate) async fn sweep(market: Market, shard: u8, now: Timestamp, until: Instant) -> Counts {
    let mut counts = Counts::default();
    let mut after = None;
    for _ in 0..PAGES {
        if Instant::now() >= until {
            break;
        }
        let page = match market.due_list(shard, now, ITEMS_PER_PAGE, after).await {
            Ok(page) => page,
            Err(error) => {
                tracing::error!(shard, error = error_chain(&error), "a shard cannot be read");
                counts.failed += 1;
                return counts;
            }
        };
        for due in page.items {
            if let Err(error) = look_at(&market, due, now, &mut counts).await {
                tracing::error!(?due, error = error_chain(&error), "an item cannot be brought to rest");
                counts.failed += 1;
            }
        }
        after = page.next;
        if after.is_none() {
            return counts;
        }
    }
    counts.unfinished += 1;
    counts
}

async fn look_at(market: &Market, due: Due, now: Timestamp, counts: &mut Counts) -> Result<(), StoreError> {
    match due {
        Due::Order(buyer, order) => end_order(market, buyer, order, now, counts).await,
        Due::Ticket(id) => {
            let ticket = market.ticket_read(id).await?;
            let Some(hold) = run_out_hold(ticket.as_ref(), now) else {
                counts.at_rest += 1;
                return Ok(());
            };
            end_hold(market, id, hold, now, counts).await
        }
    }
}

/// The hold of a ticket whose time has passed by the ticket itself.
fn run_out_hold(ticket: Option<&Ticket>, now: Timestamp) -> Option<Hold> {
    match ticket?.state {
        TicketState::Held(hold) => (hold.expires_at <= now).then_some(hold),
        TicketState::Listed | TicketState::Committed(_) | TicketState::Sold(_) => None,
    }
}

async fn end_order(
    market: &Market,
    buyer: UserId,
    order: OrderId,
    now: Timestamp,
    counts: &mut Counts,
) -> Result<(), StoreError> {
    match market.order_expire_run_out(buyer, order, now).await? {
        ExpireOutcome::Expired => counts.expired += 1,
        ExpireOutcome::NotRunOut(_) => counts.not_run_out += 1,
        ExpireOutcome::HasIntent | ExpireOutcome::Bought => counts.left_to_payment += 1,
        // A closed order that is still due has a payment that is not at rest.
        ExpireOutcome::Final | ExpireOutcome::Absent => counts.at_rest += 1,
    }
    Ok(())
}

/// Ends the order behind a hold, or the hold itself when no live order is behind it: the process died before it could
/// record the order, or a retry took the hold anew after its order had ended.
async fn end_hold(
    market: &Market,
    ticket: TicketId,
    hold: Hold,
    now: Timestamp,
    counts: &mut Counts,
) -> Result<(), StoreError> {
    let order = market.order_read(hold.buyer, hold.order).await?;
    if order.is_some_and(|order| order.keeps_hold(ticket, hold.number)) {
        return end_order(market, hold.buyer, hold.order, now, counts).await;
    }
    match market.ticket_release_expired(ticket, hold.order, hold.number, now).await {
        Ok(_) => counts.released += 1,
        // Somebody else was faster: taken over, bought, released or deleted.
        Err(LostOr::Lost(_) | LostOr::Absent) => counts.at_rest += 1,
        Err(LostOr::Store(error)) => return Err(error),
    }
    Ok(())
}
