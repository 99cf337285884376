//! Holds that run out: take-over without any schedule, the sweep, and orders that come too late or too early.

use std::time::Duration;

use holdfast_domain::{OrderState, TicketState};
use serde_json::json;
use tests::{Aws, Stack, eventually};

#[tokio::test]
async fn a_hold_that_has_run_out_shows_as_listed_and_is_taken_over_without_the_scheduler() {
    let (stack, aws) = (Stack::get(), Aws::get().await);
    let (seller, buyer, next) = (stack.person("Seller").await, stack.person("Buyer").await, stack.person("Next").await);
    let ticket = seller.list_ticket("Gallery").await;
    let order = buyer.place_order(&ticket).await.expect(201).text("id");
    // Only the ticket's own time counts: the order's copy and the schedule still say fifteen minutes.
    aws.run_out_ticket(&ticket).await;
    assert_eq!(stack.ticket(&ticket).await.text("state"), "listed");

    let taken = next.place_order(&ticket).await.expect(201).text("id");
    assert_eq!(stack.ticket(&ticket).await.text("state"), "held");
    // What the first order still does must not reach the new hold.
    assert_eq!(buyer.cancel(&order).await.expect(200).text("state"), "cancelled");
    aws.invoke("ExpireOrder", &json!({"order": order, "buyer": buyer.id})).await.expect("a run");
    let TicketState::Held(hold) = aws.ticket(&ticket).await.state else { panic!("the hold is gone") };
    assert_eq!(hold.order.to_string(), taken);
}

#[tokio::test]
async fn an_order_does_not_take_over_from_itself() {
    let (stack, aws) = (Stack::get(), Aws::get().await);
    let (seller, buyer) = (stack.person("Seller").await, stack.person("Buyer").await);
    let ticket = seller.list_ticket("Box").await;
    let first = buyer.place_order_under("again", &ticket).await.expect(201);
    // No sweep of another test is to end it meanwhile.
    aws.run_out_unseen(&ticket, &buyer.id, &first.text("id")).await;
    let again = buyer.place_order_under("again", &ticket).await.expect(201);
    assert_eq!(again.text("id"), first.text("id"));
    let TicketState::Held(hold) = aws.ticket(&ticket).await.state else { panic!("not held") };
    assert_eq!(hold.expires_at, Aws::past(), "the same key renews nothing");
}

#[tokio::test]
async fn the_sweep_ends_orders_that_no_schedule_ended() {
    let (stack, aws) = (Stack::get(), Aws::get().await);
    let (seller, buyer) = (stack.person("Seller").await, stack.person("Buyer").await);
    let ticket = seller.list_ticket("Terrace").await;
    let order = buyer.place_order(&ticket).await.expect(201).text("id");
    aws.run_out(&ticket, &buyer.id, &order).await;
    aws.sweep().await;
    assert_eq!(aws.ticket(&ticket).await.state, TicketState::Listed);
    let ended = aws.order(&buyer.id, &order).await;
    assert!(matches!(ended.state, OrderState::Expired { .. }), "{ended:?}");
    assert_eq!(buyer.get(format!("/api/orders/{order}")).await.expect(200).text("state"), "expired");
    aws.sweep().await;
    assert_eq!(aws.order(&buyer.id, &order).await, ended, "a second sweep changes nothing");
}

#[tokio::test]
async fn expiry_that_comes_early_ends_nothing() {
    let (stack, aws) = (Stack::get(), Aws::get().await);
    let (seller, buyer) = (stack.person("Seller").await, stack.person("Buyer").await);
    let ticket = seller.list_ticket("Circle").await;
    let order = buyer.place_order(&ticket).await.expect(201).text("id");
    for _ in 0..2 {
        aws.invoke("ExpireOrder", &json!({"order": order, "buyer": buyer.id})).await.expect("a run");
        aws.sweep().await;
    }
    assert_eq!(stack.ticket(&ticket).await.text("state"), "held");
    assert_eq!(buyer.get(format!("/api/orders/{order}")).await.expect(200).text("state"), "awaiting_payment");
}

#[tokio::test]
async fn the_schedule_ends_the_order_by_itself() {
    let (stack, aws) = (Stack::get(), Aws::get().await);
    let (seller, buyer) = (stack.person("Seller").await, stack.person("Buyer").await);
    let ticket = seller.list_ticket("Matinee").await;
    let order = buyer.place_order(&ticket).await.expect(201).text("id");
    let (name, group) = (format!("order-{order}"), stack.output("ScheduleGroup"));
    let schedule = eventually("a schedule named after the order", Duration::from_secs(30), || async {
        aws.scheduler.get_schedule().name(&name).group_name(&group).send().await.ok()
    })
    .await;
    let target = schedule.target().expect("a target");
    assert!(target.dead_letter_config().and_then(|queue| queue.arn()).is_some(), "{schedule:?}");
    assert!(target.retry_policy().is_some(), "{schedule:?}");
    let expires_at = buyer.get(format!("/api/orders/{order}")).await.expect(200).text("expires_at");
    let at = schedule.schedule_expression().expect("an expression");
    // at() has whole seconds, rounded up so that it is never early.
    assert!(at.starts_with("at(") && at[3..] > expires_at[..19], "{at} for {expires_at}");

    // The same schedule, moved to now, with the time of the hold moved too: the scheduler does the rest.
    aws.run_out(&ticket, &buyer.id, &order).await;
    aws.scheduler
        .update_schedule()
        .name(&name)
        .group_name(&group)
        .schedule_expression("at(2026-01-01T00:00:00)")
        .set_flexible_time_window(schedule.flexible_time_window().cloned())
        .set_action_after_completion(schedule.action_after_completion().cloned())
        .target(target.clone())
        .send()
        .await
        .expect("an update");
    eventually("the ticket is listed again", Duration::from_secs(45), || async {
        (aws.ticket(&ticket).await.state == TicketState::Listed).then_some(())
    })
    .await;
    let gone = || async { aws.scheduler.get_schedule().name(&name).group_name(&group).send().await.err() };
    eventually("the schedule is deleted after completion", Duration::from_secs(30), gone).await;
}
