//! The two generated secrets that a request is checked with, cached for minutes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_sdk_secretsmanager::Client;
use holdfast_auth::SessionKeys;
use tokio::sync::Mutex;

/// How long a secret is kept: a rotated key is seen everywhere after so long at most.
const KEPT_FOR: Duration = Duration::from_mins(5);
/// How soon a failed check may fetch the secret anew, so that nobody can make us call without end.
const REFETCH_AFTER: Duration = Duration::from_secs(30);

/// A secret could not be had.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// Secrets Manager did not give it.
    #[error("a secret cannot be read")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It is not what the template generates.
    #[error("a secret is not of the expected form")]
    Malformed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Reads the session keys and the origin's secret.
#[derive(Debug)]
pub struct Secrets {
    client: Client,
    session_arn: Option<String>,
    origin_arn: String,
    session: Mutex<Option<(Instant, Arc<SessionKeys>)>>,
    origin: Mutex<Option<(Instant, Arc<str>)>>,
}

impl Secrets {
    /// Secrets at these addresses. A function that asks nobody who they are has no session keys.
    #[must_use]
    pub fn new(client: Client, session_arn: Option<String>, origin_arn: String) -> Self {
        Self { client, session_arn, origin_arn, session: Mutex::default(), origin: Mutex::default() }
    }

    /// The keys that sign sessions. With `anew`, a copy older than half a minute is fetched again.
    ///
    /// # Errors
    /// [`SecretsError`].
    pub async fn session_keys(&self, anew: bool) -> Result<Arc<SessionKeys>, SecretsError> {
        let mut kept = self.session.lock().await;
        if let Some((fetched, keys)) = kept.as_ref()
            && fetched.elapsed() < limit(anew)
        {
            return Ok(Arc::clone(keys));
        }
        let arn =
            self.session_arn.as_deref().ok_or_else(|| SecretsError::Malformed("no session secret is named".into()))?;
        let text = self.fetch(arn).await?;
        let keys = SessionKeys::from_secret_json(&text).map_err(|error| SecretsError::Malformed(Box::new(error)))?;
        let keys = Arc::new(keys);
        *kept = Some((Instant::now(), Arc::clone(&keys)));
        Ok(keys)
    }

    /// What the edge sends to prove that a request came through it.
    ///
    /// # Errors
    /// [`SecretsError`].
    pub async fn origin(&self, anew: bool) -> Result<Arc<str>, SecretsError> {
        let mut kept = self.origin.lock().await;
        if let Some((fetched, secret)) = kept.as_ref()
            && fetched.elapsed() < limit(anew)
        {
            return Ok(Arc::clone(secret));
        }
        let secret: Arc<str> = self.fetch(&self.origin_arn).await?.into();
        *kept = Some((Instant::now(), Arc::clone(&secret)));
        Ok(secret)
    }

    /// Reads ahead what the first request would wait for. What cannot be read now is read then, and its error told.
    pub async fn read_ahead(&self) {
        let session = async {
            if self.session_arn.is_some() {
                drop(self.session_keys(false).await);
            }
        };
        tokio::join!(async { drop(self.origin(false).await) }, session);
    }

    async fn fetch(&self, arn: &str) -> Result<String, SecretsError> {
        let output = self.client.get_secret_value().secret_id(arn).send().await;
        let output = output.map_err(|error| SecretsError::Unavailable(Box::new(error)))?;
        output.secret_string.ok_or_else(|| SecretsError::Malformed("the secret is not text".into()))
    }
}

fn limit(anew: bool) -> Duration {
    if anew { REFETCH_AFTER } else { KEPT_FOR }
}
