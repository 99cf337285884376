//! A whole market at once: many buyers hold, pay, are declined, give up and come too late, through HTTP, while webhooks
//! come late, twice and in any order. Then a reader of its own, which knows the table and Stripe's books and none of our
//! code, says whether everybody got what they paid for.

mod reader;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use fastrand::Rng;
use serde_json::json;
use tests::{Aws, DECLINED, Person, Stack, Stripe, VISA, eventually};

const TICKETS: usize = 50;
const BUYERS: usize = 16;
/// Orders that are placed at least.
const ORDERS: usize = 500;
/// No buyer tries more often than this, whatever happens.
const MAX_TRIES: usize = 400;

/// What all buyers share.
struct Crowd {
    aws: Aws,
    stripe: Stripe,
    tickets: Vec<String>,
    placed: AtomicUsize,
    refused: AtomicU64,
}

/// One buyer's afternoon.
async fn shop(crowd: Arc<Crowd>, buyer: Person, mut rng: Rng) {
    for _ in 0..MAX_TRIES {
        if crowd.placed.load(Ordering::SeqCst) >= ORDERS {
            return;
        }
        let ticket = &crowd.tickets[rng.usize(0..TICKETS)];
        let answer = buyer.place_order(ticket).await;
        if answer.status != 201 {
            assert!(matches!(answer.status, 409 | 503), "{answer:?}");
            crowd.refused.fetch_add(1, Ordering::SeqCst);
            continue;
        }
        crowd.placed.fetch_add(1, Ordering::SeqCst);
        deal(&crowd, &buyer, ticket, &answer.text("id"), &mut rng).await;
    }
}

/// What becomes of one order: most are given up, so that there is something to sell to the end.
async fn deal(crowd: &Crowd, buyer: &Person, ticket: &str, order: &str, rng: &mut Rng) {
    match rng.u32(0..100) {
        0..=63 | 98.. => {
            buyer.cancel(order).await.expect(200);
        }
        64..=79 => {
            let started = buyer.start_payment(order).await;
            if started.status == 201 {
                crowd.stripe.confirm(&started.body, DECLINED).await;
            }
            // A cancellation may cross Stripe's news: the answer is what is stored.
            let answer = buyer.cancel(order).await;
            assert!(matches!(answer.status, 200 | 503), "{answer:?}");
        }
        80..=85 => {
            let started = buyer.start_payment(order).await;
            crowd.aws.run_out(ticket, &buyer.id, order).await;
            if started.status == 201 && rng.bool() {
                crowd.stripe.confirm(&started.body, VISA).await;
            }
        }
        86..=91 => crowd.aws.run_out(ticket, &buyer.id, order).await,
        92..=93 => {
            // Pays and gives up at the same time.
            let started = buyer.start_payment(order).await;
            if started.status == 201 {
                tokio::join!(crowd.stripe.confirm(&started.body, VISA), buyer.cancel(order), buyer.reconcile(order));
            }
        }
        94..=95 => {
            // Never comes back: the webhook alone knows.
            let started = buyer.start_payment(order).await;
            if started.status == 201 {
                crowd.stripe.confirm(&started.body, VISA).await;
            }
        }
        96..=97 => {
            let started = buyer.start_payment(order).await;
            if started.status == 201 {
                crowd.stripe.confirm(&started.body, VISA).await;
                tokio::join!(buyer.reconcile(order), buyer.reconcile(order));
            }
        }
    }
}

#[expect(clippy::print_stdout, reason = "the figures are what this test is for")]
#[tokio::test(flavor = "multi_thread")]
async fn after_five_hundred_orders_on_fifty_tickets_everybody_has_what_they_paid_for() {
    let (stack, aws, stripe) = (Stack::get(), Aws::get().await, Stripe::get());
    let seed = fastrand::u64(..);
    println!("seed {seed} (threads and processes make no two runs alike)");
    let seller = stack.person("Seller").await;
    let mut tickets = Vec::new();
    for number in 0..TICKETS {
        tickets.push(seller.list_ticket(&format!("Market seat {number}")).await);
    }
    let mut buyers = Vec::new();
    for number in 0..BUYERS {
        buyers.push(stack.person(&format!("Buyer {number}")).await);
    }
    stripe.post("webhooks", &json!({"duplicates": 1, "delay_ms": 1500, "shuffle": true})).await;
    let crowd = Arc::new(Crowd {
        aws: aws.clone(),
        stripe: stripe.clone(),
        tickets,
        placed: AtomicUsize::new(0),
        refused: AtomicU64::new(0),
    });
    let shopping: Vec<_> = buyers
        .iter()
        .zip(0..)
        .map(|(buyer, number)| tokio::spawn(shop(Arc::clone(&crowd), buyer.clone(), Rng::with_seed(seed ^ number))))
        .collect();
    for shopper in shopping {
        shopper.await.expect("a buyer without a fault");
    }
    stripe.post("webhooks", &json!({"mode": "normal"})).await;
    let (placed, refused) = (crowd.placed.load(Ordering::SeqCst), crowd.refused.load(Ordering::SeqCst));
    assert!(placed >= ORDERS, "only {placed} orders were placed, {refused} tries were refused");

    // What is left is the sweep's: it runs until nothing of these buyers is under way.
    let buyers: Vec<String> = buyers.into_iter().map(|buyer| buyer.id).collect();
    let reading = reader::Reader::new(&aws, &stack, &stripe);
    let found = eventually("everything comes to rest", std::time::Duration::from_mins(3), || async {
        aws.run_out_all(&buyers).await;
        aws.sweep().await;
        let books = reading.read(&buyers, &crowd.tickets).await;
        books.is_at_rest().then_some(books)
    })
    .await;
    println!("{placed} orders, {refused} refused tries: {}", found.summary());
    assert_eq!(found.faults(), Vec::<String>::new());
    assert!(found.paid() > 0 && found.voided() > 0, "a market without sales or late payments proves little");
}
