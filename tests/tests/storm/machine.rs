//! What an operator of the machine can do: the emulator asked directly, its function processes killed, the proxy told.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::record::{Record, now};

/// What `cargo xtask prove histories` tells.
#[expect(clippy::disallowed_methods, reason = "a test's own switch, not a function's configuration")]
pub(crate) fn told(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|text| !text.is_empty())
}

/// The same, where there has to be something.
pub(crate) fn required(name: &str) -> String {
    told(name).unwrap_or_else(|| panic!("{name} is not set: run `cargo xtask prove histories`"))
}

/// The emulator, as the account's owner, with requests and answers as they are on the wire.
#[derive(Clone, Debug)]
pub(crate) struct Emulator {
    http: reqwest::Client,
    endpoint: String,
}

impl Emulator {
    pub(crate) fn new() -> Self {
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        Self { http, endpoint: tests::Aws::endpoint() }
    }

    /// Calls an operation of a service that speaks JSON.
    pub(crate) async fn call(&self, target: &str, body: &Value) -> Value {
        let service = if target.starts_with("AWSEvents") { "events" } else { "dynamodb" };
        let scope = format!("test/20260101/eu-central-1/{service}/aws4_request");
        let authorization = format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0");
        let request = self.http.post(&self.endpoint).header("x-amz-target", target);
        let request = request.header("content-type", "application/x-amz-json-1.1");
        let request = request.header("authorization", authorization).body(body.to_string());
        let answer = request.send().await.expect("the emulator answers");
        let (status, text) = (answer.status(), answer.text().await.expect("a body"));
        assert!(status.is_success(), "{target}: {text}");
        serde_json::from_str(&text).expect("JSON")
    }

    /// All items of a table.
    pub(crate) async fn items(&self, table: &str) -> Vec<Value> {
        let (mut items, mut after) = (Vec::new(), Value::Null);
        loop {
            let mut request = json!({"TableName": table, "ConsistentRead": true});
            if !after.is_null() {
                request["ExclusiveStartKey"] = after;
            }
            let page = self.call("DynamoDB_20120810.Scan", &request).await;
            items.extend(page["Items"].as_array().expect("items").iter().cloned());
            after = page["LastEvaluatedKey"].clone();
            if after.is_null() {
                return items;
            }
        }
    }
}

/// The proxy between functions and emulator.
#[derive(Clone, Debug)]
pub(crate) struct Proxy {
    http: reqwest::Client,
    base: String,
}

impl Proxy {
    pub(crate) fn new(base: &str) -> Self {
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(20)).build().expect("a client");
        Self { http, base: format!("{base}/_microburst") }
    }

    /// These rules hold from now on, instead of those before.
    pub(crate) async fn set(&self, rules: &[Value]) {
        let answer = self.http.post(format!("{}/rules", self.base)).json(rules).send().await.expect("an answer");
        let status = answer.status();
        assert!(status.is_success(), "{}", answer.text().await.unwrap_or_default());
    }

    /// How often which rule was met, since it started.
    pub(crate) async fn metrics(&self) -> String {
        let answer = self.http.get(format!("{}/metrics", self.base)).send().await.expect("an answer");
        answer.text().await.expect("a text")
    }
}

/// Kills every process of a function that this run's emulator has started, and no other.
pub(crate) fn kill(record: &Record, emulator: u32, function: &str) {
    for process in children(emulator) {
        if function_of(&process).is_some_and(|name| name == function) {
            let pid = process.file_name().and_then(|name| name.to_str()).expect("a number").to_owned();
            let killed = Command::new("kill").args(["-KILL", &pid]).stderr(Stdio::null()).status();
            // It may have ended by itself meanwhile.
            if killed.is_ok_and(|status| status.success()) {
                record.write(&json!({"kind": "kill", "at": now(), "function": function, "pid": pid}));
            }
        }
    }
}

/// The folders of /proc of an emulator's children.
fn children(parent: u32) -> Vec<PathBuf> {
    let all = std::fs::read_dir("/proc").expect("Linux").filter_map(Result::ok).map(|entry| entry.path());
    all.filter(|process| parent_of(process) == Some(parent)).collect()
}

fn parent_of(process: &Path) -> Option<u32> {
    let stat = std::fs::read_to_string(process.join("stat")).ok()?;
    // The name in brackets may hold anything.
    stat.get(stat.rfind(')')? + 1..)?.split_whitespace().nth(1)?.parse().ok()
}

/// The logical id of the function that a process serves: `holdfast-PlaceOrder-1a2b` or `holdfast-ExpireOrder`.
fn function_of(process: &Path) -> Option<String> {
    let environment = std::fs::read(process.join("environ")).ok()?;
    let mut variables = environment.split(|byte| *byte == 0);
    let name = variables.find_map(|variable| variable.strip_prefix(b"AWS_LAMBDA_FUNCTION_NAME="))?;
    Some(std::str::from_utf8(name).ok()?.split('-').nth(1)?.to_owned())
}
