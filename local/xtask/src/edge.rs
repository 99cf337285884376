//! The local edge as a process.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, bail};

use crate::deployment::Description;
use crate::emulator::endpoint;
use crate::http::Client;
use crate::interrupt;
use crate::process::{Daemon, Identity};

const START_LIMIT: Duration = Duration::from_secs(30);
const STOP_LIMIT: Duration = Duration::from_secs(2);

/// A running edge.
#[derive(Debug)]
pub(crate) struct Edge {
    daemon: Daemon,
    port: u16,
    log: PathBuf,
}

impl Edge {
    /// Starts it before a deployed stack and waits until the API answers through it.
    pub(crate) fn start(
        program: &Path,
        folder: &Path,
        stack: &Description,
        emulator: u16,
        stripe: Option<&str>,
        port: u16,
    ) -> anyhow::Result<Self> {
        let api = stack.outputs.get("ApiId").context("the stack has no output ApiId")?;
        let domain = stack.outputs.get("DistributionDomain").context("the stack has no output DistributionDomain")?;
        // The emulator answers to a distribution's name with a domain of its own.
        let label =
            domain.strip_suffix(".cloudfront.net").with_context(|| format!("{domain} is none of CloudFront's"))?;
        let log = folder.join("edge.log");
        let mut command = Command::new(program);
        command
            .args(["--port", &port.to_string(), "--site", &endpoint(emulator)])
            .args(["--site-host", &format!("{label}.cloudfront.localhost")])
            .args(["--upstream", &format!("{}/_aws/execute-api/{api}/$default", endpoint(emulator))])
            .env("HOLDFAST_ORIGIN_SECRET", &stack.origin_secret);
        if let Some(url) = stripe {
            command.args(["--stripe", url]);
        }
        let daemon = Daemon::start("edge", &mut command, &log)?;
        let mut edge = Self { daemon, port, log };
        edge.wait_until_it_answers().inspect_err(|_| {
            edge.stop();
        })?;
        Ok(edge)
    }

    fn wait_until_it_answers(&mut self) -> anyhow::Result<()> {
        let client = Client::new(&self.base_url());
        let mut last = String::from("nothing");
        let answered = interrupt::wait_for(START_LIMIT, || {
            self.check()?;
            match client.get("/api/session") {
                Ok(answer) if answer.status == 200 => return Ok(Some(())),
                Ok(answer) => last = format!("{} {}", answer.status, answer.body),
                Err(error) => last = format!("{error:#}"),
            }
            Ok(None)
        })?;
        if answered.is_none() {
            bail!("GET {}/api/session does not answer 200 but {last}", self.base_url());
        }
        Ok(())
    }

    /// What a browser opens.
    pub(crate) fn base_url(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    /// Fails when it has ended by itself.
    pub(crate) fn check(&mut self) -> anyhow::Result<()> {
        self.daemon.check(&self.log)
    }

    /// How another run can stop it.
    pub(crate) fn identity(&self) -> Identity {
        self.daemon.identity()
    }

    /// Ends it.
    pub(crate) fn stop(&mut self) {
        self.daemon.stop(STOP_LIMIT);
    }
}
