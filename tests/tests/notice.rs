//! What plain `cargo test` says about the tests that it does not run.

#[expect(clippy::print_stdout, reason = "this program has nothing else to do")]
fn main() {
    if !cfg!(feature = "stack") {
        println!(
            "NOT RUN: the integration and browser tests need a running stack. `cargo xtask test` runs everything."
        );
    }
}
