//! Packages of npm that a folder pins.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

use crate::environment::find_program;
use crate::files::fingerprint;
use crate::process::run_quietly;
use crate::project::Project;

/// Installs what the folder's `package-lock.json` pins, unless that is there already; no package's own script is run.
/// Where the packages are.
pub(crate) fn installed(project: &Project, folder: &str) -> anyhow::Result<PathBuf> {
    let path = project.root().join(folder);
    let lock = std::fs::read(path.join("package-lock.json"))
        .with_context(|| format!("{folder}/package-lock.json is missing"))?;
    let packages = path.join("node_modules");
    let (stamp, wanted) = (packages.join(".holdfast-lock"), fingerprint(&lock));
    if std::fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        return Ok(packages);
    }
    let log = project.target().join(format!("npm-{}.log", folder.replace('/', "-")));
    run_quietly(npm(&path)?.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]), &log)
        .with_context(|| format!("the packages of {folder} cannot be installed; is the package registry reachable?"))?;
    std::fs::write(stamp, wanted)?;
    Ok(packages)
}

/// npm, in a folder.
pub(crate) fn npm(folder: &Path) -> anyhow::Result<Command> {
    let npm = find_program("npm").context("npm was not found: install Node.js 20 or newer")?;
    let mut command = Command::new(npm);
    command.current_dir(folder);
    Ok(command)
}
