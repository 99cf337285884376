//! `cargo xtask secrets put`: Stripe's keys, into the parameters of one stage.
//!
//! They come from the terminal, without echo, or from standard input, and go to the helper's standard input: never onto
//! a command line, into a file or onto the screen.

use std::process::Command;

use anyhow::{Context as _, bail, ensure};
use serde::{Deserialize, Serialize};

use crate::cli::SecretsOptions;
use crate::console::line;
use crate::emulator::as_owner;
use crate::operator::{Place, answered};
use crate::project::Project;
use crate::python::Venv;
use crate::terminal;

/// The stage that local runs deploy unless they say otherwise; the template's default.
pub(crate) const LOCAL_STAGE: &str = "dev";

/// The keys of one stage. Nothing prints them.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StripeKeys {
    secret_key: String,
    publishable_key: String,
    webhook_secret: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    webhook_secret_previous: Option<String>,
}

impl StripeKeys {
    /// Keys without a webhook secret from before.
    pub(crate) fn new(secret_key: &str, publishable_key: &str, webhook_secret: &str) -> Self {
        Self {
            secret_key: secret_key.to_owned(),
            publishable_key: publishable_key.to_owned(),
            webhook_secret: webhook_secret.to_owned(),
            webhook_secret_previous: None,
        }
    }

    /// Refuses what Stripe would not have given out, and keys that do not belong together.
    fn check(&self) -> anyhow::Result<()> {
        let begins = |key: &str, prefixes: &[&str]| {
            let known = prefixes.iter().any(|prefix| key.len() > prefix.len() && key.starts_with(prefix));
            known && key.chars().all(|letter| letter.is_ascii_graphic())
        };
        ensure!(
            begins(&self.secret_key, &["rk_test_", "rk_live_", "sk_test_", "sk_live_"]),
            "the restricted or secret key must begin with rk_test_, rk_live_, sk_test_ or sk_live_"
        );
        ensure!(
            begins(&self.publishable_key, &["pk_test_", "pk_live_"]),
            "the publishable key must begin with pk_test_ or pk_live_"
        );
        ensure!(begins(&self.webhook_secret, &["whsec_"]), "the webhook's secret must begin with whsec_");
        if let Some(previous) = &self.webhook_secret_previous {
            ensure!(begins(previous, &["whsec_"]), "the webhook's previous secret must begin with whsec_");
            ensure!(*previous != self.webhook_secret, "the webhook's secret and the previous one are the same");
        }
        ensure!(
            self.is_live() == self.publishable_key.starts_with("pk_live_"),
            "one key is a live key and the other a test key: they belong to different accounts"
        );
        Ok(())
    }

    fn is_live(&self) -> bool {
        self.secret_key[2..].starts_with("_live_")
    }
}

/// Reads the keys and writes them.
pub(crate) fn put(options: &SecretsOptions) -> anyhow::Result<()> {
    let project = Project::find()?;
    let (venv, _) = Venv::ensure(&project)?;
    let place = Place::chosen(&project, options.local, options.region.as_deref(), options.profile.as_deref())?;
    let keys = if options.stdin { from_input()? } else { from_terminal()? };
    keys.check()?;
    ensure!(!(options.local && keys.is_live()), "live keys have no business on a laptop");
    let mut command = helper(&project, &venv, &options.stage);
    place.enter(&mut command);
    let written = answered(&mut command, &keys)?;
    line(&format!("{written}, {place}"));
    Ok(())
}

/// Writes keys into the emulator, as [`put`] does.
pub(crate) fn put_locally(
    project: &Project,
    venv: &Venv,
    port: u16,
    stage: &str,
    keys: &StripeKeys,
) -> anyhow::Result<()> {
    keys.check()?;
    let mut command = helper(project, venv, stage);
    as_owner(&mut command, port);
    answered(&mut command, keys).context("the payment keys cannot be written")?;
    Ok(())
}

fn helper(project: &Project, venv: &Venv, stage: &str) -> Command {
    let mut command = venv.operator_helper(project);
    command.args(["secrets", stage]);
    command
}

fn from_input() -> anyhow::Result<StripeKeys> {
    let text = std::io::read_to_string(std::io::stdin()).context("standard input cannot be read")?;
    // Its message may quote what it could not read.
    serde_json::from_str(&text).map_err(|_| {
        anyhow::anyhow!(
            "standard input must be JSON: {{\"secret_key\": …, \"publishable_key\": …, \"webhook_secret\": …}}, and \
             webhook_secret_previous while a webhook's secret is being replaced"
        )
    })
}

fn from_terminal() -> anyhow::Result<StripeKeys> {
    if !terminal::is_there() {
        bail!("there is no terminal to ask: give the keys as JSON with --stdin");
    }
    line("What is entered is not shown.");
    let secret_key = terminal::ask_secretly("Restricted key (rk_…), or secret key (sk_…)")?;
    let publishable_key = terminal::ask_secretly("Publishable key (pk_…)")?;
    let webhook_secret = terminal::ask_secretly("Webhook secret (whsec_…)")?;
    let previous = terminal::ask_secretly("Previous webhook secret, if one is being replaced, or nothing")?;
    let webhook_secret_previous = Some(previous).filter(|text| !text.is_empty());
    Ok(StripeKeys { secret_key, publishable_key, webhook_secret, webhook_secret_previous })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(secret: &str, publishable: &str, webhook: &str) -> Option<String> {
        StripeKeys::new(secret, publishable, webhook).check().err().map(|error| error.to_string())
    }

    #[test]
    fn keys_that_belong_together_are_taken() {
        assert_eq!(problem("rk_test_1", "pk_test_1", "whsec_1"), None);
        assert_eq!(problem("sk_live_1", "pk_live_1", "whsec_1"), None);
        assert!(crate::stripe::local_keys().check().is_ok());
    }

    #[test]
    fn a_key_in_the_wrong_place_is_named_and_not_quoted() {
        for (secret, publishable, webhook) in [
            ("pk_test_1", "sk_test_1", "whsec_1"),
            ("sk_test_1", "sk_test_1", "whsec_1"),
            ("sk_test_1", "pk_test_1", "sk_test_1"),
            ("sk_test_", "pk_test_1", "whsec_1"),
            ("sk_test_1 ", "pk_test_1", "whsec_1"),
            ("", "", ""),
        ] {
            let told = problem(secret, publishable, webhook).expect("refused");
            assert!(!told.contains("_1"), "{told}");
        }
    }

    #[test]
    fn live_and_test_keys_are_not_mixed() {
        assert!(problem("sk_live_1", "pk_test_1", "whsec_1").expect("refused").contains("different accounts"));
        assert!(problem("rk_test_1", "pk_live_1", "whsec_1").is_some());
    }

    #[test]
    fn a_replaced_webhook_secret_is_another_one() {
        let mut keys = StripeKeys::new("sk_test_1", "pk_test_1", "whsec_1");
        keys.webhook_secret_previous = Some("whsec_0".to_owned());
        assert!(keys.check().is_ok());
        keys.webhook_secret_previous = Some("whsec_1".to_owned());
        assert!(keys.check().is_err());
    }
}
