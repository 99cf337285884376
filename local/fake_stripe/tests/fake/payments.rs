//! The life of an intent, by the client that the shop uses.

use hyper::Method;
use serde_json::json;
use stripe_core::payment_intent::{
    CancelPaymentIntent, CapturePaymentIntent, ConfirmPaymentIntent, ListPaymentIntent, RetrievePaymentIntent,
    SearchPaymentIntent,
};
use stripe_core::refund::{CreateRefund, ListRefund, RetrieveRefund};
use stripe_shared::{ApiErrorsCode, ApiErrorsType, PaymentIntent, PaymentIntentStatus};
use stripe_types::Expandable;

use crate::client::{client, control, created, order, refused, server};

#[tokio::test]
async fn an_intent_is_made_authorised_captured_and_refunded() {
    let server = server().await;
    let stripe = client(&server);
    let intent = created(&server, "o1").await;
    assert_eq!(intent.status, PaymentIntentStatus::RequiresPaymentMethod);
    assert_eq!(intent.metadata["order"], "o1");
    assert!(intent.client_secret.expect("a secret").starts_with(intent.id.as_str()));

    let confirmed = ConfirmPaymentIntent::new(intent.id.clone()).payment_method("pm_card_visa").send(&stripe).await;
    let confirmed = confirmed.expect("authorised");
    assert_eq!(confirmed.status, PaymentIntentStatus::RequiresCapture);
    assert_eq!((confirmed.amount_capturable, confirmed.amount_received), (1_200, 0));
    assert!(matches!(confirmed.latest_charge, Some(Expandable::Id(_))));

    let captured = CapturePaymentIntent::new(intent.id.clone()).send(&stripe).await.expect("captured");
    assert_eq!(captured.status, PaymentIntentStatus::Succeeded);
    assert_eq!((captured.amount_capturable, captured.amount_received), (0, 1_200));

    let request = RetrievePaymentIntent::new(intent.id.clone()).expand(["latest_charge".to_owned()]);
    let retrieved = request.send(&stripe).await.expect("retrieved");
    let Some(Expandable::Object(charge)) = retrieved.latest_charge else { panic!("the charge is expanded") };
    assert!(charge.captured && !charge.refunded);
    let card = charge.payment_method_details.and_then(|details| details.card).expect("a card");
    assert_eq!((card.brand.as_deref(), card.last4.as_deref()), (Some("visa"), Some("4242")));

    let refund = CreateRefund::new().payment_intent(intent.id.as_str()).send(&stripe).await.expect("refunded");
    assert_eq!((refund.amount, refund.status.as_deref()), (1_200, Some("succeeded")));
    RetrieveRefund::new(refund.id).send(&stripe).await.expect("the refund");
    let (error, status) = refused(CreateRefund::new().payment_intent(intent.id.as_str()).send(&stripe).await);
    assert_eq!((error.code, status), (Some(ApiErrorsCode::ChargeAlreadyRefunded), 400));
    let refunds = ListRefund::new().payment_intent(intent.id.as_str()).send(&stripe).await.expect("a list");
    assert_eq!(refunds.data.len(), 1);

    let ledger = server.ledger();
    assert_eq!((ledger.intents[0].amount_captured, ledger.intents[0].amount_refunded), (1_200, 1_200));
}

#[tokio::test]
async fn a_refund_in_parts_ends_with_the_whole() {
    let server = server().await;
    let stripe = client(&server);
    let intent = created(&server, "o1").await;
    let part = |amount: i64| CreateRefund::new().payment_intent(intent.id.as_str()).amount(amount);
    let (error, _) = refused(part(1).send(&stripe).await);
    assert!(error.message.expect("a message").contains("does not have a successful charge"));
    ConfirmPaymentIntent::new(intent.id.clone())
        .payment_method("pm_card_visa")
        .send(&stripe)
        .await
        .expect("authorised");
    CapturePaymentIntent::new(intent.id.clone()).send(&stripe).await.expect("captured");
    part(200).send(&stripe).await.expect("refunded");
    assert_eq!(refused(part(1_001).send(&stripe).await).0.code, Some(ApiErrorsCode::AmountTooLarge));
    part(1_000).send(&stripe).await.expect("refunded");
    assert_eq!(refused(part(1).send(&stripe).await).0.code, Some(ApiErrorsCode::ChargeAlreadyRefunded));
}

#[tokio::test]
async fn a_captured_intent_is_neither_canceled_nor_captured_again() {
    let server = server().await;
    let stripe = client(&server);
    let intent = created(&server, "o1").await;
    let unexpected = |error: &stripe_shared::ApiErrors, expected: PaymentIntentStatus| {
        assert_eq!(error.code, Some(ApiErrorsCode::PaymentIntentUnexpectedState));
        assert_eq!(error.payment_intent.as_ref().expect("the intent").status, expected);
    };
    let (error, status) = refused(CapturePaymentIntent::new(intent.id.clone()).send(&stripe).await);
    assert_eq!(status, 400);
    unexpected(&error, PaymentIntentStatus::RequiresPaymentMethod);
    let (error, _) = refused(ConfirmPaymentIntent::new(intent.id.clone()).send(&stripe).await);
    unexpected(&error, PaymentIntentStatus::RequiresPaymentMethod);

    ConfirmPaymentIntent::new(intent.id.clone())
        .payment_method("pm_card_amex")
        .send(&stripe)
        .await
        .expect("authorised");
    let (error, _) = refused(ConfirmPaymentIntent::new(intent.id.clone()).send(&stripe).await);
    unexpected(&error, PaymentIntentStatus::RequiresCapture);
    CapturePaymentIntent::new(intent.id.clone()).send(&stripe).await.expect("captured");
    let (error, _) = refused(CapturePaymentIntent::new(intent.id.clone()).send(&stripe).await);
    unexpected(&error, PaymentIntentStatus::Succeeded);
    let (error, _) = refused(CancelPaymentIntent::new(intent.id.clone()).send(&stripe).await);
    unexpected(&error, PaymentIntentStatus::Succeeded);
}

#[tokio::test]
async fn a_canceled_intent_has_nothing_to_capture() {
    let server = server().await;
    let stripe = client(&server);
    let intent = created(&server, "o1").await;
    ConfirmPaymentIntent::new(intent.id.clone())
        .payment_method("pm_card_visa")
        .send(&stripe)
        .await
        .expect("authorised");
    let canceled = CancelPaymentIntent::new(intent.id.clone()).send(&stripe).await.expect("canceled");
    assert_eq!(canceled.status, PaymentIntentStatus::Canceled);
    assert_eq!((canceled.amount_capturable, canceled.amount_received), (0, 0));
    assert!(canceled.canceled_at.is_some());
    let unexpected = Some(ApiErrorsCode::PaymentIntentUnexpectedState);
    assert_eq!(refused(CapturePaymentIntent::new(intent.id.clone()).send(&stripe).await).0.code, unexpected);
    assert_eq!(refused(CancelPaymentIntent::new(intent.id.clone()).send(&stripe).await).0.code, unexpected);
    let confirm = ConfirmPaymentIntent::new(intent.id.clone()).payment_method("pm_card_visa");
    assert_eq!(refused(confirm.send(&stripe).await).0.code, unexpected);
    let intent = &server.ledger().intents[0];
    assert_eq!((intent.amount_captured, intent.amount_refunded), (0, 0));
}

#[tokio::test]
async fn an_authorisation_lapses_on_request() {
    let server = server().await;
    let stripe = client(&server);
    let intent = created(&server, "o1").await;
    let path = format!("intents/{}/lapse", intent.id);
    assert_eq!(control(&server, Method::POST, &path, &json!({})).await.status, 400);
    ConfirmPaymentIntent::new(intent.id.clone())
        .payment_method("pm_card_visa")
        .send(&stripe)
        .await
        .expect("authorised");
    assert_eq!(control(&server, Method::POST, &path, &json!({})).await.json()["cancellation_reason"], "automatic");
    let lapsed = RetrievePaymentIntent::new(intent.id).send(&stripe).await.expect("retrieved");
    assert_eq!(lapsed.status, PaymentIntentStatus::Canceled);
}

#[tokio::test]
async fn a_declined_card_says_why_and_another_one_may_pay() {
    let server = server().await;
    let stripe = client(&server);
    let intent = created(&server, "o1").await;
    for (method, code, decline_code) in [
        ("pm_card_chargeDeclined", ApiErrorsCode::CardDeclined, "generic_decline"),
        ("pm_card_chargeDeclinedInsufficientFunds", ApiErrorsCode::CardDeclined, "insufficient_funds"),
        ("pm_card_chargeDeclinedExpiredCard", ApiErrorsCode::ExpiredCard, "expired_card"),
        ("pm_card_chargeDeclinedIncorrectCvc", ApiErrorsCode::IncorrectCvc, "incorrect_cvc"),
        ("pm_card_chargeDeclinedProcessingError", ApiErrorsCode::ProcessingError, "processing_error"),
    ] {
        let answer = ConfirmPaymentIntent::new(intent.id.clone()).payment_method(method).send(&stripe).await;
        let (error, status) = refused(answer);
        assert_eq!((status, &error.type_), (402, &ApiErrorsType::CardError), "{method}");
        assert_eq!((&error.code, error.decline_code.as_deref()), (&Some(code), Some(decline_code)), "{method}");
        let after = error.payment_intent.expect("the intent");
        assert_eq!(after.status, PaymentIntentStatus::RequiresPaymentMethod);
        let last = after.last_payment_error.expect("the last error");
        assert_eq!(last.decline_code.as_deref(), Some(decline_code));
        assert!(last.payment_method.expect("the card").card.is_some());
    }
    let paid = ConfirmPaymentIntent::new(intent.id).payment_method("pm_card_mastercard").send(&stripe).await;
    let paid = paid.expect("authorised");
    assert_eq!(paid.status, PaymentIntentStatus::RequiresCapture);
    assert!(paid.last_payment_error.is_none());
    assert_eq!(server.ledger().intents[0].charges, 6);
}

async fn challenged(server: &fake_stripe::Server, method: &str, outcome: &str) -> PaymentIntent {
    let stripe = client(server);
    let intent = created(server, "o1").await;
    let asked = ConfirmPaymentIntent::new(intent.id.clone()).payment_method(method).send(&stripe).await;
    let asked = asked.expect("a question");
    assert_eq!(asked.status, PaymentIntentStatus::RequiresAction);
    assert_eq!(asked.next_action.expect("what to do").type_, "use_stripe_sdk");
    let path = format!("intents/{}/challenge", intent.id);
    let answer = control(server, Method::POST, &path, &json!({"outcome": outcome})).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let again = control(server, Method::POST, &path, &json!({"outcome": outcome})).await;
    assert_eq!(again.status, 400);
    RetrievePaymentIntent::new(intent.id).send(&stripe).await.expect("retrieved")
}

#[tokio::test]
async fn three_d_secure_is_passed_failed_or_followed_by_a_refusal() {
    let server = server().await;
    let passed = Box::pin(challenged(&server, "pm_card_authenticationRequired", "complete")).await;
    assert_eq!(passed.status, PaymentIntentStatus::RequiresCapture);
    assert!(passed.next_action.is_none());
    let failed = Box::pin(challenged(&server, "pm_card_authenticationRequired", "fail")).await;
    assert_eq!(failed.status, PaymentIntentStatus::RequiresPaymentMethod);
    let error = failed.last_payment_error.expect("why");
    assert_eq!(error.code, Some(ApiErrorsCode::PaymentIntentAuthenticationFailure));
    let method = "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds";
    let declined = Box::pin(challenged(&server, method, "complete")).await;
    assert_eq!(declined.status, PaymentIntentStatus::RequiresPaymentMethod);
    assert_eq!(declined.last_payment_error.expect("why").decline_code.as_deref(), Some("insufficient_funds"));
}

#[tokio::test]
async fn a_question_may_be_left_for_another_card_or_for_good() {
    let server = server().await;
    let stripe = client(&server);
    let intent = created(&server, "o1").await;
    let confirm = |method: &str| ConfirmPaymentIntent::new(intent.id.clone()).payment_method(method);
    confirm("pm_card_authenticationRequired").send(&stripe).await.expect("a question");
    let paid = confirm("pm_card_visa").send(&stripe).await.expect("authorised");
    assert_eq!(paid.status, PaymentIntentStatus::RequiresCapture);
    let other = created(&server, "o2").await;
    let confirm = ConfirmPaymentIntent::new(other.id.clone()).payment_method("pm_card_authenticationRequired");
    confirm.send(&stripe).await.expect("a question");
    let canceled = CancelPaymentIntent::new(other.id).send(&stripe).await.expect("canceled");
    assert_eq!(canceled.status, PaymentIntentStatus::Canceled);
}

#[tokio::test]
async fn intents_are_found_by_their_order_and_listed_by_age() {
    let server = server().await;
    let stripe = client(&server);
    let mut ids = Vec::new();
    for number in 0..12 {
        ids.push(created(&server, &format!("o{number}")).await.id);
    }
    let found = SearchPaymentIntent::new("metadata['order']:'o7'").send(&stripe).await.expect("found");
    assert_eq!(found.data.iter().map(|intent| &intent.id).collect::<Vec<_>>(), [&ids[7]]);
    let none = SearchPaymentIntent::new("metadata['order']:'o77'").send(&stripe).await.expect("an answer");
    assert!(none.data.is_empty());
    assert_eq!(refused(SearchPaymentIntent::new("order:o7").send(&stripe).await).1, 400);

    let first = ListPaymentIntent::new().limit(10).send(&stripe).await.expect("a list");
    assert!(first.has_more);
    assert_eq!(first.data[0].id, ids[11]);
    let next = ListPaymentIntent::new().starting_after(ids[2].as_str()).send(&stripe).await.expect("a list");
    assert_eq!(next.data.iter().map(|intent| &intent.id).collect::<Vec<_>>(), [&ids[1], &ids[0]]);
    assert!(!next.has_more);
}

#[tokio::test]
async fn a_payment_can_be_made_in_one_request_and_taken_at_once() {
    let server = server().await;
    let stripe = client(&server);
    let paid = order("o1").confirm(true).payment_method("pm_card_visa").send(&stripe).await.expect("authorised");
    assert_eq!(paid.status, PaymentIntentStatus::RequiresCapture);
    let at_once = stripe_core::payment_intent::CreatePaymentIntent::new(500, stripe_types::Currency::USD);
    let at_once = at_once.confirm(true).payment_method("pm_card_visa").send(&stripe).await.expect("paid");
    assert_eq!((at_once.status, at_once.amount_received), (PaymentIntentStatus::Succeeded, 500));
    let (error, status) =
        refused(order("o2").confirm(true).payment_method("pm_card_chargeDeclined").send(&stripe).await);
    assert_eq!(status, 402);
    let left = error.payment_intent.expect("the intent stays");
    let left = RetrievePaymentIntent::new(left.id).send(&stripe).await.expect("retrieved");
    assert_eq!(left.status, PaymentIntentStatus::RequiresPaymentMethod);
}

#[tokio::test]
async fn keys_ids_and_parameters_are_checked() {
    let server = server().await;
    let stranger = stripe::ClientBuilder::new("sk_test_other").url(server.base_url()).build().expect("a client");
    assert_eq!(refused(order("o1").send(&stranger).await).1, 401);
    let browser = stripe::ClientBuilder::new("pk_test_fake").url(server.base_url()).build().expect("a client");
    let (error, status) = refused(order("o1").send(&browser).await);
    assert_eq!((error.code, status), (Some(ApiErrorsCode::SecretKeyRequired), 401));

    let stripe = client(&server);
    let (error, status) = refused(RetrievePaymentIntent::new("pi_none").send(&stripe).await);
    assert_eq!((error.code, status), (Some(ApiErrorsCode::ResourceMissing), 404));
    let small = stripe_core::payment_intent::CreatePaymentIntent::new(49, stripe_types::Currency::EUR);
    assert_eq!(refused(small.send(&stripe).await).0.code, Some(ApiErrorsCode::AmountTooSmall));
    let (error, _) = refused(order("o1").transfer_group("x").payment_method("pm_none").send(&stripe).await);
    assert_eq!(error.code, Some(ApiErrorsCode::ResourceMissing));
    let unknown = order("o1").customer_account("x").send(&stripe).await;
    assert_eq!(refused(unknown).0.code, Some(ApiErrorsCode::ParameterUnknown));
    assert!(server.ledger().intents.is_empty());
}
