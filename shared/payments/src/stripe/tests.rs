//! The client against the stand-in for Stripe, with keys from a mocked SSM.

use std::net::SocketAddr;

use aws_sdk_ssm::operation::get_parameters::GetParametersOutput;
use aws_sdk_ssm::types::Parameter;
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use fake_stripe::{Options, Server, Status};
use holdfast_domain::{Price, UserId};
use uuid::Uuid;

use super::*;
use crate::keys::{KeyName, KeysError};

const PREFIX: &str = "/holdfast/test/stripe";

fn parameters(values: &'static [(&'static str, &'static str)]) -> Rule {
    mock!(aws_sdk_ssm::Client::get_parameters)
        .match_requests(|request| request.with_decryption() == Some(true))
        .then_output(move || {
            let parameter = |(name, value): &(&str, &str)| {
                Parameter::builder().name(format!("{PREFIX}/{name}")).value(*value).build()
            };
            GetParametersOutput::builder().set_parameters(Some(values.iter().map(parameter).collect())).build()
        })
}

fn payments(rules: &[&Rule], base: &str) -> StripePayments {
    let client = mock_client!(aws_sdk_ssm, RuleMode::Sequential, rules);
    let keys = StripeKeys::new(client, PREFIX.to_owned(), &[KeyName::Secret]);
    StripePayments::new(keys, base.parse().unwrap())
}

async fn stripe() -> Server {
    let options = Options { secret_key: "rk_test_tests".to_owned(), ..Options::default() };
    fake_stripe::start(options).await.unwrap()
}

fn new_payment() -> NewPayment {
    let owner = PaymentOwner {
        stage: "test".to_owned(),
        order: OrderId::from_uuid(Uuid::from_u128(1)),
        buyer: UserId::from_uuid(Uuid::from_u128(2)),
    };
    NewPayment { owner, price: Price::new(4500, Currency::Eur).unwrap() }
}

#[tokio::test]
async fn a_payment_is_made_once_for_an_order_and_found_by_it() {
    let (stripe, keys) = (stripe().await, parameters(&[("secret_key", "rk_test_tests")]));
    let payments = payments(&[&keys], &stripe.base_url());
    let new = new_payment();
    let (first, second) = (payments.create(&new).await.unwrap(), payments.create(&new).await.unwrap());
    assert_eq!(first.intent, second.intent);
    assert_eq!((first.intent.amount, first.intent.currency), (4500, Some(Currency::Eur)));
    assert_eq!(first.intent.status, IntentStatus::NotAuthorised);
    assert_eq!(first.owner, Some(new.owner.clone()));
    assert!(first.client_secret.is_some());
    assert_eq!(payments.find(new.owner.order).await.unwrap().map(|found| found.intent), Some(first.intent));
    assert!(payments.find(OrderId::from_uuid(Uuid::from_u128(9))).await.unwrap().is_none());
    assert_eq!(keys.num_calls(), 1, "keys are kept");
    assert_eq!(stripe.ledger().intents.len(), 1);
}

#[tokio::test]
async fn what_is_in_another_state_is_stale_and_what_nobody_knows_is_unknown() {
    let (stripe, keys) = (stripe().await, parameters(&[("secret_key", "rk_test_tests")]));
    let payments = payments(&[&keys], &stripe.base_url());
    let id = payments.create(&new_payment()).await.unwrap().intent.id;
    assert!(matches!(payments.capture(&id).await, Err(PaymentError::Stale)));
    payments.cancel(&id).await.unwrap();
    assert!(matches!(payments.cancel(&id).await, Err(PaymentError::Stale)));
    assert_eq!(payments.retrieve(&id).await.unwrap().intent.status, IntentStatus::Canceled);
    assert_eq!(stripe.ledger().intents[0].status, Status::Canceled);
    let nobodys = PaymentIntentId::from_stripe("pi_nobody".to_owned());
    assert!(matches!(payments.retrieve(&nobodys).await, Err(PaymentError::Unknown)));
}

#[tokio::test]
async fn missing_keys_are_not_configured_until_they_are_written() {
    let stripe = stripe().await;
    let (none, some) = (parameters(&[]), parameters(&[("secret_key", "rk_test_tests")]));
    let payments = payments(&[&none, &some], &stripe.base_url());
    assert!(matches!(payments.create(&new_payment()).await, Err(PaymentError::NotConfigured)));
    payments.create(&new_payment()).await.unwrap();
}

#[tokio::test]
async fn a_key_that_stripe_refuses_is_an_error_that_does_not_quote_it() {
    let (stripe, keys) = (stripe().await, parameters(&[("secret_key", "sk_test_rolled_long_ago")]));
    let error = payments(&[&keys], &stripe.base_url()).create(&new_payment()).await.unwrap_err();
    assert!(matches!(error, PaymentError::Refused(_)), "{error:?}");
    assert!(!format!("{error:?}").contains("rolled_long_ago"), "{error:?}");
    let keys = parameters(&[("secret_key", "not a key")]);
    let error = payments(&[&keys], &stripe.base_url()).create(&new_payment()).await.unwrap_err();
    assert!(!format!("{error:?}").contains("not a key"), "{error:?}");
    assert_eq!(KeysError::Malformed("secret_key").to_string(), "the payment key secret_key is of another form");
}

#[tokio::test]
async fn a_key_for_real_money_goes_to_stripe_alone() {
    // Begins like one that moves money, and opens nothing.
    for key in [concat!("sk_", "live_nothing"), concat!("rk_", "live_nothing"), "sk_nothing"] {
        let rule = mock!(aws_sdk_ssm::Client::get_parameters).then_output(move || {
            let parameter = Parameter::builder().name(format!("{PREFIX}/secret_key")).value(key).build();
            GetParametersOutput::builder().parameters(parameter).build()
        });
        let stripe = stripe().await;
        let error = payments(&[&rule], &stripe.base_url()).create(&new_payment()).await.unwrap_err();
        let PaymentError::Refused(source) = &error else { panic!("{error:?}") };
        assert_eq!(source.to_string(), "a live key is for Stripe's own address alone");
        assert!(stripe.ledger().requests.is_empty(), "nothing was sent");
    }
}

/// Asks the stand-in for what a browser or its controls would.
async fn post(stripe: &Server, path: &str, body: &'static str) -> String {
    let address: SocketAddr = stripe.base_url().trim_start_matches("http://").trim_end_matches('/').parse().unwrap();
    let client = hyper_util::client::legacy::Client::builder(hyper_util::rt::TokioExecutor::new()).build_http();
    let request = hyper::Request::post(format!("http://{address}{path}"))
        .header("authorization", "Bearer rk_test_tests")
        .header(
            "content-type",
            if body.starts_with('{') { "application/json" } else { "application/x-www-form-urlencoded" },
        )
        .body(http_body_util::Full::new(hyper::body::Bytes::from_static(body.as_bytes())));
    let answer = client.request(request.unwrap()).await.unwrap();
    let status = answer.status();
    let body = http_body_util::BodyExt::collect(answer.into_body()).await.unwrap().to_bytes();
    assert!(status.is_success(), "{path}: {status} {body:?}");
    String::from_utf8(body.to_vec()).unwrap()
}

async fn confirm(stripe: &Server, id: &PaymentIntentId) {
    post(stripe, &format!("/v1/payment_intents/{}/confirm", id.as_str()), "payment_method=pm_card_visa").await;
}

#[tokio::test]
async fn what_is_read_of_a_payment_is_what_the_library_reads() {
    let (stripe, keys) = (stripe().await, parameters(&[("secret_key", "rk_test_tests")]));
    let payments = payments(&[&keys], &stripe.base_url());
    let id = payments.create(&new_payment()).await.unwrap().intent.id;
    let client = payments.client().await.unwrap();
    let mut statuses = Vec::new();
    for step in 0..4 {
        match step {
            1 => confirm(&stripe, &id).await,
            2 => payments.capture(&id).await.unwrap(),
            3 => payments.refund(&id).await.unwrap(),
            _ => {}
        }
        let request = RetrievePaymentIntent::new(id.as_str()).expand(["latest_charge".to_owned()]);
        let whole: stripe_shared::PaymentIntent = request.customize().send(&client).await.unwrap();
        let read: IntentAnswer = request.build().customize().send(&client).await.unwrap();
        assert_eq!((read.id.as_str(), &read.status), (whole.id.as_str(), &whole.status));
        assert_eq!((read.amount, read.amount_received), (whole.amount, whole.amount_received));
        assert_eq!((&read.currency, &read.client_secret), (&whole.currency, &whole.client_secret));
        assert!(!read.metadata.is_empty() && read.metadata.iter().all(|(name, value)| whole.metadata[name] == *value));
        let charge = whole.latest_charge.as_ref().and_then(|charge| charge.as_object());
        let card = charge.and_then(|charge| charge.payment_method_details.as_ref()?.card.as_ref());
        let payment = payment_of(read).unwrap();
        let expected = card.map(|card| (card.brand.clone().unwrap(), card.last4.clone().unwrap()));
        assert_eq!(payment.card.map(|card| (card.brand().to_owned(), card.last4().to_owned())), expected);
        let refunded = charge.is_some_and(|charge| charge.refunded);
        assert_eq!(matches!(payment.intent.status, IntentStatus::Captured { refunded: true, .. }), refunded);
        statuses.push((whole.status.as_str().to_owned(), expected.is_some(), refunded));
    }
    let seen: Vec<_> = statuses.iter().map(|(status, card, refunded)| (status.as_str(), *card, *refunded)).collect();
    assert_eq!(
        seen,
        [
            ("requires_payment_method", false, false),
            ("requires_capture", true, false),
            ("succeeded", true, false),
            ("succeeded", true, true)
        ]
    );
}

#[tokio::test]
async fn what_was_done_by_a_try_whose_answer_was_lost_is_done_once() {
    let (stripe, keys) = (stripe().await, parameters(&[("secret_key", "rk_test_tests")]));
    let payments = payments(&[&keys], &stripe.base_url());
    let id = payments.create(&new_payment()).await.unwrap().intent.id;
    confirm(&stripe, &id).await;
    let lose = |operation| match operation {
        "capture" => r#"{"operation": "capture", "action": "lost_answer", "count": 1}"#,
        _ => r#"{"operation": "refund", "action": "lost_answer", "count": 1}"#,
    };
    post(&stripe, "/_fake/faults", lose("capture")).await;
    assert!(matches!(payments.capture(&id).await, Err(PaymentError::Stale)), "to be read again");
    post(&stripe, "/_fake/faults", lose("refund")).await;
    payments.refund(&id).await.unwrap();
    let ledger = stripe.ledger();
    assert_eq!(ledger.refunds.iter().map(|refund| refund.amount).collect::<Vec<_>>(), [4500]);
    let intent = payments.retrieve(&id).await.unwrap().intent;
    assert_eq!(intent.status, IntentStatus::Captured { received: 4500, refunded: true });
}
