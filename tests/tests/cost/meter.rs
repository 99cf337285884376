//! The meter between functions and emulator, and whose calls it has seen.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use aws_config::BehaviorVersion;
use meter::Counted;
use reqwest::Client;
use sha2::{Digest as _, Sha256};
use tests::Stack;

/// So long nobody has called anything when everything has come to rest: longer than the stream, the bus and the render
/// queue's batching window take together.
const QUIET: Duration = Duration::from_secs(5);
/// Longer than that nothing takes.
const LIMIT: Duration = Duration::from_mins(3);
/// It runs each minute, whatever journeys there are: its own cost is that of an idle stack.
pub(crate) const SWEEP: &str = "Sweep";

/// The running meter.
#[derive(Debug)]
pub(crate) struct Meter {
    http: Client,
    base: String,
    functions: HashMap<String, String>,
}

impl Meter {
    pub(crate) async fn new(base: String) -> Self {
        let http = Client::builder().no_proxy().build().expect("a client");
        Self { http, base, functions: functions().await }
    }

    async fn post(&self, what: &str) {
        let answer = self.http.post(format!("{}/_meter/{what}", self.base)).send().await.expect("an answer");
        assert!(answer.status().is_success(), "{answer:?}");
    }

    /// Forgets what was counted and counts from now on.
    pub(crate) async fn begin(&self) {
        self.post("begin").await;
    }

    /// Counts no more.
    pub(crate) async fn end(&self) {
        self.post("end").await;
    }

    /// Where calls are to be made that are to be counted.
    pub(crate) fn address(&self) -> &str {
        &self.base
    }

    /// All that was called, by whomever.
    pub(crate) async fn all_calls(&self) -> Vec<Counted> {
        let answer = self.http.get(format!("{}/_meter/calls", self.base)).send().await.expect("an answer");
        answer.json().await.expect("calls")
    }

    /// Who has called what, the sweep left out.
    pub(crate) async fn calls(&self) -> Vec<(String, Counted)> {
        let named = self.all_calls().await.into_iter().map(|call| (self.caller(&call), call));
        named.filter(|(function, _)| function != SWEEP).collect()
    }

    fn caller(&self, call: &Counted) -> String {
        if call.service == "stripe" {
            return "Stripe".to_owned();
        }
        let known = self.functions.get(&call.key);
        known.unwrap_or_else(|| panic!("no function of the stack has the key of {call:?}")).clone()
    }

    /// Waits until nothing has been called for a while.
    pub(crate) async fn rest(&self) {
        self.begin().await;
        self.settled().await;
    }

    /// The same, without forgetting what was counted.
    pub(crate) async fn settled(&self) {
        let begun = Instant::now();
        let (mut known, mut since) = (usize::MAX, Instant::now());
        while since.elapsed() < QUIET {
            assert!(begun.elapsed() < LIMIT, "the stack does not come to rest");
            tokio::time::sleep(Duration::from_millis(250)).await;
            let count = self.calls().await.len();
            if count != known {
                (known, since) = (count, Instant::now());
            }
        }
    }
}

/// The functions of the stack by the key that the emulator gives each: it follows from the function's address and its
/// role's.
async fn functions() -> HashMap<String, String> {
    let stack = Stack::get();
    let sdk = aws_config::defaults(BehaviorVersion::latest()).load().await;
    let lambda = aws_sdk_lambda::Client::new(&sdk);
    let mut pages = lambda.list_functions().into_paginator().items().send();
    let mut functions = HashMap::new();
    while let Some(function) = pages.next().await {
        let function = function.expect("a function");
        let (Some(name), Some(arn), Some(role)) = (function.function_name, function.function_arn, function.role) else {
            panic!("a function without a name, an address or a role")
        };
        let digest = Sha256::digest(format!("{arn}:{role}"));
        let hex = digest.iter().take(8).fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02X}");
            hex
        });
        functions.insert(format!("ASIA{hex}"), stack.logical_id(&name));
    }
    functions
}
