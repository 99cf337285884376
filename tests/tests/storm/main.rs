//! A storm over a whole stack: buyers and sellers through HTTP, while function processes are killed, calls to AWS are
//! throttled, fail, are cut off, lost and late, Stripe fails, deliveries come twice, late and in any order, and the
//! scheduler is off. Everything is written down, and `local/judge` says afterwards whether the promises were kept: this
//! program judges nothing.
//!
//! `cargo xtask prove histories` starts the stack, the proxy and this. `HOLDFAST_STORM_SEED` repeats a plan, as far as
//! threads and processes allow; `HOLDFAST_STORM_ACTIONS` says how much each buyer does.

mod bank;
mod client;
mod deliveries;
mod machine;
mod people;
mod plan;
mod record;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fastrand::Rng;
use serde_json::{Value, json};
use tests::{Aws, Stack, crash_folder};
use tokio::time::Instant;

use crate::bank::Bank;
use crate::client::{Client, Somebody};
use crate::deliveries::Post;
use crate::machine::{Emulator, Proxy, kill, required, told};
use crate::people::{Market, buy, list, sell};
use crate::plan::{Disturbance, Plan, no_scheduler, plan};
use crate::record::{Record, now};

const BUYERS: usize = 8;
const SELLERS: usize = 2;
/// Tickets that are there before the first fault.
const TICKETS: usize = 24;
/// A seller's action is one request, more or less: they have as many more, so that there is something to buy to the end.
const SELLERS_HASTE: usize = 2;
/// What one action of a buyer comes to, about, in requests.
const REQUESTS_AN_ACTION: usize = 3;
/// How many deliver at a time.
const POSTMEN: usize = 2;
/// Once nothing fails any more, everything has to come to rest within this: a hold, its grace, and the sweep, twice.
const REST: Duration = Duration::from_mins(4);

/// All that a run is made of.
struct Storm {
    seed: u64,
    record: Record,
    market: Arc<Market>,
    post: Arc<Post>,
    proxy: Proxy,
    tables: Tables,
    emulator: u32,
    plan: Plan,
    /// Points that are armed, as far as is known: whoever dies there does not say so.
    armed: Mutex<BTreeSet<&'static str>>,
    /// Everybody has gone home.
    over: AtomicBool,
    /// Nothing is to be carried any more.
    shut: AtomicBool,
}

impl Storm {
    /// Does what the plan says, as soon as the run has come so far.
    async fn disturb(&self) {
        let mut progress = self.record.progress();
        for (at, disturbance) in &self.plan {
            while *progress.borrow_and_update() < *at {
                if self.over.load(Ordering::SeqCst) {
                    return;
                }
                // The end of the run is no progress.
                drop(tokio::time::timeout(Duration::from_secs(1), progress.changed()).await);
            }
            self.apply(disturbance).await;
        }
    }

    async fn apply(&self, disturbance: &Disturbance) {
        match disturbance {
            Disturbance::Proxy(rules) => {
                self.record.write(&json!({"kind": "faults", "at": now(), "proxy": rules}));
                self.proxy.set(rules).await;
            }
            Disturbance::Stripe(rules) => {
                self.record.write(&json!({"kind": "faults", "at": now(), "stripe": rules}));
                self.market.bank.disturb(rules.clone()).await;
            }
            Disturbance::Webhooks(mode) => self.market.bank.webhooks(mode).await,
            Disturbance::Kill(function) => kill(&self.record, self.emulator, function),
            Disturbance::Crash(point) => self.arm(point),
            // It may fail, as everything may now.
            Disturbance::Sweep => {
                self.post.invoke("Sweep", &json!({})).await;
            }
            Disturbance::Replay(part, count) => self.post.replay(*part, *count).await,
        }
    }

    fn arm(&self, point: &'static str) {
        let file = crash_folder().join(point);
        if !file.exists() {
            if !self.armed.lock().expect("a lock").insert(point) {
                self.met(point);
            }
            std::fs::write(&file, "").expect("a disk with room");
            self.record.write(&json!({"kind": "faults", "at": now(), "armed": point}));
        }
    }

    /// A point that was armed and is not any more: a process has died there.
    fn met(&self, point: &str) {
        self.record.write(&json!({"kind": "crash", "at": now(), "point": point}));
    }

    fn disarm(&self) {
        for point in std::mem::take(&mut *self.armed.lock().expect("a lock")) {
            if std::fs::remove_file(crash_folder().join(point)).is_err() {
                self.met(point);
            }
        }
    }

    /// Nothing fails from now on.
    async fn calm(&self) -> u64 {
        self.disarm();
        self.proxy.set(&[no_scheduler()]).await;
        self.market.bank.disturb(Vec::new()).await;
        self.market.bank.webhooks(&json!({"mode": "normal"})).await;
        now()
    }

    /// Writes down how everything is now.
    async fn write_down(&self, calm_from: u64) {
        let record = &self.record;
        record.file("tables.json", self.tables.read().await.to_string());
        record.file("ledger.json", self.market.bank.ledger().await.to_string());
        record.file("proxy.txt", self.proxy.metrics().await);
        let run = json!({
            "seed": self.seed, "calm_from": calm_from, "judged_at": now(), "stripe_faults": self.market.bank.met(),
        });
        record.file("run.json", run.to_string());
    }

    /// Lets the sweep run until nothing is under way, or the time for that is over: the judge sees which.
    async fn rest(&self) {
        let begun = Instant::now();
        while begun.elapsed() < REST {
            self.post.collect().await;
            self.post.invoke("Sweep", &json!({})).await;
            if self.tables.are_at_rest().await {
                return;
            }
        }
    }
}

/// The tables, as they are.
struct Tables {
    emulator: Emulator,
    market: String,
    accounts: String,
}

impl Tables {
    async fn are_at_rest(&self) -> bool {
        let under_way = ["held", "committed", "awaiting_payment", "capturing"];
        let items = self.emulator.items(&self.market).await;
        let rests = |item: &Value| {
            let is_decision = item["sk"]["S"].as_str().is_some_and(|key| key == "T" || key.starts_with("O#"));
            let state = item["state"]["S"].as_str().unwrap_or_default();
            !is_decision || (!under_way.contains(&state) && item["due_at"].is_null())
        };
        items.iter().all(rests)
    }

    async fn read(&self) -> Value {
        let (market, accounts) = (self.emulator.items(&self.market).await, self.emulator.items(&self.accounts).await);
        json!({"market": market, "accounts": accounts})
    }
}

/// The clock of the sweep is switched off, and whoever asks the scheduler for another is refused.
async fn switch_the_scheduler_off(stack: &Stack, aws: &Aws) {
    let name = stack.resource("SweepEachMinute");
    let name = name.rsplit('/').next().expect("a name").rsplit('|').next().expect("a name");
    aws.scheduler.delete_schedule().name(name).send().await.expect("the sweep has a schedule");
}

/// Runs until told otherwise: takes what the bus tells and reads the stream, or delivers again.
async fn postman(storm: Arc<Storm>, reads: bool) {
    while !storm.shut.load(Ordering::SeqCst) {
        let idle = if reads {
            storm.post.read_stream().await;
            storm.post.collect().await == 0
        } else {
            !storm.post.deliver().await
        };
        if idle {
            // Neither the stream nor a queue tells anybody that it has something: they are asked ten times a second.
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

fn number(name: &str, otherwise: u64) -> u64 {
    told(name).map_or(otherwise, |text| text.parse().unwrap_or_else(|_| panic!("{name} is no number")))
}

/// Everything that a run needs, while nothing fails yet.
async fn prepare(seed: u64, actions: usize, rng: &mut Rng) -> Storm {
    let (stack, aws) = (Stack::get(), Aws::get().await);
    let record = Record::create(&PathBuf::from(required("HOLDFAST_STORM_FOLDER")));
    let post = Post::open(&stack, &aws, &record, rng.fork()).await;
    switch_the_scheduler_off(&stack, &aws).await;
    let plan = plan(seed, u64::try_from(BUYERS * actions * REQUESTS_AN_ACTION).expect("a count"));
    record.file("plan.txt", format!("{plan:#?}\n"));
    let market = Market {
        client: Client::new(&stack.base, record.clone()),
        bank: Bank::new(&required("HOLDFAST_FAKE_STRIPE_URL")),
        tickets: std::sync::Mutex::default(),
    };
    Storm {
        seed,
        record,
        market: Arc::new(market),
        post: Arc::new(post),
        proxy: Proxy::new(&required("HOLDFAST_PROXY_URL")),
        tables: Tables {
            emulator: Emulator::new(),
            market: stack.output("MarketTable"),
            accounts: stack.resource("AccountsTable"),
        },
        emulator: required("HOLDFAST_EMULATOR_PID").parse().expect("a process id"),
        plan,
        armed: Mutex::default(),
        over: AtomicBool::new(false),
        shut: AtomicBool::new(false),
    }
}

/// Sellers with tickets, and buyers.
async fn everybody(market: &Market, rng: &mut Rng) -> (Vec<Somebody>, Vec<Somebody>) {
    let (mut sellers, mut buyers) = (Vec::new(), Vec::new());
    for number in 0..SELLERS {
        sellers.push(market.client.sign_up(&format!("Seller {number}")).await);
    }
    for number in 0..BUYERS {
        buyers.push(market.client.sign_up(&format!("Buyer {number}")).await);
    }
    for number in 0..TICKETS {
        list(market, &sellers[number % SELLERS], &format!("first-{number}"), &mut rng.fork()).await;
    }
    (sellers, buyers)
}

#[expect(clippy::print_stdout, reason = "the seed is what repeats a run")]
#[tokio::test(flavor = "multi_thread")]
async fn the_storm() {
    let seed = number("HOLDFAST_STORM_SEED", fastrand::u64(..u64::from(u32::MAX)));
    let actions = usize::try_from(number("HOLDFAST_STORM_ACTIONS", 40)).expect("a count");
    println!("seed {seed}, {BUYERS} buyers with {actions} actions each");
    let mut rng = Rng::with_seed(seed);
    let storm = Arc::new(prepare(seed, actions, &mut rng).await);
    let market = &storm.market;
    let (sellers, buyers) = everybody(market, &mut rng).await;

    let postmen: Vec<_> = (0..=POSTMEN).map(|number| tokio::spawn(postman(Arc::clone(&storm), number == 0))).collect();
    let disturbed = Arc::clone(&storm);
    let nature = tokio::spawn(async move { disturbed.disturb().await });
    let mut days = Vec::new();
    for (place, seller) in sellers.iter().enumerate() {
        let day = sell(Arc::clone(market), seller.clone(), format!("s{place}"), rng.fork(), actions * SELLERS_HASTE);
        days.push(tokio::spawn(day));
    }
    for (place, buyer) in buyers.into_iter().enumerate() {
        days.push(tokio::spawn(buy(Arc::clone(market), buyer, format!("b{place}"), rng.fork(), actions)));
    }
    for day in days {
        day.await.expect("a day without a fault of this program's");
    }
    storm.over.store(true, Ordering::SeqCst);
    nature.await.expect("disturbances without a fault of this program's");
    println!("{} requests; nothing fails from now on", *storm.record.progress().borrow());
    let calm_from = storm.calm().await;
    storm.rest().await;
    storm.shut.store(true, Ordering::SeqCst);
    for postman in postmen {
        postman.await.expect("a postman without a fault of this program's");
    }
    let last = list(market, &sellers[0], "last", &mut rng).await.expect("nothing fails any more");
    storm.post.settle(&last).await;
    storm.write_down(calm_from).await;
}
