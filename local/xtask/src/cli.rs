//! The command line.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use crate::stripe::Stripe;
use crate::{
    bench, console, cost, deployments, dev, event, fuzz, histories, interrupt, openapi, prove, publish, python, refund,
    replay, rights, sam_local, scan, secrets, stop, stuck, test, timeline,
};

/// Runs and tests Holdfast on this machine, without an AWS account.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    command: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Start the whole system and keep it up to date with the sources until Ctrl-C.
    Dev(DevOptions),
    /// End the system that `dev` started.
    Stop,
    /// Print a sample event of events/, filled with a live session and ids of the running system.
    Event {
        /// A function, or a function and a case: `sign_in` or `sign_in/wrong_password`.
        name: String,
    },
    /// Invoke the sample events in containers, as `sam local invoke` does.
    ///
    /// Ends with 3 when no Docker engine answers or no local stack runs.
    SamLocal(SamLocalOptions),
    /// The keys of the payment provider.
    Secrets {
        #[command(subcommand)]
        command: SecretsTask,
    },
    /// Give all of an order's money back.
    ///
    /// Works on the local stack if one runs and nothing else is named, else on a deployed one.
    Refund(RefundOptions),
    /// Hand on what failure queues hold, each message to the target that it did not reach.
    ///
    /// Ends with 0 when nothing is left, 1 on an error, 3 when messages are left, as after a dry run.
    Replay(ReplayOptions),
    /// Name every order and ticket that is not at rest in time, and what will repair it.
    ///
    /// Works on the local stack if one runs and nothing else is named, else on a deployed one. Ends with 0 when there is
    /// none, 1 when there is one, 2 when that is not known.
    Stuck(StuckOptions),
    /// Print what happened to one order, from the logs of all functions.
    ///
    /// Works on the local stack if one runs and nothing else is named, else on a deployed one. Ends with 1 when the logs
    /// have nothing of that order.
    Timeline(TimelineOptions),
    /// Build the site for a deployed stack and put it into the stack's bucket.
    ///
    /// The local stack is published to by `dev` itself.
    PublishSite(PublishOptions),
    /// Run payment histories: real protocol code under every order of calls that a seed decides.
    Histories(HistoriesOptions),
    /// Prove what Holdfast promises, part by part; all parts if none is named.
    Prove(ProveOptions),
    /// Look for weaknesses in the template and for secrets in the files, with scanners of their own.
    ///
    /// Fails on each finding that `local/scan/answers.json` does not answer, and on each answer to nothing.
    Scan(ScanOptions),
    /// Deploy the stages of samconfig.toml into fresh emulators, walk through each, and update one that is full.
    ///
    /// Ends with 1 when something is not as the stage's settings say, or an update has lost something.
    Deployments(DeploymentsOptions),
    /// Write docs/openapi.json and docs/api.md from the types that the functions read and write.
    Openapi,
    /// Measure the programs of a release: their start, their invocations, their memory and their size.
    ///
    /// Compares with the figures that were committed last and writes docs/bench.json and docs/bench.svg. Ends with 3 when a
    /// target is missed.
    Bench(BenchOptions),
    /// Build functions as they are deployed, and fail when an archive of theirs is larger than it may be.
    Sizes {
        /// Which functions; all if none is named.
        functions: Vec<String>,
    },
    /// Send the API generated requests, valid and not, one by one and in sequences, and judge each answer by the document.
    ///
    /// Works on a stack of its own, whose payments nobody's money pays for. Ends with 1 on any finding.
    FuzzApi(FuzzOptions),
    /// Count what each journey takes, put AWS's prices to it, and write docs/cost.json and the tables of docs/cost.md.
    ///
    /// Works on a stack of its own. Ends with 1 when a journey takes more than local/budgets.json allows.
    Cost(CostOptions),
    /// Take each right from its function in turn, and see that a test fails without it.
    ///
    /// Takes about half an hour: `test` compares what is granted with what its tests needed, in no time at all.
    Rights(RightsOptions),
    /// Install emulator, SAM command line and linters into .venv, if they are not there.
    Tools,
    /// Run the unit tests, then a stack of its own with integration and browser tests.
    ///
    /// Ends with 0 when everything was run and passed, 1 when something failed, 3 when something was not run.
    Test(TestOptions),
}

#[derive(Debug, Subcommand)]
enum SecretsTask {
    /// Write Stripe's keys for one stage, asked for without echo or read from standard input.
    Put(SecretsOptions),
}

/// What `secrets put` can be told.
#[derive(Clone, Debug, Args)]
pub(crate) struct SecretsOptions {
    /// The stage whose keys they are.
    #[arg(long, default_value = "dev")]
    pub(crate) stage: String,
    /// Region of the stack, if it is not that of the environment.
    #[arg(long, conflicts_with = "local")]
    pub(crate) region: Option<String>,
    /// Profile of the AWS account.
    #[arg(long, conflicts_with = "local")]
    pub(crate) profile: Option<String>,
    /// Read them as JSON from standard input.
    #[arg(long)]
    pub(crate) stdin: bool,
    /// Write them into the running local stack.
    #[arg(long)]
    pub(crate) local: bool,
}

/// What `refund` can be told.
#[derive(Clone, Debug, Args)]
pub(crate) struct RefundOptions {
    /// The order's id, as its receipt shows it, or Stripe's id of the payment (`pi_…`).
    pub(crate) order: String,
    /// Name of the stack.
    #[arg(long)]
    pub(crate) stack: Option<String>,
    /// Region of the stack, if it is not that of the environment.
    #[arg(long, conflicts_with = "local")]
    pub(crate) region: Option<String>,
    /// Profile of the AWS account.
    #[arg(long, conflicts_with = "local")]
    pub(crate) profile: Option<String>,
    /// Work on the running local stack.
    #[arg(long)]
    pub(crate) local: bool,
}

/// What `replay` can be told.
#[derive(Clone, Debug, Args)]
pub(crate) struct ReplayOptions {
    /// Logical ids of failure queues: `ScheduleExpiryFailureQueue`.
    #[arg(conflicts_with = "all")]
    pub(crate) queues: Vec<String>,
    /// All failure queues of the stack.
    #[arg(long)]
    pub(crate) all: bool,
    /// Show what is there and change nothing; what was looked at is hidden from others for as long as the run takes.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Most messages of one queue.
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) limit: u32,
    /// Name of the stack.
    #[arg(long)]
    pub(crate) stack: Option<String>,
    /// Region of the stack, if it is not that of the environment.
    #[arg(long, conflicts_with = "local")]
    pub(crate) region: Option<String>,
    /// Profile of the AWS account.
    #[arg(long, conflicts_with = "local")]
    pub(crate) profile: Option<String>,
    /// Work on the running local stack.
    #[arg(long)]
    pub(crate) local: bool,
}

/// What `stuck` can be told.
#[derive(Clone, Debug, Args)]
pub(crate) struct StuckOptions {
    /// For how many seconds something must have been due: the sweep needs up to a minute, and its calls some time.
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    pub(crate) older_than: u32,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// Name of the stack.
    #[arg(long)]
    pub(crate) stack: Option<String>,
    /// Region of the stack, if it is not that of the environment.
    #[arg(long, conflicts_with = "local")]
    pub(crate) region: Option<String>,
    /// Profile of the AWS account.
    #[arg(long, conflicts_with = "local")]
    pub(crate) profile: Option<String>,
    /// Work on the running local stack.
    #[arg(long)]
    pub(crate) local: bool,
}

/// What `timeline` can be told.
#[derive(Clone, Debug, Args)]
pub(crate) struct TimelineOptions {
    /// The order's id, as its receipt and its address show it.
    pub(crate) order: String,
    /// How far back to look: minutes, hours or days, as in 90m, 24h or 7d.
    #[arg(long, default_value = "24h", value_parser = timeline::parse_since)]
    pub(crate) since: Duration,
    /// Name of the stack.
    #[arg(long)]
    pub(crate) stack: Option<String>,
    /// Region of the stack, if it is not that of the environment.
    #[arg(long, conflicts_with = "local")]
    pub(crate) region: Option<String>,
    /// Profile of the AWS account.
    #[arg(long, conflicts_with = "local")]
    pub(crate) profile: Option<String>,
    /// Work on the running local stack.
    #[arg(long)]
    pub(crate) local: bool,
}

/// What `sam-local` can be told.
#[derive(Clone, Debug, Args)]
pub(crate) struct SamLocalOptions {
    /// Functions to invoke, by crate or logical id; all if none is named.
    pub(crate) functions: Vec<String>,
}

/// What `publish-site` can be told.
#[derive(Clone, Debug, Args)]
pub(crate) struct PublishOptions {
    /// Name of the stack.
    #[arg(long)]
    pub(crate) stack: Option<String>,
    /// Region of the stack, if it is not that of the environment.
    #[arg(long)]
    pub(crate) region: Option<String>,
    /// Profile of the AWS account.
    #[arg(long)]
    pub(crate) profile: Option<String>,
}

/// What `dev` can be told.
#[derive(Clone, Debug, Args)]
pub(crate) struct DevOptions {
    /// How long a ticket is held for a buyer.
    #[arg(long, value_name = "N", default_value_t = 900, value_parser = clap::value_parser!(u32).range(5..=86_400))]
    pub(crate) hold_seconds: u32,
    /// How long it is held at least once its buyer has begun to pay.
    #[arg(long, value_name = "N", default_value_t = 600, value_parser = clap::value_parser!(u32).range(5..=3_600))]
    pub(crate) payment_seconds: u32,
    /// Which Stripe is talked to.
    #[arg(long, value_enum, default_value_t = Stripe::StandIn)]
    pub(crate) stripe: Stripe,
    /// Port of the site on localhost.
    #[arg(long, default_value_t = 8080, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) port: u16,
    /// Begin with an empty account and new demo data.
    #[arg(long)]
    pub(crate) reset: bool,
    /// Return once the system answers; `cargo xtask stop` ends it.
    #[arg(long)]
    pub(crate) detach: bool,
    /// The background half of --detach.
    #[arg(long, hide = true)]
    pub(crate) background: bool,
}

/// What `histories` can be told.
#[derive(Clone, Debug, Args)]
pub(crate) struct HistoriesOptions {
    /// How many.
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    pub(crate) count: u32,
    /// Replays the one history of this seed instead.
    #[arg(long)]
    pub(crate) seed: Option<u64>,
}

/// What `prove` can be told.
#[derive(Clone, Debug, Args)]
pub(crate) struct ProveOptions {
    /// Which parts.
    #[arg(value_enum)]
    pub(crate) parts: Vec<prove::Part>,
    /// Repeats the plan of this seed.
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// Takes an hour instead of minutes.
    #[arg(long)]
    pub(crate) long: bool,
    /// For how long `fuzz` tries each target.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) seconds: Option<u32>,
    /// Only mutants whose name matches this regular expression, such as `store/src/tries.rs`.
    #[arg(long, value_name = "REGEX")]
    pub(crate) only: Option<String>,
}

/// What `fuzz-api` can be told.
#[derive(Clone, Debug, Args)]
pub(crate) struct FuzzOptions {
    /// For how many minutes requests are sent.
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=1_440))]
    pub(crate) minutes: u32,
    /// Decides what is sent: the number that another run printed sends the same again. A new one each time by default.
    #[arg(long)]
    pub(crate) seed: Option<u32>,
    /// How many requests are sent at a time.
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u8).range(1..=32))]
    pub(crate) workers: u8,
}

/// What `bench` can be told.
#[derive(Clone, Debug, Args)]
pub(crate) struct BenchOptions {
    /// A folder with the functions' programs; all are built as they are deployed if none is named, here or in
    /// `HOLDFAST_BIN_DIR`.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) binaries: Option<PathBuf>,
    /// Another folder of programs, whose `place_order` is measured in the same run.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) against: Option<PathBuf>,
    /// How often each program is started.
    #[arg(long, value_name = "N", default_value_t = 200)]
    pub(crate) spawns: usize,
    /// Rounds of a hundred warm invocations.
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) rounds: usize,
    /// Print the figures and write nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Compare memory sizes instead: invoke the functions with the share of a processor that each size has. Needs control
    /// groups that this user may make.
    #[arg(long)]
    pub(crate) memory: bool,
}

/// What `scan` can be told.
#[derive(Clone, Debug, Args)]
pub(crate) struct ScanOptions {
    /// Look for secrets in every version of every file that the repository has ever had, too.
    #[arg(long)]
    pub(crate) history: bool,
}

/// What `deployments` can be told.
#[derive(Clone, Debug, Args)]
pub(crate) struct DeploymentsOptions {
    /// Stages to deploy; all if none is named.
    #[arg(value_parser = ["dev", "staging", "prod"])]
    pub(crate) stages: Vec<String>,
}

/// What `cost` can be told.
#[derive(Clone, Debug, Args)]
pub(crate) struct CostOptions {
    /// How often each journey is made.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub(crate) times: u32,
    /// Lets a market grow to so many tickets, too, and writes down what everything takes at each size; 0 does not.
    #[arg(long, value_name = "TICKETS", default_value_t = 0)]
    pub(crate) growth: u32,
}

/// What `rights` can be told.
#[derive(Clone, Debug, Args)]
pub(crate) struct RightsOptions {
    /// Only the rights of functions whose logical id contains this; may be given several times.
    #[arg(long = "function", value_name = "NAME")]
    pub(crate) functions: Vec<String>,
    /// Only with tests whose name contains one of these: quicker, and a right that none of them misses may still be needed.
    #[arg(value_name = "TEST")]
    pub(crate) tests: Vec<String>,
}

/// What `test` can be told.
#[derive(Clone, Debug, Args)]
pub(crate) struct TestOptions {
    /// How long a ticket is held for a buyer in the stack of the tests.
    #[arg(long, value_name = "N", default_value_t = 900, value_parser = clap::value_parser!(u32).range(5..=86_400))]
    pub(crate) hold_seconds: u32,
    /// How long it is held at least once its buyer has begun to pay.
    #[arg(long, value_name = "N", default_value_t = 600, value_parser = clap::value_parser!(u32).range(5..=3_600))]
    pub(crate) payment_seconds: u32,
    /// Keep the stack running after the tests until Ctrl-C.
    #[arg(long)]
    pub(crate) keep: bool,
    /// Passed on to cargo test for the integration tests: names of tests to run. What needs all of them is then left out:
    /// the comparison of rights, and the deployment of a stage.
    #[arg(last = true)]
    pub(crate) filter: Vec<String>,
}

impl TestOptions {
    /// What holds when nothing is told.
    pub(crate) fn plain() -> Self {
        Self { hold_seconds: 900, payment_seconds: 600, keep: false, filter: Vec::new() }
    }

    /// Whether all tests are run.
    pub(crate) fn is_whole(&self) -> bool {
        self.filter.is_empty()
    }
}

/// What a shell takes for an end by Ctrl-C.
const INTERRUPTED: u8 = 130;

/// Does what the command line asks for.
#[must_use]
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let done = interrupt::listen().and_then(|()| match arguments.command {
        Task::Dev(options) => dev::run(&options).map(|()| ExitCode::SUCCESS),
        Task::Stop => stop::run().map(|()| ExitCode::SUCCESS),
        Task::Event { name } => event::print(&name).map(|()| ExitCode::SUCCESS),
        Task::SamLocal(options) => sam_local::run(&options),
        Task::Secrets { command: SecretsTask::Put(options) } => secrets::put(&options).map(|()| ExitCode::SUCCESS),
        Task::Refund(options) => refund::run(&options).map(|()| ExitCode::SUCCESS),
        Task::Replay(options) => replay::run(&options),
        Task::Stuck(options) => Ok(stuck::run(&options)),
        Task::Timeline(options) => timeline::run(&options).map(|()| ExitCode::SUCCESS),
        Task::PublishSite(options) => publish::run(&options).map(|()| ExitCode::SUCCESS),
        Task::Histories(options) => histories::run_all(&options),
        Task::Prove(options) => prove::run_all(&options),
        Task::Scan(options) => scan::run(&options),
        Task::Deployments(options) => deployments::run(&options),
        Task::Openapi => openapi::write().map(|()| ExitCode::SUCCESS),
        Task::Bench(options) => bench::run_all(&options),
        Task::Sizes { functions } => bench::weigh(&functions),
        Task::FuzzApi(options) => fuzz::run_alone(&options).map(|()| ExitCode::SUCCESS),
        Task::Cost(options) => cost::run(&options).map(|()| ExitCode::SUCCESS),
        Task::Rights(options) => rights::prove(&options),
        Task::Tools => python::install().map(|()| ExitCode::SUCCESS),
        Task::Test(options) => test::run_all(&options),
    });
    match done {
        Ok(code) => code,
        Err(_) if interrupt::requested() => {
            console::line("Interrupted: what was started has been ended.");
            ExitCode::from(INTERRUPTED)
        }
        Err(error) => {
            console::failure(&error);
            ExitCode::FAILURE
        }
    }
}
