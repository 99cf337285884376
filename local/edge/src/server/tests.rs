use std::sync::atomic::{AtomicUsize, Ordering};

use http_body_util::{BodyExt as _, Full};
use hyper::header::{CACHE_CONTROL, HOST, HeaderMap, HeaderValue};
use hyper::{Method, StatusCode, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

use super::*;

/// An API that says what it was asked, counts, and lets `/api/tickets` be cached.
async fn upstream(calls: Arc<AtomicUsize>) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let calls = Arc::clone(&calls);
            let service = service_fn(move |request: Request<Incoming>| {
                let calls = Arc::clone(&calls);
                async move { Ok::<_, Infallible>(echo(request, &calls).await) }
            });
            tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
    address
}

async fn echo(request: Request<Incoming>, calls: &AtomicUsize) -> Response<Body> {
    calls.fetch_add(1, Ordering::SeqCst);
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or("-");
    let seen = format!(
        "{} {} {} {} {}",
        request.method(),
        request.uri().path(),
        header("x-site-host"),
        header("x-origin-secret"),
        header("cookie"),
    );
    let body = request.into_body().collect().await.expect("a body").to_bytes();
    let mut response = Response::new(crate::answer::whole(format!("{seen} {}", String::from_utf8_lossy(&body))));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("max-age=60"));
    response
}

async fn edge_before(upstream: SocketAddr) -> SocketAddr {
    edge_with(upstream, None).await
}

async fn edge_with(upstream: SocketAddr, stripe: Option<SocketAddr>) -> SocketAddr {
    let stripe = Stripe::new(stripe.map(|address| format!("http://{address}/").parse().expect("an address")));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let uri = |path| format!("http://{upstream}{path}").parse::<Uri>().expect("an address");
    let api = Api::new(uri("/stage"), HeaderValue::from_static("s3cret"));
    let site = Site::new(uri("/"), HeaderValue::from_static("d.cloudfront.localhost:4566"));
    let mails = Mails::new(&uri("/"));
    tokio::spawn(accept(listener, Arc::new(Edge { site, api, stripe, mails })));
    address
}

async fn ask(edge: SocketAddr, method: Method, path: &str, body: &'static str) -> (StatusCode, HeaderMap, String) {
    let client = Client::builder(TokioExecutor::new()).build_http();
    let request = Request::builder()
        .method(method)
        .uri(format!("http://{edge}{path}"))
        .header(HOST, "localhost:8080")
        .header("cookie", "a=b")
        .header("x-origin-secret", "guess")
        .body(Full::new(bytes::Bytes::from_static(body.as_bytes())))
        .expect("a request");
    let response = client.request(request).await.expect("an answer");
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.expect("a body").to_bytes();
    (parts.status, parts.headers, String::from_utf8(bytes.to_vec()).expect("text"))
}

#[tokio::test]
async fn a_write_reaches_the_api_with_the_edges_headers_and_its_body() {
    let edge = edge_before(upstream(Arc::default()).await).await;
    let (status, headers, body) = ask(edge, Method::POST, "/api/orders", "{}").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(body, "POST /stage/api/orders localhost:8080 s3cret a=b {}");
    assert!(headers.contains_key("date"));
    assert!(!headers.contains_key("x-cache"));
}

#[tokio::test]
async fn the_catalogue_is_asked_once_and_without_cookies() {
    let calls = Arc::new(AtomicUsize::new(0));
    let edge = edge_before(upstream(Arc::clone(&calls)).await).await;
    let (_, first, body) = ask(edge, Method::GET, "/api/tickets?q=a", "").await;
    assert_eq!(body.trim_end(), "GET /stage/api/tickets localhost:8080 s3cret -");
    assert_eq!(first["x-cache"], "miss");
    let (_, second, again) = ask(edge, Method::GET, "/api/tickets?q=a", "").await;
    assert_eq!(second["x-cache"], "hit");
    assert_eq!(again, body);
    assert!(second.contains_key("date") && second.contains_key("age"));
    assert_eq!(calls.load(Ordering::SeqCst), 1);
    ask(edge, Method::GET, "/api/tickets?q=b", "").await;
    ask(edge, Method::GET, "/api/session", "").await;
    ask(edge, Method::GET, "/api/session", "").await;
    assert_eq!(calls.load(Ordering::SeqCst), 4);
}

#[tokio::test]
async fn an_api_that_is_not_there_is_a_clear_502() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
    let nobody = listener.local_addr().expect("an address");
    drop(listener);
    let edge = edge_before(nobody).await;
    let (status, headers, body) = ask(edge, Method::GET, "/api/session", "").await;
    assert_eq!(status, StatusCode::BAD_GATEWAY);
    assert_eq!(headers["content-type"], "application/problem+json");
    assert!(body.contains("\"type\":\"bad-gateway\""));
}

/// A distribution that says which host and scheme it was asked for, in a page long enough to be compressed.
async fn distribution() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let service = service_fn(|request: Request<Incoming>| async move {
        let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or("-").to_owned();
        let said = format!(
            "{} {} {} {} {}\n",
            request.method(),
            request.uri(),
            header("host"),
            header("x-forwarded-proto"),
            header("cookie"),
        );
        let mut response = Response::new(crate::answer::whole(said + &"x".repeat(1000)));
        for (name, value) in [("content-type", "text/html"), ("cache-control", "s-maxage=10"), ("etag", "\"1\"")] {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        Ok::<_, Infallible>(response)
    });
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
    address
}

#[tokio::test]
async fn everything_else_is_the_distributions() {
    let edge = edge_before(distribution().await).await;
    for (method, path) in [
        (Method::GET, "/"),
        (Method::GET, "/de/tickets/a%20b-1/?q=%2F"),
        (Method::POST, "/apix"),
        (Method::GET, "//evil.example/x"),
    ] {
        let (status, headers, body) = ask(edge, method.clone(), path, "a=b").await;
        assert_eq!(status, StatusCode::OK);
        let said = format!("{method} {path} d.cloudfront.localhost:4566 https -");
        assert_eq!(body.lines().next(), Some(said.as_str()));
        assert_eq!(
            (&headers["etag"], &headers["vary"]),
            (&HeaderValue::from_static("\"1\""), &HeaderValue::from_static("Accept-Encoding"),)
        );
    }
    let (status, headers, _) = ask(edge, Method::HEAD, "/", "").await;
    assert_eq!((status, headers["content-length"].to_str().ok()), (StatusCode::OK, Some("1043")));
}

#[tokio::test]
async fn a_distribution_that_is_not_there_is_a_clear_502() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
    let nobody = listener.local_addr().expect("an address");
    drop(listener);
    let (status, _, body) = ask(edge_before(nobody).await, Method::GET, "/", "").await;
    assert_eq!(status, StatusCode::BAD_GATEWAY);
    assert!(body.contains("The distribution did not answer."), "{body}");
}

#[tokio::test]
async fn the_local_stripe_is_asked_without_the_prefix_and_without_cookies() {
    let api = upstream(Arc::default()).await;
    let edge = edge_with(api, Some(upstream(Arc::default()).await)).await;
    let (status, _, body) = ask(edge, Method::POST, "/_stripe/v1/payment_intents/pi_1/confirm", "a=b").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(body, "POST /v1/payment_intents/pi_1/confirm - guess - a=b");
    let (status, _, body) = ask(edge_before(api).await, Method::GET, "/_stripe/v3/stripe.js", "").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert!(body.contains("No local Stripe runs here."));
}
