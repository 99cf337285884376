//! Findings, and the answers to them in `local/scan/answers.json`.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;

use anyhow::{Context as _, bail};
use serde::Deserialize;

/// Something that a scanner does not like.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Finding {
    /// The scanner's rule, or the fingerprint of a possible secret.
    pub(super) rule: String,
    /// A logical id or a file.
    pub(super) place: String,
    /// The type of that resource; empty for a file.
    pub(super) kind: String,
    /// For people: where to look.
    pub(super) detail: String,
}

impl Finding {
    fn is_of(&self, rule: &str) -> bool {
        self.rule == rule || (self.kind.is_empty() && self.detail == rule)
    }

    fn is_at(&self, place: &str) -> bool {
        self.place == place || self.kind == place || (place.ends_with('/') && self.place.starts_with(place))
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} at {} {}", self.rule, self.place, self.detail)
    }
}

/// Why findings are as they should be.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    /// The rules that it answers; for secrets a fingerprint, or a kind as the scanner names it.
    rules: Vec<String>,
    /// Logical ids, whole types of resources, files, or folders with a slash at their end.
    at: Vec<String>,
    /// The answer.
    reason: String,
}

impl Answer {
    fn answers(&self, finding: &Finding) -> bool {
        self.rules.iter().any(|rule| finding.is_of(rule)) && self.at.iter().any(|place| finding.is_at(place))
    }
}

/// All answers.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Answers {
    template: Vec<Answer>,
    secrets: Vec<Answer>,
    /// For what is only in earlier versions of files.
    history: Vec<Answer>,
}

/// What came of comparing findings and answers.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Judgement {
    pub(super) found: usize,
    pub(super) unanswered: Vec<Finding>,
    pub(super) idle: Vec<String>,
}

/// The shortest reason that can be one.
const SHORTEST_REASON: usize = 20;

impl Answers {
    /// Reads the file, in which every answer has its reason.
    pub(super) fn read(settings: &Path) -> anyhow::Result<Self> {
        let path = settings.join("answers.json");
        let text = std::fs::read(&path).with_context(|| format!("{} cannot be read", path.display()))?;
        let answers: Self = serde_json::from_slice(&text).with_context(|| format!("{} is wrong", path.display()))?;
        for answer in answers.template.iter().chain(&answers.secrets).chain(&answers.history) {
            if answer.reason.trim().chars().count() < SHORTEST_REASON {
                bail!("{} has no reason beside {:?}", path.display(), answer.rules);
            }
        }
        Ok(answers)
    }

    /// Judges what was found in the template.
    pub(super) fn template(&self, findings: &[Finding]) -> Judgement {
        judge(findings, &self.template, &self.template)
    }

    /// Judges what was found in the files.
    pub(super) fn secrets(&self, findings: &[Finding]) -> Judgement {
        judge(findings, &self.secrets, &self.secrets)
    }

    /// Judges what was found in all versions of all files.
    pub(super) fn history(&self, findings: &[Finding]) -> Judgement {
        let all: Vec<Answer> = self.secrets.iter().chain(&self.history).cloned().collect();
        judge(findings, &all, &self.history)
    }
}

/// Findings without an answer, and those of the `needed` answers that have nothing to answer any more.
fn judge(findings: &[Finding], answers: &[Answer], needed: &[Answer]) -> Judgement {
    let distinct: BTreeSet<&Finding> = findings.iter().collect();
    let without = |finding: &&&Finding| !answers.iter().any(|answer| answer.answers(finding));
    let unanswered: Vec<Finding> = distinct.iter().filter(without).map(|finding| (**finding).clone()).collect();
    let mut idle = Vec::new();
    for answer in needed {
        let answered: Vec<_> = distinct.iter().filter(|finding| answer.answers(finding)).collect();
        let rules = answer.rules.iter().filter(|rule| !answered.iter().any(|finding| finding.is_of(rule)));
        idle.extend(rules.cloned());
        let places = answer.at.iter().filter(|place| !answered.iter().any(|finding| finding.is_at(place)));
        idle.extend(places.map(|place| format!("{} at {place}", answer.rules.join(", "))));
    }
    Judgement { found: distinct.len(), unanswered, idle }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(rule: &str, place: &str) -> Finding {
        Finding { rule: rule.into(), place: place.into(), kind: "AWS::SQS::Queue".into(), detail: String::new() }
    }

    fn answer(rules: &[&str], at: &[&str]) -> Answer {
        let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
        Answer { rules: owned(rules), at: owned(at), reason: "because it is as it should be".into() }
    }

    #[test]
    fn a_finding_is_answered_by_its_rule_at_its_place_or_type_and_by_nothing_else() {
        let found = [finding("A", "Queue"), finding("A", "Other"), finding("B", "Queue")];
        let by_place = [answer(&["A"], &["Queue"])];
        assert_eq!(judge(&found, &by_place, &by_place).unanswered, [found[1].clone(), found[2].clone()]);
        let by_type = [answer(&["A", "B"], &["AWS::SQS::Queue"])];
        assert_eq!(judge(&found, &by_type, &by_type), Judgement { found: 3, unanswered: vec![], idle: vec![] });
    }

    #[test]
    fn a_kind_of_secret_is_answered_in_a_folder() {
        let secret =
            |place: &str| Finding { kind: String::new(), detail: "Secret Keyword".into(), ..finding("1a2b", place) };
        let found = [secret("tests/a.rs"), secret("shared/tests/b.rs")];
        let answers = [answer(&["Secret Keyword"], &["tests/"])];
        assert_eq!(judge(&found, &answers, &answers).unanswered, [found[1].clone()]);
    }

    #[test]
    fn an_answer_to_nothing_is_told() {
        let found = [finding("A", "Queue")];
        let answers = [answer(&["A", "C"], &["Queue", "Gone"])];
        assert_eq!(judge(&found, &answers, &answers).idle, ["C", "A, C at Gone"]);
        assert_eq!(judge(&found, &answers, &[]).idle, Vec::<String>::new());
    }
}
