//! P6: an acknowledged write is never lost.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::item::{Item, id, number, text};
use crate::{Evidence, Request};

pub(crate) fn violations(evidence: &Evidence) -> Vec<String> {
    let acknowledged = || evidence.requests.iter().filter(|request| request.is_acknowledged());
    let mut found: Vec<String> = acknowledged().filter_map(|request| lost(evidence, request)).collect();
    found.extend(facts(evidence));
    found
}

fn said(request: &Request) -> String {
    let status = request.status.unwrap_or_default();
    format!("request {} ({} {}) was answered {status}", request.number, request.what, request.path)
}

/// What an answer said was done, and is not there.
fn lost(evidence: &Evidence, request: &Request) -> Option<String> {
    let why = match request.what.as_str() {
        "sign_up" => account(evidence, text_of(&request.answer, "id")),
        "create_ticket" => ticket(evidence, text_of(&request.answer, "id"), request),
        "update_ticket" => ticket(evidence, request.object(), request),
        "delete_ticket" => deleted(evidence, request.object()),
        "place_order" | "cancel_order" | "reconcile_order" | "show_order" => order(evidence, request),
        "start_payment" => payment(evidence, request),
        _ => None,
    };
    why.map(|why| format!("{}, and {why}", said(request)))
}

fn text_of<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

fn account(evidence: &Evidence, user: &str) -> Option<String> {
    let key = format!("A#{user}");
    let is_there = evidence.accounts.iter().any(|item| text(item, "pk") == key);
    (!is_there).then(|| format!("there is no account {user}"))
}

fn ticket(evidence: &Evidence, ticket: &str, request: &Request) -> Option<String> {
    let deletes =
        |other: &&Request| other.what == "delete_ticket" && other.object() == ticket && other.may_have_acted();
    match evidence.lock(ticket) {
        Some(lock) => {
            let (version, told) = (number(lock, "version")?, request.answer["version"].as_i64()?);
            (version < told).then(|| format!("ticket {ticket} has version {version}, which is older than {told}"))
        }
        None if evidence.requests.iter().any(|other| deletes(&other)) => None,
        None => Some(format!("there is no ticket {ticket}, which nobody has deleted")),
    }
}

fn deleted(evidence: &Evidence, ticket: &str) -> Option<String> {
    let key = format!("T#{ticket}");
    // What says that a ticket is gone stays.
    let left = evidence.market.iter().filter(|item| text(item, "pk") == key && text(item, "sk") != "P");
    let left: Vec<&str> = left.map(|item| text(item, "sk")).collect();
    (!left.is_empty()).then(|| format!("ticket {ticket} still has {left:?}"))
}

fn order(evidence: &Evidence, request: &Request) -> Option<String> {
    let (key, state) = (text_of(&request.answer, "id"), text_of(&request.answer, "state"));
    let Some(order) = evidence.order(key) else {
        return Some(format!("there is no order {key}"));
    };
    let (ticket, told) = (text(order, "ticket"), text_of(&request.answer["ticket"], "id"));
    if ticket != told {
        return Some(format!("order {key} is for ticket {ticket}, not {told}"));
    }
    let (ended, is_final) = (text(order, "state"), matches!(state, "paid" | "cancelled" | "expired"));
    (is_final && ended != state).then(|| format!("order {key}, said to be {state}, is {ended}"))
}

fn payment(evidence: &Evidence, request: &Request) -> Option<String> {
    let order = request.object();
    let payment = text_of(&request.answer, "client_secret").split("_secret").next().unwrap_or_default();
    if evidence.order(order).is_none_or(|order| text(order, "intent") != payment) {
        return Some(format!("order {order} does not know payment {payment}"));
    }
    let is_there = evidence.payments_of(order).any(|known| known.id == payment);
    (!is_there).then(|| format!("Stripe does not know payment {payment} of order {order}"))
}

/// A ticket has the facts of a write after which none was begun and acknowledged.
fn facts(evidence: &Evidence) -> Vec<String> {
    let mut writes: BTreeMap<&str, Vec<&Request>> = BTreeMap::new();
    for request in evidence.requests.iter().filter(|request| request.may_have_acted()) {
        match request.what.as_str() {
            "create_ticket" => writes.entry(text_of(&request.answer, "id")).or_default().push(request),
            "update_ticket" => writes.entry(request.object()).or_default().push(request),
            _ => {}
        }
    }
    let stale = evidence.locks().filter_map(|lock| {
        let writes = writes.get(id(lock, "pk"))?;
        let fits = |write: &&&Request| {
            wrote(lock, write) && !writes.iter().any(|later| later.is_acknowledged() && is_over(write, later))
        };
        // The answer to a listing may have been lost: who listed it is not known by its id.
        let known = writes.iter().any(|write| write.what == "create_ticket");
        (known && !writes.iter().any(|write| fits(&write))).then(|| {
            let (title, amount) = (text(lock, "title"), number(lock, "amount").unwrap_or_default());
            format!("ticket {} is {title:?} at {amount}, and what was acknowledged last is not", id(lock, "pk"))
        })
    });
    stale.collect()
}

fn wrote(lock: &Item, write: &Request) -> bool {
    text(lock, "title") == text_of(&write.body, "title")
        && number(lock, "amount") == write.body["price"]["amount"].as_i64()
}

/// Whether the one was answered before the other was sent; what was never answered may come at any time.
fn is_over(write: &Request, later: &Request) -> bool {
    write.is_acknowledged() && write.to <= later.from
}
