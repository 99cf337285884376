//! Prints what is stuck in one stack's table: a line each, or JSON.

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use aws_config::BehaviorVersion;
use clap::Parser;
use holdfast_domain::Timestamp;
use holdfast_store::Market;
use time::OffsetDateTime;

/// Reads the table with the credentials of the environment.
#[derive(Debug, Parser)]
struct Arguments {
    /// Name of the table of tickets and orders.
    #[arg(long)]
    table: String,
    /// For how many seconds something must have been due.
    #[arg(long, default_value_t = 120)]
    older_than: u64,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Ends with 0 when nothing is stuck, 1 when something is, 2 when that is not known.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run(&Arguments::parse()).await {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(1),
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "What is stuck is not known: {error:#}");
            ExitCode::from(2)
        }
    }
}

async fn run(arguments: &Arguments) -> anyhow::Result<usize> {
    let sdk = aws_config::load_defaults(BehaviorVersion::latest()).await;
    let market = Market::new(aws_sdk_dynamodb::Client::new(&sdk), arguments.table.clone());
    let now = Timestamp::from_datetime(OffsetDateTime::now_utc()).context("the clock is not set")?;
    let found = stuck::find(&market, now, Duration::from_secs(arguments.older_than)).await?;
    let mut out = std::io::stdout().lock();
    if arguments.json {
        writeln!(out, "{}", serde_json::to_string(&found)?)?;
        return Ok(found.len());
    }
    for one in &found {
        writeln!(out, "{one}")?;
    }
    writeln!(out, "{} not at rest for {} seconds or longer", found.len(), arguments.older_than)?;
    Ok(found.len())
}
