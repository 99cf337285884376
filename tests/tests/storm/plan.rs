//! What goes wrong, and when: all of it follows from the seed.

use fastrand::Rng;
use serde_json::{Value, json};

/// Functions whose processes are killed.
const FUNCTIONS: [&str; 12] = [
    "PlaceOrder",
    "CancelOrder",
    "StartPayment",
    "ReconcileOrder",
    "StripeWebhook",
    "RelayEvents",
    "ProjectCatalogue",
    "Sweep",
    "CreateTicket",
    "UpdateTicket",
    "DeleteTicket",
    "ExpireOrder",
];
/// Points right after a write, at which the next process that gets there dies.
const POINTS: [&str; 21] = [
    "ticket_hold",
    "hold_counted",
    "order_create",
    "ticket_release",
    "order_close",
    "ticket_release_expired",
    "ticket_extend",
    "payment_create",
    "order_store_intent",
    "payment_retrieve",
    "ticket_commit",
    "order_capture",
    "payment_capture",
    "ticket_sell",
    "order_pay",
    "payment_cancel",
    "ticket_create",
    "ticket_change",
    "ticket_delete",
    "catalogue_project",
    "catalogue_rows",
];
const READS: [&str; 3] = ["GetItem", "Query", "BatchGetItem"];
const WRITES: [&str; 4] = ["UpdateItem", "PutItem", "BatchWriteItem", "TransactWriteItems"];
const STRIPE_OPERATIONS: [&str; 5] = ["create", "retrieve", "confirm", "capture", "cancel"];
const STRIPE_ACTIONS: [&str; 4] = ["error_before", "error_after", "lost_answer", "delay"];

/// How a call to AWS goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Refused, because AWS is called too often.
    Throttled,
    /// AWS fails.
    Failed,
    /// The connection ends before the work.
    Reset,
    /// The connection ends after the work.
    Lost,
    /// The work is done, and the answer comes when nobody waits for it any more.
    HeldBack,
    /// The call arrives when its caller has given it up, and is done then.
    Late,
}

const KINDS: [Kind; 6] = [Kind::Throttled, Kind::Failed, Kind::Reset, Kind::Lost, Kind::HeldBack, Kind::Late];

/// What happens at a moment of the run.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Disturbance {
    /// These are the proxy's rules from now on.
    Proxy(Vec<Value>),
    /// These are the rules of the stand-in for Stripe from now on.
    Stripe(Vec<Value>),
    /// Webhooks are sent like this from now on.
    Webhooks(Value),
    /// All processes of a function are killed.
    Kill(&'static str),
    /// The next process that gets to a point dies there.
    Crash(&'static str),
    /// The sweep runs once.
    Sweep,
    /// The relay gets old records of the stream again: from this part of all, so many.
    Replay(f64, usize),
}

/// What happens after so many requests.
pub(crate) type Plan = Vec<(u64, Disturbance)>;

/// Calls to the scheduler are refused throughout: nothing may depend on it.
pub(crate) fn no_scheduler() -> Value {
    json!({"service": "scheduler", "error": {"code": "InternalServerException", "status": 500}})
}

/// The plan of a seed for a run of so many requests.
pub(crate) fn plan(seed: u64, requests: u64) -> Plan {
    let mut rng = Rng::with_seed(seed);
    let mut plan: Plan = Vec::new();
    // Each kind has its turn, in an order of the seed's.
    let mut kinds = KINDS;
    let waves = (requests / 40).max(12);
    for wave in 0..waves {
        let at = wave * requests / waves;
        let place = usize::try_from(wave).unwrap_or_default() % KINDS.len();
        if place == 0 {
            rng.shuffle(&mut kinds);
        }
        plan.push((at, Disturbance::Proxy(wave_of(&mut rng, kinds[place]))));
        plan.push((at, Disturbance::Stripe(stripe_wave(&mut rng, wave))));
        let mode = json!({"duplicates": rng.u32(0..3), "delay_ms": rng.u32(0..4_000), "shuffle": rng.bool()});
        plan.push((at, Disturbance::Webhooks(mode)));
        for _ in 0..2 {
            plan.push((somewhen(&mut rng, at, requests / waves), Disturbance::Kill(one_of(&mut rng, &FUNCTIONS))));
            plan.push((somewhen(&mut rng, at, requests / waves), Disturbance::Crash(one_of(&mut rng, &POINTS))));
        }
        plan.push((somewhen(&mut rng, at, requests / waves), Disturbance::Sweep));
        let replay = Disturbance::Replay(rng.f64(), rng.usize(1..20));
        plan.push((somewhen(&mut rng, at, requests / waves), replay));
    }
    plan.sort_by_key(|(at, _)| *at);
    plan
}

fn somewhen(rng: &mut Rng, from: u64, length: u64) -> u64 {
    from + rng.u64(0..length.max(1))
}

fn one_of(rng: &mut Rng, names: &[&'static str]) -> &'static str {
    names[rng.usize(0..names.len())]
}

/// One wave: its kind on the writes, and two others anywhere.
fn wave_of(rng: &mut Rng, kind: Kind) -> Vec<Value> {
    let mut rules = vec![no_scheduler()];
    let write = one_of(rng, &WRITES);
    rules.push(rule(rng, "dynamodb", write, kind));
    rules.push(rule(rng, "dynamodb", "UpdateItem", kind));
    for _ in 0..2 {
        let kind = KINDS[rng.usize(0..KINDS.len())];
        let (service, operation) = match rng.u32(0..10) {
            0..=3 => ("dynamodb", one_of(rng, &WRITES)),
            4..=5 => ("dynamodb", one_of(rng, &READS)),
            6..=7 => ("events", "PutEvents"),
            8 => ("sqs", "SendMessage"),
            _ => ("secretsmanager", "GetSecretValue"),
        };
        rules.push(rule(rng, service, operation, kind));
    }
    rules
}

/// A rule that meets some calls and lets others pass, by turns.
fn rule(rng: &mut Rng, service: &str, operation: &str, kind: Kind) -> Value {
    let (fail, pass) = match kind {
        Kind::Throttled | Kind::Failed | Kind::Reset | Kind::Lost => (rng.u32(1..4), rng.u32(4..16)),
        // Each takes as long as its caller waits.
        Kind::HeldBack | Kind::Late => (1, rng.u32(16..40)),
    };
    let mut rule = json!({"service": service, "operation": operation, "sequence": {"fail": fail, "pass": pass}});
    match kind {
        Kind::Throttled => rule["error"] = json!({"code": throttling(rng, service), "status": 400}),
        Kind::Failed => rule["error"] = failure(rng),
        Kind::Reset => rule["reset"] = json!(true),
        Kind::Lost => rule["response"] = json!({"abort_bytes": 0}),
        // A few bytes a minute.
        Kind::HeldBack => rule["response"] = json!({"bandwidth_kbps": 0.0001}),
        Kind::Late => rule["latency"] = json!(rng.u32(3_200..4_500)),
    }
    rule
}

fn throttling(rng: &mut Rng, service: &str) -> &'static str {
    if service == "dynamodb" && rng.bool() { "ProvisionedThroughputExceededException" } else { "ThrottlingException" }
}

fn failure(rng: &mut Rng) -> Value {
    if rng.bool() {
        json!({"code": "InternalServerError", "status": 500})
    } else {
        json!({"code": "ServiceUnavailable", "status": 503})
    }
}

/// Sometimes the stand-in itself dies, alone: with it go all other rules.
fn stripe_wave(rng: &mut Rng, wave: u64) -> Vec<Value> {
    if wave % 6 == 5 {
        let action = if rng.bool() { "crash_before" } else { "crash_after" };
        return vec![json!({"operation": one_of(rng, &STRIPE_OPERATIONS), "action": action})];
    }
    let rule = |rng: &mut Rng| {
        let (operation, action) = (one_of(rng, &STRIPE_OPERATIONS), one_of(rng, &STRIPE_ACTIONS));
        let delay = if action == "delay" { rng.u32(500..6_000) } else { 0 };
        json!({"operation": operation, "action": action, "count": rng.u32(1..4), "delay_ms": delay})
    };
    (0..3).map(|_| rule(rng)).collect()
}

#[test]
fn a_seed_has_one_plan_and_another_seed_another() {
    assert_eq!(plan(7, 1_000), plan(7, 1_000));
    assert_ne!(plan(7, 1_000), plan(8, 1_000));
}

#[test]
fn every_plan_has_every_kind_of_fault() {
    for seed in 0..50 {
        let text = format!("{:?}", plan(seed, 400));
        for part in ["Throttling", "reset", "abort_bytes", "bandwidth_kbps", "latency", "Kill", "Crash", "crash_"] {
            assert!(text.contains(part), "seed {seed} has no {part}");
        }
        assert!(text.contains("InternalServerError") || text.contains("ServiceUnavailable"), "seed {seed}");
    }
}
