//! The command line.

use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::{console, dev, interrupt, stop};

/// Runs and tests Holdfast on this machine, without an AWS account.
#[derive(Debug, Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    disable_help_subcommand = true
)]
struct Arguments {
    #[command(subcommand)]
    command: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Start the whole system and keep it up to date with the sources until Ctrl-C.
    Dev(DevOptions),
    /// End the system that `dev` started.
    Stop,
}

/// What `dev` can be told.
#[derive(Clone, Debug, Args)]
pub(crate) struct DevOptions {
    /// How long a ticket is held for a buyer.
    #[arg(long, value_name = "N", default_value_t = 900, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub(crate) hold_seconds: u32,
    /// Port of the site on localhost.
    #[arg(long, default_value_t = 8080, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) port: u16,
    /// Begin with an empty account and new demo data.
    #[arg(long)]
    pub(crate) reset: bool,
    /// Return once the system answers; `cargo xtask stop` ends it.
    #[arg(long)]
    pub(crate) detach: bool,
    /// The background half of --detach.
    #[arg(long, hide = true)]
    pub(crate) background: bool,
}

/// Does what the command line asks for.
#[must_use]
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let done = interrupt::listen().and_then(|()| match arguments.command {
        Task::Dev(options) => dev::run(&options),
        Task::Stop => stop::run(),
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            console::failure(&error);
            ExitCode::FAILURE
        }
    }
}
