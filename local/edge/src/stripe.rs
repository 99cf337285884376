//! `/_stripe/*` on its way to what stands in for Stripe: the browser's script and its calls are of the site's origin.

use std::time::Duration;

use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::header::{COOKIE, HOST};
use hyper::http::uri::PathAndQuery;
use hyper::{Request, Response, StatusCode, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use crate::answer::{Body, BodyError, problem};
use crate::headers::drop_hop_by_hop;

/// What addresses begin with that are not the site's own but Stripe's.
const PREFIX: &str = "/_stripe";
const DEADLINE: Duration = Duration::from_secs(30);
const MAX_REQUEST_BYTES: usize = 256 * 1024;

/// The way to the local Stripe, if there is one.
#[derive(Debug)]
pub(crate) struct Stripe {
    upstream: Option<Uri>,
    client: Client<HttpConnector, Body>,
}

impl Stripe {
    pub(crate) fn new(upstream: Option<Uri>) -> Self {
        Self { upstream, client: Client::builder(TokioExecutor::new()).build_http() }
    }

    /// Whether a path is for Stripe.
    pub(crate) fn is_asked_by(path: &str) -> bool {
        path.strip_prefix(PREFIX).is_some_and(|rest| rest.starts_with('/'))
    }

    /// Forwards one request without the site's cookies, which are none of Stripe's business.
    pub(crate) async fn forward(&self, request: Request<Incoming>) -> Response<Body> {
        let Some(uri) = self.address_of(request.uri()) else {
            return problem(StatusCode::NOT_FOUND, "not-found", "Not found", "No local Stripe runs here.");
        };
        let (parts, body) = request.into_parts();
        let mut onward = Request::new(Limited::new(body, MAX_REQUEST_BYTES).boxed());
        *onward.method_mut() = parts.method;
        *onward.uri_mut() = uri;
        *onward.headers_mut() = parts.headers;
        drop_hop_by_hop(onward.headers_mut());
        onward.headers_mut().remove(HOST);
        onward.headers_mut().remove(COOKIE);
        match tokio::time::timeout(DEADLINE, self.client.request(onward)).await {
            Ok(Ok(response)) => {
                let (mut parts, body) = response.into_parts();
                drop_hop_by_hop(&mut parts.headers);
                Response::from_parts(parts, body.map_err(BodyError::from).boxed())
            }
            Ok(Err(_)) | Err(_) => problem(
                StatusCode::BAD_GATEWAY,
                "bad-gateway",
                "Stripe cannot be reached",
                "The local stand-in for Stripe did not answer. Is it running?",
            ),
        }
    }

    fn address_of(&self, asked: &Uri) -> Option<Uri> {
        let upstream = self.upstream.as_ref()?;
        let rest = asked.path_and_query().map_or("", PathAndQuery::as_str).strip_prefix(PREFIX)?;
        let mut parts = upstream.clone().into_parts();
        parts.path_and_query = Some(format!("{}{rest}", upstream.path().trim_end_matches('/')).parse().ok()?);
        Uri::from_parts(parts).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_below_the_prefix_is_for_stripe() {
        assert!(Stripe::is_asked_by("/_stripe/v3/stripe.js"));
        for path in ["/_stripe", "/_stripes/v3", "/api/stripe/webhook", "/"] {
            assert!(!Stripe::is_asked_by(path), "{path}");
        }
    }

    #[test]
    fn the_prefix_is_left_out_of_the_address() {
        let stripe = Stripe::new(Some(Uri::from_static("http://127.0.0.1:12111/")));
        let address = stripe.address_of(&Uri::from_static("/_stripe/v1/payment_intents/pi_1?key=pk"));
        assert_eq!(address.expect("an address"), "http://127.0.0.1:12111/v1/payment_intents/pi_1?key=pk");
        assert!(Stripe::new(None).address_of(&Uri::from_static("/_stripe/v3/stripe.js")).is_none());
    }
}
