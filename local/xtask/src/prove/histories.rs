//! A storm over a stack of its own, and the judgement of what it has left behind.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, bail};

use crate::binaries::{Flavour, build, build_package};
use crate::cli::{ProveOptions, TestOptions};
use crate::console::line;
use crate::emulator::free_port;
use crate::project::Project;
use crate::proxy::Between;
use crate::python::Venv;
use crate::rights::Observed;
use crate::stack::{Plan, Stack};
use crate::stripe::Stripe;
use crate::test::{cargo_test, crash_folder, succeed, tell};

/// Short, so that holds run out while the storm lasts.
const HOLD_SECONDS: u32 = 15;
/// What a deployment has: a call that gets no answer is given up while its caller can still try again.
const CALL_SECONDS: u32 = 3;
/// Everybody signs up from this one machine.
const NETWORK_TRIES: u32 = 100_000;
/// How much each buyer does: in minutes, or in about an hour.
const SHORT: u32 = 40;
const LONG: u32 = 1_200;

/// Raises the storm, then lets the judge read what it has written.
pub(crate) fn run(project: &Project, options: &ProveOptions) -> anyhow::Result<()> {
    let folder = project.target().join("storm");
    std::fs::create_dir_all(&folder)?;
    let lock = File::create(project.target().join("storm.lock"))?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => bail!("another storm runs in this checkout: wait for its end"),
        Err(TryLockError::Error(error)) => return Err(error).context("the storm's lock cannot be taken"),
    }
    let record = folder.join("record");
    for left in [folder.join("data"), record.clone()] {
        if left.exists() {
            std::fs::remove_dir_all(&left).context("what the last storm left cannot be removed")?;
        }
    }
    std::fs::create_dir_all(&record)?;
    let mut stack = start(project, &folder)?;
    stack.put_keys()?;
    let stormed = storm(project, &folder, &record, &stack, options);
    stack.stop();
    stormed?;
    line(&format!("Judge {}", record.display()));
    build_package(project, "judge")?;
    succeed(Command::new(project.built().join("judge")).arg(&record))
}

fn start(project: &Project, folder: &Path) -> anyhow::Result<Stack> {
    let binaries = folder.join("bin");
    let (venv, _) = Venv::ensure(project)?;
    build(project, Flavour::CrashPoints, &binaries)?;
    let crashes = crash_folder(folder);
    std::fs::create_dir_all(&crashes)?;
    let plan = Plan {
        folder: folder.join("data"),
        binaries,
        port: free_port()?,
        hold_seconds: HOLD_SECONDS,
        payment_seconds: HOLD_SECONDS,
        stripe: Stripe::StandIn,
        function_environment: vec![("HOLDFAST_CRASH_DIR", crashes)],
        rights: Observed::No,
        network_tries: NETWORK_TRIES,
        call_seconds: CALL_SECONDS,
        stage: None,
        between: Between::Faults,
    };
    Stack::start(project, &venv, plan)
}

fn storm(project: &Project, folder: &Path, record: &Path, stack: &Stack, options: &ProveOptions) -> anyhow::Result<()> {
    let mut command = cargo_test(project);
    command.args(["--test", "storm", "--", "--nocapture"]);
    tell(&mut command, folder, stack, &TestOptions { hold_seconds: HOLD_SECONDS, ..TestOptions::plain() });
    command
        .env("HOLDFAST_STORM_FOLDER", record)
        .env("HOLDFAST_STORM_ACTIONS", if options.long { LONG } else { SHORT }.to_string())
        .env("HOLDFAST_PROXY_URL", stack.proxy_url().context("no proxy stands before the emulator")?)
        .env("HOLDFAST_EMULATOR_PID", stack.emulator_process().pid().to_string());
    if let Some(seed) = options.seed {
        command.env("HOLDFAST_STORM_SEED", seed.to_string());
    }
    succeed(&mut command)
}
