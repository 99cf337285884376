//! Tickets by the thousand on sale at once: each is wanted by three people, and some want more than they may hold.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{BillingMode, GlobalSecondaryIndex};
use holdfast_domain::{
    Currency, DisplayName, IdempotencyKey, OrderId, Price, Ticket, TicketFacts, TicketId, TicketState, Timestamp,
    Title, UserId, Venue,
};
use holdfast_store::{Market, NewTicket, PlaceError, PlaceOrder, TicketDetails, order_place};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::model::loads;
use crate::trace::Operation::{BatchGet, LostUpdate, Put, Update};
use crate::trace::{ATTEMPT, Call, Operation, Place, Units, by_key};
use crate::{Faults, Markets, say, tell_load};

/// Most tickets that somebody holds: the template's own `HoldsPerBuyer`.
const LIMIT: u8 = 10;
/// How many people want each ticket.
const RIVALS: usize = 3;
/// Groups of rivals that are under way at once.
const AT_ONCE: usize = 12;
/// Of so many tickets one is for somebody who takes as many as they may and then one more.
const COLLECTED: usize = 100;

/// What a hold costs: ticket and order, each with its index rows, and the count. `docs/write-units.md` says the same.
pub(crate) const WINNER_UNITS: f64 = 6.0;
const LOSER_UNITS: f64 = 1.0;
/// A hold that is counted, refused and given back: the ticket twice, and the count that failed.
const REFUSED_UNITS: f64 = 5.0;

/// What part of the write units of a place one key may take. The index of what is due has eight shards: a quarter more than
/// its part is chance. In the table and in the owners' index no key is to matter.
const SHARES: [(Place, f64); 3] = [(Place::Table, 0.02), (Place::OwnerIndex, 0.02), (Place::DueIndex, 1.25 / 8.0)];

/// Somebody tries to place an order.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attempt {
    buyer: UserId,
    ticket: TicketId,
}

impl Attempt {
    pub(crate) fn of_somebody_new(ticket: TicketId) -> Self {
        Self { buyer: UserId::from_uuid(Uuid::new_v4()), ticket }
    }
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The ticket is held for this order.
    Won(OrderId),
    /// Somebody else holds it.
    Lost,
    /// Whoever tried holds as many as they may.
    Refused,
}

/// An attempt that was made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Made {
    pub(crate) attempt: Attempt,
    pub(crate) outcome: Outcome,
}

/// A table with the keys and indexes of the market's, and nothing else of it.
pub(crate) async fn own_table(dynamodb: &Client, market: &str) -> anyhow::Result<String> {
    let described = dynamodb.describe_table().table_name(market).send().await.context("the market's table")?;
    let described = described.table.context("a table without a description")?;
    let name = format!("contention-{}", Uuid::new_v4().simple());
    let mut table = dynamodb
        .create_table()
        .table_name(&name)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(described.attribute_definitions)
        .set_key_schema(described.key_schema);
    for index in described.global_secondary_indexes.into_iter().flatten() {
        let index = GlobalSecondaryIndex::builder()
            .set_index_name(index.index_name)
            .set_key_schema(index.key_schema)
            .set_projection(index.projection);
        table = table.global_secondary_indexes(index.build()?);
    }
    table.send().await.context("a table of its own")?;
    Ok(name)
}

fn now() -> Timestamp {
    Timestamp::from_millis(1_795_000_000_000).expect("a moment")
}

/// So many tickets, put on the market.
pub(crate) async fn listed(markets: &Markets, number: usize) -> anyhow::Result<Vec<TicketId>> {
    let (places, mut listing) = (Arc::new(Semaphore::new(AT_ONCE)), JoinSet::new());
    let seller = UserId::from_uuid(Uuid::new_v4());
    for _ in 0..number {
        let place = Arc::clone(&places).acquire_owned().await?;
        let market = markets.plain.clone();
        listing.spawn(async move {
            let facts = TicketFacts {
                title: Title::parse(&"t".repeat(60))?,
                price: Price::new(4_500, Currency::Eur)?,
                venue: Some(Venue::parse(&"v".repeat(40))?),
                starts_at: Some(now().plus(Duration::from_hours(24 * 90))),
            };
            let ticket = Ticket::list(TicketId::from_uuid(Uuid::now_v7()), seller, facts, now());
            let details = TicketDetails { seller_name: DisplayName::parse("Seller")?, description: None };
            let id = ticket.id;
            market.ticket_create(&NewTicket { ticket, details, credential: None }).await?;
            drop(place);
            anyhow::Ok(id)
        });
    }
    listing.join_all().await.into_iter().collect()
}

/// Makes attempts: those of one group at the same time, several groups at once.
pub(crate) async fn run(markets: &Markets, groups: Vec<Vec<Attempt>>) -> anyhow::Result<Vec<Made>> {
    let (places, mut running) = (Arc::new(Semaphore::new(AT_ONCE)), JoinSet::new());
    let mut number = 0;
    for group in groups {
        let place = Arc::new(Arc::clone(&places).acquire_owned().await?);
        for attempt in group {
            let (market, place) = (markets.recorded.clone(), Arc::clone(&place));
            running.spawn(ATTEMPT.scope(number, async move {
                let outcome = try_to_place(&market, attempt).await;
                drop(place);
                (number, outcome.map(|outcome| Made { attempt, outcome }))
            }));
            number += 1;
        }
    }
    let mut made = running.join_all().await;
    made.sort_unstable_by_key(|(number, _)| *number);
    made.into_iter().map(|(_, made)| made).collect()
}

async fn try_to_place(market: &Market, attempt: Attempt) -> anyhow::Result<Outcome> {
    let Attempt { buyer, ticket } = attempt;
    let order = OrderId::derive(buyer, &IdempotencyKey::parse(&ticket.to_string())?);
    let command = PlaceOrder { order, buyer, ticket, hold: Duration::from_mins(15), limit: LIMIT };
    match order_place(market, command, now).await {
        Ok(order) => Ok(Outcome::Won(order.id)),
        Err(PlaceError::HeldByAnother) => Ok(Outcome::Lost),
        Err(PlaceError::TooManyHolds { .. }) => Ok(Outcome::Refused),
        Err(error) => Err(error.into()),
    }
}

/// Who tries what: for each ticket its rivals, each of whom tries as many tickets as they may hold; and the collectors, one
/// after the other, each with a group of their own for each ticket.
fn crowd(tickets: &[TicketId]) -> (Vec<Vec<Attempt>>, Vec<Vec<Attempt>>) {
    let collectors = (tickets.len() / COLLECTED).max(1);
    let each = usize::from(LIMIT) + 1;
    let (collected, contended) = tickets.split_at(collectors * each);
    let people = contended.len().div_ceil(usize::from(LIMIT));
    let rivals: Vec<Vec<UserId>> =
        (0..RIVALS).map(|_| (0..people).map(|_| UserId::from_uuid(Uuid::new_v4())).collect()).collect();
    let groups = contended.iter().enumerate().map(|(number, &ticket)| {
        rivals.iter().map(|people| Attempt { buyer: people[number / usize::from(LIMIT)], ticket }).collect()
    });
    let collections = collected.chunks(each).map(|tickets| {
        let buyer = UserId::from_uuid(Uuid::new_v4());
        tickets.iter().map(|&ticket| Attempt { buyer, ticket }).collect()
    });
    (groups.collect(), collections.collect())
}

/// Holds the sale and judges what it has left behind.
pub(crate) async fn hold(markets: &Markets, number: usize, faults: &mut Faults) -> anyhow::Result<()> {
    let began = Instant::now();
    let tickets = listed(markets, number).await?;
    let listed_in = began.elapsed();
    let (groups, collections) = crowd(&tickets);
    let (began, mut judged) = (Instant::now(), Judged::default());
    judged.take(run(markets, groups).await?, markets.recorder.take(), faults);
    let contended = judged.made.len();
    for collection in collections {
        // One after the other: who comes to their limit is known then.
        for attempt in collection {
            judged.take(run(markets, vec![vec![attempt]]).await?, markets.recorder.take(), faults);
        }
    }
    let took = began.elapsed();
    // What the collectors could not have is still there for everybody else.
    let refused = judged.made.iter().filter(|made| made.outcome == Outcome::Refused).map(|made| made.attempt.ticket);
    let left: Vec<_> = refused.map(|ticket| vec![Attempt::of_somebody_new(ticket)]).collect();
    judged.take(run(markets, left).await?, markets.recorder.take(), faults);
    say(&format!(
        "On sale: {number} tickets, {contended} attempts of {RIVALS} rivals each and {} of collectors; listed in {:.0} s, sold in \
         {:.0} s",
        judged.made.len() - contended,
        listed_in.as_secs_f64(),
        took.as_secs_f64(),
    ));
    judged.tell();
    tell_load(&judged.calls);
    judged.winners(markets, &tickets, faults).await?;
    judged.shares(faults);
    Ok(())
}

/// Everything that was tried, with every call.
#[derive(Debug, Default)]
struct Judged {
    made: Vec<Made>,
    calls: Vec<Call>,
    /// Calls, reads and writes by what came of an attempt, and how many there were.
    costs: BTreeMap<&'static str, (usize, usize, Units)>,
}

impl Judged {
    /// Takes the attempts of one run and what they called, and judges each by itself.
    fn take(&mut self, made: Vec<Made>, calls: Vec<Call>, faults: &mut Faults) {
        let mut of: HashMap<usize, Vec<&Call>> = HashMap::new();
        for call in &calls {
            of.entry(call.attempt).or_default().push(call);
        }
        for (number, made) in made.iter().enumerate() {
            let calls = of.remove(&number).unwrap_or_default();
            let operations: Vec<Operation> = calls.iter().map(|call| call.operation).collect();
            let units = calls.iter().fold(Units::default(), |sum, call| sum.plus(call.total()));
            let (name, expected, limit): (_, &[Operation], _) = match made.outcome {
                Outcome::Won(_) => ("won", &[Update, Update, Put], WINNER_UNITS),
                Outcome::Lost => ("lost", &[LostUpdate], LOSER_UNITS),
                Outcome::Refused => ("refused", &[Update, LostUpdate, BatchGet, Update], REFUSED_UNITS),
            };
            faults.unless(operations == expected, || format!("whoever {name} called {operations:?}, not {expected:?}"));
            faults.unless(units.writes <= limit, || {
                format!("whoever {name} cost {} write units, more than {limit}", units.writes)
            });
            let cost = self.costs.entry(name).or_default();
            *cost = (cost.0 + 1, cost.1 + operations.len(), cost.2.plus(units));
        }
        self.made.extend(made);
        self.calls.extend(calls);
    }

    fn tell(&self) {
        for (name, (number, calls, units)) in &self.costs {
            let each = |sum: f64| sum / f64::from(u32::try_from(*number).unwrap_or(u32::MAX));
            say(&format!(
                "  {number} {name}: each {:.2} calls, {:.2} write units, {:.2} read units",
                each(f64::from(u32::try_from(*calls).unwrap_or(u32::MAX))),
                each(units.writes),
                each(units.reads),
            ));
        }
    }

    /// Each ticket is held for the one who was told so, and nobody was told who does not hold it.
    async fn winners(&self, markets: &Markets, tickets: &[TicketId], faults: &mut Faults) -> anyhow::Result<()> {
        let mut told: HashMap<TicketId, Vec<OrderId>> = HashMap::new();
        let mut wins: HashMap<UserId, usize> = HashMap::new();
        for made in &self.made {
            if let Outcome::Won(order) = made.outcome {
                told.entry(made.attempt.ticket).or_default().push(order);
                *wins.entry(made.attempt.buyer).or_default() += 1;
            }
        }
        let most = wins.values().copied().max().unwrap_or_default();
        faults
            .unless(most == usize::from(LIMIT), || format!("somebody holds {most} tickets; {LIMIT} is what they may"));
        let mut read = 0;
        for ids in tickets.chunks(100) {
            for ticket in markets.plain.tickets_read(ids).await? {
                read += 1;
                let winners = told.remove(&ticket.id).unwrap_or_default();
                let holder = match ticket.state {
                    TicketState::Held(hold) => Some(hold.order),
                    TicketState::Listed | TicketState::Committed(_) | TicketState::Sold(_) => None,
                };
                faults.unless(winners.len() == 1 && winners.first().copied() == holder, || {
                    format!("ticket {} is held for {holder:?}, and {winners:?} were told that they have it", ticket.id)
                });
            }
        }
        ensure!(read == tickets.len() && told.is_empty(), "{read} of {} tickets are there", tickets.len());
        Ok(())
    }

    fn shares(&self, faults: &mut Faults) {
        let loads = loads(&by_key(&self.calls));
        for (place, most) in SHARES {
            let share = loads.get(&place).map(|load| load.share);
            faults.unless(share.is_some_and(|share| share <= most), || {
                format!("the hottest key of {place:?} takes {share:?} of its write units; {most} is the bound")
            });
        }
    }
}
