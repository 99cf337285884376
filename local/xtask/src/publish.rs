//! Publishing the site: its generator runs, and what it writes goes into a stack's bucket.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};
use serde_json::{Value, json};

use crate::binaries::build_package;
use crate::browser::Node;
use crate::cli::PublishOptions;
use crate::console::{line, step};
use crate::deployment::STACK_NAME;
use crate::operator::{Place, answered};
use crate::process::run_quietly;
use crate::project::Project;
use crate::python::Venv;
use crate::stripe::{SCRIPT, Stripe};

/// The name of the generator.
const GENERATOR: &str = "site";

/// A site as one stack is to have it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Site<'a> {
    /// Where the built programs are, the generator among them.
    pub(crate) programs: &'a Path,
    /// Where the generator writes to.
    pub(crate) folder: &'a Path,
    /// The address at which it will be seen, without a slash at its end.
    pub(crate) origin: &'a str,
    /// Whose script its checkout loads.
    pub(crate) stripe: Stripe,
}

impl Site<'_> {
    /// Has the generator write it.
    pub(crate) fn build(&self, project: &Project) -> anyhow::Result<()> {
        Node::ensure(project).context("the site's scripts are bundled by a program from npm")?;
        let mut command = Command::new(self.programs.join(GENERATOR));
        command.current_dir(project.root()).arg("--out").arg(self.folder).args(["--origin", self.origin]);
        if self.stripe == Stripe::StandIn {
            command.args(["--stripe-js", SCRIPT]);
        }
        run_quietly(&mut command, &project.target().join("site.log")).context("the site was not built")
    }

    /// Puts what was built into a stack's bucket and asks for the pages that are rendered; what that took, in words.
    pub(crate) fn upload(
        &self,
        project: &Project,
        venv: &Venv,
        stack: &str,
        enter: impl FnOnce(&mut Command),
    ) -> anyhow::Result<String> {
        let mut command = venv.operator_helper(project);
        command.args(["publish", stack]);
        enter(&mut command);
        let answer = answered(&mut command, &json!({ "folder": self.folder })).context("the site was not published")?;
        told(&answer)
    }
}

/// `cargo xtask publish-site`.
pub(crate) fn run(options: &PublishOptions) -> anyhow::Result<()> {
    let project = Project::find()?;
    let (venv, _) = Venv::ensure(&project)?;
    let place = Place::chosen(&project, false, options.region.as_deref(), options.profile.as_deref())?;
    let stack = options.stack.as_deref().unwrap_or(STACK_NAME);
    let asking = step(&format!("Ask {stack} for its address, {place}"));
    let mut command = venv.operator_helper(&project);
    command.args(["site", stack]);
    place.enter(&mut command);
    let answer: Value = serde_json::from_str(&answered(&mut command, &json!({}))?)?;
    let origin = answer["origin"].as_str().context("the stack has no address")?;
    asking.done(origin);

    let building = step("Build the site");
    build_package(&project, GENERATOR)?;
    let folder = emptied(project.site())?;
    let site = Site { programs: &project.built(), folder: &folder, origin, stripe: Stripe::Real };
    site.build(&project)?;
    building.done("built");

    let uploading = step("Publish it");
    let published = site.upload(&project, &venv, stack, |command| place.enter(command))?;
    uploading.done(&published);
    line(&format!("The site is at {origin}"));
    Ok(())
}

/// A folder without what an earlier build has left in it.
pub(crate) fn emptied(folder: PathBuf) -> anyhow::Result<PathBuf> {
    if folder.exists() {
        std::fs::remove_dir_all(&folder).with_context(|| format!("{} cannot be emptied", folder.display()))?;
    }
    Ok(folder)
}

fn told(answer: &str) -> anyhow::Result<String> {
    let report: Value = serde_json::from_str(answer).context("the helper told nothing")?;
    let (Some(written), Some(unchanged)) = (report["written"].as_u64(), report["unchanged"].as_u64()) else {
        bail!("the helper told {answer}");
    };
    let rendering = if report["rendering"] == true { ", tickets and catalogue are being rendered" } else { "" };
    Ok(format!("{written} files written, {unchanged} were there{rendering}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_told_in_words() {
        let report =
            |rendering| json!({"bucket": "b", "written": 3, "unchanged": 40, "rendering": rendering}).to_string();
        let plain = "3 files written, 40 were there";
        assert_eq!(told(&report(false)).expect("words"), plain);
        let rendering = told(&report(true)).expect("words");
        assert_eq!(rendering, format!("{plain}, tickets and catalogue are being rendered"));
        assert!(told("{}").is_err());
    }

    #[test]
    fn a_folder_is_emptied_whether_it_is_there_or_not() {
        let parent = tempfile::tempdir().expect("a folder");
        let folder = parent.path().join("site");
        std::fs::create_dir_all(folder.join("old")).expect("made");
        for _ in 0..2 {
            assert!(!emptied(folder.clone()).expect("emptied").exists());
        }
    }
}
