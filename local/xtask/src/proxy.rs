//! The proxy between functions and emulator: microburst, which answers as AWS does when AWS fails.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::bail;

use crate::emulator::{endpoint, free_port};
use crate::http::Client;
use crate::interrupt;
use crate::process::Daemon;
use crate::project::Project;
use crate::python::Venv;

const START_LIMIT: Duration = Duration::from_secs(30);

/// A running proxy. As long as nobody gives it a rule, it hands every call on.
#[derive(Debug)]
pub(crate) struct Proxy {
    daemon: Daemon,
    url: String,
    log: PathBuf,
}

impl Proxy {
    /// Starts it before an emulator and waits until it answers.
    pub(crate) fn start(project: &Project, folder: &Path, emulator: u16) -> anyhow::Result<Self> {
        let venv = Venv::ensure_faults(project)?;
        let (port, log) = (free_port()?, folder.join("proxy.log"));
        let mut command = venv.script();
        command.arg(project.root().join("local/faults/proxy.py")).args([port.to_string(), endpoint(emulator)]);
        let daemon = Daemon::start("proxy", &mut command, &log)?;
        let mut proxy = Self { daemon, url: endpoint(port), log };
        proxy.wait_until_it_answers().inspect_err(|_| proxy.stop())?;
        Ok(proxy)
    }

    fn wait_until_it_answers(&mut self) -> anyhow::Result<()> {
        let client = Client::new(&self.url);
        let answered = interrupt::wait_for(START_LIMIT, || {
            self.daemon.check(&self.log)?;
            Ok(client.get("/_microburst/health").is_ok_and(|answer| answer.status == 200).then_some(()))
        })?;
        if answered.is_none() {
            bail!("the proxy does not answer at {}; see {}", self.url, self.log.display());
        }
        // With the first call it reads what AWS's services are like, for seconds. Whether anybody is behind it yet does not
        // matter.
        client.get("/")?;
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
