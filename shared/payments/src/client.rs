//! Sends async-stripe's requests to Stripe.
//!
//! The requests, their idempotency keys and the reading of answers are the library's; this is its `StripeClient` trait, done
//! anew. Its own client reads every error into types for all that Stripe has, from accounts to terminals, which weighs more
//! than the rest of a paying function (docs/bench.md); Holdfast needs an error's status, type and code.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, USER_AGENT};
use hyper::{Method, Request, StatusCode};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use miniserde::Deserialize;
use rustls::crypto::aws_lc_rs;
use rustls::{ClientConfig, RootCertStore};
use stripe_client_core::{CustomizedStripeRequest, IdempotencyKey, RequestBuilder, StripeClient, StripeMethod};
use url::Url;

use crate::error::{CallFailure, ErrorAnswer, no_answer};
use crate::keys::SecretKey;

/// How long one try may take. Three of them and their pauses end before API Gateway does.
const ONE_TRY: Duration = Duration::from_secs(6);
/// A page of ten payments has a tenth of that.
const LARGEST_ANSWER: usize = 1024 * 1024;

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
        Self::trusting(public_roots(), key, base)
    }

    fn trusting(roots: RootCertStore, key: &SecretKey, base: &Url) -> Option<Self> {
        let mut authorization = HeaderValue::from_str(&format!("Bearer {}", key.expose())).ok()?;
        authorization.set_sensitive(true);
        // Nothing is kept: what a frozen environment has left open is dead when it goes on, and a POST finds that out late.
        let http = hyper_util::client::legacy::Client::builder(TokioExecutor::new())
            .pool_max_idle_per_host(0)
            .build(connector(roots));
        Some(Self { http, base: base.as_str().to_owned(), authorization })
    }

    fn request(
        &self,
        call: RequestBuilder,
        key: Option<&IdempotencyKey>,
    ) -> Result<Request<Full<Bytes>>, hyper::http::Error> {
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
            .header("stripe-version", stripe_client_core::VERSION.as_str());
        if let Some(key) = key {
            request = request.header("idempotency-key", key.as_str());
        }
        let Some(form) = call.body else {
            return request.body(Full::default());
        };
        request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(Full::new(form.into()))
    }

    async fn answer(&self, request: Request<Full<Bytes>>) -> Result<(StatusCode, Bytes), CallFailure> {
        let response = self.http.request(request).await.map_err(|error| CallFailure::NoAnswer(error.into()))?;
        let status = response.status();
        let body = Limited::new(response.into_body(), LARGEST_ANSWER).collect().await.map_err(CallFailure::NoAnswer)?;
        Ok((status, body.to_bytes()))
    }
}

impl StripeClient for Client {
    type Err = CallFailure;

    /// Sends the request once, under the idempotency key of its strategy if that has one: whoever calls counts the tries.
    async fn execute(&self, call: CustomizedStripeRequest) -> Result<Bytes, CallFailure> {
        let (call, options) = call.into_pieces();
        let key = options.request_strategy.and_then(|strategy| strategy.get_key());
        let request = self.request(call, key.as_ref()).map_err(|error| CallFailure::refused(error.into()))?;
        let answer = tokio::time::timeout(ONE_TRY, self.answer(request)).await;
        let (status, body) = answer.map_err(|_| no_answer("no answer in time"))??;
        if status.is_success() { Ok(body) } else { Err(refusal(status, &body)) }
    }
}

/// What an answer means that is no success. One that is not Stripe's own, as of something on the way, says nothing about what
/// was done.
fn refusal(status: StatusCode, body: &[u8]) -> CallFailure {
    let read = std::str::from_utf8(body).ok().and_then(|text| miniserde::json::from_str::<Refusal>(text).ok());
    let Some(Refusal { error: RefusalFields { kind, code } }) = read else {
        return no_answer(format!("an error that cannot be read, with status {status}"));
    };
    CallFailure::from(ErrorAnswer { status: status.as_u16(), kind, code })
}

/// Mozilla's list: Stripe's certificates come from public authorities, and it advises against pinning them
/// (<https://docs.stripe.com/tls-certificates>).
fn public_roots() -> RootCertStore {
    webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect()
}

fn connector(roots: RootCertStore) -> HttpsConnector<HttpConnector> {
    // Named, because the process's default panics as soon as a second cryptographic library is linked.
    let tls = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("this library has TLS 1.2 and 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth();
    // Plain HTTP is for the stand-in: a live key goes to Stripe's own address alone.
    HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().build()
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

#[cfg(test)]
mod tests;
