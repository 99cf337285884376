//! A rush on one ticket and an on-sale of thousands, on a stack of their own.

use std::process::Command;

use anyhow::Context as _;

use crate::binaries::build_package;
use crate::cli::{ProveOptions, TestOptions};
use crate::project::Project;
use crate::rights::{Observed, record};
use crate::test::{lock, start, succeed, tell};

/// Buyers of the one ticket, and tickets on sale.
const SHORT: (u32, u32) = (50, 2_000);
const LONG: (u32, u32) = (250, 20_000);

/// Has `local/contention` measure and judge.
pub(crate) fn run(project: &Project, options: &ProveOptions) -> anyhow::Result<()> {
    let folder = project.target().join("test-stack");
    std::fs::create_dir_all(&folder)?;
    let _lock = lock(project)?;
    build_package(project, "contention")?;
    let of_stack = TestOptions::plain();
    // Each call of a function that needs a right is written down: that is how they are counted.
    let mut stack = start(project, &folder, &of_stack, Observed::Each)?;
    let (buyers, tickets) = if options.long { LONG } else { SHORT };
    let mut command = Command::new(project.built().join("contention"));
    tell(&mut command, &folder, &stack, &of_stack);
    command
        .env("HOLDFAST_RIGHTS_RECORD", record(&folder.join("data")))
        .env("HOLDFAST_CONTENTION_BUYERS", buyers.to_string())
        .env("HOLDFAST_CONTENTION_TICKETS", tickets.to_string());
    let outcome = succeed(&mut command).context("the contention is not as it must be");
    stack.stop();
    outcome
}
