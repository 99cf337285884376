//! Configuration: environment variables that the template sets.

use std::str::FromStr;
use std::time::Duration;

/// A variable that is missing or wrong; the function does not start.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The template does not set it.
    #[error("the environment variable {0} is not set")]
    Missing(&'static str),
    /// It cannot be read.
    #[error("the environment variable {0} is not valid")]
    Invalid(&'static str),
}

/// Reads the variables of the template.
#[derive(Debug, Clone, Copy, Default)]
pub struct Config;

impl Config {
    /// A text.
    ///
    /// # Errors
    /// [`ConfigError::Missing`] when it is not set or empty.
    pub fn text(self, name: &'static str) -> Result<String, ConfigError> {
        Self::named(name).ok_or(ConfigError::Missing(name))
    }

    /// A variable whose name is not known before, if it is set and not empty.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub(crate) fn named(name: &str) -> Option<String> {
        std::env::var(name).ok().filter(|value| !value.is_empty())
    }

    /// A value with a textual form.
    ///
    /// # Errors
    /// [`ConfigError`] when it is missing or cannot be read.
    pub fn parsed<T: FromStr>(self, name: &'static str) -> Result<T, ConfigError> {
        self.text(name)?.parse().map_err(|_| ConfigError::Invalid(name))
    }

    /// A time in whole seconds, at least one.
    ///
    /// # Errors
    /// [`ConfigError`] when it is missing, zero or cannot be read.
    pub fn seconds(self, name: &'static str) -> Result<Duration, ConfigError> {
        match self.parsed::<u64>(name)? {
            0 => Err(ConfigError::Invalid(name)),
            seconds => Ok(Duration::from_secs(seconds)),
        }
    }
}
