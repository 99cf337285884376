//! P2: money is captured if and only if the order is paid, for exactly its price.

use std::collections::BTreeMap;

use crate::Evidence;
use crate::item::{id, is_lock, number, text};

pub(crate) fn violations(evidence: &Evidence) -> Vec<String> {
    let mut found = Vec::new();
    for order in evidence.orders() {
        let (key, state) = (id(order, "sk"), text(order, "state"));
        let price = number(order, "amount").unwrap_or_default();
        let kept: i64 = evidence.payments_of(key).map(|one| one.amount_captured - one.amount_refunded).sum();
        let refunded = order.contains_key("refunded_at");
        let right = if state == "paid" && !refunded { price } else { 0 };
        if kept != right {
            found.push(format!("order {key} is {state} at {price}: {kept} was captured and kept, {right} is right"));
        }
    }
    for payment in &evidence.payments {
        let order = payment.order.as_deref().unwrap_or("none");
        if payment.amount_capturable != 0 {
            let (id, amount) = (&payment.id, payment.amount_capturable);
            found.push(format!("payment {id} of order {order} still has {amount} set aside"));
        }
        if evidence.order(order).is_none() && payment.amount_captured != payment.amount_refunded {
            found.push(format!("payment {} of order {order} was captured, and there is no such order", payment.id));
        }
    }
    found.extend(other_prices(evidence));
    found
}

/// The price of an order is the ticket's when its hold was taken.
fn other_prices(evidence: &Evidence) -> Vec<String> {
    let holds: BTreeMap<(&str, i64), i64> = evidence
        .changes
        .iter()
        .filter_map(|change| change.new.as_ref())
        .filter(|item| is_lock(item) && text(item, "state") == "held")
        .filter_map(|lock| Some(((text(lock, "order_id"), number(lock, "hold")?), number(lock, "amount")?)))
        .collect();
    let priced = evidence.orders().filter_map(|order| {
        let (key, taken, price) = (id(order, "sk"), number(order, "hold")?, number(order, "amount")?);
        match holds.get(&(key, taken)) {
            Some(held) if *held == price => None,
            Some(held) => Some(format!("order {key} has the price {price}, its hold {taken} was taken at {held}")),
            None => Some(format!("order {key} has the hold {taken}, which its ticket never had")),
        }
    });
    priced.collect()
}
