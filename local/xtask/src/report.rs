//! What was run, what came of it, and what was not run.

use std::fmt;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::console::{line, seconds, step};
use crate::interrupt;

const FAILED: u8 = 1;
/// What these commands end with when something was not run.
pub(crate) const INCOMPLETE: u8 = 3;

/// Why a part could not be run: never to be taken for a failure, nor for success.
#[derive(Debug)]
pub(crate) struct NotRun(String);

impl NotRun {
    /// Turns what is missing into the reason.
    #[expect(clippy::needless_pass_by_value, reason = "it stands in map_err")]
    pub(crate) fn because(error: anyhow::Error) -> anyhow::Error {
        Self(format!("{error:#}")).into()
    }
}

impl fmt::Display for NotRun {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for NotRun {}

#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Passed,
    Failed(String),
    NotRun(String),
}

#[derive(Debug)]
struct Part {
    name: &'static str,
    outcome: Outcome,
    took: Duration,
}

/// The parts of a run, in their order.
#[derive(Debug, Default)]
pub(crate) struct Report {
    parts: Vec<Part>,
}

impl Report {
    /// Runs a part and notes what came of it. Fails only when somebody interrupts.
    pub(crate) fn part(&mut self, name: &'static str, body: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<()> {
        interrupt::check()?;
        let running = step(&format!("Part: {name}"));
        let started = Instant::now();
        let outcome = judge(body());
        interrupt::check()?;
        running.done(&outcome.to_string());
        self.parts.push(Part { name, outcome, took: started.elapsed() });
        Ok(())
    }

    /// Notes what came of a part that was run elsewhere.
    pub(crate) fn add(&mut self, name: &'static str, took: Duration, result: anyhow::Result<()>) {
        let outcome = judge(result);
        line(&format!("==> Part: {name}\n    {outcome} ({})", seconds(took)));
        self.parts.push(Part { name, outcome, took });
    }

    /// Prints a line for each part; the exit code is 0 only when every part was run and passed.
    pub(crate) fn conclude(&self) -> ExitCode {
        line("");
        for part in &self.parts {
            line(&format!("{:<18} {:>8}  {}", part.name, seconds(part.took), part.outcome));
        }
        ExitCode::from(self.code())
    }

    fn code(&self) -> u8 {
        let any = |test: fn(&Outcome) -> bool| self.parts.iter().any(|part| test(&part.outcome));
        if any(|outcome| matches!(outcome, Outcome::Failed(_))) {
            FAILED
        } else if any(|outcome| matches!(outcome, Outcome::NotRun(_))) {
            INCOMPLETE
        } else {
            0
        }
    }
}

fn judge(result: anyhow::Result<()>) -> Outcome {
    match result {
        Ok(()) => Outcome::Passed,
        Err(error) => match error.downcast::<NotRun>() {
            Ok(reason) => Outcome::NotRun(reason.0),
            Err(error) => Outcome::Failed(format!("{error:#}")),
        },
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passed => formatter.write_str("passed"),
            Self::Failed(why) => write!(formatter, "FAILED: {why}"),
            Self::NotRun(why) => write!(formatter, "NOT RUN: {why}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    fn code(results: Vec<anyhow::Result<()>>) -> u8 {
        let parts = results.into_iter().map(judge);
        Report { parts: parts.map(|outcome| Part { name: "part", outcome, took: Duration::ZERO }).collect() }.code()
    }

    #[test]
    fn only_a_complete_and_clean_run_is_a_success() {
        let missing = || Err(NotRun::because(anyhow!("no browser")));
        assert_eq!(code(vec![Ok(()), Ok(())]), 0);
        assert_eq!(code(vec![Ok(()), missing()]), INCOMPLETE);
        assert_eq!(code(vec![missing(), Err(anyhow!("exit 101"))]), FAILED);
    }

    #[test]
    fn what_was_not_run_is_never_shown_as_passed() {
        assert_eq!(judge(Err(NotRun::because(anyhow!("no npm")))).to_string(), "NOT RUN: no npm");
        assert_eq!(judge(Err(anyhow!("exit 101"))).to_string(), "FAILED: exit 101");
    }
}
