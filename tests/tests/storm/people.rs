//! Buyers and sellers: what each of them does follows from the seed, what comes of it does not.

use std::sync::{Arc, Mutex};

use fastrand::Rng;
use holdfast_domain::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};

use crate::bank::Bank;
use crate::client::{Answer, Ask, Client, Somebody};
use crate::record::now;

/// Buyers look at the newest so many tickets.
const LOOKED_AT: usize = 30;

/// What all of them share.
#[derive(Debug)]
pub(crate) struct Market {
    pub(crate) client: Client,
    pub(crate) bank: Bank,
    pub(crate) tickets: Mutex<Vec<String>>,
}

impl Market {
    fn any_ticket(&self, rng: &mut Rng) -> String {
        let tickets = self.tickets.lock().expect("no panic");
        let from = tickets.len().saturating_sub(LOOKED_AT);
        tickets[rng.usize(from..tickets.len())].clone()
    }

    fn add(&self, ticket: &str) {
        self.tickets.lock().expect("no panic").push(ticket.to_owned());
    }
}

/// A ticket's body with a title of its own.
fn offer(title: &str, amount: u32) -> Value {
    json!({"title": title, "price": {"amount": amount, "currency": "eur"}, "venue": "Harbour"})
}

/// Lists a ticket under a key, and sometimes once more under the same key.
pub(crate) async fn list(market: &Market, seller: &Somebody, key: &str, rng: &mut Rng) -> Option<String> {
    let body = offer(&format!("Storm {}", key.replace('-', "x")), rng.u32(100..10_000));
    let ask = Ask::new("create_ticket", Method::POST, "/api/tickets").under(key).body(body);
    let answer = twice_or_once(market, seller, &ask, rng).await;
    if !answer.is(201) {
        return None;
    }
    market.add(&answer.text("id"));
    Some(answer.text("id"))
}

/// Once until it is known what happened; sometimes twice at a time, sometimes again afterwards.
async fn twice_or_once(market: &Market, who: &Somebody, ask: &Ask, rng: &mut Rng) -> Answer {
    let mut other = rng.fork();
    match rng.u32(0..10) {
        0..=1 => {
            let both =
                tokio::join!(market.client.until_known(who, ask, rng), market.client.until_known(who, ask, &mut other));
            both.0
        }
        2..=3 => {
            market.client.until_known(who, ask, rng).await;
            market.client.until_known(who, ask, rng).await
        }
        _ => market.client.until_known(who, ask, rng).await,
    }
}

/// A seller's day.
pub(crate) async fn sell(market: Arc<Market>, seller: Somebody, name: String, mut day: Rng, actions: usize) {
    let mut mine: Vec<String> = Vec::new();
    for action in 0..actions {
        // What one action needs of chance depends on the answers; the next one's chance must not.
        let mut rng = day.fork();
        let known = (!mine.is_empty()).then(|| mine[rng.usize(0..mine.len())].clone());
        match (rng.u32(0..100), known) {
            (0..=44, _) | (_, None) => {
                mine.extend(list(&market, &seller, &format!("{name}-{action}"), &mut rng).await);
            }
            (45..=74, Some(ticket)) => {
                let body = offer(&format!("Storm {name} changed {action}"), rng.u32(100..10_000));
                let ask = Ask::new("update_ticket", Method::PUT, format!("/api/tickets/{ticket}")).body(body);
                market.client.until_known(&seller, &ask, &mut rng).await;
            }
            (75..=89, Some(ticket)) => {
                let ask = Ask::new("delete_ticket", Method::DELETE, format!("/api/tickets/{ticket}"));
                let answer = market.client.until_known(&seller, &ask, &mut rng).await;
                if answer.is(204) {
                    mine.retain(|known| *known != ticket);
                }
            }
            (90.., Some(_)) => {
                let ask = Ask::new("list_my_tickets", Method::GET, "/api/me/tickets");
                market.client.once(Some(&seller), &ask).await;
            }
        }
    }
}

/// A buyer, and what they have in hand.
struct Buyer {
    market: Arc<Market>,
    who: Somebody,
    rng: Rng,
    /// Keys that were used, with their tickets.
    used: Vec<(String, String)>,
    /// Payments that are to be made once their hold has run out.
    late: Vec<(i64, Answer, String)>,
}

/// A buyer's day.
pub(crate) async fn buy(market: Arc<Market>, who: Somebody, name: String, mut day: Rng, actions: usize) {
    let mut buyer = Buyer { market, who, rng: day.fork(), used: Vec::new(), late: Vec::new() };
    for action in 0..actions {
        buyer.pay_late().await;
        buyer.rng = day.fork();
        let known = (!buyer.used.is_empty()).then(|| buyer.used[buyer.rng.usize(0..buyer.used.len())].clone());
        match (buyer.rng.u32(0..100), known) {
            (0..=11, Some((key, ticket))) => {
                buyer.place(&key, &ticket).await;
            }
            (12..=15, Some((key, _))) => {
                let other = buyer.market.any_ticket(&mut buyer.rng);
                buyer.place(&key, &other).await;
            }
            (16..=19, _) => {
                let ask = Ask::new("list_orders", Method::GET, "/api/orders");
                buyer.market.client.once(Some(&buyer.who), &ask).await;
            }
            _ => {
                let ticket = buyer.market.any_ticket(&mut buyer.rng);
                buyer.deal(format!("{name}-{action}"), ticket).await;
            }
        }
    }
}

impl Buyer {
    async fn place(&mut self, key: &str, ticket: &str) -> Answer {
        let ask = Ask::new("place_order", Method::POST, "/api/orders").under(key).body(json!({"ticket_id": ticket}));
        twice_or_once(&self.market, &self.who, &ask, &mut self.rng).await
    }

    async fn ask(&mut self, what: &'static str, method: Method, path: String) -> Answer {
        self.market.client.until_known(&self.who, &Ask::new(what, method, path), &mut self.rng).await
    }

    async fn cancel(&mut self, order: &str) -> Answer {
        self.ask("cancel_order", Method::DELETE, format!("/api/orders/{order}")).await
    }

    async fn reconcile(&mut self, order: &str) -> Answer {
        self.ask("reconcile_order", Method::POST, format!("/api/orders/{order}/reconcile")).await
    }

    /// The payment, if it could be begun.
    async fn start(&mut self, order: &str) -> Option<Answer> {
        let answer = self.ask("start_payment", Method::POST, format!("/api/orders/{order}/payment")).await;
        answer.is(201).then_some(answer)
    }

    /// An order, and what its buyer makes of it.
    async fn deal(&mut self, key: String, ticket: String) {
        let placed = self.place(&key, &ticket).await;
        self.used.push((key, ticket));
        if !placed.is(201) {
            return;
        }
        let order = placed.text("id");
        match self.rng.u32(0..100) {
            0..=21 => {
                self.cancel(&order).await;
            }
            22..=29 => {
                // Two windows.
                let ask = Ask::new("cancel_order", Method::DELETE, format!("/api/orders/{order}"));
                let client = &self.market.client;
                tokio::join!(client.once(Some(&self.who), &ask), client.once(Some(&self.who), &ask));
            }
            30..=37 => {} // Goes away.
            38..=45 => self.declined(&order).await,
            46..=71 => self.paid(&order, true).await,
            72..=79 => self.paid(&order, false).await,
            80..=87 => self.undecided(&order).await,
            88..=93 => self.later(order).await,
            94.. => self.paid_twice(&order).await,
        }
    }

    async fn declined(&mut self, order: &str) {
        if let Some(started) = self.start(order).await {
            self.market.bank.confirm(&started.body, tests::DECLINED).await;
        }
        self.cancel(order).await;
    }

    /// Pays, and comes back or leaves the rest to Stripe's news.
    async fn paid(&mut self, order: &str, comes_back: bool) {
        let Some(started) = self.start(order).await else { return };
        self.market.bank.confirm(&started.body, tests::VISA).await;
        if comes_back {
            self.reconcile(order).await;
            let ask = Ask::new("show_order", Method::GET, format!("/api/orders/{order}"));
            self.market.client.once(Some(&self.who), &ask).await;
        }
    }

    /// Pays and gives up at the same time.
    async fn undecided(&mut self, order: &str) {
        let Some(started) = self.start(order).await else { return };
        let cancel = Ask::new("cancel_order", Method::DELETE, format!("/api/orders/{order}"));
        let back = Ask::new("reconcile_order", Method::POST, format!("/api/orders/{order}/reconcile"));
        let client = &self.market.client;
        tokio::join!(
            self.market.bank.confirm(&started.body, tests::VISA),
            client.once(Some(&self.who), &cancel),
            client.once(Some(&self.who), &back)
        );
    }

    /// Two windows begin to pay, and both pay.
    async fn paid_twice(&mut self, order: &str) {
        let ask = Ask::new("start_payment", Method::POST, format!("/api/orders/{order}/payment"));
        let (client, bank) = (&self.market.client, &self.market.bank);
        let (one, two) = tokio::join!(client.once(Some(&self.who), &ask), client.once(Some(&self.who), &ask));
        let pays = |started: Answer| async move {
            if started.is(201) {
                bank.confirm(&started.body, tests::VISA).await;
            }
        };
        tokio::join!(pays(one), pays(two));
        self.reconcile(order).await;
    }

    /// Begins to pay, and will pay when it is too late.
    async fn later(&mut self, order: String) {
        if let Some(started) = self.start(&order).await {
            let ends = Timestamp::parse(&started.text("expires_at")).expect("a moment");
            self.late.push((ends.as_millis(), started, order));
        }
    }

    async fn pay_late(&mut self) {
        let now = i64::try_from(now()).expect("a moment");
        let (due, waiting): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.late).into_iter().partition(|(ends, ..)| *ends <= now);
        self.late = waiting;
        for (_, started, order) in due {
            self.market.bank.confirm(&started.body, tests::VISA).await;
            if self.rng.bool() {
                self.reconcile(&order).await;
            }
        }
    }
}
