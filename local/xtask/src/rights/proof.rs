//! `cargo xtask rights`: takes each right away, and sees that a test fails without it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use serde_json::Value;

use super::{Grant, Observed, Right, needed, of_stack, record};
use crate::cli::{RightsOptions, TestOptions};
use crate::console::{line, step};
use crate::deployment::STACK_NAME;
use crate::emulator::as_owner;
use crate::interrupt;
use crate::process::{capture, run_quietly};
use crate::project::Project;
use crate::python::Venv;
use crate::stack::Stack;
use crate::test::{built, start, tell};

/// Programs whose tests are short and each about one thing.
const PROGRAMS: [&str; 2] = ["stack", "crash"];
/// Tests that look into the repository only, or take long and need nothing that others do not.
const PASSED_OVER: [&str; 2] = ["template::", "distribution::"];
/// How many tests are tried for a right: most that met it did so by chance, while pages were rendered beside them.
const TRIES: usize = 40;

/// A test of a program.
#[derive(Clone, Debug)]
struct Test {
    program: PathBuf,
    name: String,
    took: Duration,
}

/// A running stack and what is known of its tests.
#[derive(Debug)]
struct Proof {
    project: Project,
    venv: Venv,
    folder: PathBuf,
    options: TestOptions,
    stack: Stack,
}

/// Runs each test alone to see which rights it needs, then takes each right away and runs such a test again.
pub(crate) fn prove(options: &RightsOptions) -> anyhow::Result<ExitCode> {
    let project = Project::find()?;
    let folder = project.target().join("rights-stack");
    std::fs::create_dir_all(&folder)?;
    let (venv, _) = Venv::ensure(&project)?;
    let test_options = TestOptions::plain();
    let stack = start(&project, &folder, &test_options, Observed::Each)?;
    stack.put_keys()?;
    let proof = Proof { project, venv, folder, options: test_options, stack };
    let named = &options.functions;
    let is_wanted = |function: &str| named.is_empty() || named.iter().any(|name| function.contains(name));
    let grants: Vec<Grant> = of_stack(&proof.stack)?
        .into_iter()
        .filter(|grant| grant.unseen.is_none() && is_wanted(&grant.function))
        .collect();
    let needing = proof.needing(&options.tests)?;
    let mut failed = 0;
    // Which tests have missed other rights of a function.
    let mut missing: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for grant in &grants {
        interrupt::check()?;
        let mut tests = needing.get(&grant.right).cloned().unwrap_or_default();
        let known = missing.entry(&grant.function).or_default();
        tests.sort_by_key(|test| (!known.contains(&test.name), test.took));
        if let Some(test) = proof.missed(grant, &tests)? {
            line(&format!("  {grant}: {test} fails without it"));
            known.insert(test);
        } else {
            failed += 1;
            line(&format!("  {grant}: NO TEST FAILS without it ({} tried)", tests.len().min(TRIES)));
        }
    }
    line(&format!("{} rights taken away, {} missed by a test", grants.len(), grants.len() - failed));
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Proof {
    /// For each right the tests that need it, of those that are `wanted`: of all if none is named.
    fn needing(&self, wanted: &[String]) -> anyhow::Result<BTreeMap<Right, Vec<Test>>> {
        let running = step("Run each test alone, to see which rights it needs");
        let mut needing: BTreeMap<Right, Vec<Test>> = BTreeMap::new();
        let mut count = 0;
        for (_, program) in built(&self.project, &["--test", "stack", "--test", "crash"], &PROGRAMS)? {
            let names = names(&program)?.into_iter();
            for name in names.filter(|name| wanted.is_empty() || wanted.iter().any(|part| name.contains(part))) {
                self.forget()?;
                let started = Instant::now();
                if !self.passes(&program, &name)? {
                    bail!("{name} fails with all rights");
                }
                let test = Test { program: program.clone(), name, took: started.elapsed() };
                for right in needed(self.stack.folder())? {
                    needing.entry(right).or_default().push(test.clone());
                }
                count += 1;
            }
        }
        running.done(&format!("{count} tests need {} rights", needing.len()));
        Ok(needing)
    }

    /// Whether a test passes.
    fn passes(&self, program: &Path, name: &str) -> anyhow::Result<bool> {
        interrupt::check()?;
        let mut command = Command::new(program);
        command.current_dir(self.project.root().join("tests")).args(["--exact", name, "--test-threads", "1"]);
        tell(&mut command, &self.folder, &self.stack, &self.options);
        let passed = run_quietly(&mut command, &self.folder.join("test.log")).is_ok();
        interrupt::check()?;
        Ok(passed)
    }

    /// The first test that fails without a right and was denied what the right allows; the right is given back.
    fn missed(&self, grant: &Grant, tests: &[Test]) -> anyhow::Result<Option<String>> {
        if tests.is_empty() {
            return Ok(None);
        }
        let before = self.take(grant)?;
        let found = tests.iter().take(TRIES).map(|test| self.fails_for_want(grant, test)).find(|found| {
            // An error ends the search like a find.
            !matches!(found, Ok(None))
        });
        self.give(grant, &before)?;
        found.unwrap_or(Ok(None))
    }

    fn fails_for_want(&self, grant: &Grant, test: &Test) -> anyhow::Result<Option<String>> {
        self.forget()?;
        let passed = self.passes(&test.program, &test.name)?;
        Ok((!passed && self.was_denied(grant)?).then(|| test.name.clone()))
    }

    /// Whether the role was denied something since the record began.
    fn was_denied(&self, grant: &Grant) -> anyhow::Result<bool> {
        let text = std::fs::read_to_string(record(self.stack.folder()))?;
        let entries = text.lines().filter_map(|entry| serde_json::from_str::<Value>(entry).ok());
        let mut denied = entries.filter(|entry| entry["role"] == *grant.right.role && entry["denied"].is_string());
        Ok(match &grant.right.action {
            // The emulator knows sending by the batch as an action of its own.
            Some(action) => denied.any(|entry| entry["denied"].as_str().is_some_and(|known| known.starts_with(action))),
            None => denied.next().is_some(),
        })
    }

    fn take(&self, grant: &Grant) -> anyhow::Result<String> {
        let (key, index) = grant.place;
        let mut command = self.helper("take", grant);
        command.args([&grant.right.statement.to_string(), key, &index.to_string()]);
        capture(&mut command).with_context(|| format!("{grant} cannot be taken away"))
    }

    fn give(&self, grant: &Grant, before: &str) -> anyhow::Result<()> {
        let mut child = self.helper("give", grant).stdin(Stdio::piped()).spawn().context("python cannot be started")?;
        child.stdin.take().context("python reads nothing")?.write_all(before.as_bytes())?;
        if !child.wait()?.success() {
            bail!("{grant} cannot be given back");
        }
        Ok(())
    }

    fn helper(&self, what: &str, grant: &Grant) -> Command {
        let mut command = self.venv.rights_helper(&self.project);
        as_owner(&mut command, self.stack.emulator_port());
        command.args([what, STACK_NAME, &grant.function, &grant.right.role, &grant.right.policy]);
        command
    }

    /// Begins the record anew; the emulator appends to it.
    fn forget(&self) -> anyhow::Result<()> {
        Ok(File::options().write(true).open(record(self.stack.folder()))?.set_len(0)?)
    }
}

/// The tests of a program that need a stack.
fn names(program: &Path) -> anyhow::Result<Vec<String>> {
    let listed = capture(Command::new(program).args(["--list", "--format", "terse"])).context("no list of tests")?;
    let names = listed.lines().filter_map(|entry| entry.strip_suffix(": test"));
    Ok(names.filter(|name| !PASSED_OVER.iter().any(|start| name.starts_with(start))).map(str::to_owned).collect())
}
