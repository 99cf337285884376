//! P5: a released ticket is only released by the order that held it.

use crate::evidence::Change;
use crate::item::{Item, id, is_lock, number, text};
use crate::{Evidence, Request};

/// The stream tells the second of a change, no more.
const TOLD_TO: i64 = 1_000;

pub(crate) fn violations(evidence: &Evidence) -> Vec<String> {
    let locks = evidence.changes.iter().filter(|change| is_lock(change.item()));
    locks.filter_map(|change| wrong_end(evidence, change)).collect()
}

/// What is wrong with the end of a hold or claim, if this change is one.
fn wrong_end(evidence: &Evidence, change: &Change) -> Option<String> {
    let old = change.old.as_ref().filter(|old| matches!(text(old, "state"), "held" | "committed"))?;
    let (ticket, order) = (id(old, "pk"), text(old, "order_id"));
    let Some(new) = change.new.as_ref() else {
        return Some(format!("ticket {ticket} was deleted while order {order} had it"));
    };
    let ran_out = number(old, "expires_at").is_some_and(|ends| change.at + TOLD_TO > ends);
    let told = |why: &str| Some(format!("ticket {ticket}, {} by order {order}, {why}", text(old, "state")));
    match text(new, "state") {
        "listed" if text(old, "state") == "held" && ran_out => None,
        "listed" if gave_up(evidence, order, old) => None,
        "listed" => told("was released before its time, and its buyer had not given it up"),
        _ if text(new, "order_id") == order && number(new, "hold") == number(old, "hold") => None,
        "held" if text(old, "state") == "held" && ran_out => None,
        state => told(&format!("was {state} by order {} before its time", text(new, "order_id"))),
    }
}

/// Whether the order itself let go: its buyer cancelled it, or it was never recorded with this hold. A cancellation that
/// crosses a payment may be recorded as an expiry. A storm lets no authorisation lapse, so that no order loses its ticket
/// by that.
fn gave_up(evidence: &Evidence, order: &str, lock: &Item) -> bool {
    let Some(recorded) = evidence.order(order) else {
        return text(lock, "state") == "held";
    };
    if number(recorded, "hold") != number(lock, "hold") {
        return true;
    }
    let asked = |request: &&Request| request.what == "cancel_order" && request.object() == order;
    matches!(text(recorded, "state"), "cancelled" | "expired")
        && evidence.requests.iter().any(|request| asked(&request) && request.may_have_acted())
}
