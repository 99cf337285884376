//! `cargo xtask deployments`: every stage of samconfig.toml, deployed from the real template, walked through, and updated.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, bail};

use crate::binaries::{Flavour, build};
use crate::cli::DeploymentsOptions;
use crate::console::step;
use crate::deployment::PATIENT_CALL_SECONDS;
use crate::emulator::{as_owner, free_port};
use crate::process::run_quietly;
use crate::project::Project;
use crate::proxy::Between;
use crate::python::Venv;
use crate::report::Report;
use crate::rights::Observed;
use crate::stack::{Plan, Stack};
use crate::stage::{Bench, Stage};
use crate::stripe::Stripe;

/// What operators add, as `docs/operating.md` says.
const ADDED: &str = "AlarmEmail=operators@tickets.example";
/// The way back names what the stage's settings do not: a parameter that is left out of an update keeps its value.
const RETURNED: [&str; 3] = ["HoldSeconds=900", "ApiRate=500", ADDED];
const HOLD_SECONDS: &str = "900";
/// Other parameters of every kind: of functions, tables, logs and the API.
const CHANGED: [&str; 6] =
    ["HoldSeconds=1200", "LogRetentionDays=365", "RecoveryDays=14", "ApiRate=300", "TableKey=owned", ADDED];
const CHANGED_HOLD_SECONDS: &str = "1200";

/// A stage, and what is tried with it.
struct Trial {
    name: &'static str,
    /// `smoke.py` lists a ticket and holds it.
    orders: bool,
    /// It is updated, and updated back.
    updates: bool,
}

const TRIALS: [Trial; 3] = [
    Trial { name: "dev", orders: true, updates: false },
    Trial { name: "staging", orders: true, updates: false },
    // There, smoke.py only reads, as in an account; the update has people, tickets and orders of its own.
    Trial { name: "prod", orders: false, updates: true },
];

/// The stage that every run of the tests deploys.
pub(crate) const UPDATED: &str = "prod";

/// Deploys all stages, or those that are named, one after the other.
pub(crate) fn run(options: &DeploymentsOptions) -> anyhow::Result<ExitCode> {
    let project = Project::find()?;
    // Those of the tests, so that nothing is built twice: what makes them crash is a folder that these stacks do not have.
    let binaries = project.target().join("test-stack/bin");
    let building = step("Build functions, edge and site generator");
    build(&project, Flavour::CrashPoints, &binaries)?;
    building.done("programs built");
    let mut report = Report::default();
    for trial in &TRIALS {
        if options.stages.is_empty() || options.stages.iter().any(|name| name == trial.name) {
            report.part(trial.name, || deploy(&project, &binaries, trial))?;
        }
    }
    Ok(report.conclude())
}

/// A stack of a stage, and what looks at it.
struct Deployed<'a> {
    project: &'a Project,
    venv: Venv,
    folder: PathBuf,
    stage: Stage,
    stack: Stack,
}

fn deploy(project: &Project, binaries: &Path, trial: &Trial) -> anyhow::Result<()> {
    let folder = project.target().join("deployments").join(trial.name);
    if folder.exists() {
        std::fs::remove_dir_all(&folder).context("the data of the last run cannot be removed")?;
    }
    let (venv, _) = Venv::ensure(project)?;
    let stage = Stage::new(trial.name, &[ADDED]);
    let plan = Plan {
        folder: folder.clone(),
        binaries: binaries.to_owned(),
        port: free_port()?,
        hold_seconds: 0,
        payment_seconds: 0,
        network_tries: 0,
        stripe: Stripe::StandIn,
        function_environment: Vec::new(),
        rights: Observed::No,
        call_seconds: PATIENT_CALL_SECONDS,
        between: Between::Nothing,
        stage: Some(stage.clone()),
    };
    let stack = Stack::start(project, &venv, plan)?;
    stack.put_keys()?;
    let mut deployed = Deployed { project, venv, folder, stage, stack };
    deployed.walk(trial.orders)?;
    let checking = step("Compare the stack with the stage's settings");
    deployed.helper("check", &[trial.name])?;
    checking.done("as samconfig.toml says");
    if trial.updates {
        deployed.update_and_back()?;
        deployed.refuses()?;
    }
    deployed.stack.stop();
    // A gigabyte of programs, zipped and unzipped, which nobody needs once all went well.
    std::fs::remove_dir_all(&deployed.folder).context("what the stack leaves cannot be removed")
}

impl Deployed<'_> {
    fn walk(&self, orders: bool) -> anyhow::Result<()> {
        let walking = step("Walk through it");
        let mut command = self.venv.script();
        command.arg(self.project.root().join("deploy/smoke.py")).arg(self.stack.base_url());
        if orders {
            command.arg("--order");
        }
        self.quietly(&mut command, "smoke")?;
        walking.done("smoke.py found nothing");
        Ok(())
    }

    /// Data, an update with other programs and parameters, the way back: everything is there, and goes on.
    fn update_and_back(&mut self) -> anyhow::Result<()> {
        let filling = step("Fill it");
        let memory = self.folder.join("memory.json").display().to_string();
        let stripe = self.stack.stripe_url().context("the stand-in does not run")?;
        let site = self.stack.base_url().to_owned();
        self.helper("fill", &[&site, &stripe, &memory])?;
        filling.done("people, tickets in every state, orders, messages");

        let updating = step("Update it gradually, with other programs and parameters");
        let mut other = Stage::new(&self.stage.name, &CHANGED);
        other.gradual = true;
        "another version".clone_into(&mut other.mark);
        self.stack.update_stage(other)?;
        self.helper("compare", &[&site, &stripe, &memory, CHANGED_HOLD_SECONDS])?;
        updating.done("nothing is lost, new holds last longer");

        let returning = step("Update it back");
        self.stack.update_stage(Stage::new(&self.stage.name, &RETURNED))?;
        self.helper("compare", &[&site, &stripe, &memory, HOLD_SECONDS])?;
        self.helper("pay", &[&site, &stripe, &memory])?;
        self.helper("check", &[&self.stage.name])?;
        self.walk(false)?;
        returning.done("nothing is lost, and what was begun before is paid");
        Ok(())
    }

    /// A template that would replace a table and delete a queue is refused before anything is deployed.
    fn refuses(&self) -> anyhow::Result<()> {
        let refusing = step("Have an update refused that would replace a table");
        let harmful = self.folder.join("sam/harmful.yaml");
        self.helper(
            "harm",
            &[&self.folder.join("sam/template.yaml").display().to_string(), &harmful.display().to_string()],
        )?;
        let bench =
            Bench { project: self.project, venv: &self.venv, folder: &self.folder, port: self.stack.emulator_port() };
        let Err(refusal) = self.stage.refuse_replacements(&bench, &harmful) else {
            bail!("an update that replaces SessionsTable and deletes RelayFailureQueue was not refused");
        };
        let told = format!("{refusal:#}");
        for expected in [
            "REFUSED STATEFUL AWS::DynamoDB::Table SessionsTable is replaced",
            "REFUSED STATEFUL AWS::SQS::Queue RelayFailureQueue is deleted",
        ] {
            if !told.contains(expected) {
                bail!("the refusal does not say `{expected}`: {told}");
            }
        }
        refusing.done("refused, and said why");
        Ok(())
    }

    fn helper(&self, what: &str, arguments: &[&str]) -> anyhow::Result<()> {
        let mut command = self.venv.deployed_helper(self.project);
        command.args([what, self.stack.name()]).args(arguments);
        self.quietly(&mut command, what)
    }

    fn quietly(&self, command: &mut Command, what: &str) -> anyhow::Result<()> {
        as_owner(command, self.stack.emulator_port());
        run_quietly(command, &self.folder.join(format!("{what}.log")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stage_of_samconfig_is_tried() {
        let settings = include_str!("../../../samconfig.toml");
        let stages = settings.lines().filter_map(|line| line.strip_prefix('[')?.strip_suffix(".deploy.parameters]"));
        let stages: Vec<&str> = stages.filter(|name| *name != "default").collect();
        assert_eq!(stages, TRIALS.map(|trial| trial.name));
    }
}
