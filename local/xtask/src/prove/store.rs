//! The store's tests on a table, on two implementations of DynamoDB that share no code.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};

use crate::console::{line, step};
use crate::dynamodb_local::DynamoDbLocal;
use crate::emulator::{Emulator, as_owner, free_port};
use crate::process::{run as run_command, run_quietly};
use crate::project::Project;
use crate::python::Venv;
use crate::report::NotRun;
use crate::test::built;

/// Runs them on the emulator, then on DynamoDB Local, and tells where they fail.
pub(crate) fn run(project: &Project) -> anyhow::Result<()> {
    let (venv, _) = Venv::ensure(project)?;
    let folder = fresh_folder(project, "store")?;
    let template = transformed_template(project, &venv, &folder)?;
    let programs = built(project, &["--lib"], &["holdfast_store"])?;
    let (_, program) = programs.first().context("cargo built no tests")?;
    let mut failed = Vec::new();
    let starting = step("Start the emulator");
    let mut emulator = Emulator::start(&venv, &folder, free_port()?, &[])?;
    starting.done(&format!("port {}", emulator.port()));
    let passed = tests(project, program, &template, emulator.port());
    emulator.kill();
    if !passed? {
        failed.push("the emulator");
    }
    let starting = step("Start DynamoDB Local");
    let mut local = DynamoDbLocal::start(project, &folder).map_err(NotRun::because)?;
    starting.done(&format!("port {}", local.port()));
    let passed = tests(project, program, &template, local.port());
    local.stop();
    if !passed? {
        failed.push("DynamoDB Local");
    }
    if !failed.is_empty() {
        bail!("the store's tests fail on {}", failed.join(" and on "));
    }
    line("The store does the same on both.");
    Ok(())
}

/// An empty folder for what runs.
pub(super) fn fresh_folder(project: &Project, name: &str) -> anyhow::Result<PathBuf> {
    let folder = project.target().join("prove").join(name);
    if folder.exists() {
        std::fs::remove_dir_all(&folder).context("what the last run left cannot be removed")?;
    }
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// The template after the SAM transform, of which the tests make their tables.
pub(super) fn transformed_template(project: &Project, venv: &Venv, folder: &Path) -> anyhow::Result<PathBuf> {
    let path = folder.join("template.json");
    let mut command = venv.script();
    command.arg(project.root().join("local/scan/transform.py")).arg(project.root().join("template.yaml")).arg(&path);
    run_quietly(&mut command, &folder.join("transform.log"))?;
    Ok(path)
}

/// Tells tests where their tables are.
pub(super) fn tell(command: &mut Command, template: &Path, port: u16) {
    as_owner(command, port);
    command.env("HOLDFAST_TRANSFORMED_TEMPLATE", template);
}

/// Whether the tests pass there.
fn tests(project: &Project, program: &Path, template: &Path, port: u16) -> anyhow::Result<bool> {
    let mut command = Command::new(program);
    command.current_dir(project.root().join("shared/store"));
    tell(&mut command, template, port);
    Ok(run_command(&mut command)?.success())
}
