//! Small HTTP servers on the loopback interface: the Runtime API, the secrets, and the way to the tables.

use std::convert::Infallible;
use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A running server; it ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    accepting: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Server {
    /// Its address as an endpoint of an SDK.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// Serves requests, each read whole, on the thread that calls this.
pub(crate) async fn serve<F, Fut>(answer: F) -> anyhow::Result<Server>
where
    F: Fn(Request<Bytes>) -> Fut + Clone + 'static,
    Fut: Future<Output = Response<Bytes>>,
{
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let accepting = tokio::task::spawn_local(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // An answer is one write: waiting to fill a packet would be measured as the function's time.
            let _ = stream.set_nodelay(true);
            let answer = answer.clone();
            let service = service_fn(move |request: Request<Incoming>| {
                let answer = answer.clone();
                async move {
                    let (parts, body) = request.into_parts();
                    let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
                    Ok::<_, Infallible>(answer(Request::from_parts(parts, body)).await.map(Full::new))
                }
            });
            // A process that is ended in the middle of a request is no failure of the server's.
            tokio::task::spawn_local(
                hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service),
            );
        }
    });
    Ok(Server { address, accepting })
}
