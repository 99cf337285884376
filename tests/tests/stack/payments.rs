//! Paying for an order, as its buyer, other people and Stripe's books see it.

use std::time::Duration;

use fake_stripe::Status;
use holdfast_domain::{OrderState, TicketState};
use serde_json::{Value, json};
use tests::{Answer, Aws, Call, DECLINED, Person, Stack, Stripe, VISA, eventually, intent_of, ticket_body};

const CREDENTIAL: &str = "GATE-7 4F9K2";

struct Sale {
    stack: Stack,
    aws: Aws,
    stripe: Stripe,
    seller: Person,
    buyer: Person,
    ticket: String,
    order: String,
}

impl Sale {
    /// A ticket with a credential, held by an order.
    async fn open() -> Self {
        let (stack, aws, stripe) = (Stack::get(), Aws::get().await, Stripe::get());
        let (seller, buyer) = (stack.person("Seller of this").await, stack.person("Buyer").await);
        let mut body = ticket_body("Paid seat");
        body["credential"] = json!(CREDENTIAL);
        let listed = seller.send(Call::new("POST", "/api/tickets").json(&body)).await.expect(201);
        let ticket = listed.text("id");
        let order = buyer.place_order(&ticket).await.expect(201).text("id");
        Self { stack, aws, stripe, seller, buyer, ticket, order }
    }

    async fn start(&self) -> Value {
        self.buyer.start_payment(&self.order).await.expect(201).body
    }

    async fn show(&self) -> Answer {
        self.buyer.get(format!("/api/orders/{}", self.order)).await.expect(200)
    }

    /// What Stripe has kept of this order, and whether anything is still reserved.
    async fn books(&self) -> (i64, bool) {
        let payments = self.stripe.payments_of(&self.order).await;
        let kept = payments.iter().map(|one| one.amount_captured - one.amount_refunded).sum();
        (kept, payments.iter().any(|one| one.status == Status::RequiresCapture))
    }
}

#[tokio::test]
async fn a_paid_order_is_the_buyers_for_good_and_shows_its_receipt_to_them_alone() {
    let sale = Sale::open().await;
    let started = sale.start().await;
    assert!(started["publishable_key"].as_str().is_some_and(|key| key.starts_with("pk_")), "{started}");
    assert_eq!(sale.stripe.confirm(&started, VISA).await, 200);
    let paid = sale.buyer.reconcile(&sale.order).await.expect(200);
    assert_eq!(paid.text("state"), "paid");
    assert_eq!(paid.body["card"], json!({"brand": "visa", "last4": "4242"}));
    assert_eq!(paid.body["seller"], json!({"display_name": "Seller of this"}));
    assert_eq!(paid.text("credential"), CREDENTIAL);
    assert!(paid.body["paid_at"].is_string() && paid.body["refunded_at"].is_null());
    assert_eq!(sale.show().await.body, paid.body);
    assert_eq!(sale.buyer.reconcile(&sale.order).await.expect(200).body, paid.body, "again: the same");
    assert_eq!(sale.books().await, (4500, false));

    sale.buyer.cancel(&sale.order).await.expect_problem(409, "order-paid");
    sale.buyer.start_payment(&sale.order).await.expect_problem(409, "order-paid");
    let other = sale.stack.person("Other").await;
    other.place_order(&sale.ticket).await.expect_problem(409, "ticket-sold");
    other.get(format!("/api/orders/{}", sale.order)).await.expect_problem(404, "not-found");
    let shown = sale.stack.ticket(&sale.ticket).await;
    assert_eq!(shown.text("state"), "sold");
    assert!(!shown.body.to_string().contains(CREDENTIAL));
    let list = sale.buyer.get("/api/orders").await.expect(200);
    assert_eq!(list.body["items"][0]["state"], "paid");
    assert!(!list.body.to_string().contains(CREDENTIAL), "a list shows no credential");
    let mine = sale.seller.get("/api/me/tickets").await.expect(200);
    assert_eq!((&mine.body["items"][0]["state"], mine.body["items"][0]["sold_at"].is_string()), (&json!("sold"), true));
    let gone = Call::new("DELETE", format!("/api/tickets/{}", sale.ticket));
    sale.seller.send(gone).await.expect_problem(409, "ticket-sold");
}

#[tokio::test]
async fn a_payment_is_begun_once_and_extends_the_hold_once() {
    let sale = Sale::open().await;
    let before = sale.aws.ticket(&sale.ticket).await;
    let (first, second) = tokio::join!(sale.start(), sale.start());
    assert_eq!(first["client_secret"], second["client_secret"]);
    let again = sale.start().await;
    assert_eq!(again, first);
    assert_eq!(sale.stripe.payments_of(&sale.order).await.len(), 1);
    let after = sale.aws.ticket(&sale.ticket).await;
    let TicketState::Held(hold) = after.state else { panic!("not held: {after:?}") };
    assert!(hold.extended);
    assert_eq!(after.version.number(), before.version.number() + 1, "one extension");
    assert_eq!(sale.aws.order(&sale.buyer.id, &sale.order).await.expires_at, hold.expires_at);
}

#[tokio::test]
async fn a_hold_that_runs_out_soon_is_extended_and_its_schedule_moves() {
    let sale = Sale::open().await;
    // Placed long ago: half a minute is left.
    let soon = sale.aws.end_soon(&sale.ticket, &sale.buyer.id, &sale.order, Duration::from_secs(30)).await;
    let started = sale.start().await;
    let order = sale.aws.order(&sale.buyer.id, &sale.order).await;
    assert!(order.expires_at.since(soon) > Duration::from_mins(2), "{order:?}");
    let shown = sale.show().await.text("expires_at");
    assert_eq!(started["expires_at"], shown);
    let (name, group) = (format!("order-{}", sale.order), sale.stack.output("ScheduleGroup"));
    eventually("the schedule is at the new end", Duration::from_secs(30), || async {
        let schedule = sale.aws.scheduler.get_schedule().name(&name).group_name(&group).send().await.ok()?;
        let at = schedule.schedule_expression()?.to_owned();
        (at[3..] > shown[..19]).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_declined_card_leaves_the_order_to_be_paid_with_another() {
    let sale = Sale::open().await;
    let started = sale.start().await;
    assert_eq!(sale.stripe.confirm(&started, DECLINED).await, 402);
    assert_eq!(sale.buyer.reconcile(&sale.order).await.expect(200).text("state"), "awaiting_payment");
    assert_eq!(sale.stack.ticket(&sale.ticket).await.text("state"), "held");
    assert_eq!(sale.stripe.confirm(&sale.start().await, VISA).await, 200);
    assert_eq!(sale.buyer.reconcile(&sale.order).await.expect(200).text("state"), "paid");
    assert_eq!(sale.books().await, (4500, false));
}

#[tokio::test]
async fn a_buyer_who_never_comes_back_has_bought_all_the_same() {
    let sale = Sale::open().await;
    assert_eq!(sale.stripe.confirm(&sale.start().await, VISA).await, 200);
    eventually("Stripe's webhook has the order paid", Duration::from_secs(45), || async {
        (sale.show().await.text("state") == "paid").then_some(())
    })
    .await;
    assert_eq!(sale.books().await, (4500, false));
}

#[tokio::test]
async fn a_late_payment_is_honoured_while_nobody_has_taken_over() {
    let sale = Sale::open().await;
    let started = sale.start().await;
    sale.stripe.has_told(&intent_of(&started)).await;
    sale.aws.run_out_unseen(&sale.ticket, &sale.buyer.id, &sale.order).await;
    assert_eq!(sale.stripe.confirm(&started, VISA).await, 200);
    assert_eq!(sale.buyer.reconcile(&sale.order).await.expect(200).text("state"), "paid");
    assert_eq!(sale.books().await, (4500, false));
}

#[tokio::test]
async fn a_payment_after_a_take_over_is_voided_and_the_order_says_so() {
    let sale = Sale::open().await;
    let started = sale.start().await;
    sale.stripe.has_told(&intent_of(&started)).await;
    sale.aws.run_out_unseen(&sale.ticket, &sale.buyer.id, &sale.order).await;
    let next = sale.stack.person("Next").await;
    let taken = next.place_order(&sale.ticket).await.expect(201).text("id");
    assert_eq!(sale.stripe.confirm(&started, VISA).await, 200);
    let ended = sale.buyer.reconcile(&sale.order).await.expect(200);
    assert_eq!((ended.text("state").as_str(), ended.text("closed_reason").as_str()), ("expired", "paid_too_late"));
    assert_eq!(sale.books().await, (0, false));
    sale.buyer.start_payment(&sale.order).await.expect_problem(409, "order-closed");
    let TicketState::Held(hold) = sale.aws.ticket(&sale.ticket).await.state else { panic!("the hold is gone") };
    assert_eq!(hold.order.to_string(), taken, "the next buyer keeps the ticket");
}

#[tokio::test]
async fn an_order_that_is_given_up_or_runs_out_cannot_be_paid_any_more() {
    for gives_up in [true, false] {
        let sale = Sale::open().await;
        let started = sale.start().await;
        if gives_up {
            assert_eq!(sale.buyer.cancel(&sale.order).await.expect(200).text("state"), "cancelled");
        } else {
            sale.aws.run_out_unseen(&sale.ticket, &sale.buyer.id, &sale.order).await;
        }
        // The sweep of each minute, or the page of a countdown that has ended.
        if gives_up {
            sale.aws.sweep().await;
        } else {
            sale.buyer.reconcile(&sale.order).await.expect(200);
        }
        let closed = sale.show().await;
        let reason = if gives_up { "cancelled" } else { "hold_ran_out" };
        assert_eq!(closed.text("closed_reason"), reason);
        assert_eq!(sale.stripe.confirm(&started, VISA).await, 400, "the payment is void");
        assert_eq!(sale.books().await, (0, false));
        assert_eq!(sale.stack.ticket(&sale.ticket).await.text("state"), "listed");
        assert!(!sale.aws.is_due(&sale.buyer.id, &sale.order).await, "nothing is left to be looked at");
    }
}

#[tokio::test]
async fn a_hold_that_ran_out_before_is_not_begun_to_be_paid() {
    let sale = Sale::open().await;
    sale.aws.run_out_unseen(&sale.ticket, &sale.buyer.id, &sale.order).await;
    sale.buyer.start_payment(&sale.order).await.expect_problem(409, "hold-expired");
    assert!(sale.stripe.payments_of(&sale.order).await.is_empty(), "nothing was made");
}

#[tokio::test]
async fn an_authorisation_that_lapses_gives_the_ticket_back() {
    let sale = Sale::open().await;
    sale.stripe.fault(&sale.order, "capture", "error_before", 50).await;
    let started = sale.start().await;
    assert_eq!(sale.stripe.confirm(&started, VISA).await, 200);
    // Stripe's answer to each capture is an error: the sale is decided and waits.
    sale.buyer.reconcile(&sale.order).await.expect_problem(503, "unavailable");
    assert!(matches!(sale.aws.order(&sale.buyer.id, &sale.order).await.state, OrderState::Capturing { .. }));
    assert_eq!(sale.stack.ticket(&sale.ticket).await.text("state"), "sold");
    sale.stripe.post(&format!("intents/{}/lapse", intent_of(&started)), &json!({})).await;
    assert_eq!(sale.buyer.reconcile(&sale.order).await.expect(200).text("state"), "expired");
    assert_eq!(sale.stack.ticket(&sale.ticket).await.text("state"), "listed");
    assert_eq!(sale.books().await, (0, false));
}

#[tokio::test]
async fn whatever_stripe_answers_to_the_making_of_a_payment_there_is_one_to_pay() {
    for (action, count) in [("error_before", 1), ("error_after", 1), ("lost_answer", 2)] {
        let sale = Sale::open().await;
        sale.stripe.fault(&sale.order, "create", action, count).await;
        let started = sale.start().await;
        assert_eq!(sale.stripe.confirm(&started, VISA).await, 200, "{action}");
        assert_eq!(sale.buyer.reconcile(&sale.order).await.expect(200).text("state"), "paid", "{action}");
        assert_eq!(sale.books().await, (4500, false), "{action}");
    }
}
