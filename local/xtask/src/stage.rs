//! A stage of samconfig.toml, deployed into the emulator as an operator deploys it into an account.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use crate::emulator::as_owner;
use crate::process::{capture, run_quietly};
use crate::project::Project;
use crate::python::Venv;

/// What the emulator cannot do of any stage's settings.
const NOT_HERE: [&str; 1] = [
    // It knows no archive, and refuses a template that has one.
    "ArchiveDays=0",
];

/// How a stage is deployed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stage {
    /// Its name in samconfig.toml.
    pub(crate) name: String,
    stack: String,
    /// What an operator adds to its parameters, as `Name=value`.
    pub(crate) more: Vec<String>,
    /// Whether `deploy/gradual.py` comes before `sam deploy`.
    pub(crate) gradual: bool,
    /// What is appended to each program, so that it is another one which does the same.
    pub(crate) mark: String,
}

/// What a deployment works with.
#[derive(Debug)]
pub(crate) struct Bench<'a> {
    pub(crate) project: &'a Project,
    pub(crate) venv: &'a Venv,
    pub(crate) folder: &'a Path,
    /// The emulator's port.
    pub(crate) port: u16,
}

impl Stage {
    /// A stage as samconfig.toml has it, with what an operator adds.
    pub(crate) fn new(name: &str, more: &[&str]) -> Self {
        Self {
            name: name.to_owned(),
            stack: format!("holdfast-{name}"),
            more: more.iter().map(|&parameter| parameter.to_owned()).collect(),
            gradual: false,
            mark: String::new(),
        }
    }

    /// The name that samconfig.toml gives its stack.
    pub(crate) fn stack_name(&self) -> &str {
        &self.stack
    }

    /// Does what comes between `sam build` and `sam deploy`, and returns what `sam deploy` is told.
    ///
    /// `here` is what a laptop has instead of what a stage has: Stripe's stand-in, the edge's address, and patience with
    /// one process that answers all calls.
    pub(crate) fn prepared(&self, bench: &Bench<'_>, built: &Path, here: &[String]) -> anyhow::Result<Vec<String>> {
        self.mark_programs(bench, built)?;
        let not_here = NOT_HERE.map(str::to_owned);
        let parameters: Vec<&String> = self.more.iter().chain(here).chain(&not_here).collect();
        if self.gradual {
            let mut gradual = bench.venv.script();
            gradual.arg(bench.project.root().join("deploy/gradual.py")).arg("--build-dir").arg(built);
            gradual.arg(&self.name).args(&parameters);
            run_quietly(&mut gradual, &bench.folder.join("gradual.log")).context("gradual.py failed")?;
            let mut without = bench.venv.deployed_helper(bench.project);
            without.arg("without-codedeploy").arg(built.join("template.yaml"));
            run_quietly(&mut without, &bench.folder.join("gradual.log"))?;
        }
        self.refuse_replacements(bench, &built.join("template.yaml"))?;
        let mut line = bench.venv.script();
        line.arg(bench.project.root().join("deploy/parameters.py")).arg(&self.name).args(&parameters);
        let line = capture(&mut line).context("parameters.py failed")?;
        // Nobody is there to be asked.
        let mut told =
            ["--config-env", &self.name, "--no-confirm-changeset", "--parameter-overrides"].map(str::to_owned).to_vec();
        told.extend(line.lines().map(str::to_owned));
        Ok(told)
    }

    /// Fails when the deployment would replace or delete something of a stack that is there, and that holds anything.
    pub(crate) fn refuse_replacements(&self, bench: &Bench<'_>, template: &Path) -> anyhow::Result<()> {
        let mut command = bench.venv.script();
        as_owner(&mut command, bench.port);
        command.arg(bench.project.root().join("local/replacements.py")).args(["--deployed", &self.stack]).arg(template);
        run_quietly(&mut command, &bench.folder.join("replacements.log"))
    }

    fn mark_programs(&self, bench: &Bench<'_>, built: &Path) -> anyhow::Result<()> {
        for function in bench.project.functions()? {
            let program = built.join(crate::project::logical_id(&function)).join("bootstrap");
            let mut file = File::options().append(true).open(&program).context("a function was not built")?;
            file.write_all(self.mark.as_bytes())?;
        }
        Ok(())
    }
}
