//! What a journey may take: `local/budgets.json`.

use std::collections::BTreeMap;

use anyhow::Context as _;
use serde::Deserialize;

use super::journey::{Functions, Record};
use super::prices::Prices;
use crate::project::Project;

/// Journeys and what each may take.
#[derive(Debug, Deserialize)]
pub(crate) struct Budgets(BTreeMap<String, Budget>);

/// What one journey may take, once.
#[derive(Debug, Deserialize)]
struct Budget {
    /// By the names of prices.
    #[serde(default)]
    takes: BTreeMap<String, f64>,
    /// What each function may do in one run.
    #[serde(default)]
    runs: BTreeMap<String, Run>,
}

#[derive(Debug, Deserialize)]
struct Run {
    /// Calls to AWS and Stripe.
    calls: f64,
    /// Write units.
    writes: f64,
}

impl Budgets {
    pub(crate) fn read(project: &Project) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(project.root().join("local/budgets.json"))?;
        serde_json::from_str(&text).context("local/budgets.json cannot be read")
    }

    /// What is exceeded, with the figures, a line each.
    pub(crate) fn exceeded(
        &self,
        record: &Record,
        functions: &Functions,
        prices: &Prices,
    ) -> anyhow::Result<Vec<String>> {
        let mut exceeded = Vec::new();
        for (name, budget) in &self.0 {
            let counts = record.journeys.get(name).with_context(|| format!("{name} was not counted"))?;
            let taken = counts.taken(name, record.times, functions, prices)?;
            for (item, most) in &budget.takes {
                let count = taken.get(item.as_str()).with_context(|| format!("nothing is called {item}"))?;
                if above(*count, *most) {
                    exceeded.push(format!("{name}: {count} {item}, and {most} are allowed"));
                }
            }
            let done = counts.by_function(record.times);
            for (function, most) in &budget.runs {
                let one = done.get(function).with_context(|| format!("{name} did not run {function}"))?;
                for (what, count, most) in
                    [("calls", one.calls / one.runs, most.calls), ("write units", one.writes / one.runs, most.writes)]
                {
                    if above(count, most) {
                        exceeded.push(format!("{name}: {count} {what} a run of {function}, and {most} are allowed"));
                    }
                }
            }
        }
        Ok(exceeded)
    }
}

/// Means of whole numbers: what is above is so by a fraction at least.
fn above(count: f64, most: f64) -> bool {
    count > most + 1e-6
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn exceeded(budgets: &serde_json::Value) -> Vec<String> {
        let record = serde_json::from_value(json!({"times": 2, "journeys": {"lost_race": {
            "calls": [
                {"function": "PlaceOrder", "service": "dynamodb", "operation": "GetItem", "calls": 4, "entries": 4,
                 "failed": 0, "reads": 4.0, "writes": 0.0, "index_writes": 0.0},
                {"function": "PlaceOrder", "service": "dynamodb", "operation": "UpdateItem", "calls": 2, "entries": 2,
                 "failed": 2, "reads": 0.0, "writes": 2.0, "index_writes": 1.0},
            ],
            "runs": [{"function": "PlaceOrder", "runs": 2, "lines": 4, "bytes": 1_000, "platform_bytes": 500}],
        }}}));
        let template = json!({"Resources": {
            "PlaceOrder": {"Type": "AWS::Lambda::Function", "Properties": {"MemorySize": 256}},
            "HttpApi": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"Body": {"paths": {"/api/orders": {"post": {
                "uri": {"Fn::Sub": "arn:…/functions/${PlaceOrder.Arn}/invocations"},
            }}}}}},
        }});
        let project = Project::find().expect("a checkout");
        let prices = Prices::read(&project).expect("prices");
        let functions = Functions::of(&template).expect("functions");
        let budgets: Budgets = serde_json::from_value(budgets.clone()).expect("budgets");
        budgets.exceeded(&record.expect("a record"), &functions, &prices).expect("a comparison")
    }

    #[test]
    fn what_is_allowed_passes_and_a_unit_more_is_told_with_its_figures() {
        let allowed = json!({"lost_race": {
            "takes": {"writes": 1.5, "requests": 1, "runs": 1},
            "runs": {"PlaceOrder": {"calls": 3, "writes": 1.5}},
        }});
        assert_eq!(exceeded(&allowed), Vec::<String>::new());
        let less = json!({"lost_race": {
            "takes": {"writes": 1},
            "runs": {"PlaceOrder": {"calls": 2, "writes": 1.5}},
        }});
        let told =
            ["lost_race: 1.5 writes, and 1 are allowed", "lost_race: 3 calls a run of PlaceOrder, and 2 are allowed"];
        assert_eq!(exceeded(&less), told);
    }

    #[test]
    fn the_budgets_of_the_checkout_can_be_read_and_name_what_is_counted() {
        let project = Project::find().expect("a checkout");
        let budgets = Budgets::read(&project).expect("budgets");
        let prices = Prices::read(&project).expect("prices");
        for (name, budget) in &budgets.0 {
            assert!(prices.assumed.pages.contains_key(name), "{name}");
            assert!(budget.takes.keys().all(|item| prices.of.contains_key(item)), "{name}");
        }
    }
}
