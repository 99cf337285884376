//! What most routes work with.

use holdfast_http_api::Gate;
use holdfast_store::Market;

use crate::{ConfigError, Runtime};

/// The gate and the market.
#[derive(Debug)]
pub struct MarketRoute {
    /// Proves who asks.
    pub gate: Gate,
    /// Tickets and orders.
    pub market: Market,
}

impl Runtime {
    /// What a route about tickets and orders works with.
    ///
    /// # Errors
    /// [`ConfigError`] when a variable that it needs is not set.
    pub fn market_route(&self) -> Result<MarketRoute, ConfigError> {
        Ok(MarketRoute { gate: self.gate()?, market: self.market()? })
    }
}
