//! `cargo xtask timeline`: what happened to one order, from the logs of all functions.

use std::time::Duration;

use anyhow::{Context as _, bail};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::cli::TimelineOptions;
use crate::console::line;
use crate::deployment::STACK_NAME;
use crate::operator::{Place, answered};
use crate::project::Project;
use crate::python::Venv;

/// What the helper found.
#[derive(Debug, Deserialize)]
struct Found {
    lines: Vec<Map<String, Value>>,
    /// A bound was reached.
    cut: bool,
}

/// Prints the order's lines, the oldest first.
pub(crate) fn run(options: &TimelineOptions) -> anyhow::Result<()> {
    let project = Project::find()?;
    let (venv, _) = Venv::ensure(&project)?;
    let named = options.stack.is_some();
    let place = Place::found(&project, options.local, named, options.region.as_deref(), options.profile.as_deref())?;
    let mut command = venv.operator_helper(&project);
    command.args(["timeline", options.stack.as_deref().unwrap_or(STACK_NAME)]);
    place.enter(&mut command);
    let asked = json!({"order": options.order, "since_seconds": options.since.as_secs()});
    let answer = answered(&mut command, &asked).with_context(|| format!("the logs cannot be read {place}"))?;
    let found: Found = serde_json::from_str(&answer).context("the helper answered something else than lines")?;
    if found.lines.is_empty() {
        bail!(
            "no line names the order {} {place}; look further back with --since, and mind the retention",
            options.order
        );
    }
    for one in told(&found.lines) {
        line(&one);
    }
    if found.cut {
        line("There is more than this command reads: a shorter --since shows the latest of it.");
    }
    Ok(())
}

/// A time as the command line gives it: `90m`, `24h` or `7d`.
pub(crate) fn parse_since(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text} is no time: write minutes, hours or days, as in 90m, 24h or 7d");
    let (number, seconds) = match text.char_indices().next_back() {
        Some((at, 'm')) => (&text[..at], 60),
        Some((at, 'h')) => (&text[..at], 3_600),
        Some((at, 'd')) => (&text[..at], 86_400),
        _ => return Err(wrong()),
    };
    let number: u64 = number.parse().map_err(|_| wrong())?;
    if number == 0 || number > 10_000 { Err(wrong()) } else { Ok(Duration::from_secs(number * seconds)) }
}

/// A row a line: time, function, message, what came of it, how long it took.
fn told(lines: &[Map<String, Value>]) -> Vec<String> {
    let rows: Vec<[String; 5]> = lines
        .iter()
        .map(|one| {
            let took = one.get("ms").map(|ms| format!("{ms} ms")).unwrap_or_default();
            [text(one, "timestamp"), text(one, "function"), message(one), outcome(one), took]
        })
        .collect();
    let widths: Vec<usize> =
        (0..5).map(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0)).collect();
    let padded = |row: &[String; 5]| {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        cells.join("  ").trim_end().to_owned()
    };
    rows.iter().map(padded).collect()
}

/// With its level in front, if somebody should look.
fn message(one: &Map<String, Value>) -> String {
    let level = text(one, "level");
    let message = text(one, "message");
    if level.is_empty() || level == "INFO" { message } else { format!("{level}: {message}") }
}

/// What a line says came of it, in the order of these names.
fn outcome(one: &Map<String, Value>) -> String {
    let names = ["route", "status", "problem", "event", "step", "outcome", "projected", "error"];
    let parts: Vec<String> = names.iter().map(|name| text(one, name)).filter(|part| !part.is_empty()).collect();
    parts.join(" ")
}

/// A field as text; a log line is outside text, so that nothing in it may steer a terminal.
fn text(one: &Map<String, Value>, name: &str) -> String {
    let text = match one.get(name) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_minutes_hours_and_days() {
        assert_eq!(parse_since("90m").expect("a time"), Duration::from_mins(90));
        assert_eq!(parse_since("24h").expect("a time"), Duration::from_hours(24));
        assert_eq!(parse_since("7d").expect("a time"), Duration::from_hours(168));
        for wrong in ["", "h", "0h", "-1h", "1.5h", "24", "24s", "99999d", "2\u{fc}"] {
            assert!(parse_since(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn lines_stand_in_columns() {
        let lines = [
            json!({"timestamp": "2026-11-22T12:00:00.1Z", "function": "PlaceOrder", "level": "INFO", "message": "answered",
                   "route": "POST /api/orders", "status": 201, "problem": "", "ms": 38}),
            json!({"timestamp": "2026-11-22T12:00:00.9Z", "function": "Sweep", "level": "ERROR",
                   "message": "an item cannot be brought\u{1b}[2J to rest", "error": "the table failed"}),
        ];
        let lines: Vec<_> = lines.iter().map(|one| one.as_object().expect("an object").clone()).collect();
        assert_eq!(
            told(&lines),
            [
                "2026-11-22T12:00:00.1Z  PlaceOrder  answered                                      POST /api/orders 201  38 ms",
                "2026-11-22T12:00:00.9Z  Sweep       ERROR: an item cannot be brought [2J to rest  the table failed",
            ]
        );
    }
}
