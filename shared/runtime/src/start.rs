//! Starting: telemetry, then the SDK's configuration, then the clients that a function asks for.

use std::time::Duration;

use aws_config::{BehaviorVersion, SdkConfig, timeout::TimeoutConfig};
use holdfast_http_api::{Gate, Secrets};
use holdfast_store::{Accounts, Market, Sessions};
use tracing_subscriber::EnvFilter;

use crate::config::{Config, ConfigError};

/// A call that does not connect so soon is tried again.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// One try of a call.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(3);
/// All tries of a call: less than API Gateway's and every function's own limit.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(8);

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
    pub async fn start() -> Self {
        let filter = EnvFilter::try_from_env("LOG_LEVEL").unwrap_or_else(|_| EnvFilter::new("info"));
        tracing_subscriber::fmt()
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_span_list(false)
            .with_target(false)
            .with_env_filter(filter)
            .init();
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .operation_attempt_timeout(ATTEMPT_TIMEOUT)
            .operation_timeout(OPERATION_TIMEOUT)
            .build();
        let sdk = aws_config::defaults(BehaviorVersion::latest()).timeout_config(timeouts).load().await;
        Self { config: Config, sdk }
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
