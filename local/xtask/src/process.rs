//! Commands that are waited for and daemons that are not. Each runs in a process group of its own, so that ending it
//! ends whatever it started.

use std::fs::File;
use std::io::Read as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use rustix::process::{Pid, Signal, kill_process, kill_process_group, test_kill_process};
use serde::{Deserialize, Serialize};

use crate::console::text;
use crate::interrupt;

/// A process that another run of these commands can recognise: ids are used again, start times are not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Identity {
    pid: i32,
    started: Option<u64>,
}

impl Identity {
    /// This very process.
    pub(crate) fn own() -> Self {
        Self::of(rustix::process::getpid())
    }

    fn of(pid: Pid) -> Self {
        let pid = pid.as_raw_nonzero().get();
        Self { pid, started: stat(pid).map(|(_, started)| started) }
    }

    /// A child of this process.
    pub(crate) fn of_child(child: &Child) -> Self {
        Self::of(Pid::from_child(child))
    }

    /// The process id, for people.
    pub(crate) fn pid(self) -> i32 {
        self.pid
    }

    /// Whether that same process still runs.
    pub(crate) fn is_alive(self) -> bool {
        let Some(pid) = Pid::from_raw(self.pid) else {
            return false;
        };
        match stat(self.pid) {
            Some((state, started)) => state != 'Z' && self.started.is_none_or(|known| known == started),
            None => self.started.is_none() && test_kill_process(pid).is_ok(),
        }
    }

    /// Asks the process to end, and ends its whole group if it has not within `grace`. Whether it ended by itself.
    pub(crate) fn stop(self, grace: Duration) -> bool {
        let Some(pid) = Pid::from_raw(self.pid) else {
            return true;
        };
        if !self.is_alive() {
            return true;
        }
        let _ = kill_process(pid, Signal::TERM);
        let deadline = Instant::now() + grace;
        while self.is_alive() && Instant::now() < deadline {
            interrupt::pause();
        }
        let ended = !self.is_alive();
        let _ = kill_process_group(pid, Signal::KILL);
        ended
    }

    /// Asks the process to end, without waiting for it.
    pub(crate) fn ask_to_end(self) {
        if let Some(pid) = Pid::from_raw(self.pid)
            && self.is_alive()
        {
            let _ = kill_process(pid, Signal::TERM);
        }
    }
}

/// State and start time of a process, where the system tells them.
fn stat(pid: i32) -> Option<(char, u64)> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    parse_stat(&text)
}

fn parse_stat(text: &str) -> Option<(char, u64)> {
    // The name in brackets may hold anything, brackets and blanks too.
    let mut fields = text.get(text.rfind(')')? + 1..)?.split_whitespace();
    let state = fields.next()?.chars().next()?;
    Some((state, fields.nth(18)?.parse().ok()?))
}

/// A process that runs until it is stopped.
#[derive(Debug)]
pub(crate) struct Daemon {
    name: &'static str,
    child: Child,
    identity: Identity,
}

impl Daemon {
    /// Starts a command in a group of its own, with its output in a log file.
    pub(crate) fn start(name: &'static str, command: &mut Command, log: &Path) -> anyhow::Result<Self> {
        let file = File::create(log).with_context(|| format!("{} cannot be written", log.display()))?;
        let child = command
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .process_group(0)
            .spawn()
            .with_context(|| format!("the {name} cannot be started"))?;
        let identity = Identity::of_child(&child);
        Ok(Self { name, child, identity })
    }

    /// How other runs of these commands can find it.
    pub(crate) fn identity(&self) -> Identity {
        self.identity
    }

    /// Fails when it has ended although nobody stopped it.
    pub(crate) fn check(&mut self, log: &Path) -> anyhow::Result<()> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => bail!("the {} has ended ({status}); its last words:\n{}", self.name, tail(log)),
        }
    }

    /// Ends it and whatever it started; without a grace, unasked. Whether it ended by itself.
    pub(crate) fn stop(&mut self, grace: Duration) -> bool {
        let pid = Pid::from_child(&self.child);
        let mut ended = false;
        if !grace.is_zero() {
            let _ = kill_process(pid, Signal::TERM);
        }
        let deadline = Instant::now() + grace;
        while !ended && Instant::now() < deadline {
            ended = matches!(self.child.try_wait(), Ok(Some(_)));
            if !ended {
                interrupt::pause();
            }
        }
        let _ = kill_process_group(pid, Signal::KILL);
        drop(self.child.wait());
        ended
    }
}

/// The last lines of a log.
pub(crate) fn tail(log: &Path) -> String {
    last_lines(log, 15)
}

/// So many of the last lines of a log.
pub(crate) fn last_lines(log: &Path, count: usize) -> String {
    let text = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

/// Runs a command to its end with its output on the terminal; ends it when somebody interrupts.
pub(crate) fn run(command: &mut Command) -> anyhow::Result<ExitStatus> {
    wait(&mut spawn(command)?, || {})
}

/// The same, with its output in a log, too.
pub(crate) fn run_and_keep(command: &mut Command, log: &Path) -> anyhow::Result<ExitStatus> {
    let file = File::create(log).with_context(|| format!("{} cannot be written", log.display()))?;
    let mut child = spawn(command.stdout(file.try_clone()?).stderr(file))?;
    // Followed like the log of another process: whoever inherited a pipe's end would keep its reader waiting.
    let mut written = File::open(log)?;
    let status = wait(&mut child, || text(&read_on(&mut written)));
    text(&read_on(&mut written));
    status
}

fn spawn(command: &mut Command) -> anyhow::Result<Child> {
    let name = command.get_program().to_string_lossy().into_owned();
    command.stdin(Stdio::null()).process_group(0).spawn().with_context(|| format!("{name} cannot be started"))
}

/// Runs a command to its end with its output in a log alone.
pub(crate) fn run_into(command: &mut Command, log: &Path) -> anyhow::Result<ExitStatus> {
    let file = File::create(log).with_context(|| format!("{} cannot be written", log.display()))?;
    run(command.stdout(file.try_clone()?).stderr(file))
}

/// Runs a command whose output matters only if it fails: then the output is part of the error.
pub(crate) fn run_quietly(command: &mut Command, log: &Path) -> anyhow::Result<()> {
    let status = run_into(command, log)?;
    if !status.success() {
        let name = command.get_program().to_string_lossy();
        bail!("{name} failed ({status}); its last words, all of them in {}:\n{}", log.display(), tail(log));
    }
    Ok(())
}

/// What a short command prints, if it succeeds.
pub(crate) fn capture(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn wait(child: &mut Child, mut meanwhile: impl FnMut()) -> anyhow::Result<ExitStatus> {
    loop {
        meanwhile();
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if interrupt::requested() {
            let pid = Pid::from_child(child);
            let _ = kill_process_group(pid, Signal::TERM);
            let deadline = Instant::now() + Duration::from_secs(5);
            while child.try_wait()?.is_none() && Instant::now() < deadline {
                interrupt::pause();
            }
            let _ = kill_process_group(pid, Signal::KILL);
            child.wait()?;
            bail!("interrupted");
        }
        interrupt::pause();
    }
}

/// What was appended to a growing file since the last look.
pub(crate) fn read_on(file: &mut File) -> String {
    let mut bytes = Vec::new();
    drop(file.read_to_end(&mut bytes));
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_name_may_hold_brackets_and_blanks() {
        let rest = (4..=21).map(|field| field.to_string()).collect::<Vec<_>>().join(" ");
        let text = format!("7 (a ) b) S {rest} 4242 0 0");
        assert_eq!(parse_stat(&text), Some(('S', 4242)));
        assert_eq!(parse_stat("7 (a"), None);
    }

    #[test]
    fn this_process_is_alive_and_an_older_one_of_the_same_id_is_not() {
        let own = Identity::own();
        assert!(own.is_alive());
        let older = Identity { started: own.started.map(|ticks| ticks + 1), ..own };
        assert!(own.started.is_none() || !older.is_alive());
    }

    #[test]
    fn a_daemon_is_stopped_with_what_it_started() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = folder.path().join("log");
        let mut command = Command::new("sh");
        command.args(["-c", "sleep 100 & echo $!; wait"]);
        let mut daemon = Daemon::start("shell", &mut command, &log).expect("started");
        let child = loop {
            let text = std::fs::read_to_string(&log).expect("a log");
            if let Some(pid) = text.strip_suffix('\n') {
                break Identity::of(Pid::from_raw(pid.parse().expect("a number")).expect("a process"));
            }
            interrupt::pause();
        };
        assert!(child.is_alive() && daemon.check(&log).is_ok());
        assert!(daemon.stop(Duration::from_secs(10)));
        let gone = interrupt::wait_for(Duration::from_secs(10), || Ok((!child.is_alive()).then_some(())));
        assert_eq!(gone.expect("not interrupted"), Some(()));
    }
}
