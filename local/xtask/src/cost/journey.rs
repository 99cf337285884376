//! What one journey takes, once: from what was counted of many.

use std::collections::BTreeMap;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::prices::Prices;

/// What was counted.
#[derive(Debug, Deserialize)]
pub(crate) struct Record {
    pub(crate) times: f64,
    pub(crate) journeys: BTreeMap<String, Counts>,
}

/// What was counted of one journey, all times together.
#[derive(Debug, Deserialize)]
pub(crate) struct Counts {
    calls: Vec<Calls>,
    runs: Vec<Runs>,
}

#[derive(Debug, Deserialize)]
struct Calls {
    function: String,
    service: String,
    operation: String,
    #[serde(rename = "calls")]
    made: f64,
    entries: f64,
    failed: f64,
    reads: f64,
    writes: f64,
    index_writes: f64,
}

#[derive(Debug, Deserialize)]
struct Runs {
    function: String,
    #[serde(rename = "runs")]
    begun: f64,
    lines: f64,
    bytes: f64,
    platform_bytes: f64,
}

/// What the template says of the functions.
#[derive(Debug)]
pub(crate) struct Functions {
    memory_gb: BTreeMap<String, f64>,
    /// Functions behind a route.
    routes: Vec<String>,
    /// Functions whose runs the platform tells of in the logs, too.
    told_by_the_platform: Vec<String>,
}

impl Functions {
    /// From the transformed template.
    pub(crate) fn of(template: &Value) -> anyhow::Result<Self> {
        let resources = template["Resources"].as_object().context("the template has no resources")?;
        let (mut memory_gb, mut told_by_the_platform) = (BTreeMap::new(), Vec::new());
        for (name, resource) in resources.iter().filter(|(_, resource)| resource["Type"] == "AWS::Lambda::Function") {
            let properties = &resource["Properties"];
            memory_gb.insert(name.clone(), properties["MemorySize"].as_f64().unwrap_or(128.0) / 1024.0);
            if properties["LoggingConfig"]["SystemLogLevel"] != "WARN" {
                told_by_the_platform.push(name.clone());
            }
        }
        let of_api = |resource: &&Value| resource["Type"] == "AWS::ApiGatewayV2::Api";
        let bodies: String =
            resources.values().filter(of_api).map(|api| api["Properties"]["Body"].to_string()).collect();
        let is_behind = |name: &&String| bodies.contains(&format!("functions/${{{name}.Arn}}"));
        let routes = memory_gb.keys().filter(is_behind).cloned().collect();
        Ok(Self { memory_gb, routes, told_by_the_platform })
    }
}

/// What a journey takes, by the names that prices have.
pub(crate) type Taken = BTreeMap<&'static str, f64>;

/// What one function does in a journey.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Done {
    pub(crate) runs: f64,
    /// Calls to AWS and Stripe, but for what only the first run of a process asks for.
    pub(crate) calls: f64,
    pub(crate) writes: f64,
    pub(crate) reads: f64,
}

/// What only the first run of a process asks for.
const FIRST_ONLY: [&str; 2] = ["secretsmanager", "ssm"];
/// Calls of Stripe are not signed by a function; each is made by one of these, of one size.
const CALLS_STRIPE: &str = "StripeWebhook";
const STRIPE: &str = "Stripe";

impl Counts {
    /// What each function does.
    pub(crate) fn by_function(&self, times: f64) -> BTreeMap<String, Done> {
        let mut done: BTreeMap<String, Done> = BTreeMap::new();
        for runs in &self.runs {
            done.entry(runs.function.clone()).or_default().runs += runs.begun / times;
        }
        for calls in self.calls.iter().filter(|calls| !FIRST_ONLY.contains(&calls.service.as_str())) {
            let function = done.entry(calls.function.clone()).or_default();
            function.calls += calls.made / times;
            function.writes += (calls.writes + calls.index_writes) / times;
            function.reads += calls.reads / times;
        }
        done
    }

    fn sum(&self, of: impl Fn(&Calls) -> f64) -> f64 {
        self.calls.iter().map(of).sum()
    }

    fn calls_of(&self, service: &str, operations: &[&str]) -> f64 {
        self.sum(|calls| {
            if calls.service == service && operations.contains(&calls.operation.as_str()) { calls.made } else { 0.0 }
        })
    }

    /// What the journey takes once.
    pub(crate) fn taken(
        &self,
        name: &str,
        times: f64,
        functions: &Functions,
        prices: &Prices,
    ) -> anyhow::Result<Taken> {
        let assumed = &prices.assumed;
        let visit = assumed.pages.get(name).with_context(|| format!("local/prices.json has no pages of {name}"))?;
        let runs_of = |these: &[String]| -> f64 {
            self.runs.iter().filter(|runs| these.contains(&runs.function)).fold(0.0, |sum, runs| sum + runs.begun)
                / times
        };
        let requests = runs_of(&functions.routes);
        let (mut runs, mut log_bytes) = (0.0, 0.0);
        for one in &self.runs {
            runs += one.begun;
            log_bytes += one.bytes + one.lines * assumed.log_line_bytes;
            if functions.told_by_the_platform.contains(&one.function) {
                // Three lines a run.
                log_bytes += one.platform_bytes + 3.0 * one.begun * assumed.log_line_bytes;
            }
        }
        let published: f64 = self.sum(|calls| if calls.service == "events" { calls.entries } else { 0.0 });
        let sent: f64 = self.sum(|calls| if calls.service == "sqs" { calls.made } else { 0.0 });
        // Lambda receives and deletes a batch for each run.
        let batches = runs_of(&["RenderPages".to_owned()]);
        let edge_requests = requests + visit.pages + visit.files;
        Ok(Taken::from([
            ("writes", self.sum(|calls| calls.writes + calls.index_writes) / times),
            ("reads", self.sum(|calls| calls.reads) / times),
            ("requests", requests),
            ("runs", runs / times),
            ("gb_seconds", self.gb_seconds(functions, prices)? / times),
            ("events", published / times),
            ("schedules", runs_of(&["ExpireOrder".to_owned()])),
            ("messages", sent / times + 2.0 * batches),
            ("objects_written", self.calls_of("s3", &["PutObject", "ListObjectsV2"]) / times),
            // A file never changes under its name, and CloudFront keeps it for a year; a page is ten seconds old at most.
            ("objects_read", self.calls_of("s3", &["GetObject", "HeadObject"]) / times + visit.pages),
            ("log_gb", log_bytes / times / 1e9),
            ("edge_requests", edge_requests),
            ("edge_gb", (visit.bytes + edge_requests * assumed.header_bytes) / 1e9),
            ("edge_functions", requests + visit.pages),
        ]))
    }

    /// All times together.
    fn gb_seconds(&self, functions: &Functions, prices: &Prices) -> anyhow::Result<f64> {
        let memory = |function: &str| {
            let name = if function == STRIPE { CALLS_STRIPE } else { function };
            functions.memory_gb.get(name).copied().with_context(|| format!("the template has no function {name}"))
        };
        let mut gb_seconds = 0.0;
        for calls in &self.calls {
            let each = prices.assumed.milliseconds(&calls.service, &calls.operation);
            // A secret is read once in the life of a process.
            if !FIRST_ONLY.contains(&calls.service.as_str()) {
                gb_seconds += calls.made * each? / 1_000.0 * memory(&calls.function)?;
            }
        }
        for runs in &self.runs {
            gb_seconds += runs.begun * prices.assumed.milliseconds("run", "")? / 1_000.0 * memory(&runs.function)?;
        }
        Ok(gb_seconds)
    }

    /// Writes that failed by a condition, and were paid for.
    pub(crate) fn lost(&self, times: f64) -> f64 {
        self.sum(|calls| if calls.service == "dynamodb" { calls.failed } else { 0.0 }) / times
    }
}
