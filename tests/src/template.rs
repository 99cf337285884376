//! The template as `CloudFormation` gets it: after the SAM transform, all intrinsic functions still in it.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::stack::variable;

/// The transformed template.
#[derive(Debug)]
pub struct Template {
    resources: Map<String, Value>,
    parameters: Map<String, Value>,
}

impl Template {
    /// Reads what `cargo xtask test` has transformed.
    ///
    /// # Panics
    /// When it is not there.
    #[must_use]
    pub fn get() -> Self {
        let text = std::fs::read_to_string(variable("HOLDFAST_TRANSFORMED_TEMPLATE"));
        let template: Value = serde_json::from_str(&text.expect("the template")).expect("JSON");
        let part = |name: &str| template[name].as_object().unwrap_or_else(|| panic!("no {name}")).clone();
        Self { resources: part("Resources"), parameters: part("Parameters") }
    }

    /// Resources of a type: logical id and properties.
    pub fn of_type<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = (&'a str, &'a Value)> {
        self.resources
            .iter()
            .filter(move |(_, resource)| resource["Type"] == kind)
            .map(|(id, resource)| (id.as_str(), &resource["Properties"]))
    }

    /// The properties of one resource.
    ///
    /// # Panics
    /// When there is none of that id.
    #[must_use]
    pub fn properties(&self, logical_id: &str) -> &Value {
        let resource = self.resources.get(logical_id);
        &resource.unwrap_or_else(|| panic!("no resource {logical_id}"))["Properties"]
    }

    /// A parameter.
    ///
    /// # Panics
    /// When there is none of that name.
    #[must_use]
    pub fn parameter(&self, name: &str) -> &Value {
        self.parameters.get(name).unwrap_or_else(|| panic!("no parameter {name}"))
    }

    /// Whether a resource is still there once its stack is not, or has no use for it any more.
    ///
    /// # Panics
    /// When there is none of that id.
    #[must_use]
    pub fn is_retained(&self, logical_id: &str) -> bool {
        let resource = self.resources.get(logical_id).unwrap_or_else(|| panic!("no resource {logical_id}"));
        ["DeletionPolicy", "UpdateReplacePolicy"].iter().all(|policy| resource[policy] == "Retain")
    }

    /// The routes of the HTTP API: `METHOD /path`, and the function behind each.
    ///
    /// # Panics
    /// When the API has no definition.
    #[must_use]
    pub fn routes(&self) -> Vec<(String, String)> {
        let paths = self.properties("HttpApi")["Body"]["paths"].as_object().expect("paths");
        let mut routes = Vec::new();
        for (path, methods) in paths {
            for (method, route) in methods.as_object().expect("methods") {
                let uri = &route["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"];
                let (_, rest) = uri.as_str().and_then(|uri| uri.split_once("functions/${")).expect("a function");
                let function = rest.split('.').next().expect("a logical id");
                routes.push((format!("{} {path}", method.to_uppercase()), function.to_owned()));
            }
        }
        routes
    }

    /// Every statement of a role's own policies, those under a condition included.
    #[must_use]
    pub fn statements(&self, role: &str) -> Vec<Value> {
        let policies = self.properties(role)["Policies"].as_array().cloned().unwrap_or_default();
        let statements = |policy: Value| policy["PolicyDocument"]["Statement"].as_array().cloned().unwrap_or_default();
        let in_force = |statement: Value| statement["Fn::If"].get(1).cloned().unwrap_or(statement);
        policies.into_iter().flat_map(statements).map(in_force).collect()
    }

    /// The logical ids of all functions.
    #[must_use]
    pub fn functions(&self) -> BTreeSet<String> {
        self.of_type("AWS::Lambda::Function").map(|(id, _)| id.to_owned()).collect()
    }
}

/// A value that is one text or a list of them.
#[must_use]
pub fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => Vec::new(),
    }
}

/// The logical id that `Ref` or `Fn::GetAtt` names.
#[must_use]
pub fn referred(value: &Value) -> Option<&str> {
    value["Ref"].as_str().or_else(|| value["Fn::GetAtt"][0].as_str())
}
