//! `cargo xtask replay`: failure queues back to their targets.

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::cli::ReplayOptions;
use crate::console::line;
use crate::deployment::STACK_NAME;
use crate::operator::{Place, answered};
use crate::project::Project;
use crate::python::Venv;

/// Messages are still in a queue: those of a dry run, and those that could not be handed on.
const LEFT: u8 = 3;

/// What the helper did.
#[derive(Debug, Deserialize)]
struct Report {
    at: i64,
    queues: Vec<Queue>,
}

/// One failure queue.
#[derive(Debug, Deserialize)]
struct Queue {
    name: String,
    kind: String,
    messages: Vec<Message>,
    /// Whether there may be more than it was allowed to look at.
    limited: bool,
}

/// One message; nothing of its content but ids.
#[derive(Debug, Deserialize)]
struct Message {
    id: String,
    sent_at: i64,
    #[serde(default)]
    ids: Map<String, Value>,
    /// How many records of a stream its positions stand for.
    records: Option<u64>,
    left: Option<String>,
}

/// Hands on what the queues hold at this moment.
pub(crate) fn run(options: &ReplayOptions) -> anyhow::Result<ExitCode> {
    if options.queues.is_empty() && !options.all {
        bail!("name queues, or ask for --all; add --dry-run to see what they hold");
    }
    let project = Project::find()?;
    let (venv, _) = Venv::ensure(&project)?;
    let named = options.stack.is_some();
    let place = Place::found(&project, options.local, named, options.region.as_deref(), options.profile.as_deref())?;
    let mut command = venv.operator_helper(&project);
    command.args(["replay", options.stack.as_deref().unwrap_or(STACK_NAME)]);
    place.enter(&mut command);
    let request = json!({ "queues": options.queues, "dry_run": options.dry_run, "limit": options.limit });
    let answer = answered(&mut command, &request).with_context(|| format!("replay failed {place}"))?;
    let report: Report = serde_json::from_str(&answer).context("the helper's report cannot be read")?;
    for text in told(&report) {
        line(&text);
    }
    Ok(if is_empty(&report) { ExitCode::SUCCESS } else { ExitCode::from(LEFT) })
}

/// Whether nothing is left in the queues, as far as they were looked at.
fn is_empty(report: &Report) -> bool {
    report.queues.iter().all(|queue| !queue.limited && queue.messages.iter().all(|message| message.left.is_none()))
}

/// The report in words: a line a queue and a line a message.
fn told(report: &Report) -> Vec<String> {
    let mut lines = Vec::new();
    for Queue { name, kind, messages, limited } in &report.queues {
        lines.push(format!("{name} ({kind}): {}", messages.len()));
        for Message { id, sent_at, ids, records, left } in messages {
            let records = records.map(|count| format!(", records: {count}")).unwrap_or_default();
            let ids = ids.iter().fold(String::new(), |said, (name, value)| {
                format!("{said}, {name} {}", value.as_str().unwrap_or_default())
            });
            let done = left.as_ref().map_or_else(|| "handed on".to_owned(), |reason| format!("left: {reason}"));
            lines.push(format!("    {id}, {} s old{ids}{records}: {done}", report.at - sent_at));
        }
        if *limited {
            lines.push("    as many as the limit allows: there may be more".to_owned());
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_names_ages_ids_and_what_is_left() {
        let report: Report = serde_json::from_value(json!({"at": 100, "queues": [
            {"name": "SweepFailureQueue", "kind": "invocation", "limited": true, "messages": [
                {"id": "m1", "sent_at": 40, "ids": {"id": "e1"}},
                {"id": "m2", "sent_at": 90, "left": "it is no JSON"},
                {"id": "m3", "sent_at": 95, "records": 5},
            ]},
        ]}))
        .expect("a report");
        assert_eq!(
            told(&report),
            [
                "SweepFailureQueue (invocation): 3",
                "    m1, 60 s old, id e1: handed on",
                "    m2, 10 s old: left: it is no JSON",
                "    m3, 5 s old, records: 5: handed on",
                "    as many as the limit allows: there may be more",
            ]
        );
        assert!(!is_empty(&report));
    }
}
