//! Answers.

use lambda_http::http::{HeaderName, HeaderValue, StatusCode};
use lambda_http::{Body, Response};
use serde::Serialize;

/// An answer of a route.
pub type Reply = Response<Body>;

/// `body` as JSON with `status`. Not to be stored by any cache, unless a header is set that says otherwise.
///
/// # Panics
/// When a wire type cannot be written as JSON, which is a fault of that type alone.
#[must_use]
pub fn json(status: u16, body: &impl Serialize) -> Reply {
    let text = serde_json::to_string(body).expect("wire types are plain structs");
    let mut reply = Reply::new(Body::Text(text));
    *reply.status_mut() = StatusCode::from_u16(status).expect("a literal status");
    let reply = with_header(reply, "content-type", "application/json");
    with_header(reply, "cache-control", "no-store")
}

/// 204 without a body.
#[must_use]
pub fn no_content() -> Reply {
    empty(StatusCode::NO_CONTENT)
}

/// 202 without a body: it is going to be done.
#[must_use]
pub fn accepted() -> Reply {
    empty(StatusCode::ACCEPTED)
}

fn empty(status: StatusCode) -> Reply {
    let mut reply = Reply::new(Body::Empty);
    *reply.status_mut() = status;
    with_header(reply, "cache-control", "no-store")
}

/// Adds a `Set-Cookie`.
///
/// # Panics
/// When the cookie holds bytes that no header may have; ours are base64url and attributes.
#[must_use]
pub fn with_cookie(mut reply: Reply, cookie: &str) -> Reply {
    let value = HeaderValue::from_str(cookie).expect("cookies are visible ASCII");
    reply.headers_mut().append("set-cookie", value);
    reply
}

/// Sets a header to a fixed value.
#[must_use]
pub fn with_header(mut reply: Reply, name: &'static str, value: &'static str) -> Reply {
    reply.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    reply
}
