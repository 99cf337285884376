//! `cargo xtask bench`: how fast, small and cheap the programs of a release are.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, bail};

use crate::binaries::build_package;
use crate::cli::BenchOptions;
use crate::console::{line, step};
use crate::dynamodb_local::DynamoDbLocal;
use crate::emulator::endpoint;
use crate::environment::{find_program, variable};
use crate::npm;
use crate::process::{capture, run};
use crate::project::Project;
use crate::python::Venv;

/// What the measurements say of a target that is missed.
const MISSED: i32 = 3;
/// `place_order` in Node.js.
const NODE: &str = "bench/node";

/// Builds what is compared and measures it.
pub(crate) fn run_all(options: &BenchOptions) -> anyhow::Result<ExitCode> {
    let project = Project::find()?;
    let folder = project.target().join("bench");
    std::fs::create_dir_all(&folder)?;
    let lambda = project.target().join("lambda");
    let (venv, _) = Venv::ensure(&project)?;
    let named = options.binaries.clone().or_else(|| variable("HOLDFAST_BIN_DIR").map(PathBuf::from));
    let binaries = if let Some(named) = named {
        named
    } else {
        let building = step("Build all functions as they are deployed");
        succeed(Command::new("make").current_dir(project.root()).arg("release"))?;
        building.done("built");
        lambda.clone()
    };
    let building = step("Build what measures them, and what they are compared with");
    build_as_deployed(&project, &venv, ["hello", "bench"])?;
    let bundle = bundled(&project, &folder)?;
    building.done("built");
    let before = folder.join("before.json");
    committed(&project, &before)?;
    let starting = step("Start DynamoDB Local");
    let mut tables = DynamoDbLocal::start(&project, &folder)?;
    starting.done(&format!("port {}", tables.port()));
    let mut command = Command::new(lambda.join("bench/bootstrap"));
    command
        .arg(if options.memory { "memory" } else { "run" })
        .arg("--root")
        .arg(project.root())
        .arg("--binaries")
        .arg(&binaries)
        .arg("--hello")
        .arg(lambda.join("hello/bootstrap"))
        .arg("--node-bundle")
        .arg(bundle)
        .arg("--node")
        .arg(find_program("node").context("npm is here, but node was not found")?)
        .args(["--dynamodb", &endpoint(tables.port())])
        .arg("--logs")
        .arg(folder.join("logs"))
        .arg("--before")
        .arg(before)
        .args(["--spawns", &options.spawns.to_string(), "--rounds", &options.rounds.to_string()]);
    if let Some(other) = &options.against {
        command.arg("--against").arg(other);
    }
    if !options.dry_run {
        command.arg("--into").arg(project.root().join("docs"));
    }
    let status = run(&mut command);
    tables.stop();
    let status = status?;
    if status.success() {
        return Ok(ExitCode::SUCCESS);
    }
    if status.code() == Some(MISSED) {
        line("Some targets are missed: docs/bench.md says why.");
        return Ok(ExitCode::from(3));
    }
    bail!("nothing was measured: {status}")
}

/// Builds functions as they are deployed and weighs them.
pub(crate) fn weigh(functions: &[String]) -> anyhow::Result<ExitCode> {
    let project = Project::find()?;
    let names = if functions.is_empty() { project.functions()? } else { functions.to_vec() };
    let (venv, _) = Venv::ensure(&project)?;
    let building = step("Build the functions as they are deployed");
    build_as_deployed(&project, &venv, names.iter().map(String::as_str))?;
    building.done(&format!("{} built", names.len()));
    build_package(&project, "bench")?;
    let mut command = Command::new(project.built().join("bench"));
    command.arg("sizes").arg("--binaries").arg(project.target().join("lambda")).args(&names);
    let status = run(&mut command)?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn build_as_deployed<'a>(
    project: &Project,
    venv: &Venv,
    packages: impl IntoIterator<Item = &'a str>,
) -> anyhow::Result<()> {
    let cargo_lambda = venv.program("cargo-lambda");
    let mut command = Command::new(&cargo_lambda);
    command.current_dir(project.root()).env("PATH", search_path(&cargo_lambda)?).args(["lambda", "build", "--release"]);
    for package in packages {
        command.args(["--package", package]);
    }
    succeed(&mut command)
}

fn succeed(command: &mut Command) -> anyhow::Result<()> {
    if !run(command)?.success() {
        bail!("the build failed: see the messages above");
    }
    Ok(())
}

/// cargo-lambda finds the linker that comes with it on the search path.
fn search_path(program: &Path) -> anyhow::Result<OsString> {
    let own = program.parent().map(Path::to_owned);
    let path = variable("PATH").unwrap_or_default();
    Ok(std::env::join_paths(own.into_iter().chain(std::env::split_paths(&path)))?)
}

/// The Node.js program in one file, as AWS advises to deploy it.
fn bundled(project: &Project, folder: &Path) -> anyhow::Result<PathBuf> {
    npm::installed(project, NODE)?;
    let bundle = folder.join("place_order.cjs");
    let mut command = npm::npm(&project.root().join(NODE))?;
    command.args(["run", "--silent", "bundle", "--"]).arg(format!("--outfile={}", bundle.display()));
    succeed(&mut command)?;
    Ok(bundle)
}

/// Writes down the figures that were committed last, if there are any.
fn committed(project: &Project, into: &Path) -> anyhow::Result<()> {
    if into.exists() {
        std::fs::remove_file(into)?;
    }
    let mut show = Command::new("git");
    show.current_dir(project.root()).args(["show", "HEAD:docs/bench.json"]);
    if let Some(text) = capture(&mut show) {
        std::fs::write(into, text)?;
    }
    Ok(())
}
