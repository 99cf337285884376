//! What each journey takes: counted by the meter, priced, and compared with what it may take.
//!
//! `cargo xtask cost` writes docs/cost.json and the tables of docs/cost.md; `cargo xtask test` counts each journey some
//! times on its own stack and fails with the figures when one takes more than `local/budgets.json` allows.

mod budgets;
mod growth;
mod journey;
mod prices;
mod tables;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use serde::de::DeserializeOwned;

use crate::cli::{CostOptions, TestOptions};
use crate::console::line;
use crate::dynamodb_local::DynamoDbLocal;
use crate::emulator::endpoint;
use crate::files::read_json;
use crate::project::Project;
use crate::proxy::Proxy;
use crate::rights::Observed;
use crate::stack::Stack;
use crate::test::{COST, cargo_test, lock, start, succeed, tell};

use budgets::Budgets;
use growth::Sizes;
use journey::{Functions, Record};
use prices::Prices;

/// Enough to see each process run more than once.
const BRIEFLY: u32 = 2;
/// What else happens in a stack can only add to what is counted: a journey that takes too much is counted again.
const LOOKS: u32 = 2;

/// Counts on a stack of its own, and writes down what came of it.
pub(crate) fn run(options: &CostOptions) -> anyhow::Result<()> {
    let project = Project::find()?;
    let folder = project.target().join("test-stack");
    std::fs::create_dir_all(&folder)?;
    let _lock = lock(&project)?;
    let mut stack = start(&project, &folder, &TestOptions::plain(), Observed::No)?;
    stack.put_keys()?;
    let counted = count(&project, &folder, &stack, options.times);
    let grown = if options.growth > 0 { grow(&project, &folder, &stack, options.growth).map(Some) } else { Ok(None) };
    let functions = functions(&stack);
    stack.stop();
    let (record, grown, functions) = (counted?, grown?, functions?);
    let prices = Prices::read(&project)?;
    tables::write(&project, &record, &functions, &prices)?;
    if let Some(grown) = grown {
        growth::write(&project, &grown)?;
    }
    report(&Budgets::read(&project)?.exceeded(&record, &functions, &prices)?)
}

/// Counts on a stack that is running with nothing else going on, as short as that may be.
pub(crate) fn check(project: &Project, folder: &Path, stack: &Stack) -> anyhow::Result<()> {
    let (budgets, prices, functions) = (Budgets::read(project)?, Prices::read(project)?, functions(stack)?);
    for _ in 1..LOOKS {
        let exceeded = budgets.exceeded(&count(project, folder, stack, BRIEFLY)?, &functions, &prices)?;
        if exceeded.is_empty() {
            return report(&exceeded);
        }
        for one in exceeded {
            line(&format!("  {one}: it is counted again"));
        }
    }
    report(&budgets.exceeded(&count(project, folder, stack, BRIEFLY)?, &functions, &prices)?)
}

fn report(exceeded: &[String]) -> anyhow::Result<()> {
    for one in exceeded {
        line(&format!("  {one}"));
    }
    if exceeded.is_empty() {
        line("    every journey takes what local/budgets.json allows, or less");
        return Ok(());
    }
    bail!(
        "{} figures are above local/budgets.json: make it cheaper, or say there why it has to cost more",
        exceeded.len()
    )
}

fn functions(stack: &Stack) -> anyhow::Result<Functions> {
    Functions::of(&read_json(&stack.template_path()).context("the transformed template cannot be read")?)
}

/// Has each journey made so often, and reads what was seen of it.
fn count(project: &Project, folder: &Path, stack: &Stack, times: u32) -> anyhow::Result<Record> {
    let meter = stack.proxy_url().context("no meter stands before the emulator")?;
    let settings = [("HOLDFAST_METER_URL", meter.to_owned()), ("HOLDFAST_COST_TIMES", times.to_string())];
    counted(project, folder, stack, "each_journey_is_counted", settings)
}

/// Lets a market grow to so many tickets in DynamoDB Local, and reads what everything takes at each size.
fn grow(project: &Project, folder: &Path, stack: &Stack, tickets: u32) -> anyhow::Result<Sizes> {
    let logs = folder.join("growth");
    std::fs::create_dir_all(&logs)?;
    let mut tables = DynamoDbLocal::start(project, &logs)?;
    // Nobody pays anything there: no stand-in for Stripe is behind that meter.
    let meter = Proxy::meter(&folder.join("bin"), &logs, tables.port(), tables.port());
    let sizes = meter.and_then(|mut meter| {
        let settings = [
            ("HOLDFAST_METER_URL", meter.url().to_owned()),
            ("HOLDFAST_COST_TABLES", endpoint(tables.port())),
            ("HOLDFAST_COST_TICKETS", tickets.to_string()),
        ];
        let test = "what_everything_takes_is_counted_while_the_market_grows";
        let sizes = counted(project, folder, stack, test, settings);
        meter.stop();
        sizes
    });
    tables.stop();
    sizes
}

fn counted<T: DeserializeOwned>(
    project: &Project,
    folder: &Path,
    stack: &Stack,
    test: &str,
    settings: impl IntoIterator<Item = (&'static str, String)>,
) -> anyhow::Result<T> {
    let record: PathBuf = folder.join("cost.json");
    let mut command = cargo_test(project);
    command.args(["--test", COST, "--", "--exact", test]);
    tell(&mut command, folder, stack, &TestOptions::plain());
    command.envs(settings).env("HOLDFAST_COST_RECORD", &record);
    succeed(&mut command)?;
    read_json(&record).context("the counts cannot be read")
}
