//! What is to go wrong, by rules that a test writes.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What a request does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// `POST /v1/payment_intents`
    Create,
    /// `GET /v1/payment_intents/:id`
    Retrieve,
    /// `POST /v1/payment_intents/:id/confirm`
    Confirm,
    /// `POST /v1/payment_intents/:id/capture`
    Capture,
    /// `POST /v1/payment_intents/:id/cancel`
    Cancel,
    /// `GET /v1/payment_intents`
    List,
    /// `GET /v1/payment_intents/search`
    Search,
    /// `POST /v1/refunds`
    Refund,
    /// `GET /v1/refunds/:id`
    RetrieveRefund,
    /// `GET /v1/refunds`
    ListRefunds,
    /// The end of a 3-D Secure dialog.
    Challenge,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// 500 instead of the work; the answer is kept under the idempotency key, as Stripe does.
    ErrorBefore,
    /// The work is done and 500 is answered; that answer is kept.
    ErrorAfter,
    /// The work is done, its answer is kept, and the connection is closed without it.
    LostAnswer,
    /// Nothing but the delay.
    Delay,
    /// A search finds nothing yet.
    Stale,
    /// The process forgets what it was doing and begins again from its state file, before the work.
    CrashBefore,
    /// The same, once the work is written down.
    CrashAfter,
}

/// One rule.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Requests that it is about.
    pub operation: Operation,
    /// What happens to them.
    pub action: Action,
    /// Time that passes first, in milliseconds.
    #[serde(default)]
    pub delay_ms: u64,
    /// How many requests it meets; one unless said otherwise.
    #[serde(default = "once")]
    pub count: u32,
    /// Only this intent.
    #[serde(default)]
    pub intent: Option<String>,
    /// Only intents whose metadata name this order.
    #[serde(default)]
    pub order: Option<String>,
}

fn once() -> u32 {
    1
}

/// The rules that are left.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<Rule>);

/// What a request meets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) action: Option<Action>,
    pub(crate) delay: Duration,
}

impl Faults {
    pub(crate) fn add(&mut self, rule: Rule) {
        self.0.push(rule);
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn rules(&self) -> &[Rule] {
        &self.0
    }

    /// Takes the first rule that fits a request.
    pub(crate) fn take(&mut self, operation: Operation, intent: Option<&str>, order: Option<&str>) -> Fault {
        let fits = |rule: &Rule| {
            rule.operation == operation
                && rule.count > 0
                && rule.intent.as_deref().is_none_or(|wanted| Some(wanted) == intent)
                && rule.order.as_deref().is_none_or(|wanted| Some(wanted) == order)
        };
        let Some(index) = self.0.iter().position(fits) else { return Fault::default() };
        self.0[index].count -= 1;
        let fault = Fault { action: Some(self.0[index].action), delay: Duration::from_millis(self.0[index].delay_ms) };
        if self.0[index].count == 0 {
            self.0.remove(index);
        }
        fault
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_meets_as_many_requests_as_it_says() {
        let mut faults = Faults::default();
        let rule = serde_json::json!({"operation": "capture", "action": "lost_answer", "count": 2, "order": "o"});
        faults.add(serde_json::from_value(rule).expect("a rule"));
        let mut take = |operation, order| faults.take(operation, Some("pi_1"), Some(order)).action;
        assert_eq!(take(Operation::Create, "o"), None);
        assert_eq!(take(Operation::Capture, "other"), None);
        assert_eq!(take(Operation::Capture, "o"), Some(Action::LostAnswer));
        assert_eq!(take(Operation::Capture, "o"), Some(Action::LostAnswer));
        assert_eq!(take(Operation::Capture, "o"), None);
    }
}
