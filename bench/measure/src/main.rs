#![doc = include_str!("../README.md")]

mod figures;
mod memory;
mod plot;
mod process;
mod report;
mod run;
mod serve;
mod sizes;
mod statistics;
mod tables;
mod world;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use tokio::task::LocalSet;

use crate::figures::Figure;
use crate::process::Program;
use crate::run::Work;
use crate::world::World;

/// What the other `place_order` is called in the figures.
const AGAINST: &str = "against";
/// What is measured of ours, and what each is asked for.
const OURS: [(&str, Work); 4] = [
    ("place_order", Work::PlaceOrder),
    ("show_ticket", Work::ShowTicket),
    ("list_tickets", Work::ListTickets),
    ("sign_in", Work::SignIn),
];

/// Measures the programs of a release.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Starts and invokes them, and writes down what came of it.
    Run(Box<Options>),
    /// Invokes them with the share of a processor that each memory size has.
    Memory(Box<Options>),
    /// Weighs some of them.
    Sizes {
        /// Where the programs are.
        #[arg(long)]
        binaries: PathBuf,
        /// Which functions.
        functions: Vec<String>,
    },
}

#[derive(Debug, Args)]
struct Options {
    /// The checkout.
    #[arg(long)]
    root: PathBuf,
    /// Where the programs are: `place_order`, or `place_order/bootstrap`.
    #[arg(long)]
    binaries: PathBuf,
    /// Another folder of programs: its `place_order` is measured in the same run.
    #[arg(long)]
    against: Option<PathBuf>,
    /// The least that a Lambda in Rust can be.
    #[arg(long)]
    hello: PathBuf,
    /// `place_order` in Node.js, bundled.
    #[arg(long)]
    node_bundle: PathBuf,
    /// Node.js itself.
    #[arg(long)]
    node: PathBuf,
    /// Where the tables are.
    #[arg(long)]
    dynamodb: String,
    /// Where the programs' output goes.
    #[arg(long)]
    logs: PathBuf,
    /// The figures to compare with.
    #[arg(long)]
    before: PathBuf,
    /// Where the figures and the plot go; nowhere if it is not given.
    #[arg(long)]
    into: Option<PathBuf>,
    /// How often each program is started.
    #[arg(long, default_value_t = 200)]
    spawns: usize,
    /// Rounds of warm invocations.
    #[arg(long, default_value_t = 20)]
    rounds: usize,
}

/// Ends with 0 when every target is met, 3 when one is missed, 1 on an error.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let done = match &Arguments::parse().task {
        Task::Run(options) => LocalSet::new().run_until(Box::pin(bench(options))).await,
        Task::Memory(options) => LocalSet::new().run_until(Box::pin(memory_sizes(options))).await,
        Task::Sizes { binaries, functions } => sizes_of(binaries, functions),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(3),
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn sizes_of(binaries: &Path, functions: &[String]) -> anyhow::Result<bool> {
    let found = report::of_sizes(functions, |name| program(binaries, name))?;
    writeln!(std::io::stdout(), "{}", figures::table(&found, &[]))?;
    Ok(hold(&found))
}

fn hold(figures: &[Figure]) -> bool {
    figures.iter().all(|figure| figure.holds != Some(false))
}

async fn bench(options: &Options) -> anyhow::Result<bool> {
    std::fs::create_dir_all(&options.logs)?;
    let before = figures::read(&options.before)?;
    let found = measure(options).await?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", figures::table(&found, &before))?;
    if let Some(folder) = &options.into {
        // What was built for a comparison alone says nothing to the next run.
        let kept: Vec<Figure> = found.iter().filter(|figure| !figure.name.ends_with(AGAINST)).cloned().collect();
        figures::write(&kept, &folder.join("bench.json"))?;
        std::fs::write(folder.join("bench.svg"), plot::draw(&report::PANELS, &kept))?;
    }
    Ok(hold(&found))
}

/// What is measured of ours, as it is started.
fn ours(options: &Options, environment: &[(&'static str, String)]) -> [(Program, Work); OURS.len()] {
    let command = |name| vec![program(&options.binaries, name).into()];
    OURS.map(|(name, work)| (Program::new(name, command(name), environment, &options.logs), work))
}

async fn memory_sizes(options: &Options) -> anyhow::Result<bool> {
    std::fs::create_dir_all(&options.logs)?;
    let mut world = World::make(&options.dynamodb, &options.root).await?;
    let (session, origin) = world::secrets();
    let secrets = tables::secrets(session, origin).await?;
    let programs = ours(options, &environment(&options.dynamodb, &secrets.url()));
    let table = memory::compare(&mut world, &programs, options.spawns).await?;
    writeln!(std::io::stdout(), "{table}")?;
    Ok(true)
}

async fn measure(options: &Options) -> anyhow::Result<Vec<Figure>> {
    let mut world = World::make(&options.dynamodb, &options.root).await?;
    let (session, origin) = world::secrets();
    let secrets = tables::secrets(session, origin).await?;
    let environment = environment(&options.dynamodb, &secrets.url());
    let [place_order, others @ ..] = ours(options, &environment);
    let hello = Program::new("hello", vec![options.hello.clone().into()], &environment, &options.logs);
    let node = vec![options.node.clone().into(), options.node_bundle.clone().into()];
    let node = (Program::new("node", node, &environment, &options.logs), Work::PlaceOrder);
    let mut compared = vec![place_order, (hello, Work::Nothing), node];
    if let Some(folder) = &options.against {
        let command = vec![program(folder, "place_order").into()];
        compared.push((Program::new(AGAINST, command, &environment, &options.logs), Work::PlaceOrder));
    }
    let counter = tables::Counter::start(&options.dynamodb).await?;
    let mut kept = compared.clone();
    kept.extend(others);
    let (mut warm, raw) = run::warm(&mut world, &kept, options.rounds).await?;
    for ((program, work), measured) in kept.iter().zip(&mut warm) {
        measured.calls = run::calls(&mut world, program, *work, &counter).await?;
    }
    let cold = run::cold(&mut world, &compared, options.spawns).await?;
    let cold = compared.iter().map(|(program, _)| program.name).zip(cold).collect();
    let warm = kept.iter().map(|(program, _)| program.name).zip(warm).collect();
    let mut found = report::of_run(&report::Run { cold, warm, raw });
    let built = report::functions(&options.root)?.into_iter().filter(|name| program(&options.binaries, name).exists());
    found.extend(report::of_sizes(&built.collect::<Vec<_>>(), |name| program(&options.binaries, name))?);
    Ok(found)
}

/// A program of a folder, as cargo or as cargo-lambda puts it there.
fn program(folder: &Path, name: &str) -> PathBuf {
    let path = folder.join(name);
    if path.is_dir() { path.join("bootstrap") } else { path }
}

/// The variables of all functions.
fn environment(dynamodb: &str, secrets: &str) -> Vec<(&'static str, String)> {
    [
        ("AWS_REGION", tables::REGION),
        ("AWS_ACCESS_KEY_ID", tables::KEY),
        ("AWS_SECRET_ACCESS_KEY", tables::KEY),
        ("AWS_ENDPOINT_URL_DYNAMODB", dynamodb),
        ("AWS_ENDPOINT_URL_SECRETS_MANAGER", secrets),
        ("STAGE", "prod"),
        ("CALL_TIMEOUT_SECONDS", "3"),
        ("MARKET_TABLE", tables::MARKET),
        ("ACCOUNTS_TABLE", tables::ACCOUNTS),
        ("SESSIONS_TABLE", tables::SESSIONS),
        ("TRIES_TABLE", tables::TRIES),
        ("SESSION_SECRET_ARN", tables::SESSION_SECRET),
        ("ORIGIN_SECRET_ARN", tables::ORIGIN_SECRET),
        ("HOLD_SECONDS", "900"),
        ("HOLDS_PER_BUYER", "10"),
        ("NETWORK_TRIES_PER_HOUR", "1000000"),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .to_vec()
}
