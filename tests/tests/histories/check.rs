//! What must be true at the end of every history.

use std::collections::BTreeMap;

use fake_stripe::{LedgerIntent, Status};
use holdfast_domain::{Expiry, OrderState, TicketState};

use crate::history::{History, OrderRef};
use crate::world::World;

/// What is wrong, in words; empty when nothing is.
pub(crate) async fn violations(world: &World, history: &mut History<'_>) -> Vec<String> {
    let mut wrong = Vec::new();
    let intents = world.stripe.ledger().intents;
    let mut paid_by_ticket: BTreeMap<String, Vec<OrderRef>> = BTreeMap::new();
    for &reference in &history.orders {
        let market = world.checkout.market();
        let Some(order) = market.order_read(reference.buyer, reference.order).await.expect("a read") else {
            continue;
        };
        let id = reference.order.to_string();
        let of_order: Vec<&LedgerIntent> =
            intents.iter().filter(|intent| intent.order.as_deref() == Some(&id)).collect();
        let kept: i64 = of_order.iter().map(|intent| intent.amount_captured - intent.amount_refunded).sum();
        let price = i64::try_from(order.ticket.facts.price.amount()).expect("an amount");
        match &order.state {
            OrderState::Paid { intent, .. } => {
                history.tally.paid += 1;
                paid_by_ticket.entry(order.ticket.id.to_string()).or_default().push(reference);
                if kept != price {
                    wrong.push(format!("{id} is paid, and {kept} of {price} was kept"));
                }
                if !of_order.iter().any(|one| one.id == intent.as_str() && one.status == Status::Succeeded) {
                    wrong.push(format!("{id} is paid by {intent}, which is not captured"));
                }
            }
            OrderState::Cancelled { .. } | OrderState::Expired { .. } => {
                history.tally.closed += 1;
                if kept != 0 {
                    wrong.push(format!("{id} is closed, and {kept} was kept"));
                }
                if matches!(order.state, OrderState::Expired { why: Expiry::PaidTooLate, .. }) {
                    history.tally.late_payments += 1;
                }
            }
            OrderState::AwaitingPayment { .. } | OrderState::Capturing { .. } => {
                wrong.push(format!("{id} is not at rest: {:?}", order.state));
            }
        }
        for intent in of_order {
            let is_stored = order.intent().is_some_and(|stored| stored.as_str() == intent.id);
            let is_open = !matches!(intent.status, Status::Succeeded | Status::Canceled);
            if intent.amount_capturable != 0 || (is_stored && is_open) {
                wrong.push(format!("{} of {id} is left {}", intent.id, intent.status.as_str()));
            }
        }
    }
    for &id in &history.tickets {
        let ticket = world.checkout.market().ticket_read(id).await.expect("a read").expect("a ticket");
        let paid = paid_by_ticket.remove(&id.to_string()).unwrap_or_default();
        match ticket.state {
            TicketState::Listed if paid.is_empty() => {}
            TicketState::Sold(sale) if paid.iter().map(|one| one.order).eq([sale.order]) => {}
            TicketState::Listed | TicketState::Sold(_) | TicketState::Held(_) | TicketState::Committed(_) => {
                wrong.push(format!("{id} is {:?} with the paid orders {paid:?}", ticket.state));
            }
        }
    }
    for reference in &history.paid_in_time {
        let order = world.checkout.market().order_read(reference.buyer, reference.order).await.expect("a read");
        let is_paid = order.is_some_and(|order| matches!(order.state, OrderState::Paid { .. }));
        if !is_paid && !history.excused.contains(&reference.order) {
            wrong.push(format!("{} was authorised in time, and given up all the same", reference.order));
        }
    }
    if !paid_by_ticket.is_empty() {
        wrong.push(format!("orders are paid for tickets that are not there: {paid_by_ticket:?}"));
    }
    wrong
}
