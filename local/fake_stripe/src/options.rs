use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use hyper::Uri;

/// What a server is told when it starts.
#[derive(Clone, Debug)]
pub struct Options {
    /// Port on 127.0.0.1; 0 takes any that is free.
    pub port: u16,
    /// The key of servers: `sk_test_…` or `rk_test_…`.
    pub secret_key: String,
    /// The key of browsers: `pk_test_…`.
    pub publishable_key: String,
    /// Secrets that sign webhooks; with two of them each delivery carries two signatures, as during a rotation.
    pub webhook_secrets: Vec<String>,
    /// Where events are sent; without it they are only written down.
    pub webhook_url: Option<String>,
    /// Types of the events that are sent.
    pub webhook_events: Vec<String>,
    /// Waiting times between the attempts to deliver an event; there is one attempt more than that.
    pub webhook_retries: Vec<Duration>,
    /// A journal that brings everything back after a crash.
    pub state: Option<PathBuf>,
    /// Makes the ids of an empty account repeatable.
    pub seed: Option<String>,
    /// What `crash_before` and `crash_after` do; without it they are refused. It must not return.
    pub on_crash: Option<fn()>,
}

/// Events that are sent unless others are asked for.
pub const EVENTS: [&str; 7] = [
    "payment_intent.created",
    "payment_intent.requires_action",
    "payment_intent.payment_failed",
    "payment_intent.amount_capturable_updated",
    "payment_intent.succeeded",
    "payment_intent.canceled",
    "charge.refunded",
];

/// Milliseconds between attempts: quick at first, then about as long as a restart or a person takes.
const RETRIES: [u64; 10] = [250, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 30_000, 60_000, 120_000];

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 0,
            secret_key: "sk_test_fake".to_owned(),
            publishable_key: "pk_test_fake".to_owned(),
            webhook_secrets: vec!["whsec_fake".to_owned()],
            webhook_url: None,
            webhook_events: EVENTS.map(str::to_owned).to_vec(),
            webhook_retries: RETRIES.map(Duration::from_millis).to_vec(),
            state: None,
            seed: None,
            on_crash: None,
        }
    }
}

impl Options {
    /// Refuses what cannot work, and keys that are worth something.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        let secret = self.secret_key.starts_with("sk_test_") || self.secret_key.starts_with("rk_test_");
        ensure!(secret, "the secret key must begin with sk_test_ or rk_test_: live keys have no business here");
        ensure!(self.publishable_key.starts_with("pk_test_"), "the publishable key must begin with pk_test_");
        ensure!(!self.webhook_secrets.is_empty(), "webhooks need a secret");
        if let Some(url) = &self.webhook_url {
            let uri: Uri = url.parse().context("the webhook's address cannot be read")?;
            ensure!(
                uri.scheme_str() == Some("http") && uri.host().is_some(),
                "the webhook's address must begin with http://"
            );
        }
        Ok(())
    }
}
