//! Drives each journey some times with nothing else going on, and writes down what the meter and the logs have seen of it.
//!
//! `cargo xtask cost` and the budgets of `cargo xtask test` start this; they put prices to it and compare it with what is
//! allowed. `HOLDFAST_COST_TIMES` says how often each journey is made, `HOLDFAST_COST_RECORD` where the counts go.

mod count;
mod growth;
mod journeys;
mod meter;

use serde_json::{Map, json};
use tests::Stack;

use crate::count::counted;
use crate::journeys::World;
use crate::meter::Meter;

/// So few times are made for the budgets.
const FEW: usize = 2;

#[expect(clippy::disallowed_methods, reason = "this crate is not a function; xtask passes what is asked for this way")]
fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run `cargo xtask cost`"))
}

#[tokio::test]
async fn each_journey_is_counted() {
    let times: usize = variable("HOLDFAST_COST_TIMES").parse().expect("a number");
    let meter = Meter::new(variable("HOLDFAST_METER_URL")).await;
    let mut world = World::new(Stack::get(), times).await;
    // The first runs read secrets, parameters and the list of assets, and start processes.
    world.once().await;
    meter.rest().await;
    let mut record = Map::new();
    for journey in journeys::ALL.into_iter().filter(|journey| journey.has_a_budget() || times > FEW) {
        if world.prepare(journey).await {
            meter.rest().await;
        }
        let making = async {
            if !journey.is_alone() {
                return world.make(journey).await;
            }
            for _ in 0..times {
                world.make_once(journey).await;
                meter.settled().await;
            }
        };
        let counts = counted(&meter, times, journey.sets_something_off(), making).await;
        record.insert(journey.name().to_owned(), counts);
    }
    let text = json!({"times": times, "journeys": record}).to_string();
    std::fs::write(variable("HOLDFAST_COST_RECORD"), text).expect("a record");
}

/// `HOLDFAST_COST_TICKETS` says how far the market grows, `HOLDFAST_COST_TABLES` what has its table: behind the meter.
#[tokio::test]
async fn what_everything_takes_is_counted_while_the_market_grows() {
    let most: usize = variable("HOLDFAST_COST_TICKETS").parse().expect("a number");
    let meter = Meter::new(variable("HOLDFAST_METER_URL")).await;
    let sizes = Box::pin(growth::measured(meter, &variable("HOLDFAST_COST_TABLES"), most)).await;
    std::fs::write(variable("HOLDFAST_COST_RECORD"), sizes.to_string()).expect("a record");
}
