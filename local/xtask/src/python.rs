//! The virtual environments: one holds the emulator, the SAM command line and the linters, one the scanners, one the fuzzer,
//! one the proxy that makes calls fail.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};

use crate::console::step;
use crate::files::fingerprint;
use crate::process::{capture, run_quietly};
use crate::project::Project;

/// Where an environment is, and what is installed into it.
const TOOLS: (&str, &str) = (".venv", "local/requirements.txt");
const SCANNERS: (&str, &str) = (".venv-scan", "local/scan/requirements.txt");
const FAULTS: (&str, &str) = (".venv-faults", "local/faults/requirements.txt");
const FUZZER: (&str, &str) = (".venv-fuzz", "local/fuzz/requirements.txt");
const OLDEST: (u32, u32) = (3, 10);

/// The project's own Python programs.
#[derive(Clone, Debug)]
pub(crate) struct Venv {
    folder: PathBuf,
}

impl Venv {
    /// Installs what `local/requirements.txt` pins, unless that is there already. Whether it had to install.
    pub(crate) fn ensure(project: &Project) -> anyhow::Result<(Self, bool)> {
        Self::ensure_one(project, TOOLS)
    }

    /// The same for the scanners, which need other versions of what the emulator needs.
    pub(crate) fn ensure_scanners(project: &Project) -> anyhow::Result<(Self, bool)> {
        Self::ensure_one(project, SCANNERS)
    }

    /// The same for the proxy between functions and emulator.
    pub(crate) fn ensure_faults(project: &Project) -> anyhow::Result<Self> {
        Ok(Self::ensure_one(project, FAULTS)?.0)
    }

    /// The same for what fuzzes the API.
    pub(crate) fn ensure_fuzzer(project: &Project) -> anyhow::Result<(Self, bool)> {
        Self::ensure_one(project, FUZZER)
    }

    fn ensure_one(project: &Project, (folder, list): (&str, &str)) -> anyhow::Result<(Self, bool)> {
        let venv = Self { folder: project.root().join(folder) };
        let requirements = project.root().join(list);
        let pinned = std::fs::read(&requirements).with_context(|| format!("{list} cannot be read"))?;
        let stamp = venv.folder.join("holdfast-requirements");
        let wanted = fingerprint(&pinned);
        if std::fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) && venv.python().exists() {
            return Ok((venv, false));
        }
        let interpreter = interpreter()?;
        let log = project.target().join(format!("{}.log", folder.trim_start_matches('.')));
        run_quietly(Command::new(interpreter).args(["-m", "venv", "--clear"]).arg(&venv.folder), &log)
            .context("the virtual environment cannot be made; on Debian and Ubuntu: apt-get install python3-venv")?;
        let mut install = Command::new(venv.python());
        install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]);
        run_quietly(install.arg(&requirements), &log)
            .context("the Python packages cannot be installed; is the package index reachable?")?;
        std::fs::write(stamp, wanted)?;
        Ok((venv, true))
    }

    /// A program of the environment.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.folder.join("bin").join(name)
    }

    /// The interpreter with the AWS SDK.
    pub(crate) fn python(&self) -> PathBuf {
        self.program("python")
    }

    /// Runs scripts of the project, and leaves nothing of its own beside them: what lies in `local` is taken for a crate.
    pub(crate) fn script(&self) -> Command {
        let mut command = Command::new(self.python());
        command.arg("-B");
        command
    }

    /// Runs the project's stack helper.
    pub(crate) fn stack_helper(&self, project: &Project) -> Command {
        let mut command = self.script();
        command.arg(project.root().join(Path::new("local/emulator/stack.py")));
        command
    }

    /// Runs the helper that takes rights away.
    pub(crate) fn rights_helper(&self, project: &Project) -> Command {
        let mut command = self.script();
        command.arg(project.root().join(Path::new("local/emulator/rights.py")));
        command
    }

    /// Runs the helper that looks at deployed stages.
    pub(crate) fn deployed_helper(&self, project: &Project) -> Command {
        let mut command = self.script();
        command.arg(project.root().join(Path::new("local/emulator/deployed.py")));
        command
    }

    /// Runs the helper for what operators do.
    pub(crate) fn operator_helper(&self, project: &Project) -> Command {
        let mut command = self.script();
        command.arg(project.root().join(Path::new("local/operate.py")));
        command
    }
}

/// `cargo xtask tools`.
pub(crate) fn install() -> anyhow::Result<()> {
    let started = step("Install emulator, SAM and linters into .venv");
    let (_, installed) = Venv::ensure(&Project::find()?)?;
    started.done(if installed { "tools installed" } else { "tools are installed" });
    Ok(())
}

fn interpreter() -> anyhow::Result<&'static str> {
    let ask = "import sys; print(*sys.version_info[:2])";
    for name in ["python3", "python"] {
        let Some(answer) = capture(Command::new(name).args(["-c", ask])) else {
            continue;
        };
        if parse_version(&answer).is_some_and(|version| version >= OLDEST) {
            return Ok(name);
        }
    }
    let (major, minor) = OLDEST;
    bail!(
        "python3 {major}.{minor} or newer is needed and was not found; \
         on Debian and Ubuntu: apt-get install python3 python3-venv, on macOS: brew install python"
    )
}

fn parse_version(answer: &str) -> Option<(u32, u32)> {
    let (major, minor) = answer.split_once(' ')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(parse_version("3 11").is_some_and(|version| version >= OLDEST));
        assert!(parse_version("3 9").is_some_and(|version| version < OLDEST));
        assert!(parse_version("2 7").is_some_and(|version| version < OLDEST));
        assert_eq!(parse_version("what"), None);
    }
}
