//! The exhaustive model of the lock and payment protocol.

use anyhow::bail;

use crate::cli::ProveOptions;
use crate::environment::cargo;
use crate::process::run as run_command;
use crate::project::Project;

/// Explores the protocol as it is, and with each of its corrections taken away.
pub(crate) fn run(project: &Project, options: &ProveOptions) -> anyhow::Result<()> {
    let mut command = cargo();
    command.current_dir(project.root()).args(["run", "--quiet", "--profile", "local", "--package", "model"]);
    command.args(["--features", "faults", "--"]);
    if options.long {
        command.arg("--long");
    }
    let status = run_command(&mut command)?;
    if !status.success() {
        bail!("{status}: something is wrong, or a fault was not found; see above");
    }
    Ok(())
}
