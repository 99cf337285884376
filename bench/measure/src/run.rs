//! One run: every program in turn, round after round, so that whatever else the machine does meets all of them.

use std::time::Instant;

use anyhow::{Context as _, ensure};
use bytes::Bytes;
use serde_json::Value;

use crate::process::{Process, Program};
use crate::statistics::Sample;
use crate::tables::Counter;
use crate::world::{Wanted, World};

/// Invocations before anything counts: connections are open then, and caches and just-in-time compilers warm.
const WARM_UP: usize = 100;

/// What an invocation asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    /// Another order each time.
    PlaceOrder,
    /// The same ticket.
    ShowTicket,
    /// The catalogue's first page.
    ListTickets,
    /// The same account.
    SignIn,
    /// Whatever it is handed.
    Nothing,
}

impl Work {
    /// Invocations of a round.
    fn batch(self) -> usize {
        match self {
            Self::PlaceOrder | Self::ShowTicket | Self::Nothing => 100,
            Self::ListTickets => 50,
            // A password's hash takes tens of milliseconds.
            Self::SignIn => 10,
        }
    }
}

/// What was measured of a program that was started again and again.
#[derive(Debug, Default)]
pub(crate) struct Cold {
    /// From the start of the process to its first request for an event.
    pub(crate) start: Sample,
    /// The first invocation.
    pub(crate) first: Sample,
    /// Both together: what somebody waits for.
    pub(crate) both: Sample,
}

/// What was measured of a program that stays.
#[derive(Debug, Default)]
pub(crate) struct Warm {
    pub(crate) latency: Sample,
    /// Milliseconds of an invocation on a processor; one value a round.
    pub(crate) cpu: Sample,
    pub(crate) peak_memory: u64,
    /// Calls to the tables in one invocation.
    pub(crate) calls: u32,
}

/// Events for one program.
pub(crate) struct Events {
    work: Work,
    orders: Vec<Wanted>,
    event: Bytes,
}

impl Events {
    pub(crate) async fn make(world: &mut World, work: Work, count: usize) -> anyhow::Result<Self> {
        let orders = if work == Work::PlaceOrder { world.orders(count).await? } else { Vec::new() };
        let event = match work {
            Work::PlaceOrder => Bytes::new(),
            Work::ShowTicket => world.show_ticket()?,
            Work::ListTickets | Work::Nothing => world.event("list_tickets")?,
            Work::SignIn => world.event("sign_in")?,
        };
        Ok(Self { work, orders, event })
    }

    /// Invokes `process` once, and fails unless it does what it was asked for.
    pub(crate) async fn invoke(&mut self, process: &mut Process) -> anyhow::Result<(f64, Option<Wanted>)> {
        let order = self.orders.pop();
        ensure!(self.work != Work::PlaceOrder || order.is_some(), "there is no order left");
        let event = order.as_ref().map_or_else(|| self.event.clone(), |order| order.event.clone());
        let (time, answer) = process.invoke(event).await?;
        let status = serde_json::from_slice::<Value>(&answer)?["statusCode"].as_u64();
        ensure!(matches!(status, Some(200 | 201)), "answered {}", String::from_utf8_lossy(&answer));
        Ok((time.as_secs_f64() * 1_000.0, order))
    }
}

/// Starts each program `spawns` times and hands it one event.
pub(crate) async fn cold(world: &mut World, programs: &[(Program, Work)], spawns: usize) -> anyhow::Result<Vec<Cold>> {
    let mut events = Vec::new();
    for (_, work) in programs {
        events.push(Events::make(world, *work, spawns).await?);
    }
    let mut measured: Vec<Cold> = programs.iter().map(|_| Cold::default()).collect();
    for round in 0..spawns {
        for index in in_turn(programs.len(), round) {
            let (process, start) = Process::start(&programs[index].0).await?;
            let mut process = process;
            let (first, order) = events[index].invoke(&mut process).await?;
            let start = start.as_secs_f64() * 1_000.0;
            measured[index].start.add(start);
            measured[index].first.add(first);
            measured[index].both.add(start + first);
            if let Some(order) = order.filter(|_| round == 0) {
                world.check(&order).await.with_context(|| format!("of {}", programs[index].0.name))?;
            }
        }
    }
    Ok(measured)
}

/// Keeps each program and invokes it for `rounds` rounds; between them the one call that is the unit.
pub(crate) async fn warm(
    world: &mut World,
    programs: &[(Program, Work)],
    rounds: usize,
) -> anyhow::Result<(Vec<Warm>, Sample)> {
    let mut running = Vec::new();
    for (program, work) in programs {
        let mut events = Events::make(world, *work, WARM_UP + rounds * work.batch()).await?;
        let (mut process, _) = Process::start(program).await?;
        for _ in 0..WARM_UP.min(work.batch()) {
            events.invoke(&mut process).await?;
        }
        running.push((process, events, Warm::default()));
    }
    let mut raw = Sample::default();
    for round in 0..rounds {
        // Everybody's turn comes first once; the unit's, too.
        for index in in_turn(running.len() + 1, round) {
            let Some((process, events, measured)) = running.get_mut(index) else {
                raw_updates(world, &mut raw, Work::PlaceOrder.batch()).await?;
                continue;
            };
            let (batch, before) = (events.work.batch(), process.cpu()?);
            for _ in 0..batch {
                measured.latency.add(events.invoke(process).await?.0);
            }
            process.idle().await?;
            #[expect(clippy::cast_precision_loss, reason = "a batch is a hundred")]
            measured.cpu.add(process.cpu()?.saturating_sub(before).as_secs_f64() * 1_000.0 / batch as f64);
        }
    }
    let mut measured = Vec::new();
    for (process, _, mut warm) in running {
        warm.peak_memory = process.peak_memory()?;
        measured.push(warm);
    }
    Ok((measured, raw))
}

async fn raw_updates(world: &World, raw: &mut Sample, count: usize) -> anyhow::Result<()> {
    for _ in 0..count {
        let begun = Instant::now();
        world.raw_update().await?;
        raw.add_time(begun.elapsed());
    }
    Ok(())
}

/// How many calls to the tables a warm invocation makes. The program's way to them is the counter's.
pub(crate) async fn calls(world: &mut World, program: &Program, work: Work, counter: &Counter) -> anyhow::Result<u32> {
    let mut program = program.clone();
    program.environment.retain(|(name, _)| *name != "AWS_ENDPOINT_URL_DYNAMODB");
    program.environment.push(("AWS_ENDPOINT_URL_DYNAMODB", counter.url()));
    let mut events = Events::make(world, work, 2).await?;
    let (mut process, _) = Process::start(&program).await?;
    events.invoke(&mut process).await?;
    process.idle().await?;
    counter.take();
    events.invoke(&mut process).await?;
    process.idle().await?;
    Ok(counter.take())
}

/// The numbers below `count`, from another one on in each round.
pub(crate) fn in_turn(count: usize, round: usize) -> impl Iterator<Item = usize> {
    (0..count).map(move |index| (index + round) % count)
}
