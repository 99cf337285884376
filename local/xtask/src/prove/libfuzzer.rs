//! libFuzzer over what strangers can send: each target of `fuzz/` for a while.

use std::fs::File;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, bail, ensure};

use crate::cli::ProveOptions;
use crate::console::{line, step};
use crate::environment::cargo;
use crate::process::{capture, run, tail};
use crate::project::Project;
use crate::test::succeed;

const CARGO_FUZZ: &str = "0.13.2";
/// How long each target is tried.
const SHORT_SECONDS: u32 = 30;
const LONG_SECONDS: u32 = 600;
/// An input that takes longer, or more memory, is a finding.
const INPUT_SECONDS: u32 = 5;
const MEGABYTES: u32 = 1_024;

/// Builds all targets and tries each. Fails when one was broken, or was not tried at all.
pub(crate) fn run_targets(project: &Project, options: &ProveOptions) -> anyhow::Result<()> {
    let fuzz = Fuzz::install(project)?;
    let building = step("Build the targets for libFuzzer");
    succeed(&mut fuzz.command("build"))?;
    building.done("built");
    let seconds = options.seconds.unwrap_or(if options.long { LONG_SECONDS } else { SHORT_SECONDS });
    let mut broken = Vec::new();
    for target in fuzz.targets()? {
        let trying = step(&format!("Try {target} for {seconds} s"));
        match fuzz.try_target(&target, seconds) {
            Ok(tried) => trying.done(&tried),
            Err(error) => {
                trying.done("broken");
                line(&format!("{error:#}"));
                broken.push(target);
            }
        }
    }
    ensure!(broken.is_empty(), "broken: {}", broken.join(", "));
    Ok(())
}

/// cargo-fuzz, and where its inputs and outputs are.
#[derive(Debug)]
struct Fuzz {
    program: PathBuf,
    root: PathBuf,
    output: PathBuf,
}

impl Fuzz {
    /// Installs it, if it is not there: without optimisation, as it is a command line for cargo.
    fn install(project: &Project) -> anyhow::Result<Self> {
        let tools = project.target().join("tools");
        let program = tools.join("bin/cargo-fuzz");
        let known = capture(Command::new(&program).arg("--version"));
        if known.as_deref() != Some(&format!("cargo-fuzz {CARGO_FUZZ}")) {
            let installing = step("Install cargo-fuzz");
            let mut command = cargo();
            command.args(["install", "cargo-fuzz", "--debug", "--locked", "--quiet", "--version", CARGO_FUZZ]);
            succeed(command.arg("--root").arg(&tools))?;
            installing.done(CARGO_FUZZ);
        }
        Ok(Self { program, root: project.root().join("fuzz"), output: project.target().join("fuzz") })
    }

    /// On the stable toolchain there are no sanitizers.
    fn command(&self, what: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.current_dir(&self.root).arg(what).args(["--sanitizer", "none", "--fuzz-dir"]).arg(&self.root);
        command.arg("--target-dir").arg(self.output.join("target"));
        command
    }

    /// One file, one target.
    fn targets(&self) -> anyhow::Result<Vec<String>> {
        let mut targets = Vec::new();
        for entry in std::fs::read_dir(self.root.join("targets")).context("there are no targets")? {
            let path = entry?.path();
            targets.extend(path.file_stem().and_then(|name| name.to_str()).map(str::to_owned));
        }
        targets.sort();
        Ok(targets)
    }

    /// What came of it, in words.
    fn try_target(&self, target: &str, seconds: u32) -> anyhow::Result<String> {
        let (corpus, findings) = (self.output.join("corpus").join(target), self.output.join("findings"));
        for folder in [&corpus, &findings] {
            std::fs::create_dir_all(folder)?;
        }
        let log = self.output.join(format!("{target}.log"));
        let file = File::create(&log).with_context(|| format!("{} cannot be written", log.display()))?;
        let mut command = self.command("run");
        command.arg(target).arg(&corpus).arg(self.root.join("seeds").join(target)).args(["--", "-print_final_stats=1"]);
        command.args([format!("-max_total_time={seconds}"), format!("-timeout={INPUT_SECONDS}")]);
        command.arg(format!("-rss_limit_mb={MEGABYTES}"));
        command.arg(format!("-artifact_prefix={}/{target}-", findings.display()));
        let status = run(command.stdout(file.try_clone()?).stderr(file))?;
        if !status.success() {
            bail!(
                "{target} was broken ({status}); the input is in {}, and all was said in {}:\n{}",
                findings.display(),
                log.display(),
                tail(&log)
            );
        }
        tried(&std::fs::read_to_string(&log)?).with_context(|| format!("{target} was not tried: see {}", log.display()))
    }
}

/// How many inputs there were and what they reached, from the program's last words; `None` if there were none.
fn tried(log: &str) -> Option<String> {
    let executed = log.lines().find_map(|line| line.strip_prefix("stat::number_of_executed_units:"))?;
    let executed: u64 = executed.trim().parse().ok().filter(|executed| *executed > 0)?;
    let reached = log.lines().rev().find_map(|line| line.split_once(" cov: ")?.1.split_whitespace().next())?;
    Some(format!("{executed} inputs, {reached} branches reached, nothing broken"))
}

#[cfg(test)]
mod tests {
    use super::tried;

    #[test]
    fn what_was_tried_is_read_from_the_last_words() {
        let log = "#8\tINITED cov: 90 ft: 1\n#4096\tDONE   cov: 123 ft: 200 corp: 7/90b\nstat::number_of_executed_units: 4096\n";
        assert_eq!(tried(log).as_deref(), Some("4096 inputs, 123 branches reached, nothing broken"));
        assert_eq!(tried("error: no such target\n"), None);
        assert_eq!(tried("#0\tDONE   cov: 1 ft: 1\nstat::number_of_executed_units: 0\n"), None);
    }
}
