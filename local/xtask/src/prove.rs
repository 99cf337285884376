//! `cargo xtask prove`: what Holdfast promises, part by part.

mod histories;

use std::process::ExitCode;

use anyhow::bail;
use clap::ValueEnum;

use crate::cli::ProveOptions;
use crate::environment::cargo;
use crate::process::run;
use crate::project::Project;
use crate::report::Report;

/// A part of the proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// Every order of steps, crashes and repetitions, explored to the end; and every known fault, found.
    Model,
    /// A load generator, and everything that can fail failing, judged afterwards.
    Histories,
}

impl Part {
    fn name(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Histories => "histories",
        }
    }

    fn prove(self, project: &Project, options: &ProveOptions) -> anyhow::Result<()> {
        match self {
            Self::Model => model(project, options),
            Self::Histories => histories::run(project, options),
        }
    }
}

/// Proves the parts that are named, or all, and says of each what came of it.
pub(crate) fn run_all(options: &ProveOptions) -> anyhow::Result<ExitCode> {
    let project = Project::find()?;
    let parts = if options.parts.is_empty() { Part::value_variants() } else { &options.parts };
    let mut report = Report::default();
    for part in parts {
        report.part(part.name(), || part.prove(&project, options))?;
    }
    Ok(report.conclude())
}

fn model(project: &Project, options: &ProveOptions) -> anyhow::Result<()> {
    let mut command = cargo();
    command.current_dir(project.root()).args(["run", "--quiet", "--profile", "local", "--package", "model"]);
    command.args(["--features", "faults", "--"]);
    if options.long {
        command.arg("--long");
    }
    let status = run(&mut command)?;
    if !status.success() {
        bail!("{status}: something is wrong, or a fault was not found; see above");
    }
    Ok(())
}
