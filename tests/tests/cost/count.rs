//! What is counted of a journey: calls by function and operation, and runs and lines by function.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tests::Logs;

use crate::meter::{Meter, SWEEP};

/// What the platform writes for each run, whatever the function does.
const PLATFORM: [&str; 3] = ["START RequestId:", "END RequestId:", "REPORT RequestId:"];

#[derive(Debug, Default)]
struct Calls {
    made: usize,
    entries: usize,
    failed: usize,
    reads: f64,
    writes: f64,
    index_writes: f64,
    sent: usize,
    received: usize,
}

#[derive(Debug, Default)]
struct Runs {
    begun: usize,
    lines: usize,
    bytes: usize,
    platform_bytes: usize,
}

/// Makes a journey and waits until all that it has set off is over.
pub(crate) async fn counted(meter: &Meter, times: usize, waits: bool, journey: impl Future<Output = ()>) -> Value {
    let logs = Logs::from_now();
    meter.begin().await;
    journey.await;
    if waits {
        meter.settled().await;
    }
    meter.end().await;
    let mut by_operation: BTreeMap<(String, String, String), Calls> = BTreeMap::new();
    for (function, call) in meter.calls().await {
        let counts = by_operation.entry((function, call.service, call.operation)).or_default();
        counts.made += 1;
        counts.entries += call.entries;
        counts.failed += usize::from(call.status >= 400);
        counts.reads += call.units.reads;
        counts.writes += call.units.writes;
        counts.index_writes += call.units.index_writes;
        counts.sent += call.sent;
        counts.received += call.received;
    }
    let mut by_function: BTreeMap<String, Runs> = BTreeMap::new();
    for logged in logs.read().into_iter().filter(|logged| logged.function != SWEEP) {
        let counts = by_function.entry(logged.function).or_default();
        counts.begun += usize::from(logged.text.starts_with(PLATFORM[0]));
        if PLATFORM.iter().any(|start| logged.text.starts_with(start)) {
            counts.platform_bytes += logged.text.len();
        } else {
            counts.lines += 1;
            counts.bytes += logged.text.len();
        }
    }
    let calls: Vec<Value> = by_operation
        .iter()
        .map(|((function, service, operation), counts)| {
            json!({
                "function": function, "service": service, "operation": operation, "calls": counts.made,
                "entries": counts.entries, "failed": counts.failed, "reads": counts.reads, "writes": counts.writes,
                "index_writes": counts.index_writes, "sent": counts.sent, "received": counts.received,
            })
        })
        .collect();
    let runs: Vec<Value> = by_function
        .iter()
        .map(|(function, counts)| {
            json!({
                "function": function, "runs": counts.begun, "lines": counts.lines, "bytes": counts.bytes,
                "platform_bytes": counts.platform_bytes,
            })
        })
        .collect();
    json!({"times": times, "calls": calls, "runs": runs})
}
