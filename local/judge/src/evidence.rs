//! What a run has left behind, read from its folder.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::{LazyLock, OnceLock};

use anyhow::Context as _;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::item::{self, Item, is_lock, is_order, plain};

/// A request, and what became of it.
#[derive(Clone, Debug, Deserialize)]
pub struct Request {
    /// Its number in the run.
    pub number: u64,
    /// When it was sent, in milliseconds since 1970.
    pub from: i64,
    /// When its answer was there, or nobody waited for it any more.
    pub to: i64,
    /// Whose session it had.
    pub user: String,
    /// The route's function: `place_order`.
    pub what: String,
    /// The path.
    pub path: String,
    /// Its `Idempotency-Key`.
    #[serde(default)]
    pub key: Option<String>,
    /// What was sent.
    #[serde(default)]
    pub body: Value,
    /// The answer's status; none means that the outcome is unknown.
    #[serde(default)]
    pub status: Option<u16>,
    /// What was answered.
    #[serde(default)]
    pub answer: Value,
}

impl Request {
    /// Whether it was acknowledged.
    #[must_use]
    pub fn is_acknowledged(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }

    /// Whether it may have had an effect: anything but a refusal.
    #[must_use]
    pub fn may_have_acted(&self) -> bool {
        self.status.is_none_or(|status| !(400..500).contains(&status))
    }

    /// The id that the path ends with or has behind its collection: `/api/orders/<id>/payment`.
    #[must_use]
    pub fn object(&self) -> &str {
        self.path.split('/').nth(3).unwrap_or_default()
    }
}

/// A line of the record.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Line {
    Request(Request),
    Kill { function: String },
    Crash { point: String },
    Delivery { target: String },
    Faults {},
}

/// A change of one item.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// The second in which the table took it, in milliseconds since 1970.
    pub at: i64,
    /// The item before.
    pub old: Option<Item>,
    /// The item after.
    pub new: Option<Item>,
}

impl Change {
    /// Whichever image there is; the newer one if there are both.
    #[must_use]
    pub fn item(&self) -> &Item {
        static NOTHING: LazyLock<Item> = LazyLock::new(Item::new);
        self.new.as_ref().or(self.old.as_ref()).unwrap_or(&NOTHING)
    }
}

/// An event of the bus.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Event {
    /// Its id.
    pub id: String,
    /// Whose state changed.
    pub aggregate: Aggregate,
    /// The version after the change.
    pub version: i64,
    /// What happened.
    pub name: String,
    /// The facts.
    pub data: Value,
}

/// A ticket or an order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub struct Aggregate {
    /// `ticket` or `order`.
    pub kind: String,
    /// Which one.
    pub id: String,
}

/// A payment in Stripe's books.
#[derive(Clone, Debug, Deserialize)]
pub struct Payment {
    /// Its id.
    pub id: String,
    /// The order that it is for.
    pub order: Option<String>,
    /// What it is for.
    pub amount: i64,
    /// Where it stands.
    pub status: String,
    /// What is set aside.
    pub amount_capturable: i64,
    /// What was taken.
    pub amount_captured: i64,
    /// What went back.
    pub amount_refunded: i64,
}

/// What the storm says of itself.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Run {
    /// What decided everything.
    pub seed: u64,
    /// When the last fault was taken away, in milliseconds since 1970.
    pub calm_from: i64,
    /// When the tables were read.
    pub judged_at: i64,
    /// Faults that the stand-in for Stripe put in, by operation and action.
    #[serde(default)]
    pub stripe_faults: BTreeMap<String, u64>,
}

/// All of it.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// About the run.
    pub run: Run,
    /// Each request in the order of the answers.
    pub requests: Vec<Request>,
    /// Processes that were killed, by function.
    pub kills: BTreeMap<String, u64>,
    /// Processes that died right after a write, by point.
    pub crashes: BTreeMap<String, u64>,
    /// Deliveries that were made once more, by target.
    pub deliveries: BTreeMap<String, u64>,
    /// Faults of AWS calls by kind.
    pub proxy: BTreeMap<String, u64>,
    /// Changes of locks and orders, in their order.
    pub changes: Vec<Change>,
    /// Events as they came.
    pub events: Vec<Event>,
    /// The market's items.
    pub market: Vec<Item>,
    /// The accounts' items.
    pub accounts: Vec<Item>,
    /// Stripe's books.
    pub payments: Vec<Payment>,
    /// Where which lock and order is among the market's items, once somebody has asked.
    pub(crate) places: OnceLock<Places>,
}

/// Places in the market's items by id.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places {
    locks: HashMap<String, usize>,
    orders: HashMap<String, usize>,
}

impl Evidence {
    /// Reads a folder.
    ///
    /// # Errors
    /// When a file is missing or has another form.
    pub fn read(folder: &Path) -> anyhow::Result<Self> {
        let mut evidence = Self { run: one(folder, "run.json")?, ..Self::default() };
        for line in lines::<Line>(folder, "record.jsonl")? {
            match line {
                Line::Request(request) => evidence.requests.push(request),
                Line::Kill { function } => *evidence.kills.entry(function).or_default() += 1,
                Line::Crash { point } => *evidence.crashes.entry(point).or_default() += 1,
                Line::Delivery { target } => *evidence.deliveries.entry(target).or_default() += 1,
                Line::Faults {} => {}
            }
        }
        let changes = lines::<Value>(folder, "stream.jsonl")?;
        evidence.changes = changes.iter().map(change).filter(|change| is_decision(change.item())).collect();
        for event in lines::<Value>(folder, "bus.jsonl")? {
            evidence.events.push(serde_json::from_value(event["detail"].clone()).context("an event of the bus")?);
        }
        let tables: Value = one(folder, "tables.json")?;
        let items = |name: &str| tables[name].as_array().into_iter().flatten().map(plain).collect();
        (evidence.market, evidence.accounts) = (items("market"), items("accounts"));
        let ledger: Value = one(folder, "ledger.json")?;
        evidence.payments = serde_json::from_value(ledger["intents"].clone()).context("Stripe's books")?;
        evidence.proxy = proxy_counts(&text_of(folder, "proxy.txt")?);
        Ok(evidence)
    }

    /// The locks as they are in the end.
    pub fn locks(&self) -> impl Iterator<Item = &Item> {
        self.market.iter().filter(|item| is_lock(item))
    }

    /// The orders as they are in the end.
    pub fn orders(&self) -> impl Iterator<Item = &Item> {
        self.market.iter().filter(|item| is_order(item))
    }

    /// An order as it is in the end.
    #[must_use]
    pub fn order(&self, id: &str) -> Option<&Item> {
        self.places().orders.get(id).map(|place| &self.market[*place])
    }

    /// A lock as it is in the end.
    #[must_use]
    pub fn lock(&self, id: &str) -> Option<&Item> {
        self.places().locks.get(id).map(|place| &self.market[*place])
    }

    fn places(&self) -> &Places {
        self.places.get_or_init(|| {
            let mut places = Places::default();
            for (place, item) in self.market.iter().enumerate() {
                if is_lock(item) {
                    places.locks.insert(item::id(item, "pk").to_owned(), place);
                } else if is_order(item) {
                    places.orders.insert(item::id(item, "sk").to_owned(), place);
                }
            }
            places
        })
    }

    /// The payments of an order.
    pub fn payments_of<'a>(&'a self, order: &'a str) -> impl Iterator<Item = &'a Payment> {
        self.payments.iter().filter(move |payment| payment.order.as_deref() == Some(order))
    }
}

fn is_decision(item: &Item) -> bool {
    is_lock(item) || is_order(item)
}

fn change(record: &Value) -> Change {
    let image = |name: &str| record["dynamodb"].get(name).map(plain);
    Change {
        at: record["dynamodb"]["ApproximateCreationDateTime"].as_i64().unwrap_or_default() * 1_000,
        old: image("OldImage"),
        new: image("NewImage"),
    }
}

fn text_of(folder: &Path, name: &str) -> anyhow::Result<String> {
    std::fs::read_to_string(folder.join(name)).with_context(|| format!("{name} cannot be read"))
}

fn one<T: DeserializeOwned>(folder: &Path, name: &str) -> anyhow::Result<T> {
    serde_json::from_str(&text_of(folder, name)?).with_context(|| format!("{name} has another form"))
}

fn lines<T: DeserializeOwned>(folder: &Path, name: &str) -> anyhow::Result<Vec<T>> {
    let text = text_of(folder, name)?;
    let parsed = text.lines().enumerate().map(|(number, line)| {
        serde_json::from_str(line).with_context(|| format!("line {} of {name} has another form", number + 1))
    });
    parsed.collect()
}

/// Faults by kind, from the proxy's own counters: service, operation and what was done.
fn proxy_counts(metrics: &str) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for line in metrics.lines().filter(|line| line.starts_with("microburst_faults_total{")) {
        let Some((labels, count)) = line.rsplit_once(' ') else { continue };
        let label = |name: &str| labels.split_once(&format!("{name}=\"")).and_then(|(_, rest)| rest.split('"').next());
        let kind = format!("{} {}", label("service").unwrap_or("?"), fault(label("action").unwrap_or("?")));
        *counts.entry(kind).or_default() += count.parse::<u64>().unwrap_or_default();
    }
    counts
}

/// What a fault is called here.
fn fault(action: &str) -> &str {
    match action {
        _ if action.contains("Throttl") || action.contains("ProvisionedThroughput") => "throttled",
        _ if action.starts_with("error:") => "failed",
        _ if action.starts_with("latency:") => "late",
        "response:abort" => "answer lost",
        _ if action.ends_with("kbps") => "answer held back",
        _ => action,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A folder as a storm leaves it, with one of everything.
    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let lock = json!({"pk": {"S": "T#t"}, "sk": {"S": "T"}, "state": {"S": "listed"}, "version": {"N": "1"}});
        let details = json!({"pk": {"S": "T#t"}, "sk": {"S": "D"}});
        let record = [
            json!({
                "kind": "request", "number": 1, "from": 5, "to": 9, "user": "u", "what": "place_order", "method": "POST",
                "path": "/api/orders", "key": "k", "body": {"ticket_id": "t"}, "status": null, "answer": null,
                "failure": "nobody waited",
            }),
            json!({"kind": "kill", "at": 6, "function": "PlaceOrder", "pid": "7"}),
            json!({"kind": "crash", "at": 6, "point": "order_create"}),
            json!({"kind": "delivery", "at": 6, "target": "Sweep", "taken": true}),
            json!({"kind": "faults", "at": 6, "armed": "order_create"}),
        ];
        let change = |new: &Value| json!({"dynamodb": {"ApproximateCreationDateTime": 3, "NewImage": new}});
        let event = json!({"detail": {
            "id": "e", "aggregate": {"kind": "ticket", "id": "t"}, "version": 1, "time": "1970-01-01T00:00:03Z",
            "name": "TicketListed", "data": {"seller": "s"},
        }});
        let payment = json!({
            "id": "pi", "order": "o", "amount": 1, "status": "succeeded", "amount_capturable": 0, "amount_captured": 1,
            "amount_refunded": 0, "charges": 1,
        });
        let run = json!({"seed": 3, "calm_from": 8, "judged_at": 9, "stripe_faults": {"create delay": 2}});
        let lines = |all: &[Value]| all.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        for (name, text) in [
            ("record.jsonl", lines(&record)),
            ("stream.jsonl", lines(&[change(&lock), change(&details)])),
            ("bus.jsonl", lines(&[event])),
            ("tables.json", json!({"market": [lock, details], "accounts": [{"pk": {"S": "A#u"}}]}).to_string()),
            ("ledger.json", json!({"intents": [payment], "refunds": []}).to_string()),
            (
                "proxy.txt",
                "microburst_faults_total{service=\"dynamodb\",operation=\"GetItem\",action=\"reset\"} 2\n".to_owned(),
            ),
            ("run.json", run.to_string()),
        ] {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        folder
    }

    #[test]
    fn a_folder_is_read_whole() {
        let evidence = Evidence::read(folder().path()).unwrap();
        let [request] = evidence.requests.as_slice() else { panic!("one request") };
        assert_eq!((request.key.as_deref(), request.status, request.may_have_acted()), (Some("k"), None, true));
        let counted = |counts: &BTreeMap<String, u64>| counts.values().sum::<u64>();
        let counts = [&evidence.kills, &evidence.crashes, &evidence.deliveries, &evidence.proxy].map(counted);
        assert_eq!(counts, [1, 1, 1, 2]);
        assert_eq!((evidence.changes.len(), evidence.changes[0].at), (1, 3_000), "details are no decision");
        assert_eq!((evidence.locks().count(), evidence.market.len(), evidence.accounts.len()), (1, 2, 1));
        assert_eq!((evidence.payments[0].amount_captured, evidence.events[0].version, evidence.run.seed), (1, 1, 3));
        let judged: Vec<String> = crate::judge(&evidence).iter().map(ToString::to_string).collect();
        assert!(judged.iter().any(|violation| violation.starts_with("P4: the catalogue has no row")), "{judged:?}");
    }

    #[test]
    fn what_is_missing_or_of_another_form_is_an_error_and_no_acquittal() {
        for name in ["record.jsonl", "stream.jsonl", "bus.jsonl", "tables.json", "ledger.json", "proxy.txt", "run.json"]
        {
            let folder = folder();
            std::fs::remove_file(folder.path().join(name)).unwrap();
            assert!(Evidence::read(folder.path()).unwrap_err().to_string().contains(name), "{name}");
        }
        for name in ["record.jsonl", "stream.jsonl", "bus.jsonl", "tables.json", "run.json"] {
            let folder = folder();
            std::fs::write(folder.path().join(name), "{\"half\": ").unwrap();
            assert!(Evidence::read(folder.path()).is_err(), "{name}");
        }
    }

    #[test]
    fn counters_of_the_proxy_are_added_up_by_service_and_kind() {
        let metrics = "# TYPE microburst_faults_total counter\n\
            microburst_faults_total{service=\"dynamodb\",operation=\"GetItem\",action=\"reset\"} 2\n\
            microburst_faults_total{service=\"dynamodb\",operation=\"PutItem\",action=\"reset\"} 3\n\
            microburst_faults_total{service=\"events\",operation=\"PutEvents\",action=\"latency:3500ms\"} 1\n\
            microburst_rules_active 0\n";
        let wanted = [("dynamodb reset", 5), ("events late", 1)];
        assert_eq!(proxy_counts(metrics), wanted.map(|(name, count)| (name.to_owned(), count)).into());
    }
}
