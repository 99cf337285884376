//! Connections in, answers out.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use crate::answer::Body;
use crate::forward::Api;
use crate::mails::Mails;
use crate::settings::Settings;
use crate::site::Site;
use crate::stripe::Stripe;

const MAX_CONNECTIONS: usize = 1024;
const HEADER_DEADLINE: Duration = Duration::from_secs(10);

#[derive(Debug)]
struct Edge {
    site: Site,
    api: Api,
    stripe: Stripe,
    mails: Mails,
}

/// Serves until the process is ended.
///
/// # Errors
/// When the port cannot be had or connections can no longer be accepted.
pub async fn serve(settings: Settings) -> anyhow::Result<()> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, settings.port));
    let listener = TcpListener::bind(address).await.with_context(|| format!("port {} is taken", settings.port))?;
    let api = Api::new(settings.upstream, settings.origin_secret);
    let mails = Mails::new(&settings.site);
    let site = Site::new(settings.site, settings.site_host);
    accept(listener, Arc::new(Edge { site, api, stripe: Stripe::new(settings.stripe), mails })).await
}

async fn accept(listener: TcpListener, edge: Arc<Edge>) -> anyhow::Result<()> {
    let slots = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let slot = Arc::clone(&slots).acquire_owned().await?;
        let (stream, viewer) = listener.accept().await.context("no connection can be accepted")?;
        let edge = Arc::clone(&edge);
        tokio::spawn(async move {
            converse(stream, viewer, edge).await;
            drop(slot);
        });
    }
}

async fn converse(stream: TcpStream, viewer: SocketAddr, edge: Arc<Edge>) {
    let service = service_fn(move |request| {
        let edge = Arc::clone(&edge);
        async move { Ok::<_, Infallible>(edge.answer(request, viewer).await) }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_DEADLINE)
        .serve_connection(TokioIo::new(stream), service);
    // A client that goes away in the middle is its own affair.
    drop(connection.await);
}

impl Edge {
    async fn answer(&self, request: Request<Incoming>, viewer: SocketAddr) -> Response<Body> {
        let path = request.uri().path();
        if path == "/api" || path.starts_with("/api/") {
            self.api.forward(request, viewer).await
        } else if Stripe::is_asked_by(path) {
            self.stripe.forward(request).await
        } else if Mails::is_asked_by(path) {
            self.mails.show(request).await
        } else {
            self.site.forward(request).await
        }
    }
}

#[cfg(test)]
mod tests;
