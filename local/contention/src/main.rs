#![doc = include_str!("../README.md")]

mod model;
mod rush;
mod sale;
mod trace;

use std::process::ExitCode;

use anyhow::Context as _;
use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Builder;
use holdfast_store::Market;
use tests::Stack;

use crate::model::loads;
use crate::trace::{Call, Recorder, by_key};

/// The market through a client that writes everything down, and through one that does not.
#[derive(Debug, Clone)]
struct Markets {
    recorded: Market,
    plain: Market,
    recorder: Recorder,
}

impl Markets {
    fn new(sdk: &aws_config::SdkConfig, table: &str) -> Self {
        let recorder = Recorder::default();
        let config = Builder::from(sdk).interceptor(recorder.clone()).build();
        Self {
            recorded: Market::new(Client::from_conf(config), table.to_owned()),
            plain: Market::new(Client::new(sdk), table.to_owned()),
            recorder,
        }
    }
}

/// What is not as it must be.
#[derive(Debug, Default)]
struct Faults(Vec<String>);

impl Faults {
    fn unless(&mut self, holds: bool, fault: impl FnOnce() -> String) {
        if !holds {
            self.0.push(fault());
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "xtask passes what is asked for this way")]
fn number(name: &str) -> anyhow::Result<usize> {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).with_context(|| format!("{name} is not set"))
}

#[expect(clippy::print_stdout, reason = "the figures are what this program is for")]
fn say(line: &str) {
    println!("{line}");
}

/// What the recorded calls took of each table and index, and how long that would take by the published limits.
fn tell_load(calls: &[Call]) {
    say("  by the key, and how long it takes by DynamoDB's published limits (a model, not a measurement):");
    for (place, load) in loads(&by_key(calls)) {
        say(&format!(
            "  {place:?}: {} write units, {} read units over {} keys; the hottest ({}) takes {} write units, {:.2} %; {:.1} s at \
             least, {:.1} s before it has split",
            load.total.writes,
            load.total.reads,
            load.keys,
            load.hottest,
            load.hottest_units.writes,
            100.0 * load.share,
            load.seconds_at_least(),
            load.seconds_when_new(),
        ));
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let (buyers, tickets) = (number("HOLDFAST_CONTENTION_BUYERS")?, number("HOLDFAST_CONTENTION_TICKETS")?);
    let sdk = aws_config::defaults(BehaviorVersion::latest()).load().await;
    let stack = Stack::get();
    let mut faults = Faults::default();
    rush::through_http(&stack, buyers, &mut faults).await?;
    let table = sale::own_table(&Client::new(&sdk), &stack.output("MarketTable")).await?;
    let markets = Markets::new(&sdk, &table);
    rush::at_the_store(&markets, buyers, &mut faults).await?;
    sale::hold(&markets, tickets, &mut faults).await?;
    for fault in &faults.0 {
        say(&format!("FAULT: {fault}"));
    }
    Ok(if faults.0.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
