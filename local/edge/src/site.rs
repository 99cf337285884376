//! Pages and assets on their way from the distribution that the emulator runs.

use std::time::Duration;

use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::header::HeaderValue;
use hyper::http::uri::PathAndQuery;
use hyper::{Request, Response, StatusCode, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use crate::answer::{Body, empty, problem, whole};
use crate::compression::compress;
use crate::headers::{drop_hop_by_hop, for_the_site};

const DEADLINE: Duration = Duration::from_secs(30);
/// The largest file that CloudFront compresses; the site's are a thousandth of it.
const MAX_BYTES: usize = 10 * 1000 * 1000;

/// The way to the distribution.
#[derive(Debug)]
pub(crate) struct Site {
    upstream: Uri,
    host: HeaderValue,
    client: Client<HttpConnector, Body>,
}

impl Site {
    /// A distribution that answers at an address to this host.
    pub(crate) fn new(upstream: Uri, host: HeaderValue) -> Self {
        Self { upstream, host, client: Client::builder(TokioExecutor::new()).build_http() }
    }

    /// Forwards one request. Its body stays here: pages are read.
    pub(crate) async fn forward(&self, request: Request<Incoming>) -> Response<Body> {
        let Some(uri) = self.address_of(request.uri()) else {
            return problem(StatusCode::BAD_REQUEST, "bad-query", "Bad address", "The address cannot be forwarded.");
        };
        let mut onward = Request::new(whole(""));
        *onward.method_mut() = request.method().clone();
        *onward.uri_mut() = uri;
        *onward.headers_mut() = for_the_site(request.headers(), &self.host);
        let answer = async {
            let (parts, body) = self.client.request(onward).await.ok()?.into_parts();
            Some((parts, Limited::new(body, MAX_BYTES).collect().await.ok()?.to_bytes()))
        };
        let Ok(Some((mut parts, body))) = tokio::time::timeout(DEADLINE, answer).await else {
            return problem(
                StatusCode::BAD_GATEWAY,
                "bad-gateway",
                "The site cannot be reached",
                "The distribution did not answer. Is the emulator running?",
            );
        };
        drop_hop_by_hop(&mut parts.headers);
        if body.is_empty() {
            // The length that an answer to HEAD names is that of what it does not have.
            let mut response = empty(parts.status);
            *response.headers_mut() = parts.headers;
            return response;
        }
        let body = compress(request.headers(), parts.status, &mut parts.headers, body);
        Response::from_parts(parts, whole(body))
    }

    fn address_of(&self, asked: &Uri) -> Option<Uri> {
        let mut parts = self.upstream.clone().into_parts();
        parts.path_and_query = Some(asked.path_and_query().cloned().unwrap_or(PathAndQuery::from_static("/")));
        Uri::from_parts(parts).ok()
    }
}
