//! The programs of the local profile: functions, edge, the stand-in for Stripe, meter and site generator.

use std::fs::File;
use std::path::Path;

use anyhow::{Context as _, bail};

use crate::environment::cargo;
use crate::files::refresh;
use crate::process::run;
use crate::project::Project;

/// Which functions to build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flavour {
    /// As they are deployed, but for the profile.
    Plain,
    /// With the points at which a test can make them crash.
    CrashPoints,
}

/// Programs that are no functions.
const OTHERS: [&str; 4] = ["edge", "fake_stripe", "meter", "site"];

/// Builds all programs and copies them to `into`; returns the names of those that changed.
///
/// Both flavours come out of the same build folder, so that they share what they depend on; the lock keeps one run
/// from copying what another has just built differently.
pub(crate) fn build(project: &Project, flavour: Flavour, into: &Path) -> anyhow::Result<Vec<String>> {
    let functions = project.functions()?;
    if functions.is_empty() {
        bail!("there is no function in functions/");
    }
    std::fs::create_dir_all(into).with_context(|| format!("{} cannot be made", into.display()))?;
    let lock = File::create(project.target().join("xtask-build.lock"))?;
    lock.lock().context("the build lock cannot be taken")?;
    let mut command = cargo();
    command.current_dir(project.root()).args(["build", "--profile", "local"]);
    for name in functions.iter().map(String::as_str).chain(OTHERS) {
        command.args(["--package", name]);
    }
    if flavour == Flavour::CrashPoints {
        command.args(["--package", "holdfast_store", "--features", "holdfast_store/crash_points"]);
    }
    if !run(&mut command)?.success() {
        bail!("the build failed: see the compiler's messages above");
    }
    let mut changed = Vec::new();
    for name in functions.iter().map(String::as_str).chain(OTHERS) {
        if refresh(&project.built().join(name), &into.join(name))? {
            changed.push(name.to_owned());
        }
    }
    Ok(changed)
}

/// Builds one program, which is then among the project's built ones.
pub(crate) fn build_package(project: &Project, name: &str) -> anyhow::Result<()> {
    let mut command = cargo();
    command.current_dir(project.root()).args(["build", "--profile", "local", "--package", name]);
    if !run(&mut command)?.success() {
        bail!("the build of {name} failed: see the compiler's messages above");
    }
    Ok(())
}
