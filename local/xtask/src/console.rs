//! What the commands say, and nothing else, goes to the terminal from here.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "these commands talk to a terminal")]

use std::io::Write as _;
use std::time::{Duration, Instant};

/// A step that has begun; its end is reported with the time it took.
#[derive(Debug)]
pub(crate) struct Step {
    started: Instant,
}

/// Says what begins now.
pub(crate) fn step(what: &str) -> Step {
    println!("==> {what}");
    flush();
    Step { started: Instant::now() }
}

impl Step {
    /// Says how the step ended and how long it took.
    pub(crate) fn done(self, how: &str) {
        println!("    {how} ({})", seconds(self.started.elapsed()));
        flush();
    }
}

/// A line that belongs to no step.
pub(crate) fn line(text: &str) {
    println!("{text}");
    flush();
}

/// Text as it is, without a line's end.
pub(crate) fn text(text: &str) {
    print!("{text}");
    flush();
}

/// A failure with everything that led to it.
pub(crate) fn failure(error: &anyhow::Error) {
    eprintln!("error: {error:#}");
}

/// Seconds with one decimal place.
pub(crate) fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

fn flush() {
    // A terminal that is gone is no reason to fail.
    drop(std::io::stdout().flush());
}
