//! `cargo xtask refund`: all of an order's money goes back, once.

use anyhow::Context as _;
use serde_json::{Value, json};

use crate::cli::RefundOptions;
use crate::console::line;
use crate::deployment::STACK_NAME;
use crate::operator::{Place, answered};
use crate::project::Project;
use crate::python::Venv;

/// Asks the stack's own function, which alone may do it.
pub(crate) fn run(options: &RefundOptions) -> anyhow::Result<()> {
    let project = Project::find()?;
    let (venv, _) = Venv::ensure(&project)?;
    let named = options.stack.is_some();
    let place = Place::found(&project, options.local, named, options.region.as_deref(), options.profile.as_deref())?;
    let mut command = venv.operator_helper(&project);
    command.args(["refund", options.stack.as_deref().unwrap_or(STACK_NAME)]);
    place.enter(&mut command);
    let answer = answered(&mut command, &request(&options.order))
        .with_context(|| format!("{} was not refunded {place}", options.order))?;
    line(&format!("{}, {place}", told(&answer)));
    Ok(())
}

/// What the function takes: an order, or a payment by Stripe's id.
fn request(order: &str) -> Value {
    if order.starts_with("pi_") { json!({ "payment": order }) } else { json!({ "order": order }) }
}

/// The function's report in words.
fn told(answer: &str) -> String {
    let report: Value = serde_json::from_str(answer).unwrap_or_default();
    match (report["order"].as_str(), report["amount"].as_u64(), report["currency"].as_str()) {
        (Some(order), Some(amount), Some(currency)) => {
            let at = report["refunded_at"].as_str().unwrap_or("now");
            format!("Order {order}: all of it is refunded, {amount} {currency} in minor units, recorded at {at}")
        }
        _ => format!("Refunded: {answer}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_and_a_payment_are_told_apart() {
        assert_eq!(request("pi_1"), json!({"payment": "pi_1"}));
        assert_eq!(request("a6289436"), json!({"order": "a6289436"}));
    }

    #[test]
    fn a_report_is_told_in_words() {
        let report = r#"{"order":"o","amount":1200,"currency":"eur","refunded_at":"2026-01-02T03:04:05Z"}"#;
        assert_eq!(
            told(report),
            "Order o: all of it is refunded, 1200 eur in minor units, recorded at 2026-01-02T03:04:05Z"
        );
        assert_eq!(told("{}"), "Refunded: {}");
    }
}
