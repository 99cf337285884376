//! Starts the generator.

use std::process::ExitCode;

fn main() -> ExitCode {
    site::run(std::env::args().skip(1))
}
