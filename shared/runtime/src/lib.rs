#![doc = include_str!("../README.md")]

mod clock;
mod config;
mod events;
mod mails;
mod route;
mod sdk;
mod serve;
mod start;

pub use clock::now;
pub use config::{Config, ConfigError};
pub use mails::Mails;
pub use route::MarketRoute;
pub use serve::error_chain;
pub use start::Runtime;

/// What ends a function that cannot start.
pub type Error = lambda_runtime::Error;
