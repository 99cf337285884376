//! Others of these commands, which go on while this one waits for something else.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::Context as _;

use crate::console::line;
use crate::process::{run_into, tail};
use crate::project::Project;
use crate::report::{INCOMPLETE, NotRun, Report};

/// How much they stand back: whatever this command waits for goes first.
const NICENESS: &str = "5";

/// A part of a report, and the command that is it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Companion {
    /// What the report calls it.
    pub(crate) name: &'static str,
    /// What follows `cargo xtask`.
    pub(crate) arguments: &'static [&'static str],
}

/// One that has ended.
#[derive(Debug)]
struct Ended {
    name: &'static str,
    log: PathBuf,
    took: Duration,
    result: anyhow::Result<()>,
}

/// Companions that run one after the other. Whoever drops them waits for their end, which an interrupt brings.
#[derive(Debug)]
pub(crate) struct Beside {
    thread: Option<JoinHandle<Vec<Ended>>>,
}

impl Beside {
    /// Begins the first of them.
    pub(crate) fn begin(project: &Project, companions: &'static [Companion]) -> anyhow::Result<Self> {
        let (program, folder) = (std::env::current_exe()?, project.target().join("beside"));
        std::fs::create_dir_all(&folder)?;
        let thread = thread::spawn(move || {
            let one = |companion: &Companion| {
                let log = folder.join(format!("{}.log", companion.name.replace(' ', "-")));
                let mut command = Command::new("nice");
                command.args(["-n", NICENESS]).arg(&program).args(companion.arguments);
                let begun = Instant::now();
                let result = to_its_end(&mut command, &log);
                Ended { name: companion.name, log, took: begun.elapsed(), result }
            };
            companions.iter().map(one).collect()
        });
        Ok(Self { thread: Some(thread) })
    }

    /// Waits for all of them, prints what they have said, and makes a part of the report of each.
    pub(crate) fn report(mut self, report: &mut Report) -> anyhow::Result<()> {
        let ended = self.thread.take().context("they were waited for before")?.join();
        for Ended { name, log, took, result } in ended.map_err(|_| anyhow::anyhow!("who waits for them has died"))? {
            line(&std::fs::read_to_string(&log).unwrap_or_default());
            report.add(name, took, result);
        }
        Ok(())
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

fn to_its_end(command: &mut Command, log: &Path) -> anyhow::Result<()> {
    let status = run_into(command, log)?;
    if status.success() {
        return Ok(());
    }
    let why = anyhow::anyhow!("{status}; its last words, all of them in {}:\n{}", log.display(), tail(log));
    Err(if status.code() == Some(INCOMPLETE.into()) { NotRun::because(why) } else { why })
}
