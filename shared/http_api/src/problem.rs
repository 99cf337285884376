//! Errors as RFC 9457 `application/problem+json`; the only place where a 4xx or 5xx body is made.

use std::error::Error;

use holdfast_store::StoreError;
use lambda_http::Body;
use serde::Serialize;

use crate::reply::Reply;

/// What is wrong with one field of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct FieldError {
    /// The field, with a dot between a group and its member: `price.amount`.
    pub field: String,
    /// What is wrong, to be read after the field's name.
    pub message: String,
}

/// An error by RFC 9457. `type` is a stable slug that clients may compare; the rest is for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Problem {
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'static str,
    status: u16,
    detail: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError>,
    #[serde(skip)]
    retry_after_seconds: Option<u32>,
}

macro_rules! problems {
    ($($(#[$doc:meta])* $name:ident $status:literal $kind:literal $title:literal)*) => {
        $($(#[$doc])*
        #[must_use]
        pub fn $name(detail: impl Into<String>) -> Self {
            Self {
                kind: $kind,
                title: $title,
                status: $status,
                detail: detail.into(),
                errors: Vec::new(),
                retry_after_seconds: None,
            }
        })*
    };
}

impl Problem {
    problems! {
        /// 400: the body is not JSON.
        malformed_json 400 "malformed-json" "The body is not valid JSON"
        /// 400: the request did not come through the site.
        bad_origin 400 "bad-origin" "The request did not come through the site"
        /// 400: a webhook that none of our secrets signed.
        bad_signature 400 "bad-signature" "The signature does not fit"
        /// 400: a write that may be repeated needs a key.
        idempotency_key_required 400 "idempotency-key-required" "An Idempotency-Key is required"
        /// 400: the query string is wrong.
        bad_query 400 "bad-query" "The query is not valid"
        /// 401: nobody is signed in.
        no_session 401 "no-session" "Sign in first"
        /// 401: address and password do not belong together.
        wrong_credentials 401 "wrong-credentials" "Wrong e-mail address or password"
        /// 404: it does not exist, or is not the caller's.
        not_found 404 "not-found" "Not found"
        /// 409: the address has an account.
        email_taken 409 "email-taken" "This e-mail address has an account"
        /// 409: another order holds the ticket.
        ticket_held 409 "ticket-held" "The ticket is held"
        /// 409: the ticket is sold.
        ticket_sold 409 "ticket-sold" "The ticket is sold"
        /// 409: nobody buys from themselves.
        own_ticket 409 "own-ticket" "This is your own ticket"
        /// 409: the ticket changed since it was read.
        ticket_changed 409 "ticket-changed" "The ticket has changed"
        /// 409: the order has ended.
        order_closed 409 "order-closed" "The order has ended"
        /// 409: the hold ran out before the payment was begun.
        hold_expired 409 "hold-expired" "The hold has run out"
        /// 409: the order is being paid or is paid.
        order_paid 409 "order-paid" "The order is being paid or is paid"
        /// 409: the link of a mail was used, has run out, or a newer one was sent.
        link_not_valid 409 "link-not-valid" "The link is not valid any more"
        /// 413: the body is over its limit.
        body_too_large 413 "body-too-large" "The body is too large"
        /// 415: the body is not declared as JSON.
        unsupported_media_type 415 "unsupported-media-type" "The body must be JSON"
        /// 422: fields are wrong; give them with [`Problem::with_errors`].
        invalid_fields 422 "invalid-fields" "Some fields are not valid"
        /// 422: the key was used for something else.
        idempotency_key_reused 422 "idempotency-key-reused" "The Idempotency-Key was used for another ticket"
        /// 429: too many requests.
        too_many_requests 429 "too-many-requests" "Too many requests"
        /// 429: a password, or whatever else is counted, was tried too often.
        too_many_tries 429 "too-many-tries" "Too many tries"
        /// 429: the buyer holds as many tickets as anybody may.
        too_many_holds 429 "too-many-holds" "You hold as many tickets as one person may"
        /// 500: a fault of ours.
        internal 500 "internal" "Something went wrong"
        /// 503: this stage has no sender of mails.
        mail_not_configured 503 "mail-not-configured" "Mails are not set up"
        /// 503: this stage has no payment keys.
        payments_not_configured 503 "payments-not-configured" "Payments are not set up"
        /// 503: something that we need does not answer.
        unavailable 503 "unavailable" "The service is not available"
    }

    /// Adds what is wrong with each field.
    #[must_use]
    pub fn with_errors(mut self, errors: Vec<FieldError>) -> Self {
        self.errors = errors;
        self
    }

    /// Says after how many seconds to try again.
    #[must_use]
    pub fn with_retry_after(mut self, seconds: u32) -> Self {
        self.retry_after_seconds = Some(seconds);
        self
    }

    /// The slug.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        self.kind
    }

    /// What it is, for people.
    #[must_use]
    pub fn title(&self) -> &'static str {
        self.title
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The answer.
    #[must_use]
    pub fn into_reply(self) -> Reply {
        let mut reply = Reply::new(Body::Text(serde_json::to_string(&self).unwrap_or_default()));
        *reply.status_mut() =
            lambda_http::http::StatusCode::from_u16(self.status).unwrap_or(lambda_http::http::StatusCode::BAD_GATEWAY);
        let headers = reply.headers_mut();
        headers.insert("content-type", lambda_http::http::HeaderValue::from_static("application/problem+json"));
        headers.insert("cache-control", lambda_http::http::HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert("retry-after", seconds.into());
        }
        reply
    }
}

/// Why a handler did not answer as asked.
#[derive(Debug)]
pub enum ApiError {
    /// The client is told; nothing is logged as an error.
    Problem(Problem),
    /// An outage: the client is told to try again, the log gets the chain.
    Unavailable(Box<dyn Error + Send + Sync>),
    /// A fault of ours: the client learns nothing, the log gets the chain.
    Internal(Box<dyn Error + Send + Sync>),
}

impl ApiError {
    /// A fault of ours.
    pub fn internal(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Internal(error.into())
    }

    /// Something that we need does not answer.
    pub fn unavailable(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Unavailable(error.into())
    }

    /// What the client is told, and what the log is told.
    #[must_use]
    pub fn into_parts(self) -> (Problem, Option<Box<dyn Error + Send + Sync>>) {
        match self {
            Self::Problem(problem) => (problem, None),
            Self::Unavailable(error) => {
                (Problem::unavailable("Try again in a moment.").with_retry_after(1), Some(error))
            }
            Self::Internal(error) => {
                (Problem::internal("The fault is ours. It has been recorded; try again later."), Some(error))
            }
        }
    }
}

impl From<Problem> for ApiError {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        if error.is_transient() { Self::unavailable(error) } else { Self::internal(error) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_problem_json() {
        let errors = vec![FieldError { field: "title".into(), message: "is required".into() }];
        let reply = Problem::invalid_fields("Correct the fields and send again.").with_errors(errors).into_reply();
        assert_eq!(reply.status(), 422);
        assert_eq!(reply.headers()["content-type"], "application/problem+json");
        insta::assert_snapshot!(String::from_utf8_lossy(reply.body()), @r#"{"type":"invalid-fields","title":"Some fields are not valid","status":422,"detail":"Correct the fields and send again.","errors":[{"field":"title","message":"is required"}]}"#);
    }

    #[test]
    fn inside_text_never_reaches_a_client() {
        let (problem, logged) = ApiError::internal("table holdfast-42 said no").into_parts();
        assert_eq!(logged.unwrap().to_string(), "table holdfast-42 said no");
        let reply = problem.into_reply();
        assert_eq!(reply.status(), 500);
        assert!(!String::from_utf8_lossy(reply.body()).contains("holdfast-42"));
    }

    #[test]
    fn an_outage_asks_to_retry() {
        let (problem, _) = ApiError::unavailable("throttled").into_parts();
        let reply = problem.into_reply();
        assert_eq!(reply.status(), 503);
        assert_eq!(reply.headers()["retry-after"], "1");
    }
}
