//! What `cargo xtask stuck` names, in a real table. The minute's own sweep may be faster than the look: then another try.

use std::time::Duration;

use holdfast_domain::Timestamp;
use stuck::{Stuck, Why, find};
use tests::{Aws, Person, Stack, Stripe, VISA};

const TRIES: usize = 4;

fn now() -> Timestamp {
    let since_1970 = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a clock");
    Timestamp::from_millis(i64::try_from(since_1970.as_millis()).expect("millis")).expect("a moment")
}

async fn all(aws: &Aws) -> Vec<Stuck> {
    find(&aws.market, now(), Duration::from_mins(2)).await.expect("a report")
}

/// A ticket that is held, and its order.
async fn held(seller: &Person, buyer: &Person) -> (String, String) {
    let ticket = seller.list_ticket("Stuck").await;
    let order = buyer.place_order(&ticket).await.expect(201).text("id");
    (ticket, order)
}

fn reasons(found: &[Stuck], ticket: &str) -> Vec<Why> {
    found.iter().filter(|one| one.ticket.to_string() == ticket).map(|one| one.why).collect()
}

#[tokio::test]
async fn a_hold_past_its_time_is_named_with_its_order_until_the_sweep_has_ended_it() {
    let (stack, aws) = (Stack::get(), Aws::get().await);
    let (seller, buyer) = (stack.person("Seller").await, stack.person("Buyer").await);
    for _ in 0..TRIES {
        let (ticket, order) = held(&seller, &buyer).await;
        assert_eq!(reasons(&all(&aws).await, &ticket), [], "a hold in its time is no fault");
        aws.run_out(&ticket, &buyer.id, &order).await;
        let found = all(&aws).await;
        aws.sweep().await;
        assert_eq!(reasons(&all(&aws).await, &ticket), [], "what the sweep has ended is at rest");
        let why = reasons(&found, &ticket);
        if why.len() == 2 {
            assert!(why.contains(&Why::Held) && why.contains(&Why::Unpaid), "{why:?}");
            let line = found.iter().find(|one| one.why == Why::Unpaid).expect("a line").to_string();
            assert!(line.contains("Repair: the sweep"), "{line}");
            return;
        }
    }
    panic!("the sweep was faster each time");
}

#[tokio::test]
async fn a_payment_that_may_be_authorised_is_named() {
    let (stack, aws, stripe) = (Stack::get(), Aws::get().await, Stripe::get());
    let (seller, buyer) = (stack.person("Seller").await, stack.person("Buyer").await);
    for _ in 0..TRIES {
        let (ticket, order) = held(&seller, &buyer).await;
        let started = buyer.start_payment(&order).await.expect(201);
        // Stripe cannot be asked, so that neither webhook nor sweep brings it to rest meanwhile.
        stripe.fault(&order, "retrieve", "error_before", 3).await;
        aws.run_out(&ticket, &buyer.id, &order).await;
        let why = reasons(&all(&aws).await, &ticket);
        stripe.confirm(&started.body, VISA).await;
        if why.contains(&Why::PaymentUnknown) {
            return;
        }
    }
    panic!("the sweep was faster each time");
}
