//! The keys of one stage: SSM `SecureString`s, read at first use and kept for minutes.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_sdk_ssm::Client;
use tokio::sync::Mutex;

use crate::error::Source;

/// How long keys are kept before they are read again.
const KEPT_FOR: Duration = Duration::from_mins(5);
/// How soon a failed check may read them anew, so that nobody can make us call without end.
const REFETCH_AFTER: Duration = Duration::from_secs(30);

/// One of the parameters under a stage's prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyName {
    /// `secret_key`: a restricted key, or the secret key.
    Secret,
    /// `publishable_key`, for the browser.
    Publishable,
    /// `webhook_secret`.
    Webhook,
    /// `webhook_secret_previous`: counts too, while a webhook's secret is being replaced. May be missing.
    WebhookPrevious,
}

impl KeyName {
    /// The last part of the parameter's name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Secret => "secret_key",
            Self::Publishable => "publishable_key",
            Self::Webhook => "webhook_secret",
            Self::WebhookPrevious => "webhook_secret_previous",
        }
    }
}

/// Why the keys could not be had.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// They were never written for this stage.
    #[error("a payment key is not set")]
    NotConfigured,
    /// SSM did not give them.
    #[error("the payment keys cannot be read")]
    Unavailable(#[source] Source),
    /// One is of another form than its name says.
    #[error("the payment key {0} is of another form")]
    Malformed(&'static str),
}

/// The key that the server calls Stripe with.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct SecretKey(String);

impl SecretKey {
    pub(crate) fn new(text: String) -> Self {
        Self(text)
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// Whether it moves real money.
    pub(crate) fn is_live(&self) -> bool {
        !self.0.starts_with("sk_test_") && !self.0.starts_with("rk_test_")
    }
}

/// The key that the browser shows to Stripe. It is public.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishableKey(String);

impl PublishableKey {
    /// The key's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What signs a webhook.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookSecret(String);

impl WebhookSecret {
    /// Wraps a secret.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

/// Keys as they were read.
#[derive(Clone, Default)]
struct Values {
    secret: Option<SecretKey>,
    publishable: Option<PublishableKey>,
    webhook: Vec<WebhookSecret>,
}

/// Reads and keeps the keys that a function may read.
pub struct StripeKeys {
    client: Client,
    prefix: String,
    wanted: &'static [KeyName],
    kept: Mutex<Option<(Instant, Arc<Values>)>>,
}

impl StripeKeys {
    /// The `wanted` keys under `prefix` (`/holdfast/<stage>/stripe`).
    #[must_use]
    pub fn new(client: Client, prefix: String, wanted: &'static [KeyName]) -> Self {
        Self { client, prefix, wanted, kept: Mutex::default() }
    }

    pub(crate) async fn secret(&self) -> Result<SecretKey, KeysError> {
        self.values(KEPT_FOR).await?.secret.clone().ok_or(KeysError::NotConfigured)
    }

    /// The key for the browser.
    ///
    /// # Errors
    /// [`KeysError`].
    pub async fn publishable(&self) -> Result<PublishableKey, KeysError> {
        self.values(KEPT_FOR).await?.publishable.clone().ok_or(KeysError::NotConfigured)
    }

    /// What a webhook may be signed with. With `anew`, a copy older than half a minute is read again.
    ///
    /// # Errors
    /// [`KeysError`].
    pub async fn webhook_secrets(&self, anew: bool) -> Result<Vec<WebhookSecret>, KeysError> {
        let secrets = self.values(if anew { REFETCH_AFTER } else { KEPT_FOR }).await?.webhook.clone();
        if secrets.is_empty() { Err(KeysError::NotConfigured) } else { Ok(secrets) }
    }

    /// Forgets a copy that Stripe refused, if it is old enough to have been replaced.
    pub(crate) async fn forget(&self) {
        self.kept.lock().await.take_if(|(read, _)| read.elapsed() >= REFETCH_AFTER);
    }

    async fn values(&self, limit: Duration) -> Result<Arc<Values>, KeysError> {
        let mut kept = self.kept.lock().await;
        if let Some((read, values)) = kept.as_ref()
            && read.elapsed() < limit
        {
            return Ok(Arc::clone(values));
        }
        let values = Arc::new(self.read().await?);
        // That keys are missing is not kept: once they are written, the next call has them.
        if self.is_complete(&values) {
            *kept = Some((Instant::now(), Arc::clone(&values)));
        }
        Ok(values)
    }

    fn is_complete(&self, values: &Values) -> bool {
        self.wanted.iter().all(|name| match name {
            KeyName::Secret => values.secret.is_some(),
            KeyName::Publishable => values.publishable.is_some(),
            KeyName::Webhook => !values.webhook.is_empty(),
            KeyName::WebhookPrevious => true,
        })
    }

    async fn read(&self) -> Result<Values, KeysError> {
        let names = self.wanted.iter().map(|name| self.parameter(*name)).collect();
        let output = self.client.get_parameters().set_names(Some(names)).with_decryption(true).send().await;
        let found = output.map_err(|error| KeysError::Unavailable(error.into()))?.parameters.unwrap_or_default();
        let mut values = Values::default();
        for &name in self.wanted {
            let parameter = self.parameter(name);
            let text = found
                .iter()
                .find(|one| one.name.as_deref() == Some(&parameter))
                .and_then(|one| one.value.as_deref().map(str::trim))
                .filter(|text| !text.is_empty());
            let Some(text) = text else { continue };
            let malformed = || KeysError::Malformed(name.as_str());
            let text = has_form(name, text).then(|| text.to_owned()).ok_or_else(malformed)?;
            match name {
                KeyName::Secret => values.secret = Some(SecretKey::new(text)),
                KeyName::Publishable => values.publishable = Some(PublishableKey(text)),
                KeyName::Webhook | KeyName::WebhookPrevious => values.webhook.push(WebhookSecret(text)),
            }
        }
        Ok(values)
    }

    fn parameter(&self, name: KeyName) -> String {
        format!("{}/{}", self.prefix, name.as_str())
    }
}

/// Whether a key looks like its name. Source: Stripe, "API keys".
fn has_form(name: KeyName, text: &str) -> bool {
    let prefixes: &[&str] = match name {
        KeyName::Secret => &["sk_", "rk_"],
        KeyName::Publishable => &["pk_"],
        KeyName::Webhook | KeyName::WebhookPrevious => &["whsec_"],
    };
    prefixes.iter().any(|prefix| text.starts_with(prefix)) && text.chars().all(|c| c.is_ascii_graphic())
}

macro_rules! hidden {
    ($($name:ident)*) => {
        $(impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(hidden)"))
            }
        })*
    };
}
hidden! { SecretKey WebhookSecret StripeKeys }
