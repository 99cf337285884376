//! The emulator: calls that are handed on, and calls of the meter's own as the account's owner.

use std::time::SystemTime;

use anyhow::{Context as _, bail};
use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::header::{CONNECTION, HOST, TRANSFER_ENCODING};
use hyper::http::request::Parts;
use hyper::{Request, Response, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

use crate::call::Signed;
use crate::settings::Settings;

/// The emulator, and how to talk to it as its owner.
#[derive(Debug)]
pub(crate) struct Upstream {
    client: Client<HttpConnector, Full<Bytes>>,
    base: String,
    stripe: Option<String>,
    authority: String,
    region: String,
    owner: String,
}

impl Upstream {
    pub(crate) fn new(settings: Settings) -> anyhow::Result<Self> {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let authority = settings.upstream.authority().context("the emulator's address has no host")?.to_string();
        Ok(Self {
            client: Client::builder(TokioExecutor::new()).build(connector),
            base: format!("http://{authority}"),
            stripe: settings.stripe.map(|stripe| stripe.to_string().trim_end_matches('/').to_owned()),
            authority,
            region: settings.region,
            owner: settings.owner,
        })
    }

    /// Hands a request on as it is: the host that was signed stays. One that nobody has signed as AWS has it goes to what
    /// stands in for Stripe.
    pub(crate) async fn hand_on(&self, parts: &Parts, body: Bytes) -> anyhow::Result<Response<Bytes>> {
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let base = if is_for_stripe(parts) {
            self.stripe.as_ref().context("nothing stands in for Stripe")?
        } else {
            &self.base
        };
        let uri: Uri = format!("{base}{path}").parse()?;
        let mut request = Request::builder().method(parts.method.clone()).uri(uri).body(Full::new(body))?;
        *request.headers_mut() = parts.headers.clone();
        // These two are about the connection; the body was read as a whole.
        request.headers_mut().remove(CONNECTION);
        request.headers_mut().remove(TRANSFER_ENCODING);
        self.send(request).await
    }

    async fn send(&self, request: Request<Full<Bytes>>) -> anyhow::Result<Response<Bytes>> {
        let (mut parts, body) = self.client.request(request).await?.into_parts();
        parts.headers.remove(CONNECTION);
        parts.headers.remove(TRANSFER_ENCODING);
        Ok(Response::from_parts(parts, body.collect().await?.to_bytes()))
    }

    /// Asks the emulator's DynamoDB something as the account's owner.
    pub(crate) async fn ask(&self, operation: &str, body: &Value) -> anyhow::Result<Value> {
        let body = body.to_string();
        let target = format!("DynamoDB_20120810.{operation}");
        let headers =
            [("content-type", "application/x-amz-json-1.0"), ("x-amz-target", &target), ("host", &self.authority)];
        let uri = format!("{}/", self.base);
        let mut request = Request::post(&uri).body(Full::new(Bytes::from(body.clone())))?;
        for (name, value) in headers {
            request.headers_mut().insert(hyper::header::HeaderName::from_static(name), value.parse()?);
        }
        let identity = Credentials::new(&self.owner, &self.owner, None, None, "owner").into();
        let signing = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name("dynamodb")
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()?
            .into();
        let signable = SignableRequest::new("POST", &uri, headers.into_iter(), SignableBody::Bytes(body.as_bytes()))?;
        let (instructions, _) = sign(signable, &signing)?.into_parts();
        instructions.apply_to_request_http1x(&mut request);
        debug_assert!(request.headers().contains_key(HOST));
        let response = self.send(request).await?;
        if !response.status().is_success() {
            bail!("the emulator refuses {operation}: {}", String::from_utf8_lossy(response.body()));
        }
        Ok(serde_json::from_slice(response.body())?)
    }
}

/// Stripe's addresses begin with its version, and its keys are no signatures.
pub(crate) fn is_for_stripe(parts: &Parts) -> bool {
    parts.uri.path().starts_with("/v1/") && Signed::of(&parts.headers).is_none()
}
