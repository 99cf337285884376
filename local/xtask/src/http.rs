//! A small HTTP client: plain HTTP to this machine, with a browser's cookie and `Origin`.

use std::time::Duration;

use anyhow::{Context as _, bail};
use serde_json::Value;
use ureq::http::{Method, Request};
use ureq::{Agent, Proxy};

const LIMIT: Duration = Duration::from_secs(40);

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) cookie: Option<String>,
    pub(crate) body: Value,
}

impl Answer {
    /// The body of an answer that has one of these statuses.
    pub(crate) fn expect(self, statuses: &[u16], what: &str) -> anyhow::Result<Value> {
        if !statuses.contains(&self.status) {
            bail!("{what}: answered {} {}", self.status, self.body);
        }
        Ok(self.body)
    }
}

/// Talks to one address.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    agent: Agent,
    base: String,
    cookie: Option<String>,
}

impl Client {
    /// A client that nobody has signed in with.
    pub(crate) fn new(base: &str) -> Self {
        let no_proxy: Option<Proxy> = None;
        let config =
            Agent::config_builder().proxy(no_proxy).http_status_as_error(false).timeout_global(Some(LIMIT)).build();
        Self { agent: config.into(), base: base.to_owned(), cookie: None }
    }

    /// The session cookie, once somebody has signed in.
    pub(crate) fn cookie(&self) -> Option<&str> {
        self.cookie.as_deref()
    }

    /// Keeps a session for the requests to come.
    pub(crate) fn with_cookie(mut self, cookie: String) -> Self {
        self.cookie = Some(cookie);
        self
    }

    /// Reads a resource.
    pub(crate) fn get(&self, path: &str) -> anyhow::Result<Answer> {
        self.send(Method::GET, path, None, None)
    }

    /// Sends JSON.
    pub(crate) fn post(&self, path: &str, body: &Value) -> anyhow::Result<Answer> {
        self.send(Method::POST, path, Some(body), None)
    }

    /// Sends JSON under an idempotency key.
    pub(crate) fn post_once(&self, path: &str, body: &Value, key: &str) -> anyhow::Result<Answer> {
        self.send(Method::POST, path, Some(body), Some(key))
    }

    fn send(&self, method: Method, path: &str, body: Option<&Value>, key: Option<&str>) -> anyhow::Result<Answer> {
        let mut request =
            Request::builder().method(method).uri(format!("{}{path}", self.base)).header("origin", &self.base);
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let failed = || format!("{}{path} cannot be reached", self.base);
        let response = match body {
            Some(body) => self
                .agent
                .run(request.header("content-type", "application/json").body(body.to_string())?)
                .with_context(failed)?,
            None => self.agent.run(request.body(())?).with_context(failed)?,
        };
        let (parts, mut body) = response.into_parts();
        let cookie = parts
            .headers
            .get("set-cookie")
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split(';').next())
            .map(ToOwned::to_owned);
        let text = body.read_to_string().with_context(failed)?;
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Ok(Answer { status: parts.status.as_u16(), cookie, body })
    }
}
