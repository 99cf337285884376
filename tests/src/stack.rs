//! The running stack that `cargo xtask test` has started.

use std::path::PathBuf;
use std::sync::LazyLock;
use std::time::Duration;

use reqwest::{Client, Method};
use serde_json::Value;
use uuid::Uuid;

use crate::{Answer, Person, document};

/// A running stack.
#[derive(Debug, Clone)]
pub struct Stack {
    /// Address of the site, without a slash at its end.
    pub base: String,
    http: Client,
}

/// How long a connection is kept for the next request: less than the ten seconds after which the edge closes it, so that no
/// request is sent into a connection that is being closed.
const IDLE: Duration = Duration::from_secs(5);

/// A request to be made.
#[derive(Debug, Clone)]
pub struct Call {
    method: Method,
    path: String,
    headers: Vec<(String, String)>,
    body: Option<String>,
}

impl Call {
    /// A request as the site's own pages send it: writes carry the site's origin.
    ///
    /// # Panics
    /// When `method` is none.
    #[must_use]
    pub fn new(method: &str, path: impl Into<String>) -> Self {
        let method = method.parse().expect("a method");
        Self { method, path: path.into(), headers: Vec::new(), body: None }
    }

    /// Adds a header; one of the same name is replaced.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Sets a JSON body.
    #[must_use]
    pub fn json(self, body: &Value) -> Self {
        self.raw("application/json", body.to_string())
    }

    /// Sets a body as it is.
    #[must_use]
    pub fn raw(mut self, content_type: &str, body: impl Into<String>) -> Self {
        self.body = Some(body.into());
        self.header("content-type", content_type)
    }

    fn is_write(&self) -> bool {
        self.method != Method::GET && self.method != Method::HEAD
    }
}

/// A variable that `cargo xtask test` sets.
///
/// # Panics
/// When it is not set: these tests do not run alone.
#[expect(clippy::disallowed_methods, reason = "this crate is not a function; xtask passes the stack this way")]
pub(crate) fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run `cargo xtask test`"))
}

/// Where a test arms the points at which functions die.
///
/// # Panics
/// When `cargo xtask test` did not set it.
#[must_use]
pub fn crash_folder() -> PathBuf {
    PathBuf::from(variable("HOLDFAST_CRASH_DIR"))
}

static FACTS: LazyLock<Value> = LazyLock::new(|| {
    let text = std::fs::read_to_string(variable("HOLDFAST_STACK_OUTPUTS")).expect("the stack's outputs");
    serde_json::from_str(&text).expect("JSON")
});

/// An output of the stack, or the physical id of a resource.
fn fact(group: &str, name: &str) -> String {
    let value = FACTS[group][name].as_str();
    value.unwrap_or_else(|| panic!("no {name} among the stack's {group}")).to_owned()
}

impl Stack {
    /// The stack that this run has, with connections of the calling test's own: they end with its runtime.
    ///
    /// # Panics
    /// When `cargo xtask test` did not start this program.
    #[must_use]
    pub fn get() -> Self {
        Self {
            base: variable("HOLDFAST_BASE_URL").trim_end_matches('/').to_owned(),
            http: Client::builder().no_proxy().pool_idle_timeout(IDLE).build().expect("a client"),
        }
    }

    /// An output of the template.
    ///
    /// # Panics
    /// When there is none of that name.
    #[must_use]
    pub fn output(&self, name: &str) -> String {
        fact("outputs", name)
    }

    /// The physical id of a resource of the template.
    ///
    /// # Panics
    /// When there is none of that name.
    #[must_use]
    pub fn resource(&self, logical_id: &str) -> String {
        fact("resources", logical_id)
    }

    /// The logical id of a resource of the template, by its physical one.
    ///
    /// # Panics
    /// When the stack has none.
    #[must_use]
    pub fn logical_id(&self, physical_id: &str) -> String {
        let resources = FACTS["resources"].as_object().expect("resources");
        let found = resources.iter().find(|(_, known)| known.as_str() == Some(physical_id));
        found.unwrap_or_else(|| panic!("the stack has no {physical_id}")).0.clone()
    }

    /// What the edge sends with each request.
    ///
    /// # Panics
    /// When the stack was not described.
    #[must_use]
    pub fn origin_secret(&self) -> String {
        FACTS["origin_secret"].as_str().expect("a secret").to_owned()
    }

    /// The same stack, reached at the API's own address, as nobody should.
    ///
    /// # Panics
    /// When the emulator's address is not known.
    #[must_use]
    pub fn api_beside_the_edge(&self) -> Self {
        let emulator = variable("AWS_ENDPOINT_URL");
        let api = self.output("ApiId");
        Self { base: format!("{}/_aws/execute-api/{api}/$default", emulator.trim_end_matches('/')), ..self.clone() }
    }

    /// Sends a request. A connection that fails is a failed test: the stack is on this machine. So is an answer that the
    /// API's document does not know.
    ///
    /// # Panics
    /// When there is no answer, or none that is documented.
    pub async fn send(&self, call: Call) -> Answer {
        let mut request = self.http.request(call.method.clone(), format!("{}{}", self.base, call.path));
        if call.is_write() && !call.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("origin")) {
            request = request.header("origin", &self.base);
        }
        for (name, value) in call.headers.iter().filter(|(_, value)| !value.is_empty()) {
            request = request.header(name, value);
        }
        if let Some(body) = call.body {
            request = request.body(body);
        }
        let response = request.send().await.expect("an answer");
        let status = response.status().as_u16();
        let text = |value: &reqwest::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers = response.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect();
        let body = response.text().await.expect("a body");
        let answer = Answer { status, headers, body: serde_json::from_str(&body).unwrap_or(Value::Null) };
        document::judge(call.method.as_str(), &call.path, &answer);
        answer
    }

    /// A new person with an account and a session.
    ///
    /// # Panics
    /// When signing up fails.
    pub async fn person(&self, name: &str) -> Person {
        Person::sign_up(self.clone(), name).await
    }

    /// A ticket as anybody sees it, past the edge's cache.
    pub async fn ticket(&self, id: &str) -> Answer {
        let path = format!("/api/tickets/{id}?fresh={}", Uuid::new_v4().simple());
        self.send(Call::new("GET", path)).await
    }
}
