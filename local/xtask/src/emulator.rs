//! The AWS emulator as a process.

use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde_json::Value;

use crate::files::{read_json, write_json};
use crate::http::Client;
use crate::interrupt;
use crate::process::{Daemon, Identity};
use crate::python::Venv;

/// The region that everything local is in.
pub(crate) const REGION: &str = "eu-central-1";
/// The emulator takes this key for the account's owner; every other key has the rights of its role.
pub(crate) const OWNER: &str = "test";
const START_LIMIT: Duration = Duration::from_mins(1);
/// It writes its state down when it is asked to end.
const STOP_LIMIT: Duration = Duration::from_secs(30);

/// A running emulator.
#[derive(Debug)]
pub(crate) struct Emulator {
    daemon: Daemon,
    port: u16,
    log: PathBuf,
}

impl Emulator {
    /// Starts it on a port with its data under `folder` and waits until it answers.
    ///
    /// Functions inherit its environment, so `more` reaches them too.
    pub(crate) fn start(venv: &Venv, folder: &Path, port: u16, more: &[(&str, &Path)]) -> anyhow::Result<Self> {
        Self::start_program(Command::new(venv.program("ministack")), folder, port, more)
    }

    /// The same, through a program that stands before it.
    pub(crate) fn start_program(
        mut command: Command,
        folder: &Path,
        port: u16,
        more: &[(&str, &Path)],
    ) -> anyhow::Result<Self> {
        let log = folder.join("emulator.log");
        let temporary = folder.join("tmp");
        // Unpacked function code of an earlier run.
        drop(std::fs::remove_dir_all(&temporary));
        std::fs::create_dir_all(&temporary)?;
        forget_stream_positions(&folder.join("state"))?;
        as_owner(&mut command, port);
        command
            .env("GATEWAY_PORT", port.to_string())
            .env("BIND_HOST", "127.0.0.1")
            .env("MINISTACK_REGION", REGION)
            .env("AUTH", "true")
            // Each waiting invocation takes a thread, and so does each call that it waits for: with the default of 64
            // what the edge lets through, and the bus and the stream beside it, would starve their own calls.
            .env("MINISTACK_WORKER_THREADS", "256")
            .env("PERSIST_STATE", "1")
            .env("STATE_DIR", folder.join("state"))
            .env("S3_PERSIST", "1")
            .env("S3_DATA_DIR", folder.join("s3"))
            .env("TMPDIR", &temporary)
            .env("SFTP_ENABLED", "0")
            .env("IOT_MTLS_ENABLED", "0")
            .envs(more.iter().copied());
        let daemon = Daemon::start("emulator", &mut command, &log)?;
        let mut emulator = Self { daemon, port, log };
        emulator.wait_until_ready().inspect_err(|_| {
            emulator.stop();
        })?;
        Ok(emulator)
    }

    fn wait_until_ready(&mut self) -> anyhow::Result<()> {
        let client = Client::new(&endpoint(self.port));
        let ready = interrupt::wait_for(START_LIMIT, || {
            self.check()?;
            Ok(client.get("/_ministack/ready").is_ok_and(|answer| answer.status == 200).then_some(()))
        })?;
        if ready.is_none() {
            bail!("the emulator does not answer on port {}; see {}", self.port, self.log.display());
        }
        Ok(())
    }

    /// Fails when it has ended by itself.
    pub(crate) fn check(&mut self) -> anyhow::Result<()> {
        self.daemon.check(&self.log)
    }

    /// Where it listens.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// How another run can stop it.
    pub(crate) fn identity(&self) -> Identity {
        self.daemon.identity()
    }

    /// Ends it at once: what it holds now is not to be kept.
    pub(crate) fn kill(&mut self) {
        self.daemon.stop(Duration::ZERO);
    }

    /// Ends it and the functions it runs. Whether it had the time to write its state down.
    pub(crate) fn stop(&mut self) -> bool {
        self.daemon.stop(STOP_LIMIT)
    }
}

/// The emulator writes down how far each reader of a table's stream was, but not the stream: after the next start it
/// would pass over as many new records as were read before. Without a position a reader begins where the stream does.
fn forget_stream_positions(state: &Path) -> anyhow::Result<()> {
    let path = state.join("lambda.json");
    let Some(mut lambda) = read_json::<Value>(&path) else { return Ok(()) };
    let payload = lambda.get_mut("payload").and_then(Value::as_object_mut);
    if payload.and_then(|payload| payload.remove("dynamodb_stream_positions")).is_some() {
        write_json(&path, &lambda)?;
    }
    Ok(())
}

/// Stops an emulator that an earlier run left behind.
pub(crate) fn stop_left_behind(identity: Identity) -> bool {
    identity.stop(STOP_LIMIT)
}

/// The emulator's address.
pub(crate) fn endpoint(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

/// Lets a program talk to the emulator as the account's owner, whatever profiles and proxies the user has.
pub(crate) fn as_owner(command: &mut Command, port: u16) {
    for name in ["AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_CA_BUNDLE"] {
        command.env_remove(name);
    }
    command.envs(owner_environment(port));
}

/// The variables that make an SDK talk to the emulator as the account's owner.
pub(crate) fn owner_environment(port: u16) -> Vec<(&'static str, String)> {
    vec![
        ("AWS_ENDPOINT_URL", endpoint(port)),
        ("AWS_REGION", REGION.to_owned()),
        ("AWS_DEFAULT_REGION", REGION.to_owned()),
        ("AWS_ACCESS_KEY_ID", OWNER.to_owned()),
        ("AWS_SECRET_ACCESS_KEY", OWNER.to_owned()),
        ("AWS_CONFIG_FILE", "/dev/null".to_owned()),
        ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null".to_owned()),
        ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
        ("NO_PROXY", "localhost,127.0.0.1".to_owned()),
        ("no_proxy", "localhost,127.0.0.1".to_owned()),
        ("SAM_CLI_TELEMETRY", "0".to_owned()),
    ]
}

/// A port that nobody listens on now.
pub(crate) fn free_port() -> anyhow::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no port is free")?;
    Ok(listener.local_addr()?.port())
}

/// Whether a port of this machine can be listened on.
pub(crate) fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn stream_positions_are_forgotten_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        forget_stream_positions(folder.path()).unwrap();
        let path = folder.path().join("lambda.json");
        write_json(&path, &json!({"payload": {"esms": {"a": 1}, "dynamodb_stream_positions": {"a": 758}}})).unwrap();
        for _ in 0..2 {
            forget_stream_positions(folder.path()).unwrap();
            assert_eq!(read_json::<Value>(&path), Some(json!({"payload": {"esms": {"a": 1}}})));
        }
    }
}
