//! One shard of what is due.

use std::sync::Arc;

use holdfast_checkout::{Checkout, ReconcileError};
use holdfast_domain::{Hold, OrderId, OrderState, Ticket, TicketId, TicketState, Timestamp, UserId};
use holdfast_payments::Payments;
use holdfast_runtime::error_chain;
use holdfast_store::{Due, LostOr, StoreError};
use tokio::time::Instant;

use crate::counts::Counts;

const ITEMS_PER_PAGE: u32 = 100;
/// Items that stay, such as orders that are being paid, stand at the head of the index: a run looks well past them.
const PAGES: u32 = 10;

/// Looks at the items of a shard, the longest due first. No item is begun after `until`.
pub async fn sweep<P: Payments>(
    checkout: Arc<Checkout<P>>,
    shard: u8,
    clock: impl Fn() -> Timestamp + Clone + Send + Sync,
    until: Instant,
) -> Counts {
    let mut run = Run { checkout: &checkout, clock, counts: Counts::default(), stripe_is_out: false };
    let mut after = None;
    for _ in 0..PAGES {
        let now = (run.clock)();
        let page = match checkout.market().due_list(shard, now, ITEMS_PER_PAGE, after).await {
            Ok(page) => page,
            Err(error) => {
                tracing::error!(shard, error = error_chain(&error), "a shard cannot be read");
                run.counts.failed += 1;
                return run.counts;
            }
        };
        for due in page.items {
            if Instant::now() >= until {
                run.counts.unfinished += 1;
                return run.counts;
            }
            if let Err(error) = run.look_at(due).await {
                let (order_id, ticket_id) = ids(due);
                tracing::error!(order_id, ticket_id, error = error_chain(&error), "an item cannot be brought to rest");
                run.counts.failed += 1;
            }
        }
        after = page.next;
        if after.is_none() {
            return run.counts;
        }
    }
    run.counts.unfinished += 1;
    run.counts
}

struct Run<'a, P, C> {
    checkout: &'a Checkout<P>,
    clock: C,
    counts: Counts,
    /// Stripe did not answer for one order: asking for each of the others would use up the run.
    stripe_is_out: bool,
}

impl<P: Payments, C: Fn() -> Timestamp + Clone + Send + Sync> Run<'_, P, C> {
    async fn look_at(&mut self, due: Due) -> Result<(), ReconcileError> {
        match due {
            Due::Order(buyer, order) => self.reconcile(buyer, order).await,
            Due::Ticket(id) => {
                let ticket = self.checkout.market().ticket_read(id).await?;
                let Some(hold) = run_out_hold(ticket.as_ref(), (self.clock)()) else {
                    self.counts.at_rest += 1;
                    return Ok(());
                };
                self.end_hold(id, hold).await
            }
        }
    }

    async fn reconcile(&mut self, buyer: UserId, id: OrderId) -> Result<(), ReconcileError> {
        if self.stripe_is_out && self.has_payment(buyer, id).await? {
            self.counts.left_to_payment += 1;
            return Ok(());
        }
        match self.checkout.reconcile(buyer, id, self.clock.clone()).await {
            Ok(order) => {
                match order.map(|order| order.state) {
                    Some(OrderState::AwaitingPayment { .. } | OrderState::Capturing { .. }) => self.counts.waiting += 1,
                    Some(OrderState::Paid { .. }) => self.counts.paid += 1,
                    Some(OrderState::Cancelled { .. } | OrderState::Expired { .. }) => self.counts.closed += 1,
                    None => self.counts.at_rest += 1,
                }
                Ok(())
            }
            Err(error) => {
                self.stripe_is_out |= error.is_payment_outage();
                Err(error)
            }
        }
    }

    async fn has_payment(&self, buyer: UserId, id: OrderId) -> Result<bool, StoreError> {
        let order = self.checkout.market().order_read(buyer, id).await?;
        Ok(order.is_some_and(|order| order.intent().is_some()))
    }

    /// Ends the order behind a hold, or the hold itself when no live order is behind it: the process died before it
    /// could record the order, or a retry took the hold anew after its order had ended.
    async fn end_hold(&mut self, ticket: TicketId, hold: Hold) -> Result<(), ReconcileError> {
        let market = self.checkout.market();
        let order = market.order_read(hold.buyer, hold.order).await?;
        if order.is_some_and(|order| order.keeps_hold(ticket, hold.number)) {
            return self.reconcile(hold.buyer, hold.order).await;
        }
        match market.ticket_release_expired(ticket, hold.order, hold.number, (self.clock)()).await {
            Ok(_) => {
                tracing::info!(order_id = %hold.order, ticket_id = %ticket, "released a ticket that no order holds");
                self.counts.released += 1;
            }
            // Somebody else was faster: taken over, bought, released or deleted.
            Err(LostOr::Lost(_) | LostOr::Absent) => self.counts.at_rest += 1,
            Err(LostOr::Store(error)) => return Err(error.into()),
        }
        Ok(())
    }
}

fn ids(due: Due) -> (Option<String>, Option<String>) {
    match due {
        Due::Order(_, order) => (Some(order.to_string()), None),
        Due::Ticket(ticket) => (None, Some(ticket.to_string())),
    }
}

/// The hold of a ticket whose time has passed by the ticket itself.
fn run_out_hold(ticket: Option<&Ticket>, now: Timestamp) -> Option<Hold> {
    match ticket?.state {
        TicketState::Held(hold) => (hold.expires_at <= now).then_some(hold),
        TicketState::Listed | TicketState::Committed(_) | TicketState::Sold(_) => None,
    }
}
