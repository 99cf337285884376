//! P3: no ticket is stuck.

use crate::Evidence;
use crate::item::{Item, id, is_lock, number, text};

/// What the sweep has for its work once something is due: it runs each minute.
const SWEEP: i64 = 60_000;

pub(crate) fn violations(evidence: &Evidence) -> Vec<String> {
    let (calm, judged) = (evidence.run.calm_from, evidence.run.judged_at);
    // While AWS and Stripe fail nobody can bring anything to rest: the time counts from then on.
    let is_late = |due: i64| due.max(calm) + SWEEP <= judged;
    evidence.locks().chain(evidence.orders()).filter_map(|item| stuck(item, is_late)).collect()
}

fn stuck(item: &Item, is_late: impl Fn(i64) -> bool) -> Option<String> {
    let (state, due) = (text(item, "state"), number(item, "due_at"));
    let ends = number(item, "expires_at").unwrap_or_default();
    let late = match state {
        "held" | "awaiting_payment" => is_late(ends),
        "committed" | "capturing" => is_late(0),
        _ => due.is_some_and(&is_late),
    };
    let what = if is_lock(item) { format!("ticket {}", id(item, "pk")) } else { format!("order {}", id(item, "sk")) };
    late.then(|| format!("{what} is {state} (expires_at {ends}, due_at {due:?}), and its time is over"))
}
