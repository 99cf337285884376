//! Mutation testing of the domain and the store: each change of the code that cargo-mutants knows is to fail a test.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, bail};
use serde_json::Value;

use super::store::{fresh_folder, tell, transformed_template};
use crate::cli::ProveOptions;
use crate::console::{line, step};
use crate::emulator::{Emulator, free_port};
use crate::environment::cargo;
use crate::files::read_json;
use crate::process::{capture, run as run_command, run_quietly};
use crate::project::Project;
use crate::python::Venv;

const VERSION: &str = "27.0.0";
/// Each has a copy of the tree and a target of its own, and compiles one crate, mostly on one core.
const JOBS: &str = "2";

/// What ended a mutant, in cargo-mutants' words, and how many there were of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Outcomes {
    caught: u64,
    timeout: u64,
    missed: u64,
    unviable: u64,
}

/// Runs the mutants of the domain against its tests, then those of the store against its tests on the emulator: DynamoDB Local
/// does the same and becomes slower with every table that was ever made.
pub(crate) fn run(project: &Project, options: &ProveOptions) -> anyhow::Result<()> {
    ensure(project)?;
    let (venv, _) = Venv::ensure(project)?;
    let folder = fresh_folder(project, "mutants")?;
    let only = |command: &mut Command| {
        if let Some(names) = &options.only {
            command.args(["--re", names]);
        }
    };
    let mut survived = survivors_of(project, &folder, "holdfast_domain", only)?;
    let template = transformed_template(project, &venv, &folder)?;
    let mut emulator = Emulator::start(&venv, &folder, free_port()?, &[])?;
    let port = emulator.port();
    let of_store = survivors_of(project, &folder, "holdfast_store", |command| {
        only(command);
        tell(command, &template, port);
        command.args(["--features", "table"]);
    });
    emulator.kill();
    survived += of_store?;
    if survived > 0 {
        bail!("{survived} mutants survive: write the test that kills them, or say in .cargo/mutants.toml why none can");
    }
    Ok(())
}

/// Installs cargo-mutants beside the project's other tools, unless it is there already.
fn ensure(project: &Project) -> anyhow::Result<()> {
    let tools = project.target().join("tools");
    let installed = capture(Command::new(tools.join("bin/cargo-mutants")).args(["mutants", "--version"]));
    if installed.is_some_and(|version| version == format!("cargo-mutants {VERSION}")) {
        return Ok(());
    }
    let installing = step("Install cargo-mutants");
    let mut install = cargo();
    install.args(["install", "cargo-mutants", "--debug", "--locked", "--version", VERSION, "--root"]).arg(&tools);
    run_quietly(&mut install, &project.target().join("cargo-mutants.log"))
        .context("cargo-mutants cannot be installed; is the package registry reachable?")?;
    installing.done(VERSION);
    Ok(())
}

/// How many mutants of a package no test kills.
fn survivors_of(project: &Project, folder: &Path, package: &str, more: impl Fn(&mut Command)) -> anyhow::Result<u64> {
    let output = folder.join(package);
    std::fs::create_dir_all(&output)?;
    let mut command = Command::new(project.target().join("tools/bin/cargo-mutants"));
    command
        .current_dir(project.root())
        .args(["mutants", "--package", package, "--profile", "local", "--no-times", "--output"])
        .arg(&output)
        .args(["--jobs", JOBS])
        // Compiling is most of the work: one crate changes by a line, and the exhaustive model alone needs an optimised domain.
        .arg("--cargo-arg=--config=profile.local.incremental=true")
        .arg("--cargo-arg=--config=profile.local.package.holdfast_domain.opt-level=0")
        // The first failure kills a mutant, and it is to be the last test. The flag is unstable, as is whatever else a test
        // program could be told to that end; only the program is told so, so that nothing is compiled in another way.
        .arg("--cargo-arg=--config=target.'cfg(unix)'.runner=['env', 'RUSTC_BOOTSTRAP=1']");
    more(&mut command);
    command.args(["--", "--lib", "--", "-Zunstable-options", "--fail-fast"]);
    // It ends with an error also when mutants survive: what it writes tells the two apart.
    run_command(&mut command)?;
    let outcomes = output.join("mutants.out/outcomes.json");
    if !outcomes.exists() {
        // Said by cargo-mutants itself: `--only` names none of this package.
        return Ok(0);
    }
    let outcomes = self::outcomes(&outcomes)?;
    line(&format!(
        "{package}: {} mutants killed, {} of them for taking too long; {} survive; {} do not compile",
        outcomes.caught + outcomes.timeout,
        outcomes.timeout,
        outcomes.missed,
        outcomes.unviable
    ));
    Ok(outcomes.missed)
}

fn outcomes(path: &Path) -> anyhow::Result<Outcomes> {
    let outcomes: Value = read_json(path).context("cargo-mutants has written nothing")?;
    let number = |name: &str| outcomes[name].as_u64().with_context(|| format!("cargo-mutants does not say {name}"));
    let (caught, timeout) = (number("caught")?, number("timeout")?);
    if caught == 0 {
        bail!("no mutant was killed: the tests do not pass without one, or were not run");
    }
    Ok(Outcomes { caught, timeout, missed: number("missed")?, unviable: number("unviable")? })
}
