//! P1: at most one paid order a ticket, ever.

use std::collections::{BTreeMap, BTreeSet};

use crate::Evidence;
use crate::item::{Item, id, is_lock, is_order, text};

pub(crate) fn violations(evidence: &Evidence) -> Vec<String> {
    let mut found = Vec::new();
    // In the end, and at any time before: what was paid once and is not any more would be worse still.
    let ever = evidence.changes.iter().filter_map(|change| change.new.as_ref());
    let paid = ever.chain(evidence.orders()).filter(|item| is_order(item) && text(item, "state") == "paid");
    let mut buyers: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for order in paid {
        buyers.entry(text(order, "ticket")).or_default().insert(id(order, "sk"));
    }
    for (ticket, orders) in buyers.iter().filter(|(_, orders)| orders.len() > 1) {
        found.push(format!("ticket {ticket} was paid for by {orders:?}"));
    }
    for (ticket, orders) in &buyers {
        let sold = evidence.lock(ticket).filter(|lock| text(lock, "state") == "sold");
        match sold.map(|lock| text(lock, "order_id")) {
            Some(order) if orders.contains(order) => {}
            Some(order) => found.push(format!("ticket {ticket} is sold to {order}, and {orders:?} paid for it")),
            None => found.push(format!("{orders:?} paid for ticket {ticket}, which is {}", state_of(evidence, ticket))),
        }
    }
    let sold = evidence.locks().filter(|lock| text(lock, "state") == "sold");
    for lock in sold.filter(|lock| !buyers.contains_key(id(lock, "pk"))) {
        found.push(format!("ticket {} is sold, and nobody has paid for it", id(lock, "pk")));
    }
    found.extend(unsold(evidence));
    found
}

fn state_of<'a>(evidence: &'a Evidence, ticket: &str) -> &'a str {
    evidence.lock(ticket).map_or("not there", |lock| text(lock, "state"))
}

/// A sale is a ticket's last word.
fn unsold(evidence: &Evidence) -> impl Iterator<Item = String> {
    let was_sold = |item: &Item| is_lock(item) && text(item, "state") == "sold";
    evidence.changes.iter().filter_map(move |change| {
        let old = change.old.as_ref().filter(|old| was_sold(old))?;
        let same =
            change.new.as_ref().is_some_and(|new| was_sold(new) && text(new, "order_id") == text(old, "order_id"));
        (!same)
            .then(|| format!("ticket {} was sold to {} and changed afterwards", id(old, "pk"), text(old, "order_id")))
    })
}
