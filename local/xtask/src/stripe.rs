//! The local stand-in for Stripe as a process, and the keys that local runs use.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::bail;
use clap::ValueEnum;

use crate::emulator::endpoint;
use crate::http::Client;
use crate::interrupt;
use crate::process::{Daemon, Identity};
use crate::secrets::StripeKeys;

/// Where the browser's script is, on the edge's own origin.
pub(crate) const SCRIPT: &str = "/_stripe/v3/stripe.js";
/// Stripe itself.
pub(crate) const REAL_API: &str = "https://api.stripe.com/";
/// What signs the local webhooks.
pub(crate) const WEBHOOK_SECRET: &str = "whsec_holdfast_local";
/// What the functions call the stand-in with.
pub(crate) const SECRET_KEY: &str = "sk_test_holdfast_local";
const PUBLISHABLE_KEY: &str = "pk_test_holdfast_local";
const START_LIMIT: Duration = Duration::from_secs(30);
/// Everything that it has answered is written down: there is nothing to wait for.
const STOP_LIMIT: Duration = Duration::from_millis(300);

/// Which Stripe a stack talks to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Stripe {
    /// The one that is started beside it: no account, no money.
    StandIn,
    /// Stripe's own test mode; the keys come from `secrets put --local`.
    Real,
}

impl Stripe {
    /// As the command line names it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::StandIn => "stand-in",
            Self::Real => "real",
        }
    }
}

/// The keys of local runs. They open nothing but the stand-in.
pub(crate) fn local_keys() -> StripeKeys {
    StripeKeys::new(SECRET_KEY, PUBLISHABLE_KEY, WEBHOOK_SECRET)
}

/// A running stand-in.
#[derive(Debug)]
pub(crate) struct FakeStripe {
    daemon: Daemon,
    port: u16,
    log: PathBuf,
}

/// What a deployed stage's endpoint is told of (docs/payments.md): each further one would be a run more for a payment.
const WEBHOOK_EVENTS: [&str; 4] = [
    "payment_intent.amount_capturable_updated",
    "payment_intent.canceled",
    "payment_intent.payment_failed",
    "charge.refunded",
];

impl FakeStripe {
    /// Starts it on a port, with its journal under `folder` and its webhooks sent to the edge, and waits until it
    /// answers.
    pub(crate) fn start(program: &Path, folder: &Path, port: u16, edge_port: u16) -> anyhow::Result<Self> {
        let log = folder.join("stripe.log");
        let mut command = Command::new(program);
        command
            .args(["--port", &port.to_string()])
            .args(["--secret-key", SECRET_KEY, "--publishable-key", PUBLISHABLE_KEY])
            .args(["--webhook-secret", WEBHOOK_SECRET])
            .args(WEBHOOK_EVENTS.iter().flat_map(|event| ["--webhook-event", event]))
            .args(["--webhook-url", &format!("{}/api/stripe/webhook", endpoint(edge_port)), "--state"])
            .arg(folder.join("stripe.journal"));
        let daemon = Daemon::start("stand-in for Stripe", &mut command, &log)?;
        let mut stripe = Self { daemon, port, log };
        stripe.wait_until_it_answers().inspect_err(|_| {
            stripe.stop();
        })?;
        Ok(stripe)
    }

    fn wait_until_it_answers(&mut self) -> anyhow::Result<()> {
        let client = Client::new(&self.url());
        let answered = interrupt::wait_for(START_LIMIT, || {
            self.check()?;
            Ok(client.get("/_fake/faults").is_ok_and(|answer| answer.status == 200).then_some(()))
        })?;
        if answered.is_none() {
            bail!("the stand-in for Stripe does not answer on port {}; see {}", self.port, self.log.display());
        }
        Ok(())
    }

    /// Its address, without a slash at its end.
    pub(crate) fn url(&self) -> String {
        endpoint(self.port)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_knows_the_names() {
        for stripe in [Stripe::StandIn, Stripe::Real] {
            assert_eq!(Stripe::from_str(stripe.as_str(), false), Ok(stripe));
        }
    }
}
