//! `/api/*` on its way to the HTTP API and back.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::header::{AGE, HeaderMap, HeaderName, HeaderValue};
use hyper::http::uri::PathAndQuery;
use hyper::{Request, Response, StatusCode, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::sync::Semaphore;

use crate::answer::{Body, BodyError, problem, whole};
use crate::cache::{Cache, is_shared};
use crate::compression::compress;
use crate::headers::{drop_hop_by_hop, for_the_api};

/// API Gateway gives up on an integration after 30 seconds; the edge a little later, so that its answer is seen.
const DEADLINE: Duration = Duration::from_secs(32);
/// The largest request that API Gateway takes.
const MAX_REQUEST_BYTES: usize = 10 * 1024 * 1024;
/// Answers of the API stay far below this; it bounds what the cache may hold.
const MAX_SHARED_BYTES: usize = 1024 * 1024;
/// Requests that the API works on at one time; the others wait their turn here. One process stands in for the whole
/// cloud behind it: hundreds of functions at once would starve the calls that they wait for.
const IN_FLIGHT: usize = 32;
const X_CACHE: HeaderName = HeaderName::from_static("x-cache");

/// The way to the HTTP API.
#[derive(Debug)]
pub(crate) struct Api {
    upstream: Uri,
    secret: HeaderValue,
    client: Client<HttpConnector, Body>,
    cache: Cache,
    turns: Semaphore,
}

impl Api {
    /// Connections are opened as requests need them.
    pub(crate) fn new(upstream: Uri, secret: HeaderValue) -> Self {
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self { upstream, secret, client, cache: Cache::default(), turns: Semaphore::new(IN_FLIGHT) }
    }

    /// Forwards one request, or answers it from the cache.
    pub(crate) async fn forward(&self, request: Request<Incoming>, viewer: SocketAddr) -> Response<Body> {
        let shared = is_shared(request.method(), request.uri().path());
        let key = request.uri().path_and_query().map_or_else(String::new, ToString::to_string);
        if shared && let Some(stored) = self.cache.get(&key, Instant::now()) {
            let mut headers = stored.headers.clone();
            let body = compress(request.headers(), StatusCode::OK, &mut headers, stored.body.clone());
            let mut response = Response::new(whole(body));
            *response.headers_mut() = headers;
            response.headers_mut().insert(AGE, HeaderValue::from(stored.age(Instant::now())));
            response.headers_mut().insert(X_CACHE, HeaderValue::from_static("hit"));
            return response;
        }
        let Some(headers) = for_the_api(request.headers(), &self.secret, viewer, !shared) else {
            return problem(StatusCode::BAD_REQUEST, "bad-origin", "Bad origin", "The request names no host.");
        };
        let Some(uri) = self.address_of(request.uri()) else {
            return problem(StatusCode::BAD_REQUEST, "bad-query", "Bad address", "The address cannot be forwarded.");
        };
        let (parts, body) = request.into_parts();
        let viewer = parts.headers;
        let mut onward = Request::new(Limited::new(body, MAX_REQUEST_BYTES).boxed());
        *onward.method_mut() = parts.method;
        *onward.uri_mut() = uri;
        *onward.headers_mut() = headers;
        let Ok(_turn) = self.turns.acquire().await else { return unreachable_api() };
        let response = match tokio::time::timeout(DEADLINE, self.client.request(onward)).await {
            Ok(Ok(response)) => response,
            Ok(Err(_)) => return unreachable_api(),
            Err(_) => {
                return problem(
                    StatusCode::GATEWAY_TIMEOUT,
                    "gateway-timeout",
                    "The API took too long",
                    "The HTTP API did not answer in time.",
                );
            }
        };
        self.returned(response, &viewer, shared.then_some(key)).await
    }

    fn address_of(&self, asked: &Uri) -> Option<Uri> {
        let path_and_query = asked.path_and_query().map_or("/", PathAndQuery::as_str);
        let mut parts = self.upstream.clone().into_parts();
        parts.path_and_query = Some(format!("{}{path_and_query}", self.upstream.path()).parse().ok()?);
        Uri::from_parts(parts).ok()
    }

    /// An answer on its way back; what is shared has a key in the cache, and what the cache takes is compressed.
    async fn returned(&self, response: Response<Incoming>, viewer: &HeaderMap, key: Option<String>) -> Response<Body> {
        let (mut parts, body) = response.into_parts();
        drop_hop_by_hop(&mut parts.headers);
        let Some(key) = key else {
            return Response::from_parts(parts, body.map_err(BodyError::from).boxed());
        };
        let collected = tokio::time::timeout(DEADLINE, Limited::new(body, MAX_SHARED_BYTES).collect()).await;
        let Ok(Ok(collected)) = collected else {
            return unreachable_api();
        };
        let mut bytes = collected.to_bytes();
        if self.cache.put(key, parts.status, &parts.headers, &bytes, Instant::now()) {
            bytes = compress(viewer, parts.status, &mut parts.headers, bytes);
        }
        parts.headers.insert(X_CACHE, HeaderValue::from_static("miss"));
        Response::from_parts(parts, whole(bytes))
    }
}

fn unreachable_api() -> Response<Body> {
    problem(
        StatusCode::BAD_GATEWAY,
        "bad-gateway",
        "The API cannot be reached",
        "The HTTP API did not answer. Is the emulator running?",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_and_its_query_are_appended_to_the_stage() {
        let upstream = Uri::from_static("http://localhost:4566/_aws/execute-api/abc/$default");
        let api = Api::new(upstream, HeaderValue::from_static("s"));
        let address = api.address_of(&Uri::from_static("/api/tickets?q=a%20b&limit=2")).expect("an address");
        assert_eq!(
            address.to_string(),
            "http://localhost:4566/_aws/execute-api/abc/$default/api/tickets?q=a%20b&limit=2"
        );
    }
}
