//! What the functions of the stack have logged, as CloudWatch keeps it.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::stack::variable;

/// Something in a function's log group: a line of ours, or of the platform.
#[derive(Debug, Clone)]
pub struct Logged {
    /// The function's logical id.
    pub function: String,
    /// As it was written.
    pub text: String,
    /// Its fields; null for a line that is no JSON.
    pub line: Value,
}

/// All the logs since a moment.
#[derive(Debug, Clone, Copy)]
pub struct Logs {
    since_millis: u128,
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

fn python(script: PathBuf) -> Command {
    let mut command = Command::new(root().join(".venv/bin/python"));
    command.arg("-B").arg(script);
    command
}

impl Logs {
    /// The logs from now on.
    ///
    /// # Panics
    /// When the clock is not set.
    #[must_use]
    pub fn from_now() -> Self {
        Self { since_millis: SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_millis() }
    }

    /// What has been logged so far.
    ///
    /// # Panics
    /// When the logs cannot be read.
    #[must_use]
    pub fn read(self) -> Vec<Logged> {
        let mut command = python(root().join("tests/logs.py"));
        let output = command.args([variable("HOLDFAST_STACK_NAME"), self.since_millis.to_string()]).output();
        let output = output.expect("Python");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let lines = String::from_utf8(output.stdout).expect("UTF-8");
        let logged = |line: &str| {
            let found: Value = serde_json::from_str(line).expect("JSON");
            let text = |name: &str| found[name].as_str().expect("a text").trim().to_owned();
            let (function, text) = (text("function"), text("text"));
            Logged { line: serde_json::from_str(&text).unwrap_or(Value::Null), function, text }
        };
        lines.lines().map(logged).collect()
    }

    /// The lines of a function with this message.
    #[must_use]
    pub fn of(self, function: &str, message: &str) -> Vec<Value> {
        let found = self.read().into_iter();
        let found = found.filter(|one| one.function == function && one.line["message"] == message);
        found.map(|one| one.line).collect()
    }
}

/// What `cargo xtask timeline` asks its helper for: the lines of an order.
///
/// # Panics
/// When the helper fails.
#[must_use]
pub fn timeline(order: &str) -> Vec<Value> {
    let answer = operate("timeline", &json!({"order": order, "since_seconds": 3600}));
    answer["lines"].as_array().expect("lines").clone()
}

/// What the helper of the operators' commands does in the stack, and says.
///
/// # Panics
/// When the helper fails.
#[must_use]
pub fn operate(command: &str, request: &Value) -> Value {
    let mut helper = python(root().join("local/operate.py"));
    helper.args([command, &variable("HOLDFAST_STACK_NAME")]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = helper.spawn().expect("Python");
    child.stdin.take().expect("a pipe").write_all(request.to_string().as_bytes()).expect("a helper that reads");
    let output = child.wait_with_output().expect("an end");
    assert!(output.status.success(), "the helper failed");
    serde_json::from_slice(&output.stdout).expect("JSON")
}
