//! `cargo xtask prove`: what Holdfast promises, part by part.

mod contention;
mod histories;
mod libfuzzer;
mod model;
mod mutants;
mod store;

use std::process::ExitCode;

use clap::ValueEnum;

use crate::cli::ProveOptions;
use crate::project::Project;
use crate::report::Report;

/// A part of the proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// Every order of steps, crashes and repetitions, explored to the end; and every known fault, found.
    Model,
    /// Every expression of the store, on the emulator and on AWS's own DynamoDB Local.
    Store,
    /// A load generator, and everything that can fail failing, judged afterwards.
    Histories,
    /// Each small change of domain and store, killed by a test. Takes hours, so that it has to be named.
    Mutants,
    /// libFuzzer, over what strangers can send.
    Fuzz,
    /// Many buyers of one ticket, and thousands of tickets on sale: winners, calls, write units, hottest keys.
    Contention,
}

impl Part {
    fn name(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Store => "store",
            Self::Histories => "histories",
            Self::Mutants => "mutants",
            Self::Fuzz => "fuzz",
            Self::Contention => "contention",
        }
    }

    fn prove(self, project: &Project, options: &ProveOptions) -> anyhow::Result<()> {
        match self {
            Self::Model => model::run(project, options),
            Self::Store => store::run(project),
            Self::Histories => histories::run(project, options),
            Self::Mutants => mutants::run(project, options),
            Self::Fuzz => libfuzzer::run_targets(project, options),
            Self::Contention => contention::run(project, options),
        }
    }
}

/// Runs the named parts, or all but the mutants, and tells what came of each.
pub(crate) fn run_all(options: &ProveOptions) -> anyhow::Result<ExitCode> {
    let project = Project::find()?;
    let mut report = Report::default();
    for part in Part::value_variants() {
        if options.parts.contains(part) || (options.parts.is_empty() && *part != Part::Mutants) {
            report.part(part.name(), || part.prove(&project, options))?;
        }
    }
    Ok(report.conclude())
}
