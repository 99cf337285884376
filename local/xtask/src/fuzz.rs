//! `cargo xtask fuzz-api`: Schemathesis sends what the OpenAPI document allows and forbids, and judges each answer by it.
//!
//! A third of the time goes to single requests, a third to sequences that follow the document's links, and a third to long
//! random sequences of all operations. How many cases each phase had is counted by its hooks, from the answers, not by its summary.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, bail};
use serde::Deserialize;

use crate::cli::{FuzzOptions, TestOptions};
use crate::console::{line, step};
use crate::process::run;
use crate::project::Project;
use crate::python::Venv;
use crate::rights::Observed;
use crate::stack::Stack;
use crate::test;

/// A part of `cargo xtask test`: long enough for every case of the phase that walks the document's limits.
const BRIEFLY: Duration = Duration::from_mins(3);
/// What a brief run sends: the same each time.
const BRIEF_SEED: u32 = 20_261_126;
const BRIEF_WORKERS: u8 = 8;
/// Holds end while requests are sent, so that expired orders are met, too.
const HOLD_SECONDS: u32 = 60;
/// What Schemathesis is asked for: a name, its command, and options of its own.
const PARTS: [(&str, &str, &[&str]); 3] = [
    ("single", "run", &["--phases", "examples,coverage,fuzzing"]),
    ("linked", "run", &["--phases", "stateful"]),
    // The two checks that send requests of their own change what this command walks through, and it breaks off. The others
    // have them.
    ("sequences", "fuzz", &["--exclude-checks", "ignored_auth,object_level_authorization"]),
];
/// What is answered as it should be.
const SUCCESS: std::ops::Range<u16> = 200..300;

/// Cases by phase, operation and status.
type Counts = BTreeMap<String, BTreeMap<String, BTreeMap<u16, u64>>>;

/// One run against one stack.
#[derive(Debug)]
struct Fuzz<'a> {
    project: &'a Project,
    stack: &'a Stack,
    venv: Venv,
    folder: PathBuf,
    seed: u32,
    workers: u8,
}

/// What the hooks counted.
#[derive(Debug, Default, Deserialize)]
struct Counted {
    cases: Counts,
}

/// Fuzzes a stack of its own.
pub(crate) fn run_alone(options: &FuzzOptions) -> anyhow::Result<()> {
    let project = Project::find()?;
    let folder = project.target().join("test-stack");
    std::fs::create_dir_all(&folder)?;
    let _lock = test::lock(&project)?;
    let of_stack = TestOptions { hold_seconds: HOLD_SECONDS, payment_seconds: HOLD_SECONDS, ..TestOptions::plain() };
    let mut stack = test::start(&project, &folder, &of_stack, Observed::No)?;
    stack.put_keys()?;
    let time = Duration::from_mins(u64::from(options.minutes));
    let outcome = fuzz(&project, &stack, time, options.seed.unwrap_or_else(new_seed), options.workers);
    stack.stop();
    outcome
}

/// Fuzzes the stack of the tests for a few minutes.
pub(crate) fn briefly(project: &Project, stack: &Stack) -> anyhow::Result<()> {
    fuzz(project, stack, BRIEFLY, BRIEF_SEED, BRIEF_WORKERS)
}

fn new_seed() -> u32 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(BRIEF_SEED, |now| now.subsec_nanos())
}

fn fuzz(project: &Project, stack: &Stack, time: Duration, seed: u32, workers: u8) -> anyhow::Result<()> {
    let installing = step("Install the fuzzer into .venv-fuzz");
    let (venv, installed) = Venv::ensure_fuzzer(project)?;
    installing.done(if installed { "installed" } else { "it is installed" });
    let folder = project.target().join("fuzz");
    if folder.exists() {
        std::fs::remove_dir_all(&folder).context("what the last run left cannot be removed")?;
    }
    std::fs::create_dir_all(&folder)?;
    line(&format!(
        "    seed {seed}, {workers} requests at a time, {} s: all of it is in {}",
        time.as_secs(),
        folder.display()
    ));
    let fuzz = Fuzz { project, stack, venv, folder, seed, workers };
    let mut clean = true;
    for (name, command, more) in PARTS {
        clean &= fuzz.part(name, command, time / 3, more)?;
    }
    let counts = fuzz.counted()?;
    tell(&counts);
    judge(&counts)?;
    if !clean {
        bail!("the API and its document disagree, see above; cargo xtask fuzz-api --seed {seed} sends the same again");
    }
    Ok(())
}

impl Fuzz<'_> {
    /// One command of Schemathesis; whether it found nothing.
    fn part(&self, name: &str, command: &str, time: Duration, more: &[&str]) -> anyhow::Result<bool> {
        let settings = self.project.root().join("local/fuzz");
        let mut fuzzer = Command::new(self.venv.program("schemathesis"));
        fuzzer.current_dir(&self.folder).arg("--config-file").arg(settings.join("schemathesis.toml"));
        fuzzer.arg("--no-color").arg(command).arg(self.project.root().join("docs/openapi.json"));
        fuzzer.args(["--url", self.stack.base_url(), "--seed", &self.seed.to_string()]);
        fuzzer.args(["--workers", &self.workers.to_string(), "--max-time", &time.as_secs().to_string()]);
        fuzzer.args(more);
        fuzzer
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("SCHEMATHESIS_HOOKS", settings.join("hooks.py"))
            .env("HOLDFAST_BASE_URL", self.stack.base_url())
            .env("HOLDFAST_FUZZ_COUNTS", self.counts_of(name))
            .envs(test::payments(self.stack));
        Ok(run(&mut fuzzer)?.success())
    }

    fn counts_of(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.json"))
    }

    /// What all of them had, together. The last one knows no phases.
    fn counted(&self) -> anyhow::Result<Counts> {
        let mut all = Counts::new();
        for (name, command, _) in PARTS {
            for (phase, operations) in read(&self.counts_of(name))?.cases {
                let phase = if command == "fuzz" { name.to_owned() } else { phase };
                all.entry(phase).or_default().extend(operations);
            }
        }
        Ok(all)
    }
}

fn read(path: &Path) -> anyhow::Result<Counted> {
    let text = std::fs::read_to_string(path).with_context(|| format!("nothing was counted in {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} cannot be read", path.display()))
}

/// Prints how many cases there were, a line a phase and a line an operation.
fn tell(counts: &Counts) {
    let mut total = 0;
    for (phase, operations) in counts {
        let cases: u64 = operations.values().flat_map(BTreeMap::values).sum();
        total += cases;
        line(&format!("    {phase:<10} {cases:>7} cases"));
    }
    line(&format!("    {:<10} {total:>7} cases", "all"));
    for (operation, statuses) in by_operation(counts) {
        let told: Vec<String> = statuses.iter().map(|(status, cases)| format!("{status}: {cases}")).collect();
        line(&format!("      {operation:<18} {}", told.join(", ")));
    }
}

fn by_operation(counts: &Counts) -> BTreeMap<&str, BTreeMap<u16, u64>> {
    let mut all: BTreeMap<&str, BTreeMap<u16, u64>> = BTreeMap::new();
    for (operation, statuses) in counts.values().flatten() {
        for (status, cases) in statuses {
            *all.entry(operation).or_default().entry(*status).or_default() += cases;
        }
    }
    all
}

/// An operation that never did what it is for was not tested, whatever was sent.
fn judge(counts: &Counts) -> anyhow::Result<()> {
    let operations = by_operation(counts);
    let idle: Vec<&str> = operations
        .iter()
        .filter(|(_, statuses)| !statuses.keys().any(|status| SUCCESS.contains(status)))
        .map(|(operation, _)| *operation)
        .collect();
    if operations.is_empty() || !idle.is_empty() {
        bail!("no request succeeded of: {}", if operations.is_empty() { "all".to_owned() } else { idle.join(", ") });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(text: &str) -> Counts {
        serde_json::from_str::<Counted>(text).expect("readable").cases
    }

    #[test]
    fn what_never_succeeded_fails_a_run() {
        let good = counts(r#"{"cases": {"coverage": {"a": {"422": 3}}, "stateful": {"a": {"201": 1}}}}"#);
        assert!(judge(&good).is_ok());
        assert_eq!(by_operation(&good)["a"], BTreeMap::from([(201, 1), (422, 3)]));
        let idle = counts(r#"{"cases": {"coverage": {"a": {"422": 3}, "b": {"204": 1}}}}"#);
        assert_eq!(judge(&idle).expect_err("idle").to_string(), "no request succeeded of: a");
        assert!(judge(&Counts::new()).is_err());
    }
}
