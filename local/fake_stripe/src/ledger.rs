//! The account as an accountant sees it: for tests that compare it with what the shop believes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::faults::Operation;
use crate::model::Status;
use crate::state::State;

/// All intents and refunds, the oldest first, and how often each operation was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    /// Every intent that was ever made.
    pub intents: Vec<LedgerIntent>,
    /// Every refund.
    pub refunds: Vec<LedgerRefund>,
    /// Requests since the start, by operation, those with an idempotent repetition included.
    pub requests: BTreeMap<Operation, u64>,
}

/// An intent in numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerIntent {
    /// Its id.
    pub id: String,
    /// What its metadata call `order`.
    pub order: Option<String>,
    /// All of its metadata.
    pub metadata: BTreeMap<String, String>,
    /// What it is for, in minor units.
    pub amount: i64,
    /// ISO 4217, in lower case.
    pub currency: String,
    /// Where it stands.
    pub status: Status,
    /// What a buyer's bank has set aside and could still be captured.
    pub amount_capturable: i64,
    /// What was taken.
    pub amount_captured: i64,
    /// What went back of that.
    pub amount_refunded: i64,
    /// Attempts to pay, declined ones included.
    pub charges: usize,
    /// Why it was canceled.
    pub cancellation_reason: Option<String>,
    /// Seconds since 1970.
    pub created: i64,
}

/// A refund in numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerRefund {
    /// Its id.
    pub id: String,
    /// The intent whose money it is.
    pub payment_intent: String,
    /// In minor units.
    pub amount: i64,
}

impl Ledger {
    pub(crate) fn of(state: &State, requests: &BTreeMap<Operation, u64>) -> Self {
        let intents = state.intents().into_iter().rev().map(|intent| {
            let captured = intent.charges.iter().filter(|charge| charge.captured);
            LedgerIntent {
                id: intent.id.clone(),
                order: intent.metadata.get("order").cloned(),
                metadata: intent.metadata.clone(),
                amount: intent.amount,
                currency: intent.currency.clone(),
                status: intent.status,
                amount_capturable: intent.amount_capturable(),
                amount_captured: intent.amount_received(),
                amount_refunded: captured.map(|charge| charge.amount_refunded).sum(),
                charges: intent.charges.len(),
                cancellation_reason: intent.cancellation_reason.clone(),
                created: intent.created,
            }
        });
        let refunds = state.refunds().into_iter().rev().map(|refund| LedgerRefund {
            id: refund.id.clone(),
            payment_intent: refund.intent.clone(),
            amount: refund.amount,
        });
        Self { intents: intents.collect(), refunds: refunds.collect(), requests: requests.clone() }
    }
}
