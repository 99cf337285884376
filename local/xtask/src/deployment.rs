//! The real template, built and deployed into the emulator by the SAM command line.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use crate::emulator::as_owner;
use crate::files::{fingerprint, read_json, stamp, write_json};
use crate::packages::ensure_make;
use crate::process::run_quietly;
use crate::project::{Project, logical_id};
use crate::python::Venv;
use crate::stage::{Bench, Stage};

/// One process answers all calls of all functions here: with hundreds under way, a call may wait for seconds.
pub(crate) const PATIENT_CALL_SECONDS: u32 = 9;

/// Nobody pays for what is written here, and somebody waits for each page.
const PAGE_SECONDS: u32 = 2;

/// The stack's name.
pub(crate) const STACK_NAME: &str = "holdfast";

/// What the deployed stack is made of; `local/emulator/stack.py` writes it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Description {
    pub(crate) stack_name: String,
    pub(crate) region: String,
    pub(crate) outputs: BTreeMap<String, String>,
    pub(crate) resources: BTreeMap<String, String>,
    pub(crate) origin_secret: String,
    pub(crate) routes: usize,
}

/// What a stack is told of the template's parameters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Parameters {
    /// How long a ticket is held.
    pub(crate) hold_seconds: u32,
    /// How long it is held at least once its buyer has begun to pay.
    pub(crate) payment_seconds: u32,
    /// How often one network may try.
    pub(crate) network_tries: u32,
    /// Where Stripe is called.
    pub(crate) stripe_api: String,
    /// Where shoppers see the site.
    pub(crate) site_origin: String,
    /// How long one try of a call to another service may take.
    #[serde(default)]
    pub(crate) call_seconds: u32,
    /// Which address mails come from; empty sends none.
    #[serde(default)]
    pub(crate) mail_from: String,
    /// A stage of samconfig.toml, whose settings come before all others.
    #[serde(default)]
    pub(crate) stage: Option<Stage>,
}

/// What was deployed last: if nothing of it has changed, neither has the stack.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Deployed {
    template: String,
    #[serde(default)]
    parameters: Parameters,
    functions: BTreeMap<String, String>,
}

/// What a deployment had to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The stack is as it should be.
    Unchanged,
    /// New code for some functions.
    Code(usize),
    /// Everything.
    Whole,
}

/// Deploys one stack's template from one folder of binaries.
#[derive(Debug)]
pub(crate) struct Deployment {
    project: Project,
    venv: Venv,
    folder: PathBuf,
    binaries: PathBuf,
    parameters: Parameters,
    current: Option<Deployed>,
}

impl Deployment {
    /// A deployment whose files are under `folder`.
    pub(crate) fn new(project: &Project, venv: &Venv, folder: &Path, binaries: &Path, parameters: Parameters) -> Self {
        Self {
            project: project.clone(),
            venv: venv.clone(),
            folder: folder.to_owned(),
            binaries: binaries.to_owned(),
            parameters,
            current: None,
        }
    }

    /// Brings the stack in line with template, parameters and binaries, with as little work as that takes.
    pub(crate) fn ensure(&mut self, port: u16) -> anyhow::Result<Outcome> {
        let wanted = self.wanted()?;
        let found = self.current.take().or_else(|| read_json(&self.stamp())).unwrap_or_default();
        // Until the emulator has written its state down nobody may believe the stamp.
        drop(std::fs::remove_file(self.stamp()));
        let outcome = if found == wanted {
            Outcome::Unchanged
        } else if found.template == wanted.template && found.parameters == wanted.parameters {
            let changed = wanted.functions.iter().filter(|(name, stamp)| found.functions.get(*name) != Some(*stamp));
            let names: BTreeSet<String> = changed.map(|(name, _)| logical_id(name)).collect();
            self.update(port, &names)?;
            Outcome::Code(names.len())
        } else {
            self.deploy(port)?;
            Outcome::Whole
        };
        self.current = Some(wanted);
        Ok(outcome)
    }

    /// Makes the stamp believable: the emulator has written down the state that it describes.
    pub(crate) fn remember(&self) {
        if let Some(current) = &self.current {
            drop(write_json(&self.stamp(), current));
        }
    }

    /// Gives the stack other settings of its stage; the next [`Self::ensure`] deploys them.
    pub(crate) fn set_stage(&mut self, stage: Stage) {
        self.parameters.stage = Some(stage);
    }

    /// The stack's name: that of samconfig.toml for its stage.
    pub(crate) fn stack_name(&self) -> &str {
        self.parameters.stage.as_ref().map_or(STACK_NAME, Stage::stack_name)
    }

    /// Puts new code into functions, by their logical ids.
    fn update(&self, port: u16, logical_ids: &BTreeSet<String>) -> anyhow::Result<()> {
        let mut drifted: BTreeSet<String> = read_json(&self.drift()).unwrap_or_default();
        drifted.extend(logical_ids.iter().cloned());
        write_json(&self.drift(), &drifted)?;
        let mut command = self.venv.stack_helper(&self.project);
        as_owner(&mut command, port);
        command.args(["update", self.stack_name()]).arg(&self.binaries).args(logical_ids);
        run_quietly(&mut command, &self.folder.join("update.log"))
    }

    /// Lets orders hold their tickets for another time, which paying does not make longer, without a deployment; the
    /// next one undoes it.
    pub(crate) fn hold_for(&mut self, port: u16, seconds: u32) -> anyhow::Result<()> {
        self.current = None;
        let mut command = self.venv.stack_helper(&self.project);
        as_owner(&mut command, port);
        command.args(["hold", self.stack_name(), &seconds.to_string()]);
        run_quietly(&mut command, &self.folder.join("hold.log"))
    }

    fn deploy(&self, port: u16) -> anyhow::Result<()> {
        ensure_make(&self.project)?;
        let output = self.folder.join("sam");
        let mut build = self.sam(port, "build");
        build.arg("--build-dir").arg(&output);
        run_quietly(&mut build, &self.folder.join("sam-build.log")).context("sam build failed")?;
        let mut deploy = self.sam(port, "deploy");
        // It would look for its settings beside the built template.
        deploy
            .arg("--config-file")
            .arg(self.project.root().join("samconfig.toml"))
            .arg("--template-file")
            .arg(output.join("template.yaml"))
            .args(["--region", crate::emulator::REGION]);
        let here = [
            format!("StripeApiBase={}", self.parameters.stripe_api),
            format!("SiteOrigin={}", self.parameters.site_origin),
            format!("MailFrom={}", self.parameters.mail_from),
            format!("CallTimeoutSeconds={}", self.parameters.call_seconds),
            format!("PageSeconds={PAGE_SECONDS}"),
        ];
        match &self.parameters.stage {
            Some(stage) => {
                let bench = Bench { project: &self.project, venv: &self.venv, folder: &self.folder, port };
                deploy.args(stage.prepared(&bench, &output, &here)?);
            }
            None => {
                deploy
                    .args(["--stack-name", STACK_NAME, "--parameter-overrides"])
                    .arg(format!("HoldSeconds={}", self.parameters.hold_seconds))
                    .arg(format!("PaymentSeconds={}", self.parameters.payment_seconds))
                    .arg(format!("NetworkTriesPerHour={}", self.parameters.network_tries))
                    .args(here);
            }
        }
        run_quietly(&mut deploy, &self.folder.join("sam-deploy.log"))
            .context("sam deploy failed; cargo xtask dev --reset begins with an empty account")?;
        // Code that was put into a function directly is unknown to the stack: it would see no change to undo.
        let drifted: BTreeSet<String> = read_json(&self.drift()).unwrap_or_default();
        if !drifted.is_empty() {
            self.update(port, &drifted)?;
        }
        let mut finish = self.venv.stack_helper(&self.project);
        as_owner(&mut finish, port);
        finish.args(["finish", self.stack_name()]).arg(self.description_path()).arg(self.template_path());
        run_quietly(&mut finish, &self.folder.join("finish.log")).context("the routes were not added")
    }

    fn sam(&self, port: u16, command: &str) -> Command {
        let mut sam = self.venv.script();
        as_owner(&mut sam, port);
        sam.arg(self.project.root().join("local/emulator/sam.py"));
        sam.current_dir(self.project.root()).arg(command).env("HOLDFAST_BIN_DIR", &self.binaries);
        sam
    }

    fn wanted(&self) -> anyhow::Result<Deployed> {
        let mut text = Vec::new();
        for name in ["template.yaml", "samconfig.toml", "Makefile", "local/emulator/stack.py", "local/requirements.txt"]
        {
            let path = self.project.root().join(name);
            text.extend(std::fs::read(path).with_context(|| format!("{name} cannot be read"))?);
        }
        let functions = self
            .project
            .functions()?
            .into_iter()
            .map(|name| {
                let stamp = stamp(&self.binaries.join(&name)).with_context(|| format!("{name} is not built"))?;
                Ok((name, stamp))
            })
            .collect::<anyhow::Result<_>>()?;
        Ok(Deployed { template: fingerprint(&text), parameters: self.parameters.clone(), functions })
    }

    /// What the stack is made of.
    pub(crate) fn describe(&self) -> Option<Description> {
        read_json(&self.description_path())
    }

    /// Where outputs and physical ids stand.
    pub(crate) fn description_path(&self) -> PathBuf {
        self.folder.join("stack.json")
    }

    /// Where the transformed template stands.
    pub(crate) fn template_path(&self) -> PathBuf {
        self.folder.join("template.json")
    }

    fn stamp(&self) -> PathBuf {
        self.folder.join("deployed.json")
    }

    fn drift(&self) -> PathBuf {
        self.folder.join("drift.json")
    }
}
