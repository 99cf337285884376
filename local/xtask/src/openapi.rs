//! `cargo xtask openapi`: writes the OpenAPI document and its reference.

use std::process::Command;

use anyhow::bail;

use crate::binaries::build_package;
use crate::console::line;
use crate::process::run;
use crate::project::Project;

/// The package that makes them of the functions' types.
const PACKAGE: &str = "openapi";

/// Writes `docs/openapi.json` and `docs/api.md`.
pub(crate) fn write() -> anyhow::Result<()> {
    let project = Project::find()?;
    build_package(&project, PACKAGE)?;
    let status = run(Command::new(project.built().join(PACKAGE)).arg(project.root().join("docs")))?;
    if !status.success() {
        bail!("the document was not written: {status}");
    }
    line("docs/openapi.json and docs/api.md are written.");
    Ok(())
}
