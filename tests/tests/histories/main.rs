//! Histories of buying, driven through the real protocol code, store and Stripe client, against real conditional writes
//! and the stand-in for Stripe. A seed decides who goes next, at every single call; actors die, answers are lost, time
//! passes, webhooks come twice, late and in any order. In the end the sweep alone runs, and the books must be right.
//!
//! `HOLDFAST_HISTORIES` says how many (300), `HOLDFAST_HISTORY_SEED` replays one.

#![expect(clippy::print_stdout, reason = "seeds and figures are what this program is for")]

mod check;
mod gate;
mod gated;
mod history;
mod world;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use history::{History, Tally};
use world::Table;

/// Threads that run histories: the emulator is one process, which more would not hurry.
const THREADS: u64 = 3;

#[expect(clippy::disallowed_methods, reason = "a test's own switch, not a function's configuration")]
fn switch(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is no number")))
}

/// Runs one history and says what is wrong with its end.
async fn run(table: &Table, seed: u64) -> (Tally, Result<(), String>) {
    let world = table.world(seed).await;
    let mut history = History::begin(&world, seed).await;
    history.run().await;
    let rests = history.rest().await;
    let mut wrong = check::violations(&world, &mut history).await;
    if !rests {
        wrong.push("something stays due".to_owned());
    }
    if wrong.is_empty() {
        return (history.tally, Ok(()));
    }
    let (wrong, trace) = (wrong.join("\n  "), history.trace.join("\n  "));
    (history.tally, Err(format!("HOLDFAST_HISTORY_SEED={seed} replays this:\n  {wrong}\nhistory:\n  {trace}")))
}

fn main() {
    let one = switch("HOLDFAST_HISTORY_SEED");
    let count = if one.is_some() { 1 } else { switch("HOLDFAST_HISTORIES").unwrap_or(300) };
    let first = one.unwrap_or_else(|| fastrand::u64(..u64::from(u32::MAX)) << 16);
    println!("{count} histories from seed {first}");
    let (next, begun) = (AtomicU64::new(0), Instant::now());
    let outcomes: Vec<(Tally, Vec<String>)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS.min(count)).map(|_| scope.spawn(|| worker(first, count, &next))).collect();
        threads.into_iter().map(|thread| thread.join().expect("a thread that ends")).collect()
    });
    let mut total = Tally::default();
    let mut failures = Vec::new();
    for (tally, failed) in outcomes {
        total = total.plus(tally);
        failures.extend(failed);
    }
    println!("{count} histories in {:.1} s: {total:?}, {} violations", begun.elapsed().as_secs_f64(), failures.len());
    if !failures.is_empty() {
        for failure in failures.iter().take(3) {
            println!("{failure}");
        }
        std::process::exit(1);
    }
}

fn worker(first: u64, count: u64, next: &AtomicU64) -> (Tally, Vec<String>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let table = Table::create().await;
        let (mut total, mut failures) = (Tally::default(), Vec::new());
        loop {
            let number = next.fetch_add(1, Ordering::SeqCst);
            if number >= count {
                break;
            }
            if number > 0 && number.is_multiple_of(1_000) {
                println!("{number} begun");
            }
            let (tally, outcome) = Box::pin(run(&table, first + number)).await;
            total = total.plus(tally);
            failures.extend(outcome.err());
        }
        table.drop().await;
        (total, failures)
    })
}
