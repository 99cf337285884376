//! `judge FOLDER`.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "what it says is all that it is for")]

use std::path::Path;
use std::process::ExitCode;

use judge::{Evidence, Figures, judge, too_little};

/// As many are shown; the rest are counted.
const SHOWN: usize = 40;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder] = arguments.as_slice() else {
        eprintln!("judge FOLDER");
        return ExitCode::from(2);
    };
    match Evidence::read(Path::new(folder)) {
        Ok(evidence) => say(&evidence),
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::from(2)
        }
    }
}

fn say(evidence: &Evidence) -> ExitCode {
    let (violations, missing) = (judge(evidence), too_little(evidence));
    println!("{}", Figures::of(evidence));
    for violation in violations.iter().take(SHOWN) {
        println!("{violation}");
    }
    for what in &missing {
        println!("too little happened: {what}");
    }
    println!("seed {}: {} violations", evidence.run.seed, violations.len());
    if violations.is_empty() && missing.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
