//! Starting: telemetry, then the SDK's configuration, then the clients that a function asks for.

use std::cell::OnceCell;
use std::num::NonZeroU8;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::config::retry::{ReconnectMode, RetryConfig};
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use holdfast_http_api::{Gate, Limiter, Secrets};
use holdfast_store::{Accounts, Allowance, Market, Sessions, Tries};
use holdfast_telemetry::{Place, start_logging};
use tracing_subscriber::filter::{LevelFilter, Targets};

use crate::config::{Config, ConfigError};
use crate::sdk::{configuration, is_emulated};

/// How long a start waits for what it does ahead.
const WARM_UP: Duration = Duration::from_secs(2);
/// Tries of a call: the first and two more.
const TRIES: u32 = 3;

pub(crate) fn timeouts(one_try: Duration) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(one_try)
        .operation_attempt_timeout(one_try)
        .operation_timeout(one_try * TRIES)
        .build()
}

pub(crate) fn retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(TRIES)
}

/// A started function.
#[derive(Debug)]
pub struct Runtime {
    /// The environment.
    pub config: Config,
    /// Region, credentials, endpoint and timeouts of every client.
    pub sdk: SdkConfig,
    dynamodb: aws_sdk_dynamodb::Client,
    secrets: OnceCell<Arc<Secrets>>,
}

impl Runtime {
    /// Starts logging and reads the SDK's configuration.
    ///
    /// `CALL_TIMEOUT_SECONDS` limits one try of a call, connecting included; all tries together have three times that.
    /// `AWS_API_BASE`, which no deployment sets, says where AWS is called instead: an emulator.
    ///
    /// # Errors
    /// [`ConfigError`] when that variable is not a positive number, or the region, the function's name or `STAGE` is not set.
    pub fn start() -> Result<Self, ConfigError> {
        let filter = Config.parsed("LOG_LEVEL").unwrap_or_else(|_| Targets::new().with_default(LevelFilter::INFO));
        let here = Place { function: Config.text("AWS_LAMBDA_FUNCTION_NAME")?, stage: Config.text("STAGE")? };
        start_logging(here, filter);
        let one_try = Config.seconds("CALL_TIMEOUT_SECONDS")?;
        let sdk = configuration(timeouts(one_try), retries())?;
        Ok(Self { config: Config, dynamodb: aws_sdk_dynamodb::Client::new(&sdk), secrets: OnceCell::new(), sdk })
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
        let (session, origin) = (self.config.text("SESSION_SECRET_ARN").ok(), self.config.text("ORIGIN_SECRET_ARN")?);
        let secrets = self.secrets.get_or_init(|| Arc::new(Secrets::new(client, session, origin)));
        Ok(Gate::new(Arc::clone(secrets), self.sessions()?))
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

    /// Most tickets that one buyer may hold at once.
    ///
    /// # Errors
    /// [`ConfigError`] when `HOLDS_PER_BUYER` is not a number from 1 to 255.
    pub fn holds_per_buyer(&self) -> Result<NonZeroU8, ConfigError> {
        self.config.parsed("HOLDS_PER_BUYER")
    }

    /// Does before the first request what it would wait for. While a function starts it has a whole processor, whatever its
    /// memory: connecting, which is the costly part, is done in a fraction of the time that the first request would need.
    pub(crate) async fn warm_up(&self) {
        let secrets = async {
            if let Some(secrets) = self.secrets.get() {
                secrets.read_ahead().await;
            }
        };
        let both = async { tokio::join!(secrets, self.connect()) };
        // A start that hangs would be ended by Lambda after ten seconds.
        drop(tokio::time::timeout(WARM_UP, Box::pin(both)).await);
    }

    /// Opens the connection to DynamoDB: its endpoint answers a plain GET without asking who that is. The answer is none of
    /// the SDK's, which is no reason to give the connection up.
    async fn connect(&self) {
        if is_emulated() {
            return;
        }
        let retries = RetryConfig::disabled().with_reconnect_mode(ReconnectMode::ReuseAllConnections);
        let plain = self.dynamodb.list_tables().customize().mutate_request(|request| {
            request.set_method("GET").expect("a method");
            *request.body_mut() = "".into();
            for name in ["x-amz-target", "content-type", "content-length"] {
                request.headers_mut().remove(name);
            }
        });
        drop(plain.config_override(aws_sdk_dynamodb::config::Config::builder().retry_config(retries)).send().await);
    }

    fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        self.dynamodb.clone()
    }
}
