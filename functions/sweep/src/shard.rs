//! One shard of what is due.

use std::sync::Arc;

use holdfast_checkout::{Checkout, ReconcileError};
use holdfast_domain::{OrderId, OrderState, Timestamp, UserId};
use holdfast_payments::Payments;
use holdfast_runtime::error_chain;
use holdfast_store::{Due, HoldEnd, StoreError, hold_end};
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
            Due::Ticket(id) => match hold_end(self.checkout.market(), id, &self.clock).await? {
                HoldEnd::OfOrder(buyer, order) => self.reconcile(buyer, order).await,
                HoldEnd::Released => {
                    self.counts.released += 1;
                    Ok(())
                }
                HoldEnd::AtRest => {
                    self.counts.at_rest += 1;
                    Ok(())
                }
            },
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
}

fn ids(due: Due) -> (Option<String>, Option<String>) {
    match due {
        Due::Order(_, order) => (Some(order.to_string()), None),
        Due::Ticket(ticket) => (None, Some(ticket.to_string())),
    }
}
