#![doc = include_str!("../README.md")]

mod counts;
mod shard;

use std::sync::Arc;

use holdfast_checkout::Checkout;
use holdfast_domain::Timestamp;
use holdfast_payments::Payments;
use holdfast_store::DUE_SHARDS;
use holdfast_telemetry::{Metric, metrics};
use tokio::task::JoinSet;
use tokio::time::{Duration, Instant};
use tracing::{Instrument as _, Span};

pub use counts::Counts;
pub use shard::sweep as sweep_shard;

/// No page is begun later than this: the function's own limit is 55 seconds.
const TIME_TO_BEGIN: Duration = Duration::from_secs(40);

/// The scheduler's payload, of which nothing is needed.
pub type Tick = serde::de::IgnoredAny;

/// Why a run counts as failed.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// Each failure has its own line in the log.
    #[error("{0} items or pages failed")]
    Failed(u32),
}

/// Looks at everything that is due, shard by shard.
///
/// # Errors
/// [`SweepError`] when something failed; the next run tries it again.
pub async fn handle<P: Payments + 'static>(
    checkout: &Arc<Checkout<P>>,
    clock: impl Fn() -> Timestamp + Clone + Send + Sync + 'static,
) -> Result<Counts, SweepError> {
    let until = Instant::now() + TIME_TO_BEGIN;
    let mut shards = JoinSet::new();
    for number in 0..DUE_SHARDS {
        let shard = shard::sweep(Arc::clone(checkout), number, clock.clone(), until);
        shards.spawn(shard.instrument(Span::current()));
    }
    let counts = shards.join_all().await.into_iter().fold(Counts::default(), Counts::plus);
    metrics::count(Metric::Unfinished, counts.not_at_rest());
    tracing::info!(
        closed = counts.closed,
        paid = counts.paid,
        released = counts.released,
        waiting = counts.waiting,
        left_to_payment = counts.left_to_payment,
        at_rest = counts.at_rest,
        failed = counts.failed,
        unfinished = counts.unfinished,
        "swept"
    );
    if counts.failed == 0 { Ok(counts) } else { Err(SweepError::Failed(counts.failed)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_is_a_tick() {
        let sample = include_str!("../../../events/sweep/valid.json");
        assert!(serde_json::from_str::<Tick>(sample).is_ok());
    }
}
