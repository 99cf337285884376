//! What the template grants.

use std::collections::BTreeMap;
use std::fmt;

use anyhow::Context as _;
use serde_json::Value;

use super::Right;

/// A right of a function, for people and for the emulator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Grant {
    /// The function's logical id.
    pub(super) function: String,
    pub(super) right: Right,
    /// `Action` or `Resource`, and its number there.
    pub(super) place: (&'static str, usize),
    shown: String,
    /// Why the emulator does not see whether it is needed.
    pub(super) unseen: Option<&'static str>,
}

impl fmt::Display for Grant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.function, self.shown)
    }
}

/// What the emulator does not check, and the test of the template that does.
fn unseen(action: &str, of_resource: bool) -> Option<&'static str> {
    match action {
        "iam:PassRole" => Some("template.rs: the_scheduler_gets_one_role_and_only_for_itself"),
        // It asks nobody to list: without the right, S3 calls a missing object a forbidden one, and the emulator does not.
        "s3:ListBucket" => Some("template.rs: the_renderer_writes_its_own_notes_and_its_own_pages_and_nothing_else"),
        // It sees neither whose identity a mail is sent with nor its sender.
        "ses:SendEmail" => Some("template.rs: one_function_sends_mails_and_from_one_address"),
        "ssm:GetParameters" if of_resource => {
            Some("template.rs: a_function_reads_the_payment_keys_that_it_needs_and_no_others")
        }
        _ => None,
    }
}

/// The rights of all functions: those that the template states, without what SAM adds for queues, streams and logs.
pub(super) fn granted(template: &Value, physical: &BTreeMap<String, String>) -> anyhow::Result<Vec<Grant>> {
    let resources = template["Resources"].as_object().context("a template has resources")?;
    let mut grants = Vec::new();
    for (function, resource) in resources {
        if resource["Type"] != "AWS::Lambda::Function" {
            continue;
        }
        let role = format!("{function}Role");
        let physical = physical.get(&role).with_context(|| format!("{role} is not in the stack"))?;
        for policy in resources[&role]["Properties"]["Policies"].as_array().into_iter().flatten() {
            let name = policy["PolicyName"].as_str().unwrap_or_default();
            if !name.starts_with(&format!("{role}Policy")) {
                continue;
            }
            let statements = policy["PolicyDocument"]["Statement"].as_array().context("a policy has statements")?;
            for (number, statement) in statements.iter().enumerate() {
                let right = Right {
                    role: physical.clone(),
                    policy: name.to_owned(),
                    statement: number,
                    action: None,
                    resource: None,
                };
                // A statement under a condition counts: the stack of the tests has what it asks for.
                grants.extend(of_statement(function, &right, statement["Fn::If"].get(1).unwrap_or(statement)));
            }
        }
    }
    Ok(grants)
}

fn of_statement(function: &str, right: &Right, statement: &Value) -> Vec<Grant> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
    let (actions, resources) = (list(&statement["Action"]), list(&statement["Resource"]));
    let names: Vec<&str> = actions.iter().filter_map(Value::as_str).collect();
    let mut grants = Vec::new();
    for (index, name) in names.iter().enumerate() {
        grants.push(Grant {
            function: function.to_owned(),
            right: Right { action: Some((*name).to_owned()), ..right.clone() },
            place: ("Action", index),
            shown: format!("{name} on {}", statement["Resource"]),
            unseen: unseen(name, false),
        });
    }
    // The only resource goes with the last action.
    for (index, resource) in resources.iter().enumerate().filter(|_| resources.len() > 1) {
        grants.push(Grant {
            function: function.to_owned(),
            right: Right { resource: Some(index), ..right.clone() },
            place: ("Resource", index),
            shown: format!("{resource} for {}", names.join(", ")),
            unseen: names.iter().find_map(|name| unseen(name, true)),
        });
    }
    grants
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_action_is_a_right_and_every_resource_of_several() {
        let statements = json!([
            {"Action": ["a:One", "a:Two"], "Resource": "table"},
            {"Action": "iam:PassRole", "Resource": ["first", "second"]}]);
        let template = json!({"Resources": {
            "Work": {"Type": "AWS::Lambda::Function"},
            "WorkRole": {"Type": "AWS::IAM::Role", "Properties": {"Policies": [
                {"PolicyName": "WorkRolePolicy0", "PolicyDocument": {"Statement": statements}},
                {"PolicyName": "WorkStreamSQSPolicy", "PolicyDocument": {"Statement": [{"Action": "b:Three"}]}}]}}}});
        let physical = BTreeMap::from([("WorkRole".to_owned(), "stack-WorkRole-1".to_owned())]);
        let told: Vec<String> = granted(&template, &physical).unwrap().iter().map(ToString::to_string).collect();
        let expected = [
            "Work: a:One on \"table\"",
            "Work: a:Two on \"table\"",
            "Work: iam:PassRole on [\"first\",\"second\"]",
            "Work: \"first\" for iam:PassRole",
            "Work: \"second\" for iam:PassRole",
        ];
        assert_eq!(told, expected);
    }
}
