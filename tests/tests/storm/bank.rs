//! The stand-in for Stripe: what a buyer's browser sends it, and what is made to go wrong there.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use serde_json::Value;
use tests::intent_of;

/// Nobody waits longer for a bank.
const PATIENCE: Duration = Duration::from_secs(20);

/// The stand-in, however it fares.
#[derive(Debug)]
pub(crate) struct Bank {
    base: String,
    http: reqwest::Client,
    /// The rules that were given last.
    rules: Mutex<Vec<Value>>,
    /// What they have met, by operation and action.
    met: Mutex<BTreeMap<String, u64>>,
}

impl Bank {
    pub(crate) fn new(base: &str) -> Self {
        let http = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().expect("a client");
        Self { base: base.to_owned(), http, rules: Mutex::default(), met: Mutex::default() }
    }

    /// Confirms a payment as the script in the browser does; whether that was answered does not matter here.
    pub(crate) async fn confirm(&self, started: &Value, card: &str) {
        let text = |name: &str| started[name].as_str().expect("a text").to_owned();
        let form = format!("client_secret={}&payment_method={card}", text("client_secret"));
        let url = format!("{}/v1/payment_intents/{}/confirm", self.base, intent_of(started));
        let request = self.http.post(url).bearer_auth(text("publishable_key"));
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(form);
        drop(request.send().await);
    }

    /// Lets these rules hold instead of the last ones, and counts what those have met.
    pub(crate) async fn disturb(&self, rules: Vec<Value>) {
        let left = self.control(reqwest::Method::GET, "faults", None).await;
        self.control(reqwest::Method::DELETE, "faults", None).await;
        let last = std::mem::replace(&mut *self.rules.lock().expect("no panic"), rules.clone());
        self.count(&last, left.as_array().map_or(&[], Vec::as_slice));
        if !rules.is_empty() {
            self.control(reqwest::Method::POST, "faults", Some(&Value::Array(rules))).await;
        }
    }

    /// What was given and is not left was met.
    fn count(&self, given: &[Value], left: &[Value]) {
        let (left, mut met) = (counts(left), self.met.lock().expect("no panic"));
        for (name, given) in counts(given) {
            let met_now = given - left.get(&name).copied().unwrap_or_default().min(given);
            if met_now > 0 {
                *met.entry(name).or_default() += met_now;
            }
        }
    }

    pub(crate) fn met(&self) -> BTreeMap<String, u64> {
        self.met.lock().expect("no panic").clone()
    }

    pub(crate) async fn webhooks(&self, mode: &Value) {
        self.control(reqwest::Method::POST, "webhooks", Some(mode)).await;
    }

    pub(crate) async fn ledger(&self) -> Value {
        self.control(reqwest::Method::GET, "ledger", None).await
    }

    /// Tells or asks the stand-in something. It may be about to start again: then it is told a moment later.
    async fn control(&self, method: reqwest::Method, path: &str, body: Option<&Value>) -> Value {
        tests::eventually("the stand-in for Stripe answers", Duration::from_secs(30), || async {
            let mut request = self.http.request(method.clone(), format!("{}/_fake/{path}", self.base));
            if let Some(body) = body {
                request = request.json(body);
            }
            let answer = request.send().await.ok()?;
            let status = answer.status();
            let text = answer.text().await.ok()?;
            assert!(status.is_success(), "{path}: {text}");
            Some(serde_json::from_str(&text).unwrap_or(Value::Null))
        })
        .await
    }
}

/// Requests that rules meet at most, by operation and action.
fn counts(rules: &[Value]) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for rule in rules {
        let text = |name: &str| rule[name].as_str().unwrap_or_default();
        *counts.entry(format!("{} {}", text("operation"), text("action"))).or_default() +=
            rule["count"].as_u64().unwrap_or(1);
    }
    counts
}
