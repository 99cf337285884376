//! `cargo xtask scan`: what scanners find in the template and in the files, and what we answer to it.

mod answers;
mod secrets;
mod template;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;

use crate::cli::ScanOptions;
use crate::console::{line, step};
use crate::project::Project;
use crate::python::Venv;
use crate::report::Report;

use answers::{Answers, Finding, Judgement};

/// What one run works with.
#[derive(Debug)]
struct Scan {
    project: Project,
    /// The scanners written in Python.
    venv: Venv,
    /// What they are told: rules and answers.
    settings: PathBuf,
    /// Files of this run alone.
    scratch: PathBuf,
}

/// Runs every scanner and says which findings nobody has answered.
pub(crate) fn run(options: &ScanOptions) -> anyhow::Result<ExitCode> {
    let project = Project::find()?;
    let installing = step("Install the scanners into .venv-scan and local/scan");
    let (venv, installed) = Venv::ensure_scanners(&project)?;
    let settings = project.root().join("local/scan");
    let guard = template::Guard::ensure(&project)?;
    installing.done(if installed { "installed" } else { "they are installed" });
    let scratch = project.target().join("scan");
    if scratch.exists() {
        std::fs::remove_dir_all(&scratch)?;
    }
    std::fs::create_dir_all(&scratch)?;
    let scan = Scan { project, venv, settings, scratch };
    let answers = Answers::read(&scan.settings)?;
    let mut report = Report::default();
    let mut transformed = None;
    report.part("transform", || {
        transformed = Some(template::Transformed::make(&scan)?);
        Ok(())
    })?;
    if let Some(template) = &transformed {
        report.part("cfn-lint", || template.lint(&scan))?;
        let mut of_template = Vec::new();
        report.part("cfn-guard", || {
            of_template.extend(guard.scan(&scan, template)?);
            Ok(())
        })?;
        report.part("checkov", || {
            of_template.extend(template.checkov(&scan)?);
            Ok(())
        })?;
        report.part("template's answers", || conclude("template", &answers.template(&of_template)))?;
    }
    report.part("planted secrets", || secrets::planted_are_found(&scan))?;
    report.part("secrets in files", || conclude("files", &answers.secrets(&secrets::in_files(&scan)?)))?;
    if options.history {
        report.part("secrets in history", || conclude("history", &answers.history(&secrets::in_history(&scan)?)))?;
    }
    Ok(report.conclude())
}

/// Says what was found, and fails when something is left to be answered.
fn conclude(what: &str, judgement: &Judgement) -> anyhow::Result<()> {
    for finding in &judgement.unanswered {
        line(&format!("  not answered: {finding}"));
    }
    for answer in &judgement.idle {
        line(&format!("  answers nothing: {answer}"));
    }
    line(&format!(
        "    {what}: {} findings, {} answered",
        judgement.found,
        judgement.found - judgement.unanswered.len()
    ));
    if judgement.unanswered.is_empty() && judgement.idle.is_empty() {
        return Ok(());
    }
    bail!("{} findings without an answer, {} answers to nothing", judgement.unanswered.len(), judgement.idle.len())
}
