//! What happened, in numbers.

use std::collections::BTreeMap;
use std::fmt;

use crate::Evidence;
use crate::item::text;

/// Counts of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures(Vec<(&'static str, BTreeMap<String, u64>)>);

fn counted<'a>(names: impl Iterator<Item = &'a str>) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for name in names {
        *counts.entry(name.to_owned()).or_default() += 1;
    }
    counts
}

impl Figures {
    /// Counts what there is.
    #[must_use]
    pub fn of(evidence: &Evidence) -> Self {
        let answered: Vec<String> = evidence.requests.iter().map(|request| answer_of(request.status)).collect();
        Self(vec![
            ("requests by function", counted(evidence.requests.iter().map(|request| request.what.as_str()))),
            ("requests by answer", counted(answered.iter().map(String::as_str))),
            ("orders by end", counted(evidence.orders().map(|order| text(order, "state")))),
            ("tickets by end", counted(evidence.locks().map(|lock| text(lock, "state")))),
            ("payments by end", counted(evidence.payments.iter().map(|payment| payment.status.as_str()))),
            ("events carried", counted(evidence.events.iter().map(|event| event.name.as_str()))),
            ("faults of AWS calls", evidence.proxy.clone()),
            ("faults of Stripe", evidence.run.stripe_faults.clone()),
            ("processes killed", evidence.kills.clone()),
            ("processes dead after a write", evidence.crashes.clone()),
            ("deliveries made again", evidence.deliveries.clone()),
        ])
    }
}

fn answer_of(status: Option<u16>) -> String {
    status.map_or_else(|| "unknown".to_owned(), |status| status.to_string())
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (name, counts)) in self.0.iter().enumerate() {
            let total: u64 = counts.values().sum();
            let parts: Vec<String> = counts.iter().map(|(part, count)| format!("{part} {count}")).collect();
            let line_end = if place == 0 { "" } else { "\n" };
            write!(f, "{line_end}{name}: {total} ({})", parts.join(", "))?;
        }
        Ok(())
    }
}

/// What of a storm was missing: a run that met no fault and sold nothing says nothing.
#[must_use]
pub fn too_little(evidence: &Evidence) -> Vec<&'static str> {
    let state = |wanted: &str| evidence.orders().any(|order| text(order, "state") == wanted);
    let fault = |wanted: &str| evidence.proxy.keys().any(|kind| kind.ends_with(wanted));
    let status = |wanted: Option<u16>| evidence.requests.iter().any(|request| request.status == wanted);
    [
        ("no order was paid", state("paid")),
        ("no order was cancelled", state("cancelled")),
        ("no order expired", state("expired")),
        ("no request had an unknown outcome", status(None)),
        ("no call was throttled", fault("throttled")),
        ("no call was answered 5xx", fault("dynamodb failed")),
        ("no connection was reset", fault("reset")),
        ("no answer was lost after the work", fault("answer lost")),
        ("no answer was held back until after the timeout", fault("answer held back")),
        ("no call came late", fault("late")),
        ("nothing went wrong at Stripe", evidence.run.stripe_faults.values().sum::<u64>() > 0),
        ("no process was killed", !evidence.kills.is_empty()),
        ("nothing was delivered twice", !evidence.deliveries.is_empty()),
    ]
    .into_iter()
    .filter_map(|(what, happened)| (!happened).then_some(what))
    .collect()
}
