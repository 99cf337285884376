//! Points at which a test may kill the process, or hold it up: one after every write.
//!
//! They are compiled only with the feature `crash_points`, which no deployment enables. The test makes the file
//! `<HOLDFAST_CRASH_DIR>/<point>`; the first process that reaches the point removes the file and aborts, as a machine
//! that dies there would. Of the file `<point>.pause` it makes `<point>.paused`, and goes on when that is gone.

#[cfg(feature = "crash_points")]
use std::time::Duration;

/// How often a paused process looks whether it may go on, and for how long: ten seconds together, fewer than a request has.
#[cfg(feature = "crash_points")]
const LOOKS: (u32, Duration) = (1_000, Duration::from_millis(10));

/// Dies here, or waits, if a test asked for it.
#[cfg(feature = "crash_points")]
#[expect(clippy::disallowed_methods, reason = "a switch of test builds, not configuration")]
pub fn crash_point(name: &str) {
    let Some(folder) = std::env::var_os("HOLDFAST_CRASH_DIR") else {
        return;
    };
    let folder = std::path::Path::new(&folder);
    if std::fs::remove_file(folder.join(name)).is_ok() {
        std::process::abort();
    }
    let paused = folder.join(format!("{name}.paused"));
    if std::fs::rename(folder.join(format!("{name}.pause")), &paused).is_ok() {
        // The whole thread, as a machine that stands still would: a function works on one request at a time.
        for _ in (0..LOOKS.0).take_while(|_| paused.exists()) {
            std::thread::sleep(LOOKS.1);
        }
    }
}

/// Does nothing: crash points are not part of this build.
#[cfg(not(feature = "crash_points"))]
#[inline]
pub fn crash_point(_name: &str) {}
