//! The site as a browser calls it, with everything written down.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::record::{Record, now};

/// As long as API Gateway waits, and a little more.
const PATIENCE: Duration = Duration::from_secs(40);
/// No request is repeated more often.
const TRIES: usize = 5;

/// Whoever is signed in.
#[derive(Clone, Debug)]
pub(crate) struct Somebody {
    pub(crate) id: String,
    cookie: String,
}

/// A request to be made, once or more often.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    what: &'static str,
    method: Method,
    path: String,
    key: Option<String>,
    body: Value,
}

impl Ask {
    pub(crate) fn new(what: &'static str, method: Method, path: impl Into<String>) -> Self {
        Self { what, method, path: path.into(), key: None, body: Value::Null }
    }

    pub(crate) fn under(mut self, key: &str) -> Self {
        self.key = Some(key.to_owned());
        self
    }

    pub(crate) fn body(mut self, body: Value) -> Self {
        self.body = body;
        self
    }
}

/// An answer, if there was one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answer {
    pub(crate) status: Option<u16>,
    pub(crate) body: Value,
    cookie: Option<String>,
}

impl Answer {
    /// Whether asking again is what a client would do: nobody knows what happened.
    fn is_unknown(&self) -> bool {
        self.status.is_none_or(|status| status >= 500)
    }

    pub(crate) fn text(&self, name: &str) -> String {
        self.body[name].as_str().unwrap_or_default().to_owned()
    }

    pub(crate) fn is(&self, status: u16) -> bool {
        self.status == Some(status)
    }
}

/// Sends requests and writes down what became of them.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    http: reqwest::Client,
    base: String,
    record: Record,
}

impl Client {
    pub(crate) fn new(base: &str, record: Record) -> Self {
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        Self { http, base: base.to_owned(), record }
    }

    /// Asks once and waits for as long as a browser would.
    pub(crate) async fn once(&self, who: Option<&Somebody>, ask: &Ask) -> Answer {
        self.patiently(who, ask, PATIENCE).await
    }

    /// Asks until an answer says what happened. Some of the times nobody waits for the answer.
    pub(crate) async fn until_known(&self, who: &Somebody, ask: &Ask, rng: &mut fastrand::Rng) -> Answer {
        let mut answer = Answer::default();
        for _ in 0..TRIES {
            let patience = if rng.u32(0..100) < 6 { Duration::from_millis(rng.u64(20..600)) } else { PATIENCE };
            answer = self.patiently(Some(who), ask, patience).await;
            if !answer.is_unknown() {
                break;
            }
        }
        answer
    }

    async fn patiently(&self, who: Option<&Somebody>, ask: &Ask, patience: Duration) -> Answer {
        let from = now();
        let (answer, failure) = match self.send(who, ask, patience).await {
            Ok(answer) => (answer, None),
            Err(error) => (Answer::default(), Some(error)),
        };
        let failure = failure.map(|error| if error.is_timeout() { "nobody waited" } else { "no answer" });
        self.record.request(json!({
            "kind": "request", "from": from, "to": now(), "user": who.map_or("", |who| &who.id), "what": ask.what,
            "method": ask.method.as_str(), "path": ask.path, "key": ask.key, "body": ask.body,
            "status": answer.status, "answer": answer.body, "failure": failure,
        }));
        answer
    }

    async fn send(&self, who: Option<&Somebody>, ask: &Ask, patience: Duration) -> Result<Answer, reqwest::Error> {
        let mut request = self.http.request(ask.method.clone(), format!("{}{}", self.base, ask.path));
        request = request.timeout(patience).header("origin", &self.base);
        if let Some(who) = who {
            request = request.header("cookie", &who.cookie);
        }
        if let Some(key) = &ask.key {
            request = request.header("idempotency-key", key);
        }
        if !ask.body.is_null() {
            request = request.json(&ask.body);
        }
        let response = request.send().await?;
        let status = Some(response.status().as_u16());
        let cookie = response.headers().get("set-cookie").and_then(|value| value.to_str().ok());
        let cookie = cookie.and_then(|cookie| cookie.split(';').next()).map(str::to_owned);
        let text = response.text().await?;
        Ok(Answer { status, body: serde_json::from_str(&text).unwrap_or(Value::Null), cookie })
    }

    /// Somebody new.
    pub(crate) async fn sign_up(&self, name: &str) -> Somebody {
        let email = format!("{}@tickets.example", uuid::Uuid::new_v4().simple());
        let body = json!({"email": email, "password": tests::PASSWORD, "display_name": name});
        let answer = self.once(None, &Ask::new("sign_up", Method::POST, "/api/users").body(body)).await;
        assert!(answer.is(201), "nobody is in the way yet: {:?}", answer.status);
        Somebody { id: answer.text("id"), cookie: answer.cookie.expect("a cookie") }
    }
}
