//! Ctrl-C, and the polite request to end that `cargo xtask stop` sends.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

static REQUESTED: OnceLock<Arc<AtomicBool>> = OnceLock::new();
const PAUSE: Duration = Duration::from_millis(30);

/// From now on these signals are remembered instead of ending the process at once.
pub(crate) fn listen() -> anyhow::Result<()> {
    let flag = REQUESTED.get_or_init(Arc::default);
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        signal_hook::flag::register(signal, Arc::clone(flag)).context("signals cannot be received")?;
    }
    Ok(())
}

/// Whether somebody asked for the end.
pub(crate) fn requested() -> bool {
    REQUESTED.get().is_some_and(|flag| flag.load(Ordering::SeqCst))
}

/// Fails once somebody asked for the end.
pub(crate) fn check() -> anyhow::Result<()> {
    if requested() {
        bail!("interrupted");
    }
    Ok(())
}

/// Polls until `probe` has something, for at most `limit`; `None` when it never had.
pub(crate) fn wait_for<T>(
    limit: Duration,
    mut probe: impl FnMut() -> anyhow::Result<Option<T>>,
) -> anyhow::Result<Option<T>> {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(found) = probe()? {
            return Ok(Some(found));
        }
        check()?;
        if Instant::now() >= deadline {
            return Ok(None);
        }
        std::thread::sleep(PAUSE);
    }
}

/// The time between two looks at something that is waited for.
pub(crate) fn pause() {
    std::thread::sleep(PAUSE);
}
