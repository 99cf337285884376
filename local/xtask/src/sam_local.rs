//! `cargo xtask sam-local`: every function in a container, as `sam local invoke` runs it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context as _, bail};
use serde_json::{Map, Value, json};

use crate::binaries::{Flavour, build};
use crate::cli::SamLocalOptions;
use crate::console::{line, step};
use crate::docker::{self, WayIn};
use crate::emulator::as_owner;
use crate::files::write_json;
use crate::packages::ensure_make;
use crate::process::{capture, run_quietly};
use crate::project::{Project, logical_id};
use crate::python::Venv;
use crate::record::Record;
use crate::{dev, event};

/// What SAM runs our functions in.
const IMAGE: &str = "public.ecr.aws/lambda/provided:al2023-x86_64";
/// Something that was asked for was not run.
const NOT_RUN: u8 = 3;
/// What needs no stack: mails that were asked for long ago or for nobody, and a message that cannot be read.
const ALONE: [&str; 3] = ["erase_account/unreadable", "send_mail/nobody", "send_mail/valid"];
/// How much of an answer fits a line.
const SHOWN: usize = 100;

/// Invokes the samples of all functions, or of some, first as they stand and then, if the local stack runs, filled in.
///
/// Ends with 3 when no Docker engine answers, or no stack runs: then that half is not known.
pub(crate) fn run(options: &SamLocalOptions) -> anyhow::Result<ExitCode> {
    if !docker::is_running() {
        line("No Docker engine answers, and sam local needs one: nothing was invoked.");
        return Ok(ExitCode::from(NOT_RUN));
    }
    let project = Project::find()?;
    let samples = wanted(&project, &options.functions)?;
    let bench = Bench::prepare(&project)?;
    let mut wrong = 0;
    for name in &samples {
        wrong += u32::from(!bench.shows(name, "as it stands", &event::as_it_stands(&project, name)?, None)?);
    }
    let stack = dev::folder(&project);
    let Some(record) = Record::read(&stack).filter(|record| record.ready && record.is_supervised()) else {
        line("No local stack runs (cargo xtask dev): no function was invoked against one.");
        return Ok(ExitCode::from(if wrong > 0 { 1 } else { NOT_RUN }));
    };
    let variables = bench.write_variables(&project, &record)?;
    for name in &samples {
        wrong += u32::from(!bench.shows(name, "filled in", &event::filled(&project, name)?, Some(&variables))?);
    }
    line(&format!("{} samples, each as it stands and filled in: {wrong} went wrong", samples.len()));
    Ok(if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The samples of these functions, by crate or logical id; of all if none is named.
fn wanted(project: &Project, functions: &[String]) -> anyhow::Result<Vec<String>> {
    let all = event::samples(&project.root().join("events"));
    let function = |sample: &str| sample.split('/').next().unwrap_or_default().to_owned();
    for name in functions {
        if !all.iter().any(|sample| function(sample) == *name || logical_id(&function(sample)) == *name) {
            bail!("{name} is no function of template.yaml");
        }
    }
    let is_wanted = |sample: &String| {
        let function = function(sample);
        functions.is_empty() || functions.iter().any(|name| *name == function || *name == logical_id(&function))
    };
    Ok(all.into_iter().filter(|sample| sample.contains('/')).filter(is_wanted).collect())
}

/// What SAM needs to invoke functions.
struct Bench {
    sam: PathBuf,
    venv: Venv,
    template: PathBuf,
    folder: PathBuf,
    root: PathBuf,
}

impl Bench {
    fn prepare(project: &Project) -> anyhow::Result<Self> {
        let (venv, _) = Venv::ensure(project)?;
        let folder = project.target().join("sam-local");
        let binaries = folder.join("bin");
        build(project, Flavour::Plain, &binaries)?;
        ensure_make(project)?;
        let building = step("sam build");
        let output = folder.join("build");
        let sam = venv.program("sam");
        let mut command = Command::new(&sam);
        command.current_dir(project.root()).env("HOLDFAST_BIN_DIR", &binaries).env("SAM_CLI_TELEMETRY", "0");
        command.arg("build").arg("--build-dir").arg(&output);
        run_quietly(&mut command, &folder.join("build.log")).context("sam build failed")?;
        building.done(&output.display().to_string());
        Ok(Self { sam, venv, template: output.join("template.yaml"), folder, root: project.root().to_owned() })
    }

    /// Writes `env.json`: what each deployed function is told, with addresses that lead out of a container.
    fn write_variables(&self, project: &Project, record: &Record) -> anyhow::Result<PathBuf> {
        let way = WayIn::find();
        let open = |port| way.open(port).with_context(|| format!("containers cannot be let in to port {port}"));
        let aws = open(record.emulator_port)?;
        let mut command = self.venv.stack_helper(project);
        as_owner(&mut command, record.emulator_port);
        command.args(["variables", crate::deployment::STACK_NAME]);
        let text = capture(&mut command).context("the stack's functions cannot be read")?;
        let mut functions: Map<String, Value> = serde_json::from_str(&text)?;
        let stripe = if record.stripe_port == 0 { None } else { Some(open(record.stripe_port)?) };
        for variables in functions.values_mut().filter_map(Value::as_object_mut) {
            variables.insert("AWS_API_BASE".to_owned(), json!(aws));
            if let (Some(stripe), true) = (&stripe, variables.contains_key("STRIPE_API_BASE")) {
                variables.insert("STRIPE_API_BASE".to_owned(), json!(format!("{stripe}/")));
            }
        }
        let path = self.folder.join("env.json");
        write_json(&path, &functions)?;
        line(&format!("    env.json  {}", path.display()));
        Ok(path)
    }

    /// Invokes one sample and tells how it went. Whether that was right.
    fn shows(&self, name: &str, how: &str, event: &Value, variables: Option<&Path>) -> anyhow::Result<bool> {
        let function = logical_id(name.split('/').next().unwrap_or_default());
        let path = self.folder.join("event.json");
        write_json(&path, event)?;
        let mut command = Command::new(&self.sam);
        command.current_dir(&self.root).args(["local", "invoke", &function, "--template"]).arg(&self.template);
        command.arg("--event").arg(&path).env("SAM_CLI_TELEMETRY", "0");
        // SAM hands credentials on; those of whoever runs this are nobody's business here.
        for (name, value) in [("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")] {
            command.env(name, value);
        }
        command.env("AWS_REGION", crate::emulator::REGION).env("AWS_DEFAULT_REGION", crate::emulator::REGION);
        if docker::has_image(IMAGE) {
            command.arg("--skip-pull-image");
        }
        match variables {
            Some(variables) => command.arg("--env-vars").arg(variables),
            // SAM cannot make the address of the distribution, which is a site's by default.
            None => command.args(["--parameter-overrides", "SiteOrigin=https://tickets.example"]),
        };
        let output = command.stdin(Stdio::null()).output().context("sam cannot be started")?;
        let printed = if output.stdout.is_empty() { &output.stderr } else { &output.stdout };
        let answer = Answer::read(&String::from_utf8_lossy(printed));
        // What needs no stack is right in the same way without one.
        let is_right = answer.is_right(event, variables.is_some() || ALONE.contains(&name));
        line(&format!("{} {name}, {how}: {answer}", if is_right { "ok   " } else { "WRONG" }));
        Ok(is_right)
    }
}

/// What came out of a function.
#[derive(Debug, PartialEq, Eq)]
enum Answer {
    /// A route's: status, and the problem's slug if it is one.
    Http(u64, String),
    /// An event handler's.
    Value(String),
    /// The handler failed and said why.
    Failed(String),
    /// The handler was ended by its time: what it called did not answer.
    TimedOut,
    /// SAM or the container failed.
    None(String),
}

impl Answer {
    /// Reads what SAM prints: the function's answer is its last line.
    fn read(text: &str) -> Self {
        let Some(last) = text.lines().rev().find(|line| !line.trim().is_empty()) else {
            return Self::None("no answer".to_owned());
        };
        if text.lines().any(|line| line.starts_with("Function '") && line.contains("' timed out after ")) {
            return Self::TimedOut;
        }
        let Ok(value) = serde_json::from_str::<Value>(last) else {
            return Self::None(last.to_owned());
        };
        if let Some(status) = value["statusCode"].as_u64() {
            let body: Value =
                value["body"].as_str().and_then(|body| serde_json::from_str(body).ok()).unwrap_or_default();
            return Self::Http(status, body["type"].as_str().unwrap_or_default().to_owned());
        }
        match value["errorMessage"].as_str() {
            Some(message) => Self::Failed(message.to_owned()),
            None => Self::Value(last.to_owned()),
        }
    }

    /// As `events/README.md` says: without a stack nothing passes the gate and no event handler gets anywhere; with one
    /// every request passes the gate, and every event is handled.
    fn is_right(&self, event: &Value, with_stack: bool) -> bool {
        let at_the_gate = |problem: &str| ["bad-origin", "no-session"].contains(&problem);
        let is_route = event["routeKey"].is_string();
        match self {
            Self::Http(status, problem) => is_route && *status < 500 && at_the_gate(problem) != with_stack,
            Self::Value(_) => !is_route && with_stack,
            // It tries again for longer than it may run, where nothing answers at all.
            Self::TimedOut => !is_route && !with_stack,
            // The payment of the sample is no payment of this Stripe.
            Self::Failed(message) => !is_route && (!with_stack || message.contains("Stripe finds no such payment")),
            Self::None(_) => false,
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, text) = match self {
            Self::Http(status, problem) => return write!(formatter, "{status} {problem}"),
            Self::TimedOut => return formatter.write_str("ended by its time: nothing answers"),
            Self::Value(text) => ("answered", text),
            Self::Failed(text) => ("failed", text),
            Self::None(text) => ("not invoked", text),
        };
        write!(formatter, "{kind}: {}", text.chars().take(SHOWN).collect::<String>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_the_last_line() {
        let printed = "log\n{\"statusCode\":401,\"body\":\"{\\\"type\\\":\\\"no-session\\\"}\"}\n";
        assert_eq!(Answer::read(printed), Answer::Http(401, "no-session".to_owned()));
        assert_eq!(Answer::read("log\nnull"), Answer::Value("null".to_owned()));
        assert_eq!(Answer::read("{\"errorMessage\":\"no table\"}"), Answer::Failed("no table".to_owned()));
        assert_eq!(Answer::read(""), Answer::None("no answer".to_owned()));
        assert_eq!(Answer::read("cannot run"), Answer::None("cannot run".to_owned()));
        let ended =
            "Function 'RelayEvents' timed out after 30 seconds\nNo response from invoke container for RelayEvents";
        assert_eq!(Answer::read(ended), Answer::TimedOut);
    }

    #[test]
    fn what_is_right_depends_on_the_stack() {
        let (route, event) = (json!({"routeKey": "GET /api/orders"}), json!({"detail": {}}));
        let gate = Answer::Http(401, "no-session".to_owned());
        assert!(gate.is_right(&route, false) && !gate.is_right(&route, true));
        let found = Answer::Http(200, String::new());
        assert!(found.is_right(&route, true) && !found.is_right(&route, false));
        assert!(!Answer::Http(503, "unavailable".to_owned()).is_right(&route, true));
        let failed = Answer::Failed("the table cannot be reached".to_owned());
        assert!(failed.is_right(&event, false) && !failed.is_right(&event, true) && !failed.is_right(&route, false));
        assert!(Answer::Value("null".to_owned()).is_right(&event, true));
        assert!(Answer::TimedOut.is_right(&event, false) && !Answer::TimedOut.is_right(&event, true));
        assert!(!Answer::TimedOut.is_right(&route, false));
        assert!(!Answer::None("cannot run".to_owned()).is_right(&event, false));
    }
}
