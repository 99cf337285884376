//! `cargo xtask dev`.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail};

use crate::binaries::{Flavour, build};
use crate::cli::DevOptions;
use crate::console::{failure, line, step, text};
use crate::deployment::PATIENT_CALL_SECONDS;
use crate::emulator::{endpoint, is_free};
use crate::interrupt;
use crate::process::{Identity, read_on};
use crate::project::Project;
use crate::proxy::Between;
use crate::python::Venv;
use crate::record::Record;
use crate::rights::Observed;
use crate::seed;
use crate::stack::{Plan, Stack};
use crate::stripe::Stripe;
use crate::watch::Sources;

/// What the template says, too.
const NETWORK_TRIES: u32 = 600;
const LEAST_FREE_BYTES: u64 = 2 << 30;
/// A first start compiles everything and installs the tools.
const FIRST_START_LIMIT: Duration = Duration::from_hours(1);

/// Data, logs and state of the development stack.
pub(crate) fn folder(project: &Project) -> PathBuf {
    project.target().join("dev")
}

/// Starts the system, here or in the background.
pub(crate) fn run(options: &DevOptions) -> anyhow::Result<()> {
    let project = Project::find()?;
    let folder = folder(&project);
    if options.background {
        rustix::process::setsid().context("the background process cannot leave its terminal")?;
        return supervise(&project, &folder, options);
    }
    refuse_second(&folder)?;
    check_machine(&project, options.port)?;
    if options.reset {
        reset(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    if options.detach { detach(&folder, options) } else { supervise(&project, &folder, options) }
}

fn refuse_second(folder: &Path) -> anyhow::Result<()> {
    let Some(record) = Record::read(folder) else {
        return Ok(());
    };
    if record.is_supervised() {
        bail!(
            "the system runs already at {} (process {}); cargo xtask stop ends it",
            record.base_url,
            record.supervisor.pid()
        );
    }
    record.stop_left_behind();
    Ok(())
}

fn check_machine(project: &Project, port: u16) -> anyhow::Result<()> {
    if !is_free(port) {
        bail!("port {port} is taken by another program: end that, or choose another one with --port");
    }
    let disk = rustix::fs::statvfs(project.target())?;
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    if free < LEAST_FREE_BYTES {
        bail!(
            "only {} MiB are free where {} is, and {} are needed: make room, or move the build folder with \
             CARGO_TARGET_DIR",
            free >> 20,
            project.target().display(),
            LEAST_FREE_BYTES >> 20
        );
    }
    Ok(())
}

/// Removes the data of earlier runs; binaries may stay.
fn reset(folder: &Path) -> anyhow::Result<()> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Ok(());
    };
    for entry in entries {
        let path = entry?.path();
        if path.ends_with("bin") {
            continue;
        }
        let removed = if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
        removed.with_context(|| format!("{} cannot be removed", path.display()))?;
    }
    Ok(())
}

/// Starts this same command in the background and waits until the system answers.
fn detach(folder: &Path, options: &DevOptions) -> anyhow::Result<()> {
    let log = folder.join("dev.log");
    let output = File::create(&log).with_context(|| format!("{} cannot be written", log.display()))?;
    let mut child = Command::new(std::env::current_exe()?)
        .args(["dev", "--background", "--hold-seconds", &options.hold_seconds.to_string()])
        .args(["--payment-seconds", &options.payment_seconds.to_string()])
        .args(["--stripe", options.stripe.as_str()])
        .args(["--port", &options.port.to_string()])
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(output)
        .spawn()
        .context("the background process cannot be started")?;
    let mut reader = File::open(&log)?;
    let own = i32::try_from(child.id())?;
    let started = interrupt::wait_for(FIRST_START_LIMIT, || {
        text(&read_on(&mut reader));
        if let Some(status) = child.try_wait()? {
            text(&read_on(&mut reader));
            bail!("the system did not start ({status}); all of it is in {}", log.display());
        }
        let ready = Record::read(folder).is_some_and(|record| record.ready && record.supervisor.pid() == own);
        Ok(ready.then_some(()))
    });
    text(&read_on(&mut reader));
    if !matches!(started, Ok(Some(()))) {
        Identity::of_child(&child).stop(Duration::from_mins(1));
    }
    started?.context("the system did not start in time")
}

/// Starts everything, keeps it up to date, and ends it when somebody asks.
fn supervise(project: &Project, folder: &Path, options: &DevOptions) -> anyhow::Result<()> {
    let binaries = folder.join("bin");
    let venv = build_all(project, &binaries)?;
    let plan = Plan {
        folder: folder.to_owned(),
        binaries,
        port: options.port,
        hold_seconds: options.hold_seconds,
        payment_seconds: options.payment_seconds,
        network_tries: NETWORK_TRIES,
        stripe: options.stripe,
        function_environment: Vec::new(),
        rights: Observed::No,
        call_seconds: PATIENT_CALL_SECONDS,
        between: Between::Nothing,
        stage: None,
    };
    let mut stack = Stack::start(project, &venv, plan)?;
    stack.put_keys()?;
    seed::ensure(stack.base_url(), folder)?;
    stack.announce()?;
    introduce(&stack, folder, options);
    let ended = keep(project, &mut stack);
    let stopping = step("Stop the system");
    stack.stop();
    stopping.done("stopped");
    ended
}

/// Builds everything while the tools are being installed.
fn build_all(project: &Project, binaries: &Path) -> anyhow::Result<Venv> {
    std::thread::scope(|scope| {
        let installing = scope.spawn(|| {
            let started = step("Install emulator, SAM and linters into .venv");
            let (venv, installed) = Venv::ensure(project)?;
            started.done(if installed { "tools installed" } else { "tools are installed" });
            anyhow::Ok(venv)
        });
        let building = step("Build functions, edge and site generator");
        build(project, Flavour::Plain, binaries)?;
        building.done("programs built");
        match installing.join() {
            Ok(venv) => venv,
            Err(_) => bail!("the installation of the tools broke off"),
        }
    })
}

fn introduce(stack: &Stack, folder: &Path, options: &DevOptions) {
    let stop = if options.background { "cargo xtask stop" } else { "Ctrl-C" };
    line("");
    line("Holdfast runs.");
    line(&format!("    open      {}", stack.base_url()));
    line(&format!("    accounts  {} and {}, password {}", seed::SELLER, seed::BUYER, seed::PASSWORD));
    line(&format!("    mails     {}/_mail", stack.base_url()));
    line(&format!("    holds     {} seconds", options.hold_seconds));
    line(match options.stripe {
        Stripe::StandIn => "    pay       with card 4242 4242 4242 4242, any future date, any CVC: no money moves",
        Stripe::Real => "    pay       in Stripe's test mode, once cargo xtask secrets put --local has given the keys",
    });
    line(&format!("    emulator  {}", endpoint(stack.emulator_port())));
    line(&format!("    logs      {}", folder.display()));
    line(&format!("    stop      {stop}"));
    line("    changes to functions, shared crates, site and template go live by themselves");
    line("");
}

/// Puts changes to work until somebody asks for the end.
fn keep(project: &Project, stack: &mut Stack) -> anyhow::Result<()> {
    let mut sources = Sources::watch(project);
    while !interrupt::requested() {
        stack.check()?;
        if sources.changed() && !interrupt::requested() {
            let applying = step("Something changed");
            match apply(project, stack) {
                Ok(told) => applying.done(&told),
                Err(error) => {
                    failure(&error);
                    line("    what ran before runs on");
                }
            }
        }
        interrupt::pause();
    }
    Ok(())
}

fn apply(project: &Project, stack: &mut Stack) -> anyhow::Result<String> {
    let changed = build(project, Flavour::Plain, stack.binaries())?;
    let refreshed = stack.refresh(&changed)?;
    Ok(format!("{refreshed}; {}", stack.publish()?))
}
