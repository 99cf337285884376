//! Connections in, answers out.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};

use crate::api::{self, Call, Lost, Reply};
use crate::control;
use crate::form::Form;
use crate::ledger::Ledger;
use crate::model::Delivery;
use crate::options::Options;
use crate::shared::Shared;
use crate::state::State;
use crate::webhooks::{LetGo, deliver_all};

const MAX_BODY: usize = 256 * 1024;
const HEADER_DEADLINE: Duration = Duration::from_secs(10);

const SCRIPT: &str = include_str!("browser/stripe.js");
const STYLE: &str = include_str!("browser/stripe.css");

/// A running server; it ends when it is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    tasks: [AbortHandle; 2],
}

impl Server {
    /// The address to give to a client: `http://127.0.0.1:PORT/`.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// What the account holds now.
    #[must_use]
    pub fn ledger(&self) -> Ledger {
        self.shared.ledger()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

/// Starts a server on 127.0.0.1.
///
/// # Errors
/// When the options make no sense, the port is taken or the state cannot be read.
pub async fn start(options: Options) -> anyhow::Result<Server> {
    options.check()?;
    let state = State::open(options.state.as_deref(), options.seed.clone()).context("the state cannot be read")?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, options.port));
    let listener = TcpListener::bind(address).await.with_context(|| format!("port {} is taken", options.port))?;
    let address = listener.local_addr()?;
    let (sender, parcels) = tokio::sync::mpsc::unbounded_channel();
    let shared = Arc::new(Shared::new(options, state, sender));
    // What a crash has kept from being delivered goes out now.
    shared.let_go(&LetGo::default(), Delivery::Pending)?;
    let delivering = tokio::spawn(deliver_all(Arc::clone(&shared), parcels));
    let accepting = tokio::spawn(accept(listener, Arc::clone(&shared)));
    Ok(Server { address, shared, tasks: [delivering.abort_handle(), accepting.abort_handle()] })
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    // Dropped with this task, and all conversations with it.
    let mut conversations = JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of files, most likely: others are about to be closed.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        while conversations.try_join_next().is_some() {}
        conversations.spawn(converse(stream, Arc::clone(&shared)));
    }
}

async fn converse(stream: TcpStream, shared: Arc<Shared>) {
    let service = service_fn(move |request| answer(Arc::clone(&shared), request));
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_DEADLINE)
        .serve_connection(TokioIo::new(stream), service);
    // A client that goes away, or an answer that is to be lost.
    drop(connection.await);
}

async fn answer(shared: Arc<Shared>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, std::io::Error> {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path().to_owned();
    let Ok(body) = Limited::new(body, MAX_BODY).collect().await else {
        return Ok(written(&Reply::refused(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large")));
    };
    let body = body.to_bytes();
    if let Some(rest) = path.strip_prefix("/_fake/") {
        return Ok(written(&control::handle(&shared, &parts.method, rest, &body)));
    }
    match (&parts.method, path.as_str()) {
        (&Method::GET, "/v3/stripe.js" | "/v3/") => return Ok(file(SCRIPT, "text/javascript; charset=utf-8")),
        (&Method::GET, "/v3/stripe.css") => return Ok(file(STYLE, "text/css; charset=utf-8")),
        _ => {}
    }
    let form = Form::parse(parts.uri.query().unwrap_or_default(), &body);
    let call = Call { method: parts.method, path, form, headers: parts.headers };
    // In a task of its own: what has begun is finished even if nobody waits for it.
    match tokio::spawn(api::handle(shared, call)).await {
        Ok(Ok(reply)) => Ok(written(&reply)),
        Ok(Err(Lost)) => Err(std::io::Error::other("the answer is to be lost")),
        Err(error) => Err(std::io::Error::other(error)),
    }
}

fn file(text: &'static str, kind: &'static str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from_static(text.as_bytes())));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

fn written(reply: &Reply) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(format!("{:#}\n", reply.body))));
    *response.status_mut() = reply.status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache, no-store"));
    let mut put = |name: &'static str, text: &str| {
        if let Ok(value) = HeaderValue::from_str(text) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    put("request-id", &reply.request_id);
    if let Some(key) = &reply.key {
        put("idempotency-key", key);
    }
    if let Some(original) = &reply.original {
        put("idempotent-replayed", "true");
        put("original-request", original);
    }
    if reply.status == StatusCode::CONFLICT {
        put("stripe-should-retry", "true");
    }
    response
}
