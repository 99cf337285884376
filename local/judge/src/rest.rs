//! P3: no ticket is stuck.

use crate::Evidence;
use crate::item::{Item, id, is_lock, number, text};

/// The tables were read once everything was at rest, or after a time in which every hold has run out and the sweep has run
/// many times: whatever is under way then is stuck.
pub(crate) fn violations(evidence: &Evidence) -> Vec<String> {
    let after = (evidence.run.judged_at - evidence.run.calm_from) / 1_000;
    evidence.locks().chain(evidence.orders()).filter_map(|item| stuck(item, after)).collect()
}

fn stuck(item: &Item, after: i64) -> Option<String> {
    let (state, due) = (text(item, "state"), number(item, "due_at"));
    let is_under_way = matches!(state, "held" | "committed" | "awaiting_payment" | "capturing");
    let what = if is_lock(item) { format!("ticket {}", id(item, "pk")) } else { format!("order {}", id(item, "sk")) };
    let ends = number(item, "expires_at");
    (is_under_way || due.is_some())
        .then(|| format!("{what} is {state} {after} s after the last fault (expires_at {ends:?}, due_at {due:?})"))
}
