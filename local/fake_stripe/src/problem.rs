//! Errors in Stripe's shape.

use hyper::StatusCode;
use serde_json::{Map, Value, json};

/// An error that answers a request.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    error: Map<String, Value>,
    /// Whether the answer is kept under the request's idempotency key: what was refused before it began is not.
    kept: bool,
    /// Whether a payment was tried and has failed.
    failed: bool,
}

impl Problem {
    fn new(status: StatusCode, kind: &str, message: impl Into<String>) -> Self {
        let mut error = Map::new();
        error.insert("type".to_owned(), json!(kind));
        error.insert("message".to_owned(), json!(message.into()));
        Self { status, error, kept: false, failed: false }
    }

    /// The request cannot be understood.
    pub(crate) fn invalid(code: &str, param: Option<&str>, message: impl Into<String>) -> Self {
        let mut problem =
            Self::new(StatusCode::BAD_REQUEST, "invalid_request_error", message).with("code", json!(code));
        if let Some(param) = param {
            problem = problem.with("param", json!(param));
        }
        problem
    }

    /// A parameter that has to be there is not.
    pub(crate) fn missing(param: &str) -> Self {
        Self::invalid("parameter_missing", Some(param), format!("Missing required param: {param}."))
    }

    /// There is nothing of this id.
    pub(crate) fn no_such(kind: &str, id: &str, param: &str) -> Self {
        let mut problem = Self::invalid("resource_missing", Some(param), format!("No such {kind}: '{id}'"));
        problem.status = StatusCode::NOT_FOUND;
        problem
    }

    /// Nothing answers at this address.
    pub(crate) fn no_route(method: &str, path: &str) -> Self {
        let message = format!("Unrecognized request URL ({method}: {path}).");
        Self::new(StatusCode::NOT_FOUND, "invalid_request_error", message)
    }

    /// The key is not the account's, or there is none.
    pub(crate) fn unauthorized(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "invalid_request_error", message)
    }

    /// A browser's key was used for what only a server may do.
    pub(crate) fn secret_key_required() -> Self {
        Self::unauthorized("This API call cannot be made with a publishable API key. Please use a secret API key.")
            .with("code", json!("secret_key_required"))
    }

    /// The object is not in a state for that.
    pub(crate) fn unexpected_state(message: impl Into<String>, intent: Value) -> Self {
        let mut problem = Self::invalid("payment_intent_unexpected_state", None, message);
        problem.kept = true;
        problem.with("payment_intent", intent)
    }

    /// Refused after it had begun.
    pub(crate) fn refused(code: &str, message: impl Into<String>) -> Self {
        let mut problem = Self::invalid(code, None, message);
        problem.kept = true;
        problem
    }

    /// The card cannot pay.
    pub(crate) fn card(code: &str, param: &str, message: &str) -> Self {
        let mut problem = Self::new(StatusCode::PAYMENT_REQUIRED, "card_error", message);
        problem.kept = true;
        problem.with("code", json!(code)).with("param", json!(param))
    }

    /// An error that is stored with an intent, as an answer.
    pub(crate) fn stored(status: StatusCode, error: Map<String, Value>) -> Self {
        Self { status, error, kept: true, failed: true }
    }

    /// The key has been used for something else.
    pub(crate) fn key_reused(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "idempotency_error", message)
    }

    /// The first request under this key is still under way.
    pub(crate) fn key_in_use(key: &str) -> Self {
        let message = format!(
            "There is currently another in-progress request using this Idempotent Key (that probably means you \
             submitted twice, and the other request is still going through): {key}. Please try again later."
        );
        Self::new(StatusCode::CONFLICT, "idempotency_error", message).with("code", json!("idempotency_key_in_use"))
    }

    /// What a fault asks for.
    pub(crate) fn fault() -> Self {
        let message = "Sorry! There was an error while talking to one of our backends (asked for by a fault).";
        let mut problem = Self::new(StatusCode::INTERNAL_SERVER_ERROR, "api_error", message);
        problem.kept = true;
        problem
    }

    /// With one more member of the error.
    pub(crate) fn with(mut self, name: &str, value: Value) -> Self {
        self.error.insert(name.to_owned(), value);
        self
    }

    /// The HTTP status.
    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    /// The error's code, empty if it has none.
    #[cfg(test)]
    pub(crate) fn code(&self) -> &str {
        self.error.get("code").and_then(Value::as_str).unwrap_or_default()
    }

    /// Whether the answer is kept under the idempotency key.
    pub(crate) fn is_kept(&self) -> bool {
        self.kept
    }

    /// Whether a payment was tried and has failed, as its card or its buyer wanted it.
    pub(crate) fn is_failed_payment(&self) -> bool {
        self.failed
    }

    /// The answer's body.
    pub(crate) fn body(&self) -> Value {
        json!({ "error": self.error })
    }
}
