//! Connections in, answers out, and what is written down in between.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::http::request::Parts;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};

use crate::call::{Counted, Signed, Units, entries, operation};
use crate::dynamodb::{Tables, at_least};
use crate::settings::Settings;
use crate::upstream::{Upstream, is_for_stripe};

const OWN: &str = "/_meter/";

struct Meter {
    upstream: Upstream,
    tables: Tables,
    counting: AtomicBool,
    calls: Mutex<Vec<Counted>>,
}

/// Serves until the process is ended.
///
/// # Errors
/// When the port cannot be had or connections can no longer be accepted.
pub async fn serve(settings: Settings) -> anyhow::Result<()> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, settings.port));
    let listener = TcpListener::bind(address).await.with_context(|| format!("port {} is taken", settings.port))?;
    let meter = Arc::new(Meter {
        upstream: Upstream::new(settings)?,
        tables: Tables::default(),
        counting: AtomicBool::new(false),
        calls: Mutex::default(),
    });
    loop {
        let (stream, _) = listener.accept().await.context("no connection can be accepted")?;
        stream.set_nodelay(true)?;
        tokio::spawn(converse(stream, Arc::clone(&meter)));
    }
}

async fn converse(stream: TcpStream, meter: Arc<Meter>) {
    let service = service_fn(move |request| {
        let meter = Arc::clone(&meter);
        async move { Ok::<_, Infallible>(meter.answer(request).await) }
    });
    // A client that goes away in the middle is its own affair.
    drop(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await);
}

impl Meter {
    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let (parts, body) = request.into_parts();
        if let Some(asked) = parts.uri.path().strip_prefix(OWN) {
            return self.own(&parts.method, asked);
        }
        let answered = async {
            let body = body.collect().await?.to_bytes();
            match caller(&parts).filter(|_| self.counting.load(Ordering::SeqCst)) {
                Some(signed) => self.counted(&parts, body, signed).await,
                None => self.upstream.hand_on(&parts, body).await,
            }
        };
        match answered.await {
            Ok(response) => response.map(Full::new),
            Err(error) => status(StatusCode::BAD_GATEWAY, format!("{error:#}")),
        }
    }

    fn own(&self, method: &Method, asked: &str) -> Response<Full<Bytes>> {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        match (method.as_str(), asked) {
            ("POST", "begin") => {
                calls.clear();
                self.counting.store(true, Ordering::SeqCst);
                status(StatusCode::NO_CONTENT, "")
            }
            ("POST", "end") => {
                self.counting.store(false, Ordering::SeqCst);
                status(StatusCode::NO_CONTENT, "")
            }
            ("GET", "calls") => match serde_json::to_string(&*calls) {
                Ok(text) => status(StatusCode::OK, text),
                Err(error) => status(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
            },
            ("GET", "health") => status(StatusCode::OK, ""),
            _ => status(StatusCode::NOT_FOUND, ""),
        }
    }

    /// Hands a call on and writes down what it was.
    async fn counted(&self, parts: &Parts, body: Bytes, signed: Signed) -> anyhow::Result<Response<Bytes>> {
        let operation = operation(&signed.service, &parts.method, &parts.uri, &parts.headers);
        let sent = body.len();
        let json: Value = serde_json::from_slice(&body).unwrap_or_default();
        let (response, units) = if signed.service == "dynamodb" {
            self.of_a_table(parts, body, &operation, &json).await?
        } else {
            (self.upstream.hand_on(parts, body).await?, Units::default())
        };
        let call = Counted {
            key: signed.key,
            service: signed.service,
            operation,
            status: response.status().as_u16(),
            entries: entries(&json),
            sent,
            received: response.body().len(),
            units,
        };
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).push(call);
        Ok(response)
    }

    async fn of_a_table(
        &self,
        parts: &Parts,
        body: Bytes,
        operation: &str,
        json: &Value,
    ) -> anyhow::Result<(Response<Bytes>, Units)> {
        let turn = self.tables.turn.lock().await;
        let before = self.tables.before(&self.upstream, operation, json).await?;
        let response = self.upstream.hand_on(parts, body).await?;
        let won = response.status().is_success();
        let written = match before {
            Some(before) if won || is_lost(&response) => self.tables.after(&self.upstream, before, won).await?,
            // Refused before anything was looked at.
            Some(_) => at_least(operation),
            None => Units::default(),
        };
        drop(turn);
        let read = if won { self.tables.read(&self.upstream, operation, json).await? } else { Units::default() };
        Ok((response, written.plus(read)))
    }
}

/// Who calls whom. Calls of Stripe are signed with the shop's key, which all functions share.
fn caller(parts: &Parts) -> Option<Signed> {
    if is_for_stripe(parts) {
        return Some(Signed { key: String::new(), service: "stripe".to_owned() });
    }
    Signed::of(&parts.headers)
}

/// Whether a write failed by a condition, which is paid for.
fn is_lost(response: &Response<Bytes>) -> bool {
    let body: Value = serde_json::from_slice(response.body()).unwrap_or_default();
    let kind = body["__type"].as_str().unwrap_or_default();
    ["ConditionalCheckFailedException", "TransactionCanceledException"].iter().any(|lost| kind.ends_with(lost))
}

fn status(status: StatusCode, text: impl Into<String>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(text.into())));
    *response.status_mut() = status;
    response
}
