//! Calls to Stripe: the requests are async-stripe's own, the answers are read as far as they are needed.
//!
//! The library's client reads every answer and every error into types for all that Stripe has, from accounts to terminals;
//! that was a third of what a paying function weighed.

use std::fmt;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, USER_AGENT};
use hyper::{Method, Request};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use miniserde::Deserialize;
use stripe_client_core::{RequestBuilder, StripeMethod};
use url::Url;

use crate::error::{CallFailure, ErrorAnswer};
use crate::keys::SecretKey;

/// How long one try may take. Three of them and their pauses end before API Gateway does.
const ONE_TRY: Duration = Duration::from_secs(6);

/// Stripe at one address, under one key. `Debug` hides the key.
#[derive(Clone)]
pub(crate) struct Client {
    http: hyper_util::client::legacy::Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    base: String,
    authorization: HeaderValue,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("base", &self.base).finish_non_exhaustive()
    }
}

impl Client {
    /// `None` when the key cannot stand in a header.
    pub(crate) fn new(key: &SecretKey, base: &Url) -> Option<Self> {
        let mut authorization = HeaderValue::from_str(&format!("Bearer {}", key.expose())).ok()?;
        authorization.set_sensitive(true);
        let https = HttpsConnectorBuilder::new().with_webpki_roots().https_or_http().enable_http1().build();
        // Nothing is kept: what a frozen environment has left open is dead when it goes on, and a POST finds that out late.
        let http =
            hyper_util::client::legacy::Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build(https);
        Some(Self { http, base: base.as_str().to_owned(), authorization })
    }

    /// Sends a request once, under an idempotency key if one is given.
    pub(crate) async fn send<T: Deserialize>(&self, call: RequestBuilder, key: Option<&str>) -> Result<T, CallFailure> {
        let request = self.request(call, key).map_err(|error| CallFailure::refused(error.into()))?;
        let answer = async {
            let response = self.http.request(request).await.map_err(|error| CallFailure::NoAnswer(error.into()))?;
            let status = response.status();
            let body = response.into_body().collect().await.map_err(|error| CallFailure::NoAnswer(error.into()))?;
            Ok::<_, CallFailure>((status, body.to_bytes()))
        };
        let (status, body) =
            tokio::time::timeout(ONE_TRY, answer).await.map_err(|_| no_answer("no answer in time"))??;
        let text = std::str::from_utf8(&body).map_err(|error| CallFailure::NoAnswer(error.into()))?;
        if status.is_success() {
            return miniserde::json::from_str(text).map_err(|_| no_answer("an answer that cannot be read"));
        }
        let refusal: Refusal =
            miniserde::json::from_str(text).map_err(|_| no_answer("an error that cannot be read"))?;
        Err(CallFailure::from(ErrorAnswer {
            status: status.as_u16(),
            kind: refusal.error.kind,
            code: refusal.error.code,
        }))
    }

    fn request(&self, call: RequestBuilder, key: Option<&str>) -> Result<Request<Full<Bytes>>, hyper::http::Error> {
        let query = call.query.map(|query| format!("?{query}")).unwrap_or_default();
        let method = match call.method {
            StripeMethod::Get => Method::GET,
            StripeMethod::Post => Method::POST,
            StripeMethod::Delete => Method::DELETE,
        };
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}v1{}{query}", self.base, call.path))
            .header(AUTHORIZATION, self.authorization.clone())
            .header(USER_AGENT, concat!("Holdfast/", env!("CARGO_PKG_VERSION")))
            .header("stripe-version", stripe_shared::version::VERSION.as_str());
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let Some(form) = call.body else {
            return request.body(Full::default());
        };
        request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(Full::new(form.into()))
    }
}

fn no_answer(why: &'static str) -> CallFailure {
    CallFailure::NoAnswer(why.into())
}

/// What Stripe says when it does not do something.
#[derive(Debug, Deserialize)]
struct Refusal {
    error: RefusalFields,
}

#[derive(Debug, Deserialize)]
struct RefusalFields {
    #[serde(rename = "type")]
    kind: String,
    code: Option<String>,
}
