//! What stands between functions and emulator: microburst, which answers as AWS does when AWS fails, or the meter, which
//! writes down what each call costs.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::bail;

use crate::emulator::{OWNER, REGION, endpoint, free_port};
use crate::http::Client;
use crate::interrupt;
use crate::process::Daemon;
use crate::project::Project;
use crate::python::Venv;

const START_LIMIT: Duration = Duration::from_secs(30);

/// What stands between functions and emulator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Between {
    /// Nothing.
    Nothing,
    /// microburst, which can make calls fail.
    Faults,
    /// `local/meter`, which can count them.
    Meter,
}

/// A running proxy. As long as nobody tells it to do more, it hands every call on.
#[derive(Debug)]
pub(crate) struct Proxy {
    daemon: Daemon,
    url: String,
    log: PathBuf,
}

impl Proxy {
    /// Starts microburst before an emulator and waits until it answers.
    pub(crate) fn faults(project: &Project, folder: &Path, emulator: u16) -> anyhow::Result<Self> {
        let venv = Venv::ensure_faults(project)?;
        let port = free_port()?;
        let mut command = venv.script();
        command.arg(project.root().join("local/faults/proxy.py")).args([port.to_string(), endpoint(emulator)]);
        let proxy = Self::start(&mut command, folder, port, "/_microburst/health")?;
        // With the first call it reads what AWS's services are like, for seconds. Whether anybody is behind it yet does
        // not matter.
        Client::new(&proxy.url).get("/")?;
        Ok(proxy)
    }

    /// Starts the meter before an emulator and what stands in for Stripe, and waits until it answers.
    pub(crate) fn meter(binaries: &Path, folder: &Path, emulator: u16, stripe: u16) -> anyhow::Result<Self> {
        let port = free_port()?;
        let mut command = Command::new(binaries.join("meter"));
        command.args(["--port", &port.to_string(), "--upstream", &endpoint(emulator), "--stripe", &endpoint(stripe)]);
        command.args(["--region", REGION, "--owner", OWNER]);
        Self::start(&mut command, folder, port, "/_meter/health")
    }

    fn start(command: &mut Command, folder: &Path, port: u16, health: &str) -> anyhow::Result<Self> {
        let log = folder.join("proxy.log");
        let daemon = Daemon::start("proxy", command, &log)?;
        let mut proxy = Self { daemon, url: endpoint(port), log };
        proxy.wait_until_it_answers(health).inspect_err(|_| proxy.stop())?;
        Ok(proxy)
    }

    fn wait_until_it_answers(&mut self, health: &str) -> anyhow::Result<()> {
        let client = Client::new(&self.url);
        let answered = interrupt::wait_for(START_LIMIT, || {
            self.daemon.check(&self.log)?;
            Ok(client.get(health).is_ok_and(|answer| answer.status == 200).then_some(()))
        })?;
        if answered.is_none() {
            bail!("the proxy does not answer at {}; see {}", self.url, self.log.display());
        }
        Ok(())
    }

    /// Its address, without a slash at its end.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Ends it at once: it keeps nothing.
    pub(crate) fn stop(&mut self) {
        self.daemon.stop(Duration::ZERO);
    }
}
