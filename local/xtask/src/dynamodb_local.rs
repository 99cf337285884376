//! DynamoDB Local, AWS's own implementation for a laptop, as a process: tables in memory, and nothing told to anybody.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, bail};

use crate::emulator::{endpoint, free_port};
use crate::environment::find_program;
use crate::http::Client;
use crate::interrupt;
use crate::npm;
use crate::packages::found_or_installed;
use crate::process::Daemon;
use crate::project::Project;

const START_LIMIT: Duration = Duration::from_mins(1);
const STOP_LIMIT: Duration = Duration::from_secs(2);
/// As Debian calls it; any Java from 11 on runs it.
const JAVA: &str = "openjdk-17-jre-headless";

/// A running DynamoDB Local.
#[derive(Debug)]
pub(crate) struct DynamoDbLocal {
    daemon: Daemon,
    port: u16,
    log: PathBuf,
}

impl DynamoDbLocal {
    /// Starts it on a free port with its log under `folder` and waits until it answers.
    pub(crate) fn start(project: &Project, folder: &Path) -> anyhow::Result<Self> {
        let java = found_or_installed(project, JAVA, || find_program("java"))
            .with_context(|| format!("java was not found: install it (Debian and Ubuntu: apt-get install {JAVA})"))?;
        let package = installed(project)?;
        let (log, port) = (folder.join("dynamodb-local.log"), free_port()?);
        let mut command = Command::new(java);
        command
            .current_dir(&package)
            .args(["-Xmx1g", "-Djava.library.path=DynamoDBLocal_lib", "-jar", "DynamoDBLocal.jar"])
            .args(["-inMemory", "-sharedDb", "-disableTelemetry", "-cors", "localhost", "-port", &port.to_string()])
            .env("DDB_LOCAL_TELEMETRY", "0");
        let daemon = Daemon::start("DynamoDB Local", &mut command, &log)?;
        let mut local = Self { daemon, port, log };
        local.wait_until_it_answers().inspect_err(|_| {
            local.stop();
        })?;
        Ok(local)
    }

    fn wait_until_it_answers(&mut self) -> anyhow::Result<()> {
        let client = Client::new(&endpoint(self.port));
        let answered = interrupt::wait_for(START_LIMIT, || {
            self.daemon.check(&self.log)?;
            Ok(client.get("/").is_ok().then_some(()))
        })?;
        if answered.is_none() {
            bail!("DynamoDB Local does not answer on port {}; see {}", self.port, self.log.display());
        }
        Ok(())
    }

    /// Where it listens.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Ends it, and all of its tables.
    pub(crate) fn stop(&mut self) {
        self.daemon.stop(STOP_LIMIT);
    }
}

/// Where it is, after installing what `local/dynamodb_local/package-lock.json` pins, unless that is there already.
fn installed(project: &Project) -> anyhow::Result<PathBuf> {
    Ok(npm::installed(project, "local/dynamodb_local")?.join("amplify-dynamodb-simulator/emulator"))
}
