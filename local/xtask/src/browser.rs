//! The browser and the Node.js packages that drive it.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, bail};

use crate::environment::{find_program, variable};
use crate::files::fingerprint;
use crate::packages::found_or_installed;
use crate::process::run_quietly;
use crate::project::Project;

const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const ON_MACOS: [&str; 2] = [
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/// Finds Chromium or Chrome; as root on Debian it is installed if need be.
pub(crate) fn find_or_install(project: &Project) -> anyhow::Result<PathBuf> {
    let cure = "install Chromium or Chrome (Debian and Ubuntu: apt-get install chromium; macOS: brew install --cask \
                chromium) or name one in CHROMIUM";
    found_or_installed(project, "chromium", find).with_context(|| format!("no browser was found: {cure}"))
}

fn find() -> Option<PathBuf> {
    if let Some(named) = variable("CHROMIUM").map(PathBuf::from)
        && named.is_file()
    {
        return Some(named);
    }
    let on_path = NAMES.iter().find_map(|name| find_program(name));
    on_path.or_else(|| ON_MACOS.iter().map(PathBuf::from).find(|path| path.is_file()))
}

/// The site's scripts, checks and browser tests, with what they need from npm.
#[derive(Debug)]
pub(crate) struct Node {
    npm: PathBuf,
    folder: PathBuf,
}

impl Node {
    /// Installs what `site/package-lock.json` pins, unless that is there already.
    pub(crate) fn ensure(project: &Project) -> anyhow::Result<Self> {
        let Some(npm) = find_program("npm") else {
            bail!(
                "npm was not found: install Node.js 20 or newer (Debian and Ubuntu: apt-get install nodejs npm; macOS: \
                 brew install node)"
            );
        };
        let node = Self { npm, folder: project.root().join("site") };
        let lock = std::fs::read(node.folder.join("package-lock.json")).context("site/package-lock.json is missing")?;
        let (stamp, wanted) = (node.folder.join("node_modules/.holdfast-lock"), fingerprint(&lock));
        if std::fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
            return Ok(node);
        }
        let log = project.target().join("npm.log");
        run_quietly(node.npm().args(["ci", "--no-audit", "--no-fund"]), &log)
            .context("the Node.js packages cannot be installed; is the package registry reachable?")?;
        std::fs::write(stamp, wanted)?;
        Ok(node)
    }

    /// A command that runs a script of `site/package.json`.
    pub(crate) fn script(&self, name: &str) -> Command {
        let mut command = self.npm();
        command.args(["run", "--silent", name]);
        command
    }

    /// A command that runs one file of tests with Node.js itself.
    pub(crate) fn test_file(&self, file: &str) -> anyhow::Result<Command> {
        let mut command = Command::new(find_program("node").context("npm is here, but node was not found")?);
        command.current_dir(&self.folder).args(["--test", "--test-reporter=spec", file]);
        Ok(command)
    }

    fn npm(&self) -> Command {
        let mut command = Command::new(&self.npm);
        command.current_dir(&self.folder);
        command
    }
}
