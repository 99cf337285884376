//! `cargo xtask test`.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::thread;

use anyhow::{Context as _, bail};
use serde_json::{Value, json};

use crate::beside::{Beside, Companion};
use crate::binaries::{Flavour, build};
use crate::browser::{Node, find_or_install};
use crate::cli::TestOptions;
use crate::console::{line, step};
use crate::cost;
use crate::deployment::{PATIENT_CALL_SECONDS, STACK_NAME};
use crate::deployments;
use crate::emulator::{as_owner, free_port};
use crate::environment::cargo;
use crate::fuzz;
use crate::interrupt;
use crate::process::{capture, last_lines, run, run_and_keep};
use crate::project::Project;
use crate::proxy::Between;
use crate::python::Venv;
use crate::report::{NotRun, Report};
use crate::rights::{self, Observed};
use crate::stack::{Plan, Stack};
use crate::stripe::{SECRET_KEY, Stripe, WEBHOOK_SECRET};

/// Kinds of targets, as cargo calls them.
const BIN: &str = "bin";
const TEST: &str = "test";
/// The package of the tests that need a running stack.
const INTEGRATION: &str = "tests";
/// Its program that runs before the payment keys are written.
const UNCONFIGURED: &str = "unconfigured";
/// Its program that needs a stack of its own: `cargo xtask prove histories`.
const STORM: &str = "storm";
/// Its program that counts: `cargo xtask cost`.
pub(crate) const COST: &str = "cost";
/// Its program that needs nothing but an emulator: `cargo xtask histories`.
const HISTORIES: &str = "histories";
/// What shares nothing with the stack of the tests: the stack waits more than it works, and these work meanwhile.
const APART: [Companion; 4] = [
    Companion { name: "table tests", arguments: &["prove", "store"] },
    Companion { name: "payment histories", arguments: &["histories", "--count", "300"] },
    Companion { name: "deployment", arguments: &["deployments", deployments::UPDATED] },
    Companion { name: "storm", arguments: &["prove", "histories"] },
];
/// What needs nothing but a processor: it is left for the end, when the stack of the tests waits for a clock.
const AT_THE_END: [Companion; 1] = [Companion { name: "model", arguments: &["prove", "model"] }];
/// Hundreds of people sign up from this one machine within minutes.
const NETWORK_TRIES: u32 = 100_000;
/// Lines of a failed test program's output that are repeated at the end.
const LAST_WORDS: usize = 60;
/// Long enough to see the countdown, short enough to wait for its end.
const SHORT_HOLD_SECONDS: u32 = 20;

/// Keeps two runs from each other's stack.
pub(crate) fn lock(project: &Project) -> anyhow::Result<File> {
    let lock = File::create(project.target().join("test-stack.lock"))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => {
            bail!("the stack of the tests is used by another command in this checkout: wait for its end")
        }
        Err(TryLockError::Error(error)) => Err(error).context("the test lock cannot be taken"),
    }
}

/// Runs every test and tells what was run, what failed and what could not be run.
pub(crate) fn run_all(options: &TestOptions) -> anyhow::Result<ExitCode> {
    let project = Project::find()?;
    let folder = project.target().join("test-stack");
    std::fs::create_dir_all(&folder)?;
    let _lock = lock(&project)?;
    let mut report = Report::default();
    report.part("unit tests", || unit_tests(&project))?;
    report.part("site scripts", || site_scripts(&project))?;
    report.part("operator scripts", || operator_scripts(&project))?;
    let mut stack = None;
    let integration = test_targets(&project, |package| package == INTEGRATION)?;
    report.part("stack", || {
        build(&project, Flavour::CrashPoints, &binaries(&folder))?;
        // A deployment is one thread's work: the other processors make what is run on it.
        thread::scope(|scope| {
            let making = scope.spawn(|| -> anyhow::Result<()> {
                programs(&project, &integration)?;
                if options.is_whole() {
                    Venv::ensure_fuzzer(&project)?;
                }
                Ok(())
            });
            let rights = if options.is_whole() { Observed::Once } else { Observed::No };
            stack = Some(start_built(&project, &folder, options, rights)?);
            making.join().map_err(|_| anyhow::anyhow!("who builds the tests has died"))?
        })
    })?;
    // Everything is built now: they do not wait for each other's compiler.
    let apart = options.is_whole().then(|| Beside::begin(&project, &APART)).transpose()?;
    if integration.iter().any(|name| name == UNCONFIGURED) {
        report.part("tests without payment keys", || {
            against(&project, &folder, running(stack.as_ref())?, options, &[UNCONFIGURED.to_owned()])
        })?;
    }
    report.part("payment keys", || running(stack.as_ref())?.put_keys())?;
    if options.is_whole() {
        // Before all others: what they hold runs out a quarter of an hour later, and would be counted with it.
        report.part("cost", || cost::check(&project, &folder, running(stack.as_ref())?))?;
    }
    report.part("integration tests", || {
        let mut names = integration;
        names.retain(|name| ![UNCONFIGURED, STORM, HISTORIES, COST].contains(&name.as_str()));
        against(&project, &folder, running(stack.as_ref())?, options, &names)
    })?;
    if options.is_whole() {
        report.part("generated requests", || fuzz::briefly(&project, running(stack.as_ref())?))?;
        report.part("rights", || rights::check(running(stack.as_ref())?))?;
    }
    // Nothing else while browsers run: some of their tests are about time.
    apart.map_or(Ok(()), |apart| apart.report(&mut report))?;
    report.part("browser tests", || browser_tests(&project, running(stack.as_ref())?, options))?;
    let last = options.is_whole().then(|| Beside::begin(&project, &AT_THE_END)).transpose()?;
    report.part("run-out test", || run_out_test(&project, running_mut(stack.as_mut())?))?;
    if let Some(stack) = &mut stack {
        if options.keep {
            linger(stack)?;
        }
        let stopping = step("Tear the stack down");
        stack.stop();
        stopping.done("stopped");
    }
    last.map_or(Ok(()), |last| last.report(&mut report))?;
    Ok(report.conclude())
}

/// `cargo test` for the whole workspace, whichever part of it is then run: built with the same features each time,
/// nothing is compiled twice. The profile is the one of the functions for the same reason.
pub(crate) fn cargo_test(project: &Project) -> Command {
    let mut command = cargo();
    command.current_dir(project.root()).args(["test", "--profile", "local", "--workspace", "--no-fail-fast"]);
    command.args(["--features", "tests/stack,holdfast_store/table"]);
    command
}

/// The test programs of these names with where they are, built; `kind` says of which sort they are.
pub(crate) fn built(project: &Project, kind: &[&str], names: &[&str]) -> anyhow::Result<Vec<(String, PathBuf)>> {
    let mut command = cargo_test(project);
    command.args(["--no-run", "--message-format", "json"]).args(kind);
    let messages = capture(&mut command).context("the tests cannot be built")?;
    let mut programs: Vec<(String, PathBuf)> = messages
        .lines()
        .filter_map(|message| serde_json::from_str::<Value>(message).ok())
        .filter_map(|message| {
            let name = message["target"]["name"].as_str().filter(|name| names.contains(name))?;
            Some((name.to_owned(), PathBuf::from(message["executable"].as_str()?)))
        })
        .collect();
    programs.sort();
    if programs.len() != names.len() {
        bail!("cargo built {programs:?} for {names:?}");
    }
    Ok(programs)
}

fn unit_tests(project: &Project) -> anyhow::Result<()> {
    let mut command = cargo_test(project);
    command.arg("--lib");
    // A program beside a library has no tests of its own: each would be linked once more for nothing.
    for name in targets(project, |package, kind| kind == BIN && !has_library(package))? {
        command.args(["--bin", &name]);
    }
    for name in test_targets(project, |package| package != INTEGRATION)? {
        command.args(["--test", &name]);
    }
    // Those that need tables: `prove store` runs them.
    command.args(["--", "--skip", "table_tests::"]);
    succeed(&mut command)
}

fn has_library(package: &Value) -> bool {
    package["targets"].as_array().is_some_and(|targets| targets.iter().any(|target| target["kind"] == json!(["lib"])))
}

/// Names of the test programs of some packages.
fn test_targets(project: &Project, of: impl Fn(&str) -> bool) -> anyhow::Result<Vec<String>> {
    targets(project, |package, kind| kind == TEST && package["name"].as_str().is_some_and(&of))
}

/// Names of what is built of the workspace's packages, by package and kind.
fn targets(project: &Project, of: impl Fn(&Value, &str) -> bool) -> anyhow::Result<Vec<String>> {
    let mut command = cargo();
    command.current_dir(project.root()).args(["metadata", "--no-deps", "--format-version", "1"]);
    let metadata = capture(&mut command).context("cargo metadata failed")?;
    let metadata: Value = serde_json::from_str(&metadata)?;
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut names = Vec::new();
    for package in list(&metadata["packages"]) {
        for target in list(&package["targets"]) {
            if let (Some(kind), Some(name)) = (target["kind"][0].as_str(), target["name"].as_str())
                && of(&package, kind)
            {
                names.push(name.to_owned());
            }
        }
    }
    names.sort();
    names.dedup();
    Ok(names)
}

fn site_scripts(project: &Project) -> anyhow::Result<()> {
    let node = Node::ensure(project).map_err(NotRun::because)?;
    succeed(&mut node.script("check"))?;
    succeed(&mut node.script("test"))?;
    succeed(&mut node.test_file("../cloudfront/functions.test.mjs")?)
}

fn operator_scripts(project: &Project) -> anyhow::Result<()> {
    let (venv, _) = Venv::ensure(project)?;
    for folder in ["local", "deploy"] {
        let mut command = venv.script();
        command.current_dir(project.root().join(folder));
        command.args(["-m", "unittest", "discover", "--quiet", "--pattern", "*_test.py"]);
        succeed(&mut command)?;
    }
    Ok(())
}

/// Builds and starts a stack with ports and data of its own, whose functions can be made to crash.
pub(crate) fn start(
    project: &Project,
    folder: &Path,
    options: &TestOptions,
    rights: Observed,
) -> anyhow::Result<Stack> {
    build(project, Flavour::CrashPoints, &binaries(folder))?;
    start_built(project, folder, options, rights)
}

/// Where the programs of a stack are.
fn binaries(folder: &Path) -> PathBuf {
    folder.join("bin")
}

/// Starts it with what is built.
fn start_built(project: &Project, folder: &Path, options: &TestOptions, rights: Observed) -> anyhow::Result<Stack> {
    let data = folder.join("data");
    if data.exists() {
        std::fs::remove_dir_all(&data).context("the data of the last run cannot be removed")?;
    }
    let (venv, _) = Venv::ensure(project)?;
    let crashes = crash_folder(folder);
    std::fs::create_dir_all(&crashes)?;
    let plan = Plan {
        folder: data,
        binaries: binaries(folder),
        port: free_port()?,
        hold_seconds: options.hold_seconds,
        payment_seconds: options.payment_seconds,
        network_tries: NETWORK_TRIES,
        stripe: Stripe::StandIn,
        function_environment: vec![("HOLDFAST_CRASH_DIR", crashes)],
        rights,
        call_seconds: PATIENT_CALL_SECONDS,
        between: Between::Meter,
        stage: None,
    };
    Stack::start(project, &venv, plan)
}

/// Where a test names the crash point that a function is to hit next.
pub(crate) fn crash_folder(folder: &Path) -> PathBuf {
    folder.join("data/crash")
}

fn running_mut(stack: Option<&mut Stack>) -> anyhow::Result<&mut Stack> {
    stack.ok_or_else(|| NotRun::because(anyhow::anyhow!("the stack did not start")))
}

fn running(stack: Option<&Stack>) -> anyhow::Result<&Stack> {
    stack.ok_or_else(|| NotRun::because(anyhow::anyhow!("the stack did not start")))
}

/// Runs test programs against a stack, one after the other, each to its end. What those that fail have said last is in
/// the error, and so at the end of the report: a long run's output is read from there, or cut off before it.
fn against(
    project: &Project,
    folder: &Path,
    stack: &Stack,
    options: &TestOptions,
    names: &[String],
) -> anyhow::Result<()> {
    let mut failures = Vec::new();
    for (name, program) in programs(project, names)? {
        line(&format!("    {name}"));
        let mut command = Command::new(program);
        // Where cargo would run it.
        command.current_dir(project.root().join(INTEGRATION)).args(&options.filter);
        tell(&mut command, folder, stack, options);
        let log = folder.join(format!("{name}.log"));
        let status = run_and_keep(&mut command, &log)?;
        if !status.success() {
            failures.push(format!("{name}: {status}\n{}", last_lines(&log, LAST_WORDS)));
        }
    }
    if failures.is_empty() {
        return Ok(());
    }
    bail!("{}", failures.join("\n"))
}

/// Integration test programs with where they are, built.
fn programs(project: &Project, names: &[String]) -> anyhow::Result<Vec<(String, PathBuf)>> {
    let kind: Vec<&str> = names.iter().flat_map(|name| ["--test", name]).collect();
    built(project, &kind, &names.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Tells a test program where the stack is.
pub(crate) fn tell(command: &mut Command, folder: &Path, stack: &Stack, options: &TestOptions) {
    as_owner(command, stack.emulator_port());
    command
        .env("HOLDFAST_BASE_URL", stack.base_url())
        .env("HOLDFAST_STACK_NAME", STACK_NAME)
        .env("HOLDFAST_STACK_OUTPUTS", stack.description_path())
        .env("HOLDFAST_TRANSFORMED_TEMPLATE", stack.template_path())
        .env("HOLDFAST_CRASH_DIR", crash_folder(folder))
        .env("HOLDFAST_HOLD_SECONDS", options.hold_seconds.to_string())
        .envs(payments(stack));
}

/// Where the stand-in for Stripe is controlled, its key, and what its webhooks are signed with.
pub(crate) fn payments(stack: &Stack) -> Vec<(&'static str, String)> {
    let url = stack.stripe_url().map(|url| ("HOLDFAST_FAKE_STRIPE_URL", url));
    let known = [("HOLDFAST_STRIPE_SECRET_KEY", SECRET_KEY), ("HOLDFAST_WEBHOOK_SECRET", WEBHOOK_SECRET)];
    url.into_iter().chain(known.map(|(name, value)| (name, value.to_owned()))).collect()
}

fn browser_tests(project: &Project, stack: &Stack, options: &TestOptions) -> anyhow::Result<()> {
    let node = Node::ensure(project).map_err(NotRun::because)?;
    let chromium = find_or_install(project).map_err(NotRun::because)?;
    succeed(&mut in_browser(node.script("e2e"), stack, &chromium, options.hold_seconds))
}

/// The one browser test that waits for the end of a hold, with holds that end soon.
fn run_out_test(project: &Project, stack: &mut Stack) -> anyhow::Result<()> {
    let node = Node::ensure(project).map_err(NotRun::because)?;
    let chromium = find_or_install(project).map_err(NotRun::because)?;
    stack.hold_for(SHORT_HOLD_SECONDS)?;
    succeed(&mut in_browser(node.test_file("e2e/run-out.test.js")?, stack, &chromium, SHORT_HOLD_SECONDS))
}

fn in_browser(mut command: Command, stack: &Stack, chromium: &Path, hold_seconds: u32) -> Command {
    command
        .env("HOLDFAST_BASE_URL", stack.base_url())
        .env("HOLDFAST_HOLD_SECONDS", hold_seconds.to_string())
        .envs(payments(stack))
        .env("CHROMIUM", chromium);
    command
}

fn linger(stack: &mut Stack) -> anyhow::Result<()> {
    line(&format!("The stack of the tests is kept at {} until Ctrl-C.", stack.base_url()));
    while !interrupt::requested() {
        stack.check()?;
        interrupt::pause();
    }
    Ok(())
}

pub(crate) fn succeed(command: &mut Command) -> anyhow::Result<()> {
    let status = run(command)?;
    if !status.success() {
        bail!("{status}");
    }
    Ok(())
}
