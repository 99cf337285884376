#![doc = include_str!("../README.md")]

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http_body_util::Full;
use hyper::Response;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, SupportedProtocolVersion};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;
use tokio_rustls::TlsAcceptor;

/// A running server. It ends when it is dropped.
#[derive(Debug)]
pub struct TlsServer {
    address: SocketAddr,
    authority: CertificateDer<'static>,
    authority_pem: String,
    requests: Arc<AtomicUsize>,
    accepting: AbortHandle,
}

impl TlsServer {
    /// Starts a server with a certificate for `name` that speaks these versions of TLS.
    ///
    /// # Errors
    /// When no certificate can be made or no port is free.
    pub async fn start(name: &str, versions: &[&'static SupportedProtocolVersion]) -> anyhow::Result<Self> {
        let mut params = CertificateParams::new(Vec::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
        let key = KeyPair::generate()?;
        let certificate = CertificateParams::new(vec![name.to_owned()])?.signed_by(&key, &authority)?;
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_protocol_versions(versions)?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let requests = Arc::new(AtomicUsize::new(0));
        let accepting = tokio::spawn(accept(listener, TlsAcceptor::from(Arc::new(config)), Arc::clone(&requests)));
        Ok(Self {
            address,
            authority: authority.der().clone(),
            authority_pem: authority.pem(),
            requests,
            accepting: accepting.abort_handle(),
        })
    }

    /// Where it is to be found, by a name that means this machine.
    #[must_use]
    pub fn url(&self) -> String {
        format!("https://localhost:{}/", self.address.port())
    }

    /// The certificate of the one authority that vouches for it.
    #[must_use]
    pub fn authority(&self) -> CertificateDer<'static> {
        self.authority.clone()
    }

    /// The same, as a text.
    #[must_use]
    pub fn authority_pem(&self) -> &str {
        &self.authority_pem
    }

    /// How many requests it was sent.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

impl Drop for TlsServer {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, acceptor: TlsAcceptor, requests: Arc<AtomicUsize>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(converse(stream, acceptor.clone(), Arc::clone(&requests)));
    }
}

async fn converse(stream: TcpStream, acceptor: TlsAcceptor, requests: Arc<AtomicUsize>) {
    // A client that does not believe the certificate hangs up here.
    let Ok(stream) = acceptor.accept(stream).await else { return };
    let service = service_fn(|_request| {
        requests.fetch_add(1, Ordering::SeqCst);
        std::future::ready(Ok::<_, std::convert::Infallible>(Response::new(Full::new(Bytes::from_static(b"{}")))))
    });
    // The client goes away once it has its answer.
    drop(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await);
}
