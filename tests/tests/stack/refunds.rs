//! An operator gives a buyer's money back.

use serde_json::json;
use tests::{Aws, Stack, Stripe, VISA};

#[tokio::test]
async fn an_order_is_refunded_once_by_its_id_or_its_payments() {
    let (stack, aws, stripe) = (Stack::get(), Aws::get().await, Stripe::get());
    let (seller, buyer) = (stack.person("Seller").await, stack.person("Buyer").await);
    let ticket = seller.list_ticket("Refunded seat").await;
    let order = buyer.place_order(&ticket).await.expect(201).text("id");
    let by_order = json!({"order": order});
    let refused = aws.invoke("RefundOrder", &by_order).await.expect_err("nothing is paid");
    assert!(refused["errorMessage"].as_str().is_some_and(|text| text.contains("no such payment")), "{refused}");
    let started = buyer.start_payment(&order).await.expect(201).body;
    let refused = aws.invoke("RefundOrder", &by_order).await.expect_err("nothing is paid");
    assert!(refused["errorMessage"].as_str().is_some_and(|text| text.contains("not paid")), "{refused}");
    assert_eq!(stripe.confirm(&started, VISA).await, 200);
    buyer.reconcile(&order).await.expect(200);

    let first = aws.invoke("RefundOrder", &by_order).await.expect("a refund");
    assert_eq!((&first["amount"], &first["currency"]), (&json!(4500), &json!("eur")));
    let by_payment = json!({"payment": tests::intent_of(&started)});
    for again in [&by_order, &by_payment] {
        assert_eq!(aws.invoke("RefundOrder", again).await.expect("the same"), first);
    }
    let ledger = stripe.ledger().await;
    let refunds = ledger.refunds.iter().filter(|one| one.payment_intent == tests::intent_of(&started)).count();
    assert_eq!(refunds, 1);
    let shown = buyer.get(format!("/api/orders/{order}")).await.expect(200);
    assert_eq!((&shown.body["state"], &shown.body["refunded_at"]), (&json!("paid"), &first["refunded_at"]));
    assert!(shown.body["credential"].is_null(), "what was given back admits nobody");
    assert_eq!(stack.ticket(&ticket).await.text("state"), "sold", "a refund puts nothing on the market");
}

#[tokio::test]
async fn a_refund_made_in_stripes_dashboard_is_recorded_when_its_webhook_comes() {
    let (stack, aws, stripe) = (Stack::get(), Aws::get().await, Stripe::get());
    let (seller, buyer) = (stack.person("Seller").await, stack.person("Buyer").await);
    let ticket = seller.list_ticket("Refunded by hand").await;
    let order = buyer.place_order(&ticket).await.expect(201).text("id");
    let started = buyer.start_payment(&order).await.expect(201).body;
    assert_eq!(stripe.confirm(&started, VISA).await, 200);
    buyer.reconcile(&order).await.expect(200);
    stripe.refund_in_dashboard(&aws, &tests::intent_of(&started)).await;
    tests::eventually("the refund is recorded", std::time::Duration::from_secs(45), || async {
        let shown = buyer.get(format!("/api/orders/{order}")).await.expect(200);
        shown.body["refunded_at"].is_string().then_some(())
    })
    .await;
}
