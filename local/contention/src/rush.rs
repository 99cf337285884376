//! Many people want one ticket at the same moment.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use serde::Deserialize;
use tests::Stack;
use tokio::sync::Barrier;

use crate::sale::{Attempt, Outcome, WINNER_UNITS, listed, run};
use crate::trace::Operation;
use crate::{Faults, Markets, say, tell_load};

/// A line of what the emulator writes down: a call of a role that needed this right.
#[derive(Debug, Deserialize)]
struct Needed {
    role: String,
    statement: Option<usize>,
    action: Option<String>,
}

/// Calls of the function that places orders, by the statement of its policy and the action.
fn calls_so_far() -> anyhow::Result<BTreeMap<(usize, String), usize>> {
    #[expect(clippy::disallowed_methods, reason = "xtask passes what is asked for this way")]
    let record = std::env::var_os("HOLDFAST_RIGHTS_RECORD").map(PathBuf::from).context("no record of rights")?;
    let text = std::fs::read_to_string(record).context("the emulator has written nothing down")?;
    let mut calls = BTreeMap::new();
    for line in text.lines().filter_map(|line| serde_json::from_str::<Needed>(line).ok()) {
        if let (true, Some(statement), Some(action)) = (line.role.contains("PlaceOrder"), line.statement, line.action)
            && let Some(action) = action.strip_prefix("dynamodb:")
        {
            *calls.entry((statement, action.to_owned())).or_default() += 1;
        }
    }
    Ok(calls)
}

/// Through HTTP, as browsers do: one is answered 201, everybody else 409 and why. What the function called for that is
/// counted by the emulator.
pub(crate) async fn through_http(stack: &Stack, buyers: usize, faults: &mut Faults) -> anyhow::Result<()> {
    let seller = stack.person("Seller").await;
    let ticket = seller.list_ticket("The one that everybody wants").await;
    let mut people = Vec::new();
    for number in 0..buyers {
        people.push(stack.person(&format!("Buyer {number}")).await);
    }
    let (before, together) = (calls_so_far()?, Arc::new(Barrier::new(buyers)));
    let asking: Vec<_> = people
        .into_iter()
        .map(|buyer| {
            let (ticket, together) = (ticket.clone(), Arc::clone(&together));
            tokio::spawn(async move {
                together.wait().await;
                let answer = buyer.place_order(&ticket).await;
                (answer.status, answer.body["type"].as_str().unwrap_or_default().to_owned())
            })
        })
        .collect();
    let mut answers: BTreeMap<(u16, String), usize> = BTreeMap::new();
    for one in asking {
        *answers.entry(one.await?).or_default() += 1;
    }
    let mut calls = calls_so_far()?;
    for (call, number) in &mut calls {
        *number -= before.get(call).copied().unwrap_or_default();
    }
    let total = |action: &str| calls.iter().filter(|((_, known), _)| known == action).map(|(_, number)| number).sum();
    let (gets, updates, puts): (usize, usize, usize) = (total("GetItem"), total("UpdateItem"), total("PutItem"));
    say(&format!("One ticket, {buyers} buyers, through HTTP: answers {answers:?}"));
    say(&format!("  calls of the function: {gets} GetItem, {updates} UpdateItem, {puts} PutItem"));
    let expected = BTreeMap::from([((201, String::new()), 1), ((409, "ticket-held".to_owned()), buyers - 1)]);
    faults.unless(answers == expected, || format!("one is to win and all others to be told so, not {answers:?}"));
    // Everybody: the session and the ticket. The winner alone: the count, the order.
    faults.unless((gets, updates, puts) == (buyers, buyers + 1, 1), || {
        format!("{buyers} buyers of one ticket are to make {buyers} GetItem, {} UpdateItem and 1 PutItem", buyers + 1)
    });
    Ok(())
}

/// The same at the store, where each call says what it consumed.
pub(crate) async fn at_the_store(markets: &Markets, buyers: usize, faults: &mut Faults) -> anyhow::Result<()> {
    let ticket = listed(markets, 1).await?[0];
    let attempts: Vec<Attempt> = (0..buyers).map(|_| Attempt::of_somebody_new(ticket)).collect();
    let outcomes = run(markets, vec![attempts]).await?;
    let calls = markets.recorder.take();
    ensure!(outcomes.len() == buyers, "an attempt has no outcome");
    let won = outcomes.iter().filter(|made| matches!(made.outcome, Outcome::Won(_))).count();
    let writes: f64 = calls.iter().map(|call| call.total().writes).sum();
    say(&format!("One ticket, {buyers} buyers, at the store: {won} won; {} calls, {writes} write units", calls.len()));
    tell_load(&calls);
    faults.unless(won == 1, || format!("{won} won one ticket"));
    let lost = calls.iter().filter(|call| call.operation == Operation::LostUpdate).count();
    faults.unless(lost == buyers - 1, || format!("{lost} conditions failed, not {}", buyers - 1));
    let expected = WINNER_UNITS + f64::from(u32::try_from(buyers - 1)?);
    faults.unless(writes <= expected, || format!("{writes} write units are more than {expected}"));
    Ok(())
}
