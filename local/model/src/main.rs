//! Runs the model: `cargo xtask prove model`.

use std::process::ExitCode;

use clap::Parser;
use model::{Explored, Length, explore_protocol};

/// Explores the protocol of lock and payment to the end.
#[derive(Debug, Parser)]
struct Arguments {
    /// Explore the large settings, too.
    #[arg(long)]
    long: bool,
    /// Only settings whose name contains this.
    #[arg(long, default_value = "")]
    setting: String,
    /// Only faults whose name contains this.
    #[arg(long, default_value = "")]
    fault: String,
    /// How many threads explore.
    #[arg(long, default_value_t = 2)]
    threads: usize,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let length = if arguments.long { Length::Long } else { Length::Short };
    let mut as_expected = true;
    if arguments.fault.is_empty() {
        heading("setting");
        as_expected &= explore_protocol(length, &arguments.setting, arguments.threads, tell);
    }
    if arguments.setting.is_empty() {
        as_expected &= faults(&arguments);
    }
    if as_expected { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn heading(what: &str) {
    line(&format!("{what:<46} {:>10} {:>11} {:>6} {:>8}", "states", "steps", "depth", "seconds"));
}

fn row(name: &str, explored: &Explored) {
    let seconds = explored.took.as_secs_f64();
    line(&format!("{name:<46} {:>10} {:>11} {:>6} {seconds:>8.1}", explored.states, explored.steps, explored.depth));
}

fn tell(explored: &Explored) {
    row(explored.name, explored);
    for name in &explored.never_reached {
        line(&format!("  NEVER REACHED: {name}"));
    }
    if explored.violation.is_some() {
        line("  WRONG");
    }
    way(explored);
}

/// What is wrong, and the way to it.
fn way(explored: &Explored) {
    if let Some(violation) = &explored.violation {
        line(&format!("  {}", violation.what));
        for step in &violation.trace {
            line(&format!("  {step}"));
        }
    }
}

#[cfg(feature = "faults")]
fn faults(arguments: &Arguments) -> bool {
    line("");
    heading("correction taken away");
    model::explore_faults(&arguments.fault, arguments.threads, |removal| {
        row(&format!("{} {}", removal.number, removal.fault), &removal.explored);
        if !removal.is_as_expected() {
            line("  NOT AS EXPECTED");
        }
        if removal.explored.violation.is_none() {
            line("  nothing goes wrong");
        }
        way(&removal.explored);
    })
}

#[cfg(not(feature = "faults"))]
fn faults(_arguments: &Arguments) -> bool {
    true
}

#[expect(clippy::print_stdout, reason = "the figures are what this program is for")]
fn line(text: &str) {
    println!("{text}");
}
