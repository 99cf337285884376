//! One history: what buyers, the seller, Stripe and our own functions do, in an order that a seed decides.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use fake_stripe::Status;
use fastrand::Rng;
use holdfast_domain::{
    Currency, DisplayName, IdempotencyKey, OrderId, PaymentIntentId, Price, Ticket, TicketFacts, TicketId, TicketState,
    Title, UserId,
};
use holdfast_store::{
    DUE_SHARDS, NewTicket, PlaceOrder, TicketChange, TicketDetails, order_cancel, order_expire_run_out, order_place,
};
use sweep::sweep_shard;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::gate::{ActorId, GATE, Gate, Heard, Turn};
use crate::world::{HOLD, LIMIT, PAYMENT, World};

/// Actors at a time.
const LIVE: usize = 4;
const BUYERS: usize = 3;
const TICKETS: usize = 2;

/// An order that somebody may have placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct OrderRef {
    pub(crate) buyer: UserId,
    pub(crate) order: OrderId,
    pub(crate) ticket: TicketId,
}

/// How often something was done to a history.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Tally {
    pub(crate) calls: u64,
    pub(crate) crashes: u64,
    pub(crate) lost_answers: u64,
    pub(crate) paid: u64,
    pub(crate) closed: u64,
    pub(crate) late_payments: u64,
}

impl Tally {
    /// The sum.
    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            calls: self.calls + other.calls,
            crashes: self.crashes + other.crashes,
            lost_answers: self.lost_answers + other.lost_answers,
            paid: self.paid + other.paid,
            closed: self.closed + other.closed,
            late_payments: self.late_payments + other.late_payments,
        }
    }
}

/// A running history.
pub(crate) struct History<'w> {
    world: &'w World,
    rng: Rng,
    hears: mpsc::UnboundedSender<Heard>,
    inbox: mpsc::UnboundedReceiver<Heard>,
    live: BTreeMap<ActorId, (String, JoinHandle<()>)>,
    waiting: BTreeMap<ActorId, oneshot::Sender<Turn>>,
    actors: ActorId,
    buyers: Vec<UserId>,
    seller: UserId,
    /// Payments whose secret has reached a buyer: nobody else can pay by one.
    payable: Arc<Mutex<BTreeSet<String>>>,
    pub(crate) tickets: Vec<TicketId>,
    pub(crate) orders: BTreeSet<OrderRef>,
    /// Orders whose payment was authorised while their ticket was held for them.
    pub(crate) paid_in_time: BTreeSet<OrderRef>,
    /// Orders that may end otherwise all the same: given up, taken over, or left by the bank.
    pub(crate) excused: BTreeSet<OrderId>,
    pub(crate) trace: Vec<String>,
    pub(crate) tally: Tally,
}

impl<'w> History<'w> {
    /// A history in `world` with two listed tickets and three buyers.
    pub(crate) async fn begin(world: &'w World, seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let (hears, inbox) = mpsc::unbounded_channel();
        let buyers = (0..BUYERS).map(|_| UserId::from_uuid(uuid(&mut rng))).collect();
        let seller = UserId::from_uuid(uuid(&mut rng));
        let mut tickets = Vec::new();
        for number in 0..TICKETS {
            let id = TicketId::from_uuid(uuid(&mut rng));
            let ticket = Ticket::list(id, seller, facts(1_000 * (number as u64 + 1)), world.clock.now());
            let new = NewTicket { ticket, details: details(), credential: None };
            world.checkout.market().ticket_create(&new).await.expect("a ticket");
            tickets.push(id);
        }
        Self {
            world,
            rng,
            hears,
            inbox,
            live: BTreeMap::new(),
            waiting: BTreeMap::new(),
            actors: 0,
            buyers,
            seller,
            payable: Arc::default(),
            tickets,
            orders: BTreeSet::new(),
            paid_in_time: BTreeSet::new(),
            excused: BTreeSet::new(),
            trace: Vec::new(),
            tally: Tally::default(),
        }
    }

    /// Runs the history, then lets every actor that is left end or die.
    pub(crate) async fn run(&mut self) {
        for _ in 0..self.rng.usize(100..300) {
            match self.rng.u32(0..100) {
                0..=17 if self.live.len() < LIVE => self.spawn_something().await,
                0..=80 => self.let_one_go_on().await,
                81..=82 => self.kill_one().await,
                83..=87 => self.pass_time().await,
                88..=98 => self.buyer_pays().await,
                _ => self.bank_changes_its_mind().await,
            }
        }
        while !self.live.is_empty() {
            if self.rng.u32(0..10) == 0 { self.kill_one().await } else { self.let_one_go_on().await }
        }
    }

    /// Runs nothing but the sweep, an hour later, until nothing is due; whether that came to be.
    pub(crate) async fn rest(&mut self) -> bool {
        for _ in 0..6 {
            self.world.clock.advance(Duration::from_hours(1));
            let clock = self.world.clock.clone();
            for shard in 0..DUE_SHARDS {
                let until = Instant::now() + Duration::from_mins(1);
                let clock = clock.clone();
                let checkout = Arc::clone(&self.world.checkout);
                let counts = sweep_shard(checkout, shard, move || clock.now(), until.into()).await;
                self.trace.push(format!("rest: {counts:?}"));
            }
            let mut due = 0;
            for shard in 0..DUE_SHARDS {
                let page = self.world.checkout.market().due_list(shard, clock.now(), 100, None).await;
                due += page.expect("a page").items.len();
            }
            if due == 0 {
                return true;
            }
        }
        false
    }

    async fn spawn_something(&mut self) {
        let (buyer, ticket) = (self.rng.usize(0..BUYERS), self.rng.usize(0..TICKETS));
        let (buyer, ticket) = (self.buyers[buyer], self.tickets[ticket]);
        let orders: Vec<OrderRef> = self.orders.iter().copied().collect();
        let order = if orders.is_empty() { None } else { Some(orders[self.rng.usize(0..orders.len())]) };
        match (self.rng.u32(0..100), order) {
            (0..=19, _) | (_, None) => self.place(buyer, ticket).await,
            (20..=49, Some(order)) => self.start(order).await,
            (50..=64, Some(order)) => self.reconcile(order).await,
            (65..=80, _) => self.webhook().await,
            (81..=85, Some(order)) => self.cancel(order).await,
            (86..=90, Some(order)) => self.expire(order).await,
            (91..=97, _) => self.sweep().await,
            (_, _) => self.change_price(ticket).await,
        }
    }

    async fn place(&mut self, buyer: UserId, ticket: TicketId) {
        // Few keys: retries of one order, and keys that were used for the other ticket, are common.
        let key = IdempotencyKey::parse(&format!("key-{}", self.rng.u32(0..3))).expect("a key");
        let order = OrderId::derive(buyer, &key);
        let known = self.orders.iter().find(|known| known.order == order).map(|known| known.ticket);
        self.orders.insert(OrderRef { buyer, order, ticket: known.unwrap_or(ticket) });
        // Whoever places may take over from whoever was too slow.
        self.excused
            .extend(self.orders.iter().filter(|one| one.ticket == ticket && one.order != order).map(|one| one.order));
        let command = PlaceOrder { order, buyer, ticket, hold: HOLD, limit: LIMIT };
        let (checkout, clock) = (Arc::clone(&self.world.checkout), self.world.clock.clone());
        let name = format!("place {order} on {ticket}");
        self.spawn(name, async move { order_place(checkout.market(), command, || clock.now()).await.map(|_| ()) })
            .await;
    }

    async fn start(&mut self, order: OrderRef) {
        let (checkout, clock) = (Arc::clone(&self.world.checkout), self.world.clock.clone());
        let payable = Arc::clone(&self.payable);
        let starting = async move {
            let started = checkout.start(order.buyer, order.order, PAYMENT, || clock.now()).await;
            started.map(|started| {
                let secret = started.client_secret.expose();
                let id = secret.split_once("_secret").map_or(secret, |(id, _)| id);
                payable.lock().expect("a lock").insert(id.to_owned());
            })
        };
        self.spawn(format!("start {}", order.order), starting).await;
    }

    async fn reconcile(&mut self, order: OrderRef) {
        let (checkout, clock) = (Arc::clone(&self.world.checkout), self.world.clock.clone());
        let reconciling = async move {
            let order = checkout.reconcile(order.buyer, order.order, || clock.now()).await;
            order.map(|order| order.map(|order| order.state))
        };
        self.spawn(format!("reconcile {}", order.order), reconciling).await;
    }

    /// A webhook about any payment: late, early, again, and in any order.
    async fn webhook(&mut self) {
        let intents = self.world.stripe.ledger().intents;
        if intents.is_empty() {
            return;
        }
        let id = PaymentIntentId::from_stripe(intents[self.rng.usize(0..intents.len())].id.clone());
        let (checkout, clock) = (Arc::clone(&self.world.checkout), self.world.clock.clone());
        let name = format!("webhook {id}");
        let settling = async move {
            let order = checkout.settle(&id, || clock.now()).await;
            order.map(|order| order.map(|order| order.state))
        };
        self.spawn(name, settling).await;
    }

    async fn cancel(&mut self, order: OrderRef) {
        let (checkout, clock) = (Arc::clone(&self.world.checkout), self.world.clock.clone());
        self.excused.insert(order.order);
        let cancelling = async move { order_cancel(checkout.market(), order.buyer, order.order, clock.now()).await };
        self.spawn(format!("cancel {}", order.order), cancelling).await;
    }

    async fn expire(&mut self, order: OrderRef) {
        let (checkout, clock) = (Arc::clone(&self.world.checkout), self.world.clock.clone());
        let expiring =
            async move { order_expire_run_out(checkout.market(), order.buyer, order.order, clock.now()).await };
        self.spawn(format!("expire {}", order.order), expiring).await;
    }

    async fn sweep(&mut self) {
        let shard = self.rng.u8(0..DUE_SHARDS);
        let (checkout, clock) = (Arc::clone(&self.world.checkout), self.world.clock.clone());
        let until = Instant::now() + Duration::from_mins(10);
        let sweeping =
            async move { Ok::<_, ()>(sweep_shard(checkout, shard, move || clock.now(), until.into()).await) };
        self.spawn(format!("sweep {shard}"), sweeping).await;
    }

    async fn change_price(&mut self, ticket: TicketId) {
        let (checkout, seller) = (Arc::clone(&self.world.checkout), self.seller);
        let facts = facts(self.rng.u64(100..5_000));
        let changing = async move {
            let market = checkout.market();
            let Ok(Some(read)) = market.ticket_read(ticket).await else {
                return Ok(());
            };
            let version = read.version;
            let change = TicketChange { id: ticket, seller, version, facts, details: details(), credential: None };
            market.ticket_change(&change).await
        };
        self.spawn(format!("change {ticket}"), changing).await;
    }

    /// Some seconds pass, or as many as end a hold to the millisecond: what is right before is wrong after.
    async fn pass_time(&mut self) {
        let mut time = Duration::from_secs([1, 5, 10, 30, 50, 101][self.rng.usize(0..6)]);
        if self.rng.bool() {
            let ticket = self.tickets[self.rng.usize(0..TICKETS)];
            let ticket = self.world.checkout.market().ticket_read(ticket).await.expect("a read").expect("a ticket");
            if let TicketState::Held(hold) = ticket.state {
                time = hold.expires_at.since(self.world.clock.now());
            }
        }
        self.world.clock.advance(time);
        self.trace.push(format!("{time:?} pass"));
    }

    /// A buyer confirms a payment whose secret they have, in time or not, with a good card or not.
    async fn buyer_pays(&mut self) {
        let payable: Vec<String> = self.payable.lock().expect("a lock").iter().cloned().collect();
        if payable.is_empty() {
            return;
        }
        let id = &payable[self.rng.usize(0..payable.len())];
        let visa = "pm_card_visa";
        let cards = [visa, visa, visa, visa, "pm_card_chargeDeclined", "pm_card_authenticationRequired"];
        let card = cards[self.rng.usize(0..cards.len())];
        let path = format!("v1/payment_intents/{id}/confirm");
        let form = "application/x-www-form-urlencoded";
        let status = self.world.stripe_post(&path, form, format!("payment_method={card}")).await;
        self.trace.push(format!("buyer pays {id} with {card}: {status}"));
        if card == "pm_card_authenticationRequired" {
            let outcome = if self.rng.bool() { "complete" } else { "fail" };
            let path = format!("_fake/intents/{id}/challenge");
            let body = format!("{{\"outcome\": \"{outcome}\"}}");
            let status = self.world.stripe_post(&path, "application/json", body).await;
            self.trace.push(format!("3-D Secure of {id}, {outcome}: {status}"));
        }
        self.note_authorisation(id).await;
    }

    /// Remembers an order whose payment is authorised now, while its ticket is held for it.
    async fn note_authorisation(&mut self, intent: &str) {
        let intents = self.world.stripe.ledger().intents;
        let authorised = intents.iter().find(|one| one.id == intent && one.status == Status::RequiresCapture);
        let order = authorised.and_then(|one| one.order.clone());
        let Some(known) = self.orders.iter().find(|one| Some(one.order.to_string()) == order).copied() else {
            return;
        };
        let ticket = self.world.checkout.market().ticket_read(known.ticket).await.expect("a read").expect("a ticket");
        let in_time = match ticket.state {
            TicketState::Held(hold) => hold.order == known.order && hold.expires_at > self.world.clock.now(),
            TicketState::Listed | TicketState::Committed(_) | TicketState::Sold(_) => false,
        };
        if in_time {
            // What was done before is no excuse, but for what is still about it.
            let may_come_later = |name: &str| name.starts_with("place") || name.starts_with("cancel");
            if self.live.values().any(|(name, _)| may_come_later(name)) {
                self.excused.insert(known.order);
            } else {
                self.excused.remove(&known.order);
            }
            self.paid_in_time.insert(known);
        }
    }

    /// An authorisation lapses, as after a week.
    async fn bank_changes_its_mind(&mut self) {
        let intents = self.world.stripe.ledger().intents;
        let authorised: Vec<_> = intents.iter().filter(|intent| intent.status == Status::RequiresCapture).collect();
        if authorised.is_empty() {
            return;
        }
        let chosen = authorised[self.rng.usize(0..authorised.len())];
        let id = &chosen.id;
        self.excused.extend(chosen.order.as_ref().and_then(|order| order.parse::<OrderId>().ok()));
        let status =
            self.world.stripe_post(&format!("_fake/intents/{id}/lapse"), "application/json", String::new()).await;
        self.trace.push(format!("the authorisation of {id} lapses: {status}"));
    }

    /// Starts an actor and waits until it stands before its first call.
    async fn spawn<T: Debug, E: Debug>(
        &mut self,
        name: String,
        work: impl Future<Output = Result<T, E>> + Send + 'static,
    ) {
        let actor = self.actors;
        self.actors += 1;
        let gate = Gate { actor, hears: self.hears.clone() };
        let hears = self.hears.clone();
        let running = tokio::spawn(GATE.scope(gate, async move {
            let outcome = match work.await {
                Ok(done) => format!("{done:?}"),
                Err(error) => format!("{error:?}"),
            };
            // A closed channel is a history that has ended.
            drop(hears.send(Heard::Ended(actor, outcome.chars().take(160).collect())));
        }));
        self.trace.push(format!("{actor}: {name}"));
        self.live.insert(actor, (name, running));
        self.listen().await;
    }

    /// Waits until the one actor that runs stands before a call, or has ended.
    async fn listen(&mut self) {
        match self.inbox.recv().await.expect("an actor") {
            Heard::Waits(actor, sender) => {
                self.waiting.insert(actor, sender);
            }
            Heard::Ended(actor, outcome) => {
                self.live.remove(&actor);
                self.trace.push(format!("{actor}: {outcome}"));
            }
        }
    }

    fn pick(&mut self) -> Option<ActorId> {
        let actors: Vec<ActorId> = self.waiting.keys().copied().collect();
        if actors.is_empty() { None } else { Some(actors[self.rng.usize(0..actors.len())]) }
    }

    async fn let_one_go_on(&mut self) {
        let Some(actor) = self.pick() else {
            return;
        };
        let turn = if self.rng.u32(0..100) < 4 { Turn::LoseAnswer } else { Turn::Go };
        if turn == Turn::LoseAnswer {
            self.tally.lost_answers += 1;
            self.trace.push(format!("{actor}: its next answer is lost"));
        }
        self.tally.calls += 1;
        self.waiting.remove(&actor).expect("it waits").send(turn).expect("it listens");
        self.listen().await;
    }

    /// An actor dies after its last call and before its next.
    async fn kill_one(&mut self) {
        let Some(actor) = self.pick() else {
            return;
        };
        self.tally.crashes += 1;
        self.trace.push(format!("{actor}: dies"));
        self.waiting.remove(&actor);
        let (_, running) = self.live.remove(&actor).expect("it lives");
        running.abort();
        assert!(running.await.is_err_and(|error| error.is_cancelled()), "it ended by itself");
    }
}

fn uuid(rng: &mut Rng) -> Uuid {
    Uuid::from_u128(rng.u128(..))
}

fn facts(amount: u64) -> TicketFacts {
    TicketFacts {
        title: Title::parse("A ticket with a history").expect("a title"),
        price: Price::new(amount, Currency::Eur).expect("a price"),
        venue: None,
        starts_at: None,
    }
}

fn details() -> TicketDetails {
    TicketDetails { seller_name: DisplayName::parse("Seller").expect("a name"), description: None }
}
