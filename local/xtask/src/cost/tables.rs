//! docs/cost.json, and the tables of docs/cost.md.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::Context as _;
use serde_json::{Value, json};

use super::journey::{Functions, Record, Taken};
use super::prices::Prices;
use crate::console::line;
use crate::files::write_json;
use crate::project::Project;

const BEGIN: &str = "<!-- written by `cargo xtask cost` from here -->";
const END: &str = "<!-- to here -->";
const MILLION: f64 = 1e6;
/// What a completed order is made of: its ticket is listed, somebody looks at it, holds it and pays.
const ORDER: [&str; 3] = ["listing", "browse_ticket", "hold_paid"];

/// Writes both.
pub(crate) fn write(project: &Project, record: &Record, functions: &Functions, prices: &Prices) -> anyhow::Result<()> {
    let mut taken: BTreeMap<&str, Taken> = BTreeMap::new();
    let mut details = serde_json::Map::new();
    for (name, counts) in &record.journeys {
        let of_journey = counts.taken(name, record.times, functions, prices)?;
        let lost = counts.lost(record.times);
        details.insert(
            name.clone(),
            json!({"takes": rounded(&of_journey), "lost_writes": lost, "functions": counts.by_function(record.times)}),
        );
        taken.insert(name, of_journey);
    }
    let mut text = format!("\nEach journey was made {} times.\n", record.times);
    journeys(&mut text, &taken);
    order(&mut text, &taken, prices)?;
    others(&mut text, &taken, prices)?;
    by_function(&mut text, record);
    price_list(&mut text, prices);
    line(&text);
    write_json(&project.root().join("docs/cost.json"), &json!({"times": record.times, "journeys": details}))?;
    replace(project, BEGIN, &text)
}

/// As many places as mean anything.
fn rounded(taken: &Taken) -> Value {
    let of = |value: f64| (value * 1e9).round() / 1e9;
    taken.iter().map(|(item, count)| ((*item).to_owned(), json!(of(*count)))).collect::<serde_json::Map<_, _>>().into()
}

fn number(value: f64) -> String {
    // A whole number is written without places.
    format!("{}", (value * 100.0).round() / 100.0)
}

fn journeys(text: &mut String, taken: &BTreeMap<&str, Taken>) {
    let columns = [
        ("writes", "write units"),
        ("reads", "read units"),
        ("requests", "requests"),
        ("runs", "runs"),
        ("events", "events"),
        ("schedules", "schedules"),
        ("objects_written", "objects written"),
        ("objects_read", "looked at"),
    ];
    let _ = write!(text, "\n## What a journey takes\n\n| journey |");
    for (_, name) in columns {
        let _ = write!(text, " {name} |");
    }
    let _ = write!(text, "\n|---|{}\n", "---|".repeat(columns.len()));
    for (journey, of_journey) in taken {
        let _ = write!(text, "| {} |", words(journey));
        for (item, _) in columns {
            let _ = write!(text, " {} |", number(of_journey[item]));
        }
        text.push('\n');
    }
}

fn words(journey: &str) -> String {
    match journey {
        "listing" => "listing a ticket",
        "browse_list" => "the list, 24 tickets",
        "browse_search" => "a search, 24 results",
        "browse_ticket" => "a ticket's page",
        "hold_paid" => "hold → paid",
        "hold_paid_at_once" => "hold → paid, webhook and buyer at once",
        "hold_expired" => "hold → expired",
        "hold_cancelled" => "hold → cancelled",
        "lost_race" => "lose the race",
        other => other,
    }
    .to_owned()
}

/// The items in the order of the price list, with what is counted of them in some journeys.
fn order(text: &mut String, taken: &BTreeMap<&str, Taken>, prices: &Prices) -> anyhow::Result<()> {
    let _ = write!(
        text,
        "\n## A million completed orders, in dollars\n\nA ticket is listed, its page is opened once, it is held and paid. \
         *After what is free* takes off what AWS gives each account every month, for good, if a million orders are \
         completed in one.\n\n| what | listing | its page | hold → paid | together | after what is free |\n\
         |---|---|---|---|---|---|\n"
    );
    let mut sums = [0.0; 5];
    for (item, price) in &prices.of {
        let mut row = Vec::new();
        let mut count = 0.0;
        for journey in ORDER {
            let one = taken.get(journey).with_context(|| format!("{journey} was not counted"))?[item.as_str()];
            row.push(prices.dollars(item, one * MILLION)?);
            count += one * MILLION;
        }
        row.push(prices.dollars(item, count)?);
        row.push(prices.dollars(item, (count - price.free).max(0.0))?);
        let _ = write!(text, "| {}: {} |", price.service, price.of);
        for (sum, dollars) in sums.iter_mut().zip(row) {
            *sum += dollars;
            let _ = write!(text, " {dollars:.2} |");
        }
        text.push('\n');
    }
    text.push_str("| **together** |");
    for sum in sums {
        let _ = write!(text, " **{sum:.2}** |");
    }
    text.push('\n');
    Ok(())
}

fn others(text: &mut String, taken: &BTreeMap<&str, Taken>, prices: &Prices) -> anyhow::Result<()> {
    let _ = write!(
        text,
        "\n## A million of each journey, in dollars\n\n| journey | dollars | of these the tables | Lambda | edge and API | pages | events and schedules | logs |\n|---|---|---|---|---|---|---|---|\n"
    );
    let groups: [&[&str]; 6] = [
        &["writes", "reads"],
        &["runs", "gb_seconds"],
        &["requests", "edge_requests", "edge_gb", "edge_functions"],
        &["objects_written", "objects_read", "messages"],
        &["events", "schedules"],
        &["log_gb"],
    ];
    for (journey, of_journey) in taken {
        let mut sums = Vec::new();
        for group in groups {
            let mut sum = 0.0;
            for item in group {
                sum += prices.dollars(item, of_journey[item] * MILLION)?;
            }
            sums.push(sum);
        }
        let _ = write!(text, "| {} | **{:.2}** |", words(journey), sums.iter().sum::<f64>());
        for sum in sums {
            let _ = write!(text, " {sum:.2} |");
        }
        text.push('\n');
    }
    Ok(())
}

fn by_function(text: &mut String, record: &Record) {
    let _ = write!(
        text,
        "\n## What each function does\n\nCalls are those of a run that is not the first of its process: that one reads \
         secrets, too.\n\n| journey | function | runs | calls | write units | read units |\n|---|---|---|---|---|---|\n"
    );
    for (journey, counts) in &record.journeys {
        for (function, done) in counts.by_function(record.times) {
            let [runs, calls, writes, reads] = [done.runs, done.calls, done.writes, done.reads].map(number);
            let _ = writeln!(text, "| {} | {function} | {runs} | {calls} | {writes} | {reads} |", words(journey));
        }
    }
}

fn price_list(text: &mut String, prices: &Prices) {
    let _ = write!(
        text,
        "\n## Prices\n\nOf {}, Lambda on {} (`local/prices.json`).\n\n| price | of | AWS's page | read |\n|---|---|---|---|\n",
        prices.region, prices.architecture
    );
    for price in prices.of.values().chain(prices.idle.values()) {
        let per = if price.per > 1.0 { " a million" } else { "" };
        let _ = writeln!(
            text,
            "| {}{per} | {}: {} | <{}> | {}, {} |",
            price.dollars, price.service, price.of, price.page, price.read, price.on
        );
    }
    let mut assumed: Vec<String> =
        prices.assumed.milliseconds.iter().map(|(what, milliseconds)| format!("{what} {milliseconds}")).collect();
    assumed.sort();
    let _ = writeln!(
        text,
        "\nAssumed, because no emulator shows it: milliseconds of a run by itself and of a call to a service ({}); {} bytes of \
         headers of an answer; what browsers fetch of pages beside the API, as [site.md](site.md) has measured it.",
        assumed.join(", "),
        prices.assumed.header_bytes
    );
}

/// Puts new tables in the place of those after a mark.
pub(crate) fn replace(project: &Project, begin: &str, tables: &str) -> anyhow::Result<()> {
    let path = project.root().join("docs/cost.md");
    let text = std::fs::read_to_string(&path).context("docs/cost.md cannot be read")?;
    let (before, rest) = text.split_once(begin).context("docs/cost.md has no place for the tables")?;
    let (_, after) = rest.split_once(END).context("docs/cost.md does not say where the tables end")?;
    Ok(std::fs::write(path, format!("{before}{begin}\n{tables}\n{END}{after}"))?)
}
