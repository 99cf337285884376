//! Secrets in files: those of the checkout, and those of every version that it has ever had.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};
use serde_json::Value;

use super::template::json_output;
use super::{Finding, Scan};
use crate::process::capture;

/// Kinds of secrets that must be noticed, each written in pieces, so that no scanner takes this file for a leak.
const PLANTED: [(&str, &[&str]); 5] = [
    ("AWS Access Key", &["key_id: AK", "IAQ4XZ", "7TPD3M", "VC6WXN"]),
    ("Stripe Access Key", &["stripe = ", "\"sk_", "live_4eC39H", "qLyjWDar", "jtT1zdp7dc\""]),
    (
        "Private Key",
        &["-----BEGIN RSA ", "PRIVATE", " KEY-----\n", "MIIEpAIB", "AAKCAQEA\n", "-----END RSA ", "PRIVATE KEY-----"],
    ),
    ("GitHub Token", &["token: gh", "p_16C7e4", "2F292c69", "12E7710c", "838347Ae", "178B4a"]),
    ("Secret Keyword", &["pass", "word = \"", "9fXw!3k", "TzQ-vL0\""]),
];

/// The answers name possible secrets by fingerprints, which look like secrets themselves.
const ANSWERS: &str = r"(^|/)local/scan/answers\.json$";

/// Plants one secret of each kind and looks whether it is noticed.
pub(super) fn planted_are_found(scan: &Scan) -> anyhow::Result<()> {
    let folder = scan.scratch.join("planted");
    std::fs::create_dir_all(&folder)?;
    for (index, (_, pieces)) in PLANTED.iter().enumerate() {
        std::fs::write(folder.join(format!("{index}.py")), pieces.concat() + "\n")?;
    }
    let report = detect(scan, &folder, &["."])?;
    for (index, (kind, _)) in PLANTED.iter().enumerate() {
        let found = report["results"][format!("{index}.py")].as_array();
        if !found.is_some_and(|found| found.iter().any(|one| one["type"] == *kind)) {
            bail!("a planted secret was not noticed: {kind}");
        }
    }
    Ok(())
}

/// What looks like a secret in the files that are tracked.
pub(super) fn in_files(scan: &Scan) -> anyhow::Result<Vec<Finding>> {
    let report = detect(scan, scan.project.root(), &[])?;
    findings(&report, |path| Some(path.to_owned()))
}

/// What looks like a secret in any version of any file.
pub(super) fn in_history(scan: &Scan) -> anyhow::Result<Vec<Finding>> {
    let folder = scan.scratch.join("history");
    let versions = write_versions(scan.project.root(), &folder)?;
    if versions == 0 {
        bail!("the checkout has no history");
    }
    let report = detect(scan, &folder, &["."])?;
    // Each version is a file <number>/<path>.
    findings(&report, |path| path.split_once('/').map(|(_, path)| path.to_owned()))
}

/// detect-secrets asks nobody whether a secret is valid, and reads either the tracked files or all of a folder.
fn detect(scan: &Scan, folder: &Path, all_of: &[&str]) -> anyhow::Result<Value> {
    let mut command = Command::new(scan.venv.program("detect-secrets"));
    command.current_dir(folder).args(["scan", "--no-verify", "--exclude-files", ANSWERS]);
    if !all_of.is_empty() {
        command.arg("--all-files").args(all_of);
    }
    let report = json_output(&mut command, &scan.scratch.join("detect-secrets.log"), &[0])?;
    if report["plugins_used"].as_array().is_none_or(|plugins| plugins.len() <= PLANTED.len()) {
        bail!("detect-secrets looks for hardly anything");
    }
    Ok(report)
}

fn findings(report: &Value, place: impl Fn(&str) -> Option<String>) -> anyhow::Result<Vec<Finding>> {
    let mut found = Vec::new();
    for (path, secrets) in report["results"].as_object().context("detect-secrets lists what it found")? {
        for secret in secrets.as_array().into_iter().flatten() {
            let text = |name: &str| secret[name].as_str().unwrap_or_default().to_owned();
            found.push(Finding {
                rule: text("hashed_secret"),
                place: place(path).with_context(|| format!("{path} has no place"))?,
                kind: String::new(),
                detail: text("type"),
            });
        }
    }
    Ok(found)
}

/// Writes every version of every text file of the history into a folder of its own; returns how many.
fn write_versions(root: &Path, into: &Path) -> anyhow::Result<usize> {
    let listed = capture(Command::new("git").current_dir(root).args(["rev-list", "--objects", "HEAD"]))
        .context("git cannot list the history")?;
    let named: BTreeSet<(&str, &str)> = listed.lines().filter_map(|line| line.split_once(' ')).collect();
    let mut reader = Command::new("git")
        .current_dir(root)
        .args(["cat-file", "--batch"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("git cannot be started")?;
    let mut asked = reader.stdin.take().context("git takes no questions")?;
    let mut answers = std::io::BufReader::new(reader.stdout.take().context("git gives no answers")?);
    let mut count = 0;
    for (object, path) in named {
        writeln!(asked, "{object}")?;
        asked.flush()?;
        let Some(content) = read_object(&mut answers)? else { continue };
        if content.contains(&0) {
            continue;
        }
        let file = into.join(count.to_string()).join(path);
        std::fs::create_dir_all(file.parent().context("a file is in a folder")?)?;
        std::fs::write(file, content)?;
        count += 1;
    }
    drop(asked);
    reader.wait()?;
    Ok(count)
}

/// One answer of `git cat-file --batch`; `None` for what is no file.
fn read_object(answers: &mut impl std::io::BufRead) -> anyhow::Result<Option<Vec<u8>>> {
    let mut head = String::new();
    answers.read_line(&mut head)?;
    let mut words = head.split_whitespace().skip(1);
    let (kind, size) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let size: usize = size.parse().with_context(|| format!("git answered {head:?}"))?;
    let mut content = vec![0; size + 1];
    std::io::Read::read_exact(answers, &mut content)?;
    content.pop();
    Ok((kind == "blob").then_some(content))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_read_one_after_the_other_and_folders_are_passed_over() {
        let mut stream: &[u8] = b"1a tree 2\n\x00x\n2b blob 5\none\n\n\n3c blob 0\n\n";
        assert_eq!(read_object(&mut stream).unwrap(), None);
        assert_eq!(read_object(&mut stream).unwrap(), Some(b"one\n\n".to_vec()));
        assert_eq!(read_object(&mut stream).unwrap(), Some(Vec::new()));
        assert!(read_object(&mut stream).is_err());
    }
}
