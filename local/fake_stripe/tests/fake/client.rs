//! What the tests ask with.

use bytes::Bytes;
use fake_stripe::{Options, Server, start};
use http_body_util::{BodyExt as _, Full};
use hyper::{HeaderMap, Method, Request, StatusCode};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use stripe::StripeError;
use stripe_core::payment_intent::CreatePaymentIntent;
use stripe_shared::{ApiErrors, PaymentIntent, PaymentIntentAllowedPaymentMethodTypes, PaymentIntentCaptureMethod};
use stripe_types::Currency;

pub(crate) const SECRET: &str = "sk_test_fake";
pub(crate) const PUBLISHABLE: &str = "pk_test_fake";

/// A server of the test's own.
pub(crate) async fn server() -> Server {
    start(Options::default()).await.expect("a server")
}

/// A client as the shop uses it.
pub(crate) fn client(server: &Server) -> stripe::Client {
    stripe::ClientBuilder::new(SECRET).url(server.base_url()).build().expect("a client")
}

/// An intent for an order of twelve euros.
pub(crate) fn order(id: &str) -> CreatePaymentIntent {
    CreatePaymentIntent::new(1_200, Currency::EUR)
        .capture_method(PaymentIntentCaptureMethod::Manual)
        .allowed_payment_method_types([PaymentIntentAllowedPaymentMethodTypes::Card])
        .metadata([("order".to_owned(), id.to_owned()), ("stage".to_owned(), "dev".to_owned())])
}

/// An intent as it was created.
pub(crate) async fn created(server: &Server, id: &str) -> PaymentIntent {
    order(id).send(&client(server)).await.expect("an intent")
}

/// The error and the status that Stripe answered.
pub(crate) fn refused<T: std::fmt::Debug>(answer: Result<T, StripeError>) -> (Box<ApiErrors>, u16) {
    match answer {
        Err(StripeError::Stripe(error, status)) => (error, status),
        other => panic!("not refused by Stripe: {other:?}"),
    }
}

/// An answer to a request of our own making.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).expect("JSON")
    }
}

/// Sends a request; `None` if the connection is closed without an answer.
pub(crate) async fn asked(
    server: &Server,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Option<Answer> {
    let http: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let mut request = Request::builder().method(method).uri(format!("{}{}", server.base_url(), &path[1..]));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Full::new(Bytes::from(body.to_owned()))).expect("a request");
    let (parts, body) = http.request(request).await.ok()?.into_parts();
    let bytes = body.collect().await.ok()?.to_bytes();
    let text = String::from_utf8(bytes.to_vec()).expect("text");
    Some(Answer { status: parts.status, headers: parts.headers, text })
}

/// A server's form.
pub(crate) async fn post(server: &Server, path: &str, key: &str, body: &str) -> Option<Answer> {
    let bearer = format!("Bearer {SECRET}");
    asked(server, Method::POST, path, &[("authorization", &bearer), ("idempotency-key", key)], body).await
}

/// A browser's form.
pub(crate) async fn browse(server: &Server, path: &str, body: &str) -> Answer {
    let bearer = format!("Bearer {PUBLISHABLE}");
    asked(server, Method::POST, path, &[("authorization", &bearer)], body).await.expect("an answer")
}

/// A command to the fake itself.
pub(crate) async fn control(server: &Server, method: Method, path: &str, body: &Value) -> Answer {
    asked(server, method, &format!("/_fake/{path}"), &[], &body.to_string()).await.expect("an answer")
}
