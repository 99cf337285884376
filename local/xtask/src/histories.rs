//! `cargo xtask histories`: as many payment histories as wanted, against an emulator of their own.

use std::process::ExitCode;

use anyhow::Context as _;

use crate::cli::HistoriesOptions;
use crate::console::step;
use crate::emulator::{Emulator, as_owner, free_port};
use crate::process::run;
use crate::project::Project;
use crate::python::Venv;
use crate::test::cargo_test;

/// Runs them and says whether all were as they should be.
pub(crate) fn run_all(options: &HistoriesOptions) -> anyhow::Result<ExitCode> {
    let project = Project::find()?;
    let (venv, _) = Venv::ensure(&project)?;
    let folder = project.target().join("histories");
    // What an earlier run left behind would only be read for nothing.
    if folder.exists() {
        std::fs::remove_dir_all(&folder).context("the data of the last run cannot be removed")?;
    }
    std::fs::create_dir_all(&folder)?;
    let starting = step("Start the emulator");
    let mut emulator = Emulator::start(&venv, &folder, free_port()?, &[])?;
    starting.done(&format!("port {}", emulator.port()));
    let mut command = cargo_test(&project);
    command.args(["--test", "histories"]).env("HOLDFAST_HISTORIES", options.count.to_string());
    if let Some(seed) = options.seed {
        command.env("HOLDFAST_HISTORY_SEED", seed.to_string());
    }
    as_owner(&mut command, emulator.port());
    let status = run(&mut command);
    emulator.kill();
    Ok(if status?.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
