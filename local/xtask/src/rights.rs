//! The rights of functions: each that is granted is needed by a test.
//!
//! The emulator decides whether a call is allowed, and `local/emulator/observed.py` asks it again without each right in
//! turn. `cargo xtask test` compares what is granted with what was needed; `cargo xtask rights` takes each right away.

mod granted;
mod proof;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};
use serde::Deserialize;

use crate::console::line;
use crate::files::read_json;
use crate::project::Project;
use crate::python::Venv;
use crate::stack::Stack;

use granted::{Grant, granted};
pub(crate) use proof::prove;

/// What an emulator writes down about the rights that functions need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Observed {
    /// Nothing.
    No,
    /// Each right once.
    Once,
    /// Each right with each call that needs it.
    Each,
}

impl Observed {
    /// The program that starts the emulator and observes it.
    pub(crate) fn command(self, project: &Project, venv: &Venv, folder: &Path) -> anyhow::Result<Option<Command>> {
        let each: &[&str] = match self {
            Self::No => return Ok(None),
            Self::Once => &[],
            Self::Each => &["--each"],
        };
        let record = record(folder);
        if record.exists() {
            std::fs::remove_file(&record).context("the record of the last run cannot be removed")?;
        }
        let mut command = venv.script();
        command.arg(project.root().join("local/emulator/observed.py")).arg(record).args(each);
        Ok(Some(command))
    }
}

/// Where the emulator of a stack writes down which rights were needed.
pub(crate) fn record(folder: &Path) -> PathBuf {
    folder.join("rights.jsonl")
}

/// A right as the emulator names it: an action or a resource of a statement.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
struct Right {
    /// The role's physical name.
    role: String,
    policy: String,
    /// The statement's number in the policy.
    statement: usize,
    action: Option<String>,
    /// The resource's number in the statement.
    resource: Option<usize>,
}

/// The rights that were needed since the record began.
fn needed(folder: &Path) -> anyhow::Result<BTreeSet<Right>> {
    let text = std::fs::read_to_string(record(folder)).context("the emulator wrote no rights down")?;
    // The last line may be half written; denials are no rights.
    Ok(text.lines().filter_map(|entry| serde_json::from_str(entry).ok()).collect())
}

/// What a stack's roles may do of their own, by its transformed template.
fn of_stack(stack: &Stack) -> anyhow::Result<Vec<Grant>> {
    let template = read_json(&stack.template_path()).context("the transformed template cannot be read")?;
    granted(&template, &stack.description().resources)
}

/// Fails when a function has a right that no test has needed.
pub(crate) fn check(stack: &Stack) -> anyhow::Result<()> {
    let needed = needed(stack.folder())?;
    let granted = of_stack(stack)?;
    let (judged, unjudged): (Vec<_>, Vec<_>) = granted.iter().partition(|grant| grant.unseen.is_none());
    let idle: Vec<_> = judged.iter().filter(|grant| !needed.contains(&grant.right)).collect();
    line(&format!("    {} rights, {} needed by a test", judged.len(), judged.len() - idle.len()));
    for grant in &unjudged {
        line(&format!("    not seen by the emulator: {grant} ({})", grant.unseen.unwrap_or_default()));
    }
    if idle.is_empty() {
        return Ok(());
    }
    for grant in &idle {
        line(&format!("  no test needs: {grant}"));
    }
    bail!("{} rights that no test needs: remove them, or add the test that is missing", idle.len())
}
