//! Starting: telemetry, then the SDK's configuration, then the clients that a function asks for.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use holdfast_http_api::{Gate, Limiter, Secrets};
use holdfast_store::{Accounts, Allowance, Market, Sessions, Tries};
use tracing_subscriber::EnvFilter;

use crate::config::{Config, ConfigError};

/// Tries of a call: the first and two more.
const TRIES: u32 = 3;

/// A started function.
#[derive(Debug)]
pub struct Runtime {
    /// The environment.
    pub config: Config,
    /// Region, credentials, endpoint and timeouts of every client.
    pub sdk: SdkConfig,
}

impl Runtime {
    /// Starts logging and reads the SDK's configuration.
    ///
    /// `CALL_TIMEOUT_SECONDS` limits one try of a call, connecting included; all tries together have three times that.
    ///
    /// # Errors
    /// [`ConfigError`] when that variable is not a positive number.
    pub async fn start() -> Result<Self, ConfigError> {
        let filter = EnvFilter::try_from_env("LOG_LEVEL").unwrap_or_else(|_| EnvFilter::new("info"));
        tracing_subscriber::fmt()
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_span_list(false)
            .with_target(false)
            .with_env_filter(filter)
            .init();
        let one_try = Config.seconds("CALL_TIMEOUT_SECONDS")?;
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(one_try)
            .operation_attempt_timeout(one_try)
            .operation_timeout(one_try * TRIES)
            .build();
        let sdk = aws_config::defaults(BehaviorVersion::latest())
            .timeout_config(timeouts)
            .retry_config(RetryConfig::standard().with_max_attempts(TRIES))
            .load()
            .await;
        Ok(Self { config: Config, sdk })
    }

    /// The market's table.
    ///
    /// # Errors
    /// [`ConfigError`] when `MARKET_TABLE` is not set.
    pub fn market(&self) -> Result<Market, ConfigError> {
        Ok(Market::new(self.dynamodb(), self.config.text("MARKET_TABLE")?))
    }

    /// The accounts' table; only the account functions have a right to it.
    ///
    /// # Errors
    /// [`ConfigError`] when `ACCOUNTS_TABLE` is not set.
    pub fn accounts(&self) -> Result<Accounts, ConfigError> {
        Ok(Accounts::new(self.dynamodb(), self.config.text("ACCOUNTS_TABLE")?))
    }

    /// The sessions' table.
    ///
    /// # Errors
    /// [`ConfigError`] when `SESSIONS_TABLE` is not set.
    pub fn sessions(&self) -> Result<Sessions, ConfigError> {
        Ok(Sessions::new(self.dynamodb(), self.config.text("SESSIONS_TABLE")?))
    }

    /// The gate of a route.
    ///
    /// # Errors
    /// [`ConfigError`] when a variable that it needs is not set.
    pub fn gate(&self) -> Result<Gate, ConfigError> {
        let client = aws_sdk_secretsmanager::Client::new(&self.sdk);
        let (session, origin) = (self.config.text("SESSION_SECRET_ARN")?, self.config.text("ORIGIN_SECRET_ARN")?);
        Ok(Gate::new(Secrets::new(client, session, origin), self.sessions()?))
    }

    /// What counts tries.
    ///
    /// # Errors
    /// [`ConfigError`] when `TRIES_TABLE` is not set, or `NETWORK_TRIES_PER_HOUR` is not from 10 to a million.
    pub fn limiter(&self) -> Result<Limiter, ConfigError> {
        let network = self.config.parsed::<u32>("NETWORK_TRIES_PER_HOUR")?;
        if !(10..=1_000_000).contains(&network) {
            return Err(ConfigError::Invalid("NETWORK_TRIES_PER_HOUR"));
        }
        let tries = Tries::new(self.dynamodb(), self.config.text("TRIES_TABLE")?);
        Ok(Limiter::new(tries, Allowance::per_hour(network)))
    }

    /// How long an order holds its ticket.
    ///
    /// # Errors
    /// [`ConfigError`] when `HOLD_SECONDS` is not a positive number.
    pub fn hold_duration(&self) -> Result<Duration, ConfigError> {
        self.config.seconds("HOLD_SECONDS")
    }

    fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::new(&self.sdk)
    }
}
