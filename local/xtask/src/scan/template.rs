//! The transformed template under cfn-lint, cfn-guard and checkov.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};
use serde_json::Value;

use super::{Finding, Scan};
use crate::files::read_json;
use crate::npm;
use crate::process::{run_quietly, tail};
use crate::project::Project;
use crate::python::Venv;

/// Our own rules, and a template that breaks each of them.
const OWN_RULES: &str = "holdfast.guard";
const FAULTY: &str = "faulty.json";
/// Where the package has AWS's rules.
const CONTROL_TOWER: &str = "rules/control-tower/cfn-guard";
/// Its folders that are about what the template has.
const TOPICS: [&str; 11] = [
    "apigateway",
    "certificatemanager",
    "cloudfront",
    "cloudwatch",
    "dynamodb",
    "identityandaccessmanagement",
    "keymanagementservice",
    "lambda",
    "s3",
    "sqs",
    "waf",
];

/// The template after the SAM transform.
#[derive(Debug)]
pub(super) struct Transformed {
    path: PathBuf,
    types: BTreeMap<String, String>,
}

impl Transformed {
    /// Transforms `template.yaml`.
    pub(super) fn make(scan: &Scan) -> anyhow::Result<Self> {
        let (tools, _) = Venv::ensure(&scan.project)?;
        let path = scan.scratch.join("template.json");
        let mut command = tools.script();
        command.arg(scan.settings.join("transform.py")).arg(scan.project.root().join("template.yaml")).arg(&path);
        run_quietly(&mut command, &scan.scratch.join("transform.log"))?;
        Self::read(path)
    }

    fn read(path: PathBuf) -> anyhow::Result<Self> {
        let template: Value = read_json(&path).context("the transformed template cannot be read")?;
        let resources = template["Resources"].as_object().context("a template has resources")?;
        let kind = |resource: &Value| resource["Type"].as_str().unwrap_or_default().to_owned();
        let types = resources.iter().map(|(id, resource)| (id.clone(), kind(resource))).collect();
        Ok(Self { path, types })
    }

    fn finding(&self, rule: &str, id: &str, detail: &str) -> Finding {
        let kind = self.types.get(id).cloned().unwrap_or_default();
        Finding { rule: rule.to_owned(), place: id.to_owned(), kind, detail: detail.to_owned() }
    }

    /// cfn-lint finds nothing at all.
    pub(super) fn lint(&self, scan: &Scan) -> anyhow::Result<()> {
        let (tools, _) = Venv::ensure(&scan.project)?;
        run_quietly(Command::new(tools.program("cfn-lint")).arg(&self.path), &scan.scratch.join("cfn-lint.log"))
    }

    /// What checkov does not like.
    pub(super) fn checkov(&self, scan: &Scan) -> anyhow::Result<Vec<Finding>> {
        let mut command = scan.venv.script();
        command.args([
            "-m",
            "checkov.main",
            "--framework",
            "cloudformation",
            "--skip-download",
            "--compact",
            "--quiet",
        ]);
        command.args(["--output", "json", "--soft-fail", "--file"]).arg(&self.path);
        let report = json_output(&mut command, &scan.scratch.join("checkov.log"), &[0])?;
        let passed = report["summary"]["passed"].as_u64().unwrap_or_default();
        if passed == 0 || report["summary"]["parsing_errors"] != 0 {
            bail!("checkov did not understand the template: {}", report["summary"]);
        }
        let failed = report["results"]["failed_checks"].as_array().context("checkov lists what failed")?;
        let found = failed.iter().map(|check| {
            let resource = check["resource"].as_str().unwrap_or_default();
            let id = resource.rsplit('.').next().unwrap_or_default();
            self.finding(
                check["check_id"].as_str().unwrap_or_default(),
                id,
                check["check_name"].as_str().unwrap_or_default(),
            )
        });
        Ok(found.collect())
    }
}

/// cfn-guard as AWS builds it, with the rules of AWS Control Tower.
#[derive(Debug)]
pub(super) struct Guard {
    package: PathBuf,
}

impl Guard {
    /// Installs what `local/scan/package-lock.json` pins, unless that is there already.
    pub(super) fn ensure(project: &Project) -> anyhow::Result<Self> {
        Ok(Self { package: npm::installed(project, "local/scan")?.join("@cdklabs/cdk-validator-cfnguard") })
    }

    fn program(&self) -> PathBuf {
        let system = if cfg!(target_os = "macos") { "macos" } else { "ubuntu" };
        self.package.join("bin").join(system).join(std::env::consts::ARCH).join("cfn-guard")
    }

    /// What our own rules and AWS's do not like; first of all, that our own notice what they are for.
    pub(super) fn scan(&self, scan: &Scan, template: &Transformed) -> anyhow::Result<Vec<Finding>> {
        let own = scan.settings.join(OWN_RULES);
        let faulty = Transformed::read(scan.settings.join(FAULTY))?;
        let noticed = self.judge(scan, std::slice::from_ref(&own), &faulty)?;
        if !noticed.compliant.is_empty() {
            bail!("{FAULTY} breaks each rule of {OWN_RULES}, and these do not notice: {:?}", noticed.compliant);
        }
        let topics = TOPICS.iter().map(|topic| self.package.join(CONTROL_TOWER).join(topic));
        let rules: Vec<PathBuf> = std::iter::once(own).chain(topics).collect();
        Ok(self.judge(scan, &rules, template)?.findings)
    }

    fn judge(&self, scan: &Scan, rules: &[PathBuf], template: &Transformed) -> anyhow::Result<Judged> {
        let mut command = Command::new(self.program());
        command.args(["validate", "--structured", "--output-format", "json", "--show-summary", "none"]);
        for rules in rules {
            command.arg("--rules").arg(rules);
        }
        command.arg("--data").arg(&template.path);
        // 19: some rule is broken. Any other failure is one of the program or of a rule's grammar.
        let reports = json_output(&mut command, &scan.scratch.join("cfn-guard.log"), &[0, 19])?;
        let report = &reports[0];
        let mut judged = Judged::default();
        let names = report["compliant"].as_array().context("cfn-guard lists the rules that are kept")?;
        judged.compliant = names.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        judged.compliant.extend(
            report["not_applicable"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned),
        );
        for broken in report["not_compliant"].as_array().context("cfn-guard lists the rules that are broken")? {
            let rule = broken["Rule"]["name"].as_str().context("a rule has a name")?;
            let mut ids = BTreeSet::new();
            collect_ids(&broken["Rule"], &mut ids);
            if ids.is_empty() {
                bail!("cfn-guard does not say which resources break {rule}");
            }
            judged.findings.extend(ids.iter().map(|id| template.finding(rule, id, "")));
        }
        Ok(judged)
    }
}

/// What cfn-guard said about a template.
#[derive(Debug, Default)]
struct Judged {
    /// Rules that are kept or do not apply.
    compliant: Vec<String>,
    findings: Vec<Finding>,
}

/// The resources that a rule's checks stopped at.
fn collect_ids(value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                let path = field.as_str().filter(|_| name == "path").and_then(|path| path.strip_prefix("/Resources/"));
                match path.and_then(|path| path.split('/').next()) {
                    Some(id) => drop(into.insert(id.to_owned())),
                    None => collect_ids(field, into),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect_ids(item, into)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Runs a program that prints JSON and ends with one of these codes.
pub(super) fn json_output(command: &mut Command, log: &Path, codes: &[i32]) -> anyhow::Result<Value> {
    let output = command.output().context("a scanner cannot be started")?;
    std::fs::write(log, &output.stderr)?;
    if !output.status.code().is_some_and(|code| codes.contains(&code)) {
        bail!("the scanner failed ({}); its last words:\n{}", output.status, tail(log));
    }
    serde_json::from_slice(&output.stdout).context("the scanner did not print JSON")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn resources_are_told_by_the_paths_of_the_checks() {
        let rule = json!({"checks": [{"from": {"path": "/Resources/Queue/Properties", "value": {"path": "other"}}},
            {"to": {"path": "", "value": {"nested": [{"path": "/Resources/Table/Type"}]}}}]});
        let mut ids = BTreeSet::new();
        collect_ids(&rule, &mut ids);
        assert_eq!(ids, BTreeSet::from(["Queue".to_owned(), "Table".to_owned()]));
    }
}
