//! Metrics as log lines, in CloudWatch's embedded metric format: no call, no permission, nothing that can fail a request.
//!
//! The format is described in the CloudWatch user guide under "Specification: Embedded metric format". One namespace and
//! one dimension are all that is needed of it, which is less than the libraries bring along.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value, json};

use crate::log::print;
use crate::place::{Place, is_known, place};

/// The namespace of every metric of ours.
pub const NAMESPACE: &str = "Holdfast";
/// Most values that one line may give of a metric.
const VALUES_PER_LINE: usize = 100;

/// What is measured. All are counted at least once: a delivery that is repeated counts again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Metric {
    /// Orders that were placed, each with its hold.
    Holds,
    /// Orders that were refused because somebody else has the ticket.
    HoldConflicts,
    /// Orders that were refused because their buyer holds as many tickets as they may.
    HoldsRefused,
    /// Orders that were paid.
    OrdersPaid,
    /// How long it took from the hold until the sale was recorded.
    HoldToPaid,
    /// Orders whose time ran out.
    OrdersExpired,
    /// Orders that their buyers gave up.
    OrdersCancelled,
    /// Payments that came too late, and were voided or given back.
    LatePayments,
    /// Runs of any function that ended in a 5xx or an error.
    Failures,
    /// Webhooks that were answered with anything but 200.
    WebhookFailures,
    /// Tries that the limiter refused.
    TriesRefused,
    /// What a run of the sweep left that is due and should be at rest.
    Unfinished,
}

impl Metric {
    /// The metric's name in CloudWatch.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Holds => "Holds",
            Self::HoldConflicts => "HoldConflicts",
            Self::HoldsRefused => "HoldsRefused",
            Self::OrdersPaid => "OrdersPaid",
            Self::HoldToPaid => "HoldToPaid",
            Self::OrdersExpired => "OrdersExpired",
            Self::OrdersCancelled => "OrdersCancelled",
            Self::LatePayments => "LatePayments",
            Self::Failures => "Failures",
            Self::WebhookFailures => "WebhookFailures",
            Self::TriesRefused => "TriesRefused",
            Self::Unfinished => "Unfinished",
        }
    }

    fn unit(self) -> &'static str {
        match self {
            Self::HoldToPaid => "Seconds",
            Self::Holds
            | Self::HoldConflicts
            | Self::HoldsRefused
            | Self::OrdersPaid
            | Self::OrdersExpired
            | Self::OrdersCancelled
            | Self::LatePayments
            | Self::Failures
            | Self::WebhookFailures
            | Self::TriesRefused
            | Self::Unfinished => "Count",
        }
    }
}

/// Counts `number` of what is measured.
pub fn count(metric: Metric, number: u32) {
    put([(metric, f64::from(number))]);
}

/// Writes what was measured. Counts of one metric are added up; other values stay apart, so that CloudWatch can tell the
/// median. Nothing is written before logging was started: what a test or the model does is nobody's figure.
pub fn put(measured: impl IntoIterator<Item = (Metric, f64)>) {
    if !is_known() {
        return;
    }
    let millis = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    for line in lines(place(), u64::try_from(millis).unwrap_or_default(), measured) {
        print(&line);
    }
}

fn lines(place: &Place, millis: u64, measured: impl IntoIterator<Item = (Metric, f64)>) -> Vec<String> {
    let mut values: BTreeMap<Metric, Vec<f64>> = BTreeMap::new();
    for (metric, value) in measured {
        let of_metric = values.entry(metric).or_default();
        match of_metric.first_mut() {
            Some(sum) if metric.unit() == "Count" => *sum += value,
            Some(_) | None => of_metric.push(value),
        }
    }
    let mut lines = Vec::new();
    // A line may have many metrics; one more is needed only where a metric has more values than a line takes.
    while !values.is_empty() {
        let (mut names, mut line) = (Vec::new(), Map::new());
        values.retain(|metric, rest| {
            let taken: Vec<f64> = rest.drain(..rest.len().min(VALUES_PER_LINE)).collect();
            names.push(json!({"Name": metric.as_str(), "Unit": metric.unit()}));
            line.insert(metric.as_str().to_owned(), if let [one] = taken[..] { json!(one) } else { json!(taken) });
            !rest.is_empty()
        });
        let metrics = json!([{"Namespace": NAMESPACE, "Dimensions": [["Stage"]], "Metrics": names}]);
        line.insert("_aws".to_owned(), json!({"Timestamp": millis, "CloudWatchMetrics": metrics}));
        line.insert("Stage".to_owned(), json!(place.stage));
        line.insert("function".to_owned(), json!(place.function));
        lines.push(Value::Object(line).to_string());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(measured: Vec<(Metric, f64)>) -> Vec<Value> {
        let here = Place { function: "relay".to_owned(), stage: "prod".to_owned() };
        lines(&here, 1_795_334_400_123, measured).iter().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn a_line_is_of_the_embedded_metric_format() {
        let lines = written(vec![(Metric::Holds, 2.0), (Metric::HoldToPaid, 31.5), (Metric::Holds, 1.0)]);
        let expected = json!({
            "_aws": {
                "Timestamp": 1_795_334_400_123_u64,
                "CloudWatchMetrics": [{
                    "Namespace": "Holdfast",
                    "Dimensions": [["Stage"]],
                    "Metrics": [{"Name": "Holds", "Unit": "Count"}, {"Name": "HoldToPaid", "Unit": "Seconds"}],
                }],
            },
            "Stage": "prod",
            "function": "relay",
            "Holds": 3.0,
            "HoldToPaid": 31.5,
        });
        assert_eq!(lines, [expected]);
    }

    #[test]
    fn durations_stay_apart_and_no_line_has_more_than_it_may() {
        let mut measured: Vec<(Metric, f64)> = (0..150).map(|second| (Metric::HoldToPaid, f64::from(second))).collect();
        measured.push((Metric::OrdersPaid, 150.0));
        let lines = written(measured);
        let lengths: Vec<usize> = lines.iter().map(|line| line["HoldToPaid"].as_array().unwrap().len()).collect();
        assert_eq!(lengths, [100, 50]);
        assert_eq!((&lines[0]["OrdersPaid"], lines[1].get("OrdersPaid")), (&json!(150.0), None));
    }

    #[test]
    fn nothing_measured_is_nothing_written_but_a_zero_is() {
        assert_eq!(written(vec![]), [] as [Value; 0]);
        assert_eq!(written(vec![(Metric::Unfinished, 0.0)])[0]["Unfinished"], 0.0);
    }
}
