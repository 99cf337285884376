//! A stage without payment keys: paying says so, and everything else works. `cargo xtask test` runs this program before
//! it writes the keys.

use serde_json::json;
use tests::{Aws, Call, Stack};

#[tokio::test]
async fn without_keys_paying_says_so_and_everything_else_works() {
    let (stack, aws) = (Stack::get(), Aws::get().await);
    let (seller, buyer) = (stack.person("Seller").await, stack.person("Buyer").await);
    let ticket = seller.list_ticket("Before the keys").await;
    let order = buyer.place_order(&ticket).await.expect(201).text("id");
    let answer = buyer.start_payment(&order).await;
    answer.expect_problem(503, "payments-not-configured");
    assert_eq!(stack.ticket(&ticket).await.text("state"), "held", "the hold stays as it was");
    let webhook = Call::new("POST", "/api/stripe/webhook").raw("application/json", "{}");
    let answer = stack.send(webhook.header("stripe-signature", "t=1,v1=00")).await;
    answer.expect_problem(503, "payments-not-configured");
    let refused = aws.invoke("RefundOrder", &json!({"order": order})).await.expect_err("no keys");
    assert!(refused["errorMessage"].is_string(), "{refused}");

    // An order that was never begun to be paid needs no Stripe to end.
    assert_eq!(buyer.reconcile(&order).await.expect(200).text("state"), "awaiting_payment");
    aws.run_out(&ticket, &buyer.id, &order).await;
    aws.sweep().await;
    assert_eq!(buyer.get(format!("/api/orders/{order}")).await.expect(200).text("state"), "expired");
    let again = buyer.place_order(&ticket).await.expect(201).text("id");
    assert_eq!(buyer.cancel(&again).await.expect(200).text("state"), "cancelled");
}
