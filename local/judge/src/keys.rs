//! P7: a retry under the same key has one effect and the same answer.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::item::{id, is_lock, is_order, text};
use crate::{Evidence, Request};

pub(crate) fn violations(evidence: &Evidence) -> Vec<String> {
    let mut found = Vec::new();
    let mut keys: BTreeMap<(&str, &str, &str), Vec<&Request>> = BTreeMap::new();
    for request in &evidence.requests {
        if let Some(key) = &request.key {
            keys.entry((&request.user, &request.what, key)).or_default().push(request);
        }
    }
    let mut owners: BTreeMap<String, (&str, &str)> = BTreeMap::new();
    for ((user, what, key), requests) in &keys {
        found.extend(answers(what, key, requests));
        if *what == "create_ticket" {
            found.extend(listed_twice(evidence, user, key, requests));
        }
        let acknowledged = requests.iter().filter(|request| request.is_acknowledged());
        let objects: BTreeSet<String> = acknowledged.map(|request| request.answer["id"].to_string()).collect();
        for object in objects {
            if let Some((_, other)) =
                owners.insert(object.clone(), (*user, *key)).filter(|owner| *owner != (*user, *key))
            {
                found.push(format!("{what} under keys {other} and {key} gave the same {object}"));
            }
        }
    }
    found.extend(recorded_twice(evidence));
    found.extend(paid_twice(evidence));
    found
}

/// The part of an answer that nothing that happens later may change.
fn lasting(what: &str, answer: &Value) -> Value {
    match what {
        "place_order" => {
            json!([answer["id"], answer["created_at"], answer["ticket"]["id"], answer["ticket"]["price"]])
        }
        _ => json!([answer["id"], answer["created_at"]]),
    }
}

fn answers(what: &str, key: &str, requests: &[&Request]) -> Vec<String> {
    let acknowledged: Vec<&&Request> = requests.iter().filter(|request| request.is_acknowledged()).collect();
    let Some(first) = acknowledged.iter().min_by_key(|request| request.to) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let wanted = lasting(what, &first.answer);
    for request in &acknowledged {
        let answer = lasting(what, &request.answer);
        if answer != wanted {
            let numbers = (first.number, request.number);
            found.push(format!("{what} under key {key}: requests {numbers:?} were answered {wanted} and {answer}"));
        }
    }
    let later = requests.iter().filter(|request| request.from >= first.to && request.body == first.body);
    for refused in later.filter(|request| request.status.is_some_and(|status| (400..500).contains(&status))) {
        found.push(format!(
            "{what} under key {key}: request {} was refused with {:?} after request {} was done",
            refused.number, refused.status, first.number
        ));
    }
    found
}

/// Each key lists a ticket of its own title.
fn listed_twice(evidence: &Evidence, user: &str, key: &str, requests: &[&Request]) -> Option<String> {
    let title = requests.first()?.body["title"].as_str()?;
    let inserted = evidence.changes.iter().filter(|change| {
        let item = change.item();
        change.old.is_none() && is_lock(item) && text(item, "seller") == user && text(item, "title") == title
    });
    let tickets: BTreeSet<&str> = inserted.map(|change| id(change.item(), "pk")).collect();
    (tickets.len() > 1).then(|| format!("create_ticket under key {key} listed {tickets:?}"))
}

/// An order is recorded once.
fn recorded_twice(evidence: &Evidence) -> Vec<String> {
    let mut times: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for change in evidence.changes.iter().filter(|change| change.old.is_none() && is_order(change.item())) {
        *times.entry((text(change.item(), "pk"), text(change.item(), "sk"))).or_default() += 1;
    }
    let twice = times.into_iter().filter(|(_, times)| *times > 1);
    twice.map(|((buyer, order), times)| format!("order {order} of {buyer} was recorded {times} times")).collect()
}

/// However often a payment is begun, its buyer gets one and can pay one.
///
/// A second one may lie at Stripe when it answered 500 to its making: as long as nobody has its secret, nobody can pay it.
fn paid_twice(evidence: &Evidence) -> Vec<String> {
    let mut given: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let begun = evidence.requests.iter().filter(|request| request.what == "start_payment" && request.is_acknowledged());
    for request in begun {
        let secret = request.answer["client_secret"].as_str().unwrap_or_default();
        given.entry(request.object()).or_default().insert(secret.split("_secret").next().unwrap_or_default());
    }
    let mut live = given;
    let untouched = ["canceled", "requires_payment_method"];
    for payment in evidence.payments.iter().filter(|payment| !untouched.contains(&payment.status.as_str())) {
        live.entry(payment.order.as_deref().unwrap_or_default()).or_default().insert(&payment.id);
    }
    let twice = live.into_iter().filter(|(_, payments)| payments.len() > 1);
    twice.map(|(order, payments)| format!("order {order} has the payments {payments:?}")).collect()
}
