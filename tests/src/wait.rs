//! Waiting for something that other processes do: a bounded look at an observable condition.

use std::time::{Duration, Instant};

/// Looks every tenth of a second until `look` gives something.
///
/// # Panics
/// When it has not after `limit`.
pub async fn eventually<T, F>(what: &str, limit: Duration, mut look: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    let begun = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(begun.elapsed() < limit, "not within {limit:?}: {what}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
