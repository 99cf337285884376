//! The table and Stripe behind the turnstile: the real clients, which pass it before each request that they send.

use aws_config::BehaviorVersion;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::StalledStreamProtectionConfig;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use holdfast_domain::{OrderId, PaymentIntentId};
use holdfast_payments::{NewPayment, Payment, PaymentError, Payments, StripePayments};

use crate::gate::{Turn, turn};

/// A client of the emulator's tables that passes the turnstile. It tries three times, as functions do.
pub(crate) async fn dynamodb() -> Client {
    let http = GatedHttp(aws_smithy_http_client::Builder::new().build_http());
    let sdk = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http)
        // An actor may wait for as long as the others want to run.
        .timeout_config(TimeoutConfig::disabled())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .retry_config(
            RetryConfig::standard().with_max_attempts(3).with_initial_backoff(std::time::Duration::from_millis(1)),
        )
        .load()
        .await;
    Client::new(&sdk)
}

#[derive(Debug)]
struct GatedHttp(SharedHttpClient);

impl HttpClient for GatedHttp {
    fn http_connector(&self, settings: &HttpConnectorSettings, parts: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(GatedConnector(self.0.http_connector(settings, parts)))
    }
}

#[derive(Debug)]
struct GatedConnector(SharedHttpConnector);

impl HttpConnector for GatedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let inner = self.0.clone();
        HttpConnectorFuture::new(async move {
            let turn = turn().await;
            let answer = inner.call(request).await;
            match turn {
                Turn::Go => answer,
                Turn::LoseAnswer => Err(ConnectorError::io("the answer was lost".into())),
            }
        })
    }
}

/// Stripe's client behind the turnstile.
#[derive(Debug)]
pub(crate) struct GatedStripe(pub(crate) StripePayments);

/// The answer of a call, unless it is to be lost.
fn kept<T>(turn: Turn, answer: Result<T, PaymentError>) -> Result<T, PaymentError> {
    match turn {
        Turn::Go => answer,
        Turn::LoseAnswer => Err(PaymentError::Unavailable("the answer was lost".into())),
    }
}

impl Payments for GatedStripe {
    async fn create(&self, new: &NewPayment) -> Result<Payment, PaymentError> {
        let turn = turn().await;
        kept(turn, self.0.create(new).await)
    }

    async fn retrieve(&self, id: &PaymentIntentId) -> Result<Payment, PaymentError> {
        let turn = turn().await;
        kept(turn, self.0.retrieve(id).await)
    }

    async fn capture(&self, id: &PaymentIntentId) -> Result<(), PaymentError> {
        let turn = turn().await;
        kept(turn, self.0.capture(id).await)
    }

    async fn cancel(&self, id: &PaymentIntentId) -> Result<(), PaymentError> {
        let turn = turn().await;
        kept(turn, self.0.cancel(id).await)
    }

    async fn refund(&self, id: &PaymentIntentId) -> Result<(), PaymentError> {
        let turn = turn().await;
        kept(turn, self.0.refund(id).await)
    }

    async fn find(&self, order: OrderId) -> Result<Option<Payment>, PaymentError> {
        let turn = turn().await;
        kept(turn, self.0.find(order).await)
    }
}
