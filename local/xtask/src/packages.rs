//! Programs of the operating system: found, or installed where that can be done without asking.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};

use crate::environment::find_program;
use crate::process::run_quietly;
use crate::project::Project;

/// What `find` finds; as root on Debian, the package is installed first if need be.
pub(crate) fn found_or_installed(
    project: &Project,
    package: &str,
    find: impl Fn() -> Option<PathBuf>,
) -> anyhow::Result<PathBuf> {
    if let Some(found) = find() {
        return Ok(found);
    }
    if !(rustix::process::getuid().is_root() && Path::new("/etc/debian_version").exists()) {
        bail!("only root on Debian can have it installed");
    }
    let log = project.target().join(format!("{package}.log"));
    run_quietly(apt().arg("update"), &log)?;
    run_quietly(apt().args(["install", "--yes", "--no-install-recommends", package]), &log)?;
    find().with_context(|| format!("the package {package} brought no program of that name"))
}

/// The `make` that `sam build` calls.
pub(crate) fn ensure_make(project: &Project) -> anyhow::Result<()> {
    found_or_installed(project, "make", || find_program("make"))
        .context("make was not found, which sam build needs: install it (Debian and Ubuntu: apt-get install make)")
        .map(drop)
}

fn apt() -> Command {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}
