//! `cargo xtask stuck`: what is not at rest in time.

use std::collections::BTreeMap;
use std::process::{Command, ExitCode};

use anyhow::Context as _;
use serde_json::json;

use crate::binaries::build_package;
use crate::cli::StuckOptions;
use crate::console;
use crate::deployment::STACK_NAME;
use crate::operator::{Place, answered};
use crate::project::Project;
use crate::python::Venv;

/// What is stuck is not known.
const UNKNOWN: u8 = 2;

/// Runs the report in the stack, and ends as it ends.
pub(crate) fn run(options: &StuckOptions) -> ExitCode {
    report(options).unwrap_or_else(|error| {
        console::failure(&error);
        ExitCode::from(UNKNOWN)
    })
}

fn report(options: &StuckOptions) -> anyhow::Result<ExitCode> {
    let project = Project::find()?;
    let (venv, _) = Venv::ensure(&project)?;
    let named = options.stack.is_some();
    let place = Place::found(&project, options.local, named, options.region.as_deref(), options.profile.as_deref())?;
    let mut outputs = venv.operator_helper(&project);
    outputs.args(["outputs", options.stack.as_deref().unwrap_or(STACK_NAME)]);
    place.enter(&mut outputs);
    let told = answered(&mut outputs, &json!({})).with_context(|| format!("the stack is not known {place}"))?;
    let told: BTreeMap<String, String> = serde_json::from_str(&told).context("the stack's outputs cannot be read")?;
    let table = told.get("MarketTable").context("the stack has no output MarketTable")?;
    build_package(&project, "stuck")?;
    let mut report = Command::new(project.built().join("stuck"));
    report.args(["--table", table, "--older-than", &options.older_than.to_string()]);
    if options.json {
        report.arg("--json");
    }
    place.enter(&mut report);
    let status = report.status().context("the report cannot be started")?;
    Ok(ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(UNKNOWN)))
}
