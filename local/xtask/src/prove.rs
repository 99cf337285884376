//! `cargo xtask prove`: what Holdfast promises, part by part.

mod contention;
mod histories;
mod libfuzzer;

use std::process::ExitCode;

use clap::ValueEnum;

use crate::cli::ProveOptions;
use crate::project::Project;
use crate::report::Report;

/// A part of the proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// A load generator, and everything that can fail failing, judged afterwards.
    Histories,
    /// libFuzzer, over what strangers can send.
    Fuzz,
    /// Many buyers of one ticket, and thousands of tickets on sale: winners, calls, write units, hottest keys.
    Contention,
}

impl Part {
    fn name(self) -> &'static str {
        match self {
            Self::Histories => "histories",
            Self::Fuzz => "fuzz",
            Self::Contention => "contention",
        }
    }

    fn prove(self, project: &Project, options: &ProveOptions) -> anyhow::Result<()> {
        match self {
            Self::Histories => histories::run(project, options),
            Self::Fuzz => libfuzzer::run_targets(project, options),
            Self::Contention => contention::run(project, options),
        }
    }
}

/// Runs the named parts, or all, and tells what came of each.
pub(crate) fn run_all(options: &ProveOptions) -> anyhow::Result<ExitCode> {
    let project = Project::find()?;
    let mut report = Report::default();
    for part in Part::value_variants() {
        if options.parts.is_empty() || options.parts.contains(part) {
            report.part(part.name(), || part.prove(&project, options))?;
        }
    }
    Ok(report.conclude())
}
