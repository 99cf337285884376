//! A whole local stack: emulator, deployment, the stand-in for Stripe and edge.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use crate::console::step;
use crate::deployment::{Deployment, Description, Outcome, Parameters};
use crate::edge::Edge;
use crate::emulator::{Emulator, as_owner, endpoint, free_port, is_free};
use crate::process::Identity;
use crate::project::Project;
use crate::proxy::{Between, Proxy};
use crate::publish::{Site, emptied};
use crate::python::Venv;
use crate::record::Record;
use crate::rights::Observed;
use crate::secrets::{LOCAL_STAGE, put_locally};
use crate::stage::Stage;
use crate::stripe::{FakeStripe, REAL_API, Stripe, local_keys};

/// Whom local mails come from.
const MAIL_FROM: &str = "no-reply@holdfast.example";

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
    /// Another one.
    pub(crate) payment_seconds: u32,
    /// Another one: everybody on this machine is one network.
    pub(crate) network_tries: u32,
    /// Which Stripe it talks to.
    pub(crate) stripe: Stripe,
    /// Environment that reaches the functions.
    pub(crate) function_environment: Vec<(&'static str, PathBuf)>,
    /// Whether it is written down which rights functions need.
    pub(crate) rights: Observed,
    /// How long one try of a call to another service may take, in seconds.
    pub(crate) call_seconds: u32,
    /// What stands between functions and emulator.
    pub(crate) between: Between,
    /// The stage whose settings it has; without one it has those of a laptop.
    pub(crate) stage: Option<Stage>,
}

/// A running stack; it is stopped when it is dropped.
#[derive(Debug)]
pub(crate) struct Stack {
    project: Project,
    plan: Plan,
    emulator: Emulator,
    proxy: Option<Proxy>,
    deployment: Deployment,
    description: Description,
    venv: Venv,
    stripe: Option<FakeStripe>,
    edge: Option<Edge>,
    record: Record,
    stopped: bool,
}

impl Stack {
    /// Starts the emulator, deploys the template and starts the edge.
    pub(crate) fn start(project: &Project, venv: &Venv, plan: Plan) -> anyhow::Result<Self> {
        std::fs::create_dir_all(&plan.folder)?;
        let started = step("Start the emulator");
        let earlier = Record::read(&plan.folder);
        let emulator_port = same_or_free(earlier.as_ref().map(|record| record.emulator_port))?;
        let stripe_port = same_or_free(earlier.as_ref().map(|record| record.stripe_port))?;
        let proxy = match plan.between {
            Between::Nothing => None,
            Between::Faults => Some(Proxy::faults(project, &plan.folder, emulator_port)?),
            Between::Meter => Some(Proxy::meter(&plan.binaries, &plan.folder, emulator_port, stripe_port)?),
        };
        let mut environment: Vec<(&str, &Path)> =
            plan.function_environment.iter().map(|(name, value)| (*name, value.as_path())).collect();
        environment.extend(proxy.as_ref().map(|proxy| ("AWS_API_BASE", Path::new(proxy.url()))));
        let mut emulator = match plan.rights.command(project, venv, &plan.folder)? {
            Some(observed) => Emulator::start_program(observed, &plan.folder, emulator_port, &environment)?,
            None => Emulator::start(venv, &plan.folder, emulator_port, &environment)?,
        };
        let record = Record {
            supervisor: Identity::own(),
            emulator: Some(emulator.identity()),
            emulator_port,
            edge: None,
            stripe: None,
            stripe_port,
            base_url: format!("http://localhost:{}", plan.port),
            ready: false,
        };
        record.write(&plan.folder)?;
        started.done(&format!("port {}", emulator.port()));

        let deploying = step("Deploy template.yaml into it");
        let parameters = Parameters {
            hold_seconds: plan.hold_seconds,
            payment_seconds: plan.payment_seconds,
            network_tries: plan.network_tries,
            stripe_api: stripe_api(&plan, proxy.as_ref(), stripe_port),
            site_origin: record.base_url.clone(),
            call_seconds: plan.call_seconds,
            mail_from: MAIL_FROM.to_owned(),
            stage: plan.stage.clone(),
        };
        let mut deployment = Deployment::new(project, venv, &plan.folder, &plan.binaries, parameters);
        let deployed = deployment.ensure(emulator_port).inspect_err(|_| emulator.kill())?;
        let description = deployment.describe().context("the stack was not described")?;
        deploying.done(&told(&deployed, &description));

        let serving = step(match plan.stripe {
            Stripe::StandIn => "Start the stand-in for Stripe and the edge",
            Stripe::Real => "Start the edge",
        });
        let mut stack = Self {
            project: project.clone(),
            plan,
            emulator,
            proxy,
            deployment,
            description,
            venv: venv.clone(),
            stripe: None,
            edge: None,
            record: record.clone(),
            stopped: false,
        };
        stack.start_stripe()?;
        stack.start_edge()?;
        serving.done(stack.base_url());

        let publishing = step("Build and publish the site");
        emptied(stack.site_folder())?;
        publishing.done(&stack.publish()?);
        Ok(stack)
    }

    /// Builds the site and puts it into the bucket; what that took, in words.
    pub(crate) fn publish(&self) -> anyhow::Result<String> {
        let folder = self.site_folder();
        let site =
            Site { programs: &self.plan.binaries, folder: &folder, origin: self.base_url(), stripe: self.plan.stripe };
        site.build(&self.project)?;
        let port = self.emulator.port();
        site.upload(&self.project, &self.venv, self.deployment.stack_name(), |command| as_owner(command, port))
    }

    fn site_folder(&self) -> PathBuf {
        self.plan.folder.join("site")
    }

    fn start_stripe(&mut self) -> anyhow::Result<()> {
        if self.plan.stripe == Stripe::Real {
            return Ok(());
        }
        let program = self.plan.binaries.join("fake_stripe");
        let stripe = FakeStripe::start(&program, &self.plan.folder, self.record.stripe_port, self.plan.port)?;
        self.record.stripe = Some(stripe.identity());
        self.stripe = Some(stripe);
        self.record.write(&self.plan.folder)
    }

    /// Writes the stand-in's keys into the emulator; Stripe's own are the user's to write.
    pub(crate) fn put_keys(&self) -> anyhow::Result<()> {
        match self.plan.stripe {
            Stripe::StandIn => {
                let stage = self.plan.stage.as_ref().map_or(LOCAL_STAGE, |stage| &stage.name);
                put_locally(&self.project, &self.venv, self.emulator.port(), stage, &local_keys())
            }
            Stripe::Real => Ok(()),
        }
    }

    fn start_edge(&mut self) -> anyhow::Result<()> {
        let edge = Edge::start(
            &self.plan.binaries.join("edge"),
            &self.plan.folder,
            &self.description,
            self.emulator.port(),
            self.stripe.as_ref().map(FakeStripe::url).as_deref(),
            self.plan.port,
        )?;
        self.record.edge = Some(edge.identity());
        self.edge = Some(edge);
        self.record.write(&self.plan.folder)
    }

    /// Puts new binaries or a new template to work; a new edge or stand-in is started in the place of the old one.
    pub(crate) fn refresh(&mut self, changed: &[String]) -> anyhow::Result<String> {
        let outcome = self.deployment.ensure(self.emulator.port())?;
        self.description = self.deployment.describe().context("the stack was not described")?;
        if changed.iter().any(|name| name == "fake_stripe") {
            if let Some(mut stripe) = self.stripe.take() {
                stripe.stop();
            }
            self.start_stripe()?;
        }
        if changed.iter().any(|name| name == "edge") {
            if let Some(mut edge) = self.edge.take() {
                edge.stop();
            }
            self.start_edge()?;
        }
        Ok(told(&outcome, &self.description))
    }

    /// Deploys it with other settings of its stage, or other programs.
    pub(crate) fn update_stage(&mut self, stage: Stage) -> anyhow::Result<()> {
        self.deployment.set_stage(stage);
        self.refresh(&[]).map(drop)
    }

    /// Its name.
    pub(crate) fn name(&self) -> &str {
        self.deployment.stack_name()
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
        if let Some(stripe) = &mut self.stripe {
            stripe.check()?;
        }
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

    /// Data, logs and descriptions.
    pub(crate) fn folder(&self) -> &Path {
        &self.plan.folder
    }

    /// Where the programs that it runs come from.
    pub(crate) fn binaries(&self) -> &Path {
        &self.plan.binaries
    }

    /// What the stack is made of.
    pub(crate) fn description(&self) -> &Description {
        &self.description
    }

    /// The emulator's port.
    pub(crate) fn emulator_port(&self) -> u16 {
        self.emulator.port()
    }

    /// The emulator's process.
    pub(crate) fn emulator_process(&self) -> Identity {
        self.emulator.identity()
    }

    /// Where the proxy between functions and emulator is told what to do, without a slash at its end.
    pub(crate) fn proxy_url(&self) -> Option<&str> {
        self.proxy.as_ref().map(Proxy::url)
    }

    /// Where the stand-in for Stripe listens, without a slash at its end.
    pub(crate) fn stripe_url(&self) -> Option<String> {
        self.stripe.as_ref().map(FakeStripe::url)
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
        if let Some(stripe) = &mut self.stripe {
            stripe.stop();
        }
        if self.emulator.stop() {
            self.deployment.remember();
        }
        if let Some(proxy) = &mut self.proxy {
            proxy.stop();
        }
        self.record.ready = false;
        self.record.emulator = None;
        self.record.edge = None;
        self.record.stripe = None;
        drop(self.record.write(&self.plan.folder));
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Where functions call Stripe.
fn stripe_api(plan: &Plan, proxy: Option<&Proxy>, port: u16) -> String {
    match (plan.stripe, proxy) {
        (Stripe::Real, _) => REAL_API.to_owned(),
        // What is counted passes the meter, this too.
        (Stripe::StandIn, Some(meter)) if plan.between == Between::Meter => format!("{}/", meter.url()),
        (Stripe::StandIn, _) => format!("{}/", endpoint(port)),
    }
}

/// The port of the last time, so that what was deployed then is still right, or any that is free.
fn same_or_free(earlier: Option<u16>) -> anyhow::Result<u16> {
    match earlier.filter(|port| *port != 0 && is_free(*port)) {
        Some(port) => Ok(port),
        None => free_port(),
    }
}

fn told(outcome: &Outcome, stack: &Description) -> String {
    match outcome {
        Outcome::Unchanged => "nothing has changed since the last time".to_owned(),
        Outcome::Code(count) => format!("new code in {count} functions"),
        Outcome::Whole => format!("{} resources, {} routes", stack.resources.len(), stack.routes),
    }
}
