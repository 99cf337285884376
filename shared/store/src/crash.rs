//! Points at which a test may kill the process: one after every write.
//!
//! They are compiled only with the feature `crash_points`, which no deployment enables. The test makes the file
//! `<HOLDFAST_CRASH_DIR>/<point>`; the first process that reaches the point removes the file and aborts, as a machine
//! that dies there would.

/// Dies here if a test asked for it.
#[cfg(feature = "crash_points")]
#[expect(clippy::disallowed_methods, reason = "a switch of test builds, not configuration")]
pub fn crash_point(name: &str) {
    let Some(folder) = std::env::var_os("HOLDFAST_CRASH_DIR") else {
        return;
    };
    if std::fs::remove_file(std::path::Path::new(&folder).join(name)).is_ok() {
        std::process::abort();
    }
}

/// Does nothing: crash points are not part of this build.
#[cfg(not(feature = "crash_points"))]
#[inline]
pub fn crash_point(_name: &str) {}
