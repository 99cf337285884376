//! P4: every decided change becomes an event at least once, and is applied once in effect.

use std::collections::{BTreeMap, BTreeSet};

use crate::evidence::{Aggregate, Change};
use crate::item::{Item, id, is_lock, number, text};
use crate::{Event, Evidence};

pub(crate) fn violations(evidence: &Evidence) -> Vec<String> {
    let mut found = carried(evidence);
    found.extend(rows(evidence));
    found
}

/// An event without its facts.
type Told<'a> = (Aggregate, i64, &'a str);

fn told(event: &Event) -> Told<'_> {
    (event.aggregate.clone(), event.version, &event.name)
}

fn carried(evidence: &Evidence) -> Vec<String> {
    let mut found = Vec::new();
    let decided: BTreeMap<Told<'_>, &Change> =
        evidence.changes.iter().filter_map(|change| Some((meaning(change)?, change))).collect();
    let mut first: BTreeMap<Told<'_>, &Event> = BTreeMap::new();
    for event in &evidence.events {
        let known = *first.entry(told(event)).or_insert(event);
        if (&known.id, &known.data) != (&event.id, &event.data) {
            found.push(format!("{} is told in two ways: {known:?} and {event:?}", shown(&told(event))));
        }
    }
    for (wanted, change) in &decided {
        match first.get(wanted) {
            None => found.push(format!("{} was decided, and the bus never carried it", shown(wanted))),
            Some(event) => found.extend(wrong_facts(change, event)),
        }
    }
    let invented = first.keys().filter(|event| !decided.contains_key(event));
    found.extend(invented.map(|event| format!("the bus carried {}, which was never decided", shown(event))));
    found
}

fn shown((aggregate, version, name): &Told<'_>) -> String {
    format!("{name} of {} {} at version {version}", aggregate.kind, aggregate.id)
}

/// Which event a change is.
fn meaning(change: &Change) -> Option<Told<'_>> {
    let item = change.item();
    let version = number(item, "version")?;
    if is_lock(item) {
        let aggregate = Aggregate { kind: "ticket".to_owned(), id: id(item, "pk").to_owned() };
        return match (&change.old, &change.new) {
            (None, Some(_)) => Some((aggregate, version, "TicketListed")),
            (Some(_), None) => Some((aggregate, version + 1, "TicketDeleted")),
            (Some(old), Some(new)) => Some((aggregate, version, of_ticket(old, new)?)),
            (None, None) => None,
        };
    }
    let aggregate = Aggregate { kind: "order".to_owned(), id: id(item, "sk").to_owned() };
    match (&change.old, &change.new) {
        (None, Some(_)) => Some((aggregate, version, "OrderPlaced")),
        (Some(old), Some(new)) => Some((aggregate, version, of_order(old, new)?)),
        (_, None) => None,
    }
}

fn of_ticket(old: &Item, new: &Item) -> Option<&'static str> {
    match (text(old, "state"), text(new, "state")) {
        ("listed", "listed") => (number(old, "version") != number(new, "version")).then_some("TicketChanged"),
        ("held" | "committed", "listed") => Some("TicketReleased"),
        ("sold", "sold") => None,
        (_, "sold") => Some("TicketSold"),
        _ => None,
    }
}

fn of_order(old: &Item, new: &Item) -> Option<&'static str> {
    let is_closed = |order: &Item| matches!(text(order, "state"), "paid" | "cancelled" | "expired");
    match text(new, "state") {
        "awaiting_payment" => (number(old, "expires_at") != number(new, "expires_at")).then_some("HoldExtended"),
        "paid" if is_closed(old) => {
            (!old.contains_key("refunded_at") && new.contains_key("refunded_at")).then_some("OrderRefunded")
        }
        _ if is_closed(old) => None,
        "paid" => Some("OrderPaid"),
        "cancelled" => Some("OrderCancelled"),
        "expired" => Some("OrderExpired"),
        _ => None,
    }
}

/// What the event says and the images do not.
fn wrong_facts(change: &Change, event: &Event) -> Option<String> {
    let item = change.item();
    let owner = match event.name.as_str() {
        "TicketReleased" | "TicketSold" => {
            let holder = change.old.as_ref().map(|old| text(old, "order_id")).filter(|order| !order.is_empty());
            let order = holder.unwrap_or_else(|| text(item, "order_id"));
            ("order", order)
        }
        _ if event.aggregate.kind == "order" => ("ticket", text(item, "ticket")),
        _ => ("seller", text(item, "seller")),
    };
    let (name, wanted) = owner;
    let said = event.data[name].as_str().unwrap_or_default();
    (said != wanted).then(|| format!("{} names {name} {said}, which is {wanted}", shown(&told(event))))
}

/// The catalogue's rows are those of the tickets that are on the market, each once, and no others.
fn rows(evidence: &Evidence) -> Vec<String> {
    let wanted: BTreeSet<(String, String)> = evidence.locks().flat_map(rows_of).collect();
    let is_row = |item: &&Item| text(item, "pk").starts_with("C#") || text(item, "pk").starts_with("W#");
    let written: BTreeSet<(String, String)> = evidence
        .market
        .iter()
        .filter(is_row)
        .map(|row| (text(row, "pk").to_owned(), text(row, "sk").to_owned()))
        .collect();
    let missing = wanted.difference(&written).map(|(pk, sk)| format!("the catalogue has no row {pk} / {sk}"));
    let stale = written.difference(&wanted).map(|(pk, sk)| format!("the catalogue has a row {pk} / {sk} of no ticket"));
    missing.chain(stale).collect()
}

/// The keys of a ticket's rows: newest first and by date, for all and for each word.
fn rows_of(lock: &Item) -> Vec<(String, String)> {
    if text(lock, "state") == "sold" {
        return Vec::new();
    }
    let place = |moment: i64| format!("{moment:015}#{}", id(lock, "pk"));
    let words = words(&format!("{} {}", text(lock, "title"), text(lock, "venue")));
    let mut keys = Vec::new();
    let mut all = |partition: &str, letter: &str, sk: &str| {
        keys.push((partition.to_owned(), sk.to_owned()));
        keys.extend(words.iter().map(|word| (format!("W#{word}#{letter}"), sk.to_owned())));
    };
    all("C#NEWEST", "N", &place(number(lock, "created_at").unwrap_or_default()));
    if let Some(starts_at) = number(lock, "starts_at") {
        all("C#DATE", "D", &place(starts_at));
    }
    keys
}

/// The words of a storm's titles and venues: short, few, and none of those that a search leaves out.
fn words(text: &str) -> BTreeSet<String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}
