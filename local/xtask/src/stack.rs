//! A whole local stack: emulator, deployment and edge.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use crate::console::step;
use crate::deployment::{Deployment, Description, Outcome};
use crate::edge::Edge;
use crate::emulator::{Emulator, free_port, is_free};
use crate::process::Identity;
use crate::project::Project;
use crate::python::Venv;
use crate::record::Record;

/// What distinguishes one stack from another.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// Data, logs and descriptions.
    pub(crate) folder: PathBuf,
    /// Binaries of functions and edge.
    pub(crate) binaries: PathBuf,
    /// The edge's port.
    pub(crate) port: u16,
    /// The template's parameter.
    pub(crate) hold_seconds: u32,
    /// Environment that reaches the functions.
    pub(crate) function_environment: Vec<(&'static str, PathBuf)>,
}

/// A running stack; it is stopped when it is dropped.
#[derive(Debug)]
pub(crate) struct Stack {
    project: Project,
    plan: Plan,
    emulator: Emulator,
    deployment: Deployment,
    description: Description,
    edge: Option<Edge>,
    record: Record,
    stopped: bool,
}

impl Stack {
    /// Starts the emulator, deploys the template and starts the edge.
    pub(crate) fn start(project: &Project, venv: &Venv, plan: Plan) -> anyhow::Result<Self> {
        std::fs::create_dir_all(&plan.folder)?;
        let started = step("Start the emulator");
        let earlier = Record::read(&plan.folder).map(|record| record.emulator_port);
        let emulator_port = match earlier.filter(|port| is_free(*port)) {
            Some(port) => port,
            None => free_port()?,
        };
        let environment: Vec<(&str, &Path)> =
            plan.function_environment.iter().map(|(name, value)| (*name, value.as_path())).collect();
        let mut emulator = Emulator::start(venv, &plan.folder, emulator_port, &environment)?;
        let mut record = Record {
            supervisor: Identity::own(),
            emulator: Some(emulator.identity()),
            emulator_port,
            edge: None,
            base_url: format!("http://localhost:{}", plan.port),
            ready: false,
        };
        record.write(&plan.folder)?;
        started.done(&format!("port {}", emulator.port()));

        let deploying = step("Deploy template.yaml into it");
        let mut deployment = Deployment::new(project, venv, &plan.folder, &plan.binaries, plan.hold_seconds);
        let deployed = deployment.ensure(emulator_port).inspect_err(|_| emulator.kill())?;
        let description = deployment.describe().context("the stack was not described")?;
        deploying.done(&told(&deployed, &description));

        let serving = step("Start the edge");
        let mut stack = Self {
            project: project.clone(),
            plan,
            emulator,
            deployment,
            description,
            edge: None,
            record: record.clone(),
            stopped: false,
        };
        stack.start_edge()?;
        record = stack.record.clone();
        serving.done(&record.base_url);
        Ok(stack)
    }

    fn start_edge(&mut self) -> anyhow::Result<()> {
        let edge = Edge::start(
            &self.plan.binaries.join("edge"),
            &self.plan.folder,
            &self.project.site(),
            &self.description,
            self.emulator.port(),
            self.plan.port,
        )?;
        self.record.edge = Some(edge.identity());
        self.edge = Some(edge);
        self.record.write(&self.plan.folder)
    }

    /// Puts new binaries or a new template to work; a new edge is started in the place of the old one.
    pub(crate) fn refresh(&mut self, changed: &[String]) -> anyhow::Result<String> {
        let outcome = self.deployment.ensure(self.emulator.port())?;
        self.description = self.deployment.describe().context("the stack was not described")?;
        if changed.iter().any(|name| name == "edge") {
            if let Some(mut edge) = self.edge.take() {
                edge.stop();
            }
            self.start_edge()?;
        }
        Ok(told(&outcome, &self.description))
    }

    /// Lets orders hold their tickets for another time from now on.
    pub(crate) fn hold_for(&mut self, seconds: u32) -> anyhow::Result<()> {
        self.deployment.hold_for(self.emulator.port(), seconds)
    }

    /// Tells other commands that the stack can be used.
    pub(crate) fn announce(&mut self) -> anyhow::Result<()> {
        self.record.ready = true;
        self.record.write(&self.plan.folder)
    }

    /// Fails when one of its processes has ended by itself.
    pub(crate) fn check(&mut self) -> anyhow::Result<()> {
        self.emulator.check()?;
        match &mut self.edge {
            Some(edge) => edge.check(),
            None => bail!("the edge does not run"),
        }
    }

    /// What a browser opens.
    pub(crate) fn base_url(&self) -> &str {
        &self.record.base_url
    }

    /// A file with outputs and physical ids.
    pub(crate) fn description_path(&self) -> PathBuf {
        self.deployment.description_path()
    }

    /// A file with the transformed template.
    pub(crate) fn template_path(&self) -> PathBuf {
        self.deployment.template_path()
    }

    /// Where the programs that it runs come from.
    pub(crate) fn binaries(&self) -> &Path {
        &self.plan.binaries
    }

    /// The emulator's port.
    pub(crate) fn emulator_port(&self) -> u16 {
        self.emulator.port()
    }

    /// Ends all of it; what was stored is there again after the next start.
    pub(crate) fn stop(&mut self) {
        if self.stopped {
            return;
        }
        self.stopped = true;
        if let Some(edge) = &mut self.edge {
            edge.stop();
        }
        if self.emulator.stop() {
            self.deployment.remember();
        }
        self.record.ready = false;
        self.record.emulator = None;
        self.record.edge = None;
        drop(self.record.write(&self.plan.folder));
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        self.stop();
    }
}

fn told(outcome: &Outcome, stack: &Description) -> String {
    match outcome {
        Outcome::Unchanged => "nothing has changed since the last time".to_owned(),
        Outcome::Code(count) => format!("new code in {count} functions"),
        Outcome::Whole => format!("{} resources, {} routes", stack.resources.len(), stack.routes),
    }
}
