//! What operators do to a deployed stack, or to the one on this machine.

use std::fmt;
use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};
use serde::Serialize;

use crate::dev;
use crate::emulator::as_owner;
use crate::project::Project;
use crate::record::Record;

/// Where a command works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The stack that `cargo xtask dev` runs, by its emulator's port.
    Local(u16),
    /// An AWS account, as the environment and these names say.
    Aws { region: Option<String>, profile: Option<String> },
}

impl Place {
    /// The local stack if that is asked for, else an account.
    pub(crate) fn chosen(
        project: &Project,
        local: bool,
        region: Option<&str>,
        profile: Option<&str>,
    ) -> anyhow::Result<Self> {
        if !local {
            let owned = |text: Option<&str>| text.map(str::to_owned);
            return Ok(Self::Aws { region: owned(region), profile: owned(profile) });
        }
        Self::local(project).context("no local stack runs: start one with cargo xtask dev")
    }

    /// The local stack if that is asked for, or if it runs and neither a stack is `named` nor an account; else an account.
    pub(crate) fn found(
        project: &Project,
        local: bool,
        named: bool,
        region: Option<&str>,
        profile: Option<&str>,
    ) -> anyhow::Result<Self> {
        let elsewhere = local || named || region.is_some() || profile.is_some();
        let running = if elsewhere { None } else { Self::local(project) };
        running.map_or_else(|| Self::chosen(project, local, region, profile), Ok)
    }

    /// The local stack, if it runs.
    pub(crate) fn local(project: &Project) -> Option<Self> {
        let record = Record::read(&dev::folder(project))?;
        (record.ready && record.is_supervised()).then_some(Self::Local(record.emulator_port))
    }

    /// Lets a program work there.
    pub(crate) fn enter(&self, command: &mut Command) {
        match self {
            Self::Local(port) => as_owner(command, *port),
            Self::Aws { region, profile } => {
                if let Some(region) = region {
                    command.env("AWS_REGION", region).env("AWS_DEFAULT_REGION", region);
                }
                if let Some(profile) = profile {
                    command.env("AWS_PROFILE", profile);
                }
            }
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local(_) => formatter.write_str("in the local stack"),
            Self::Aws { region: None, profile: None } => formatter.write_str("in the AWS account of the environment"),
            Self::Aws { region, profile } => {
                let profile = profile.as_ref().map(|name| format!(" of profile {name}"));
                let region = region.as_ref().map(|name| format!(", {name}"));
                write!(
                    formatter,
                    "in the AWS account{}{}",
                    profile.unwrap_or_else(|| " of the environment".to_owned()),
                    region.unwrap_or_default()
                )
            }
        }
    }
}

/// Gives a helper its input as JSON, without anything of it on a command line, and returns what it prints.
pub(crate) fn answered(command: &mut Command, input: &impl Serialize) -> anyhow::Result<String> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .context("the helper cannot be started")?;
    if let Some(mut pipe) = child.stdin.take() {
        // A helper that has ended early says why itself.
        drop(pipe.write_all(&serde_json::to_vec(input)?));
    }
    let output = child.wait_with_output().context("the helper cannot be waited for")?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if !output.status.success() {
        bail!("{}", text(&output.stderr));
    }
    Ok(text(&output.stdout))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_helper_gets_its_input_and_tells_why_it_failed() {
        assert_eq!(answered(&mut Command::new("cat"), &"keys").expect("an answer"), "\"keys\"");
        let mut failing = Command::new("sh");
        failing.args(["-c", "echo no such stack >&2; exit 1"]);
        assert_eq!(answered(&mut failing, &"keys").expect_err("a failure").to_string(), "no such stack");
    }

    #[test]
    fn a_place_says_which_account_it_is() {
        let aws = |region: Option<&str>, profile: Option<&str>| Place::Aws {
            region: region.map(str::to_owned),
            profile: profile.map(str::to_owned),
        };
        assert_eq!(aws(None, None).to_string(), "in the AWS account of the environment");
        assert_eq!(aws(Some("eu-west-1"), Some("shop")).to_string(), "in the AWS account of profile shop, eu-west-1");
        assert_eq!(Place::Local(1).to_string(), "in the local stack");
    }
}
