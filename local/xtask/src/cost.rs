//! What each journey takes: counted by the meter, and priced.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::cli::{CostOptions, TestOptions};
use crate::console::line;
use crate::project::Project;
use crate::rights::Observed;
use crate::stack::Stack;
use crate::test::{cargo_test, lock, start, succeed, tell};

/// Counts on a stack of its own, and writes down what came of it.
pub(crate) fn run(options: &CostOptions) -> anyhow::Result<()> {
    let project = Project::find()?;
    let folder = project.target().join("test-stack");
    std::fs::create_dir_all(&folder)?;
    let _lock = lock(&project)?;
    let mut stack = start(&project, &folder, &TestOptions::plain(), Observed::No)?;
    stack.put_keys()?;
    let counted = count(&project, &folder, &stack, options.times);
    stack.stop();
    line(&format!("    {}", counted?.display()));
    Ok(())
}

/// Has each journey made so often, and what was seen of it written down; where.
fn count(project: &Project, folder: &Path, stack: &Stack, times: u32) -> anyhow::Result<PathBuf> {
    let record = folder.join("cost.json");
    let mut command = cargo_test(project);
    command.args(["--test", "cost", "--", "--nocapture"]);
    tell(&mut command, folder, stack, &TestOptions::plain());
    command
        .env("HOLDFAST_METER_URL", stack.proxy_url().context("no meter stands before the emulator")?)
        .env("HOLDFAST_COST_TIMES", times.to_string())
        .env("HOLDFAST_COST_RECORD", &record);
    succeed(&mut command)?;
    Ok(record)
}
