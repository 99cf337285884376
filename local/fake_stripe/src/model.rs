//! What is stored: intents with their charges, refunds, events, answers by idempotency key.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cards::{Card, Decline};

/// An intent's status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// No card, or the last one was refused.
    RequiresPaymentMethod,
    /// A card is there, and nobody has said to use it.
    RequiresConfirmation,
    /// The issuer wants to see its customer (3-D Secure).
    RequiresAction,
    /// Authorised.
    RequiresCapture,
    /// Captured.
    Succeeded,
    /// Given up, or the authorisation has lapsed.
    Canceled,
}

impl Status {
    /// As it is written in answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RequiresPaymentMethod => "requires_payment_method",
            Self::RequiresConfirmation => "requires_confirmation",
            Self::RequiresAction => "requires_action",
            Self::RequiresCapture => "requires_capture",
            Self::Succeeded => "succeeded",
            Self::Canceled => "canceled",
        }
    }
}

/// Whether a payment is taken at once or authorised first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CaptureMethod {
    Automatic,
    AutomaticAsync,
    Manual,
}

impl CaptureMethod {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "automatic" => Some(Self::Automatic),
            "automatic_async" => Some(Self::AutomaticAsync),
            "manual" => Some(Self::Manual),
            _ => None,
        }
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Automatic => "automatic",
            Self::AutomaticAsync => "automatic_async",
            Self::Manual => "manual",
        }
    }
}

/// A card under the id that an intent knows it by.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Method {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) card: Card,
}

/// Why the last attempt to pay came to nothing.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Failure {
    Declined { decline: Decline, charge: String, method: Method },
    NotAuthenticated { method: Method },
}

/// One attempt to take the money.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Charge {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) amount: i64,
    pub(crate) amount_captured: i64,
    pub(crate) amount_refunded: i64,
    pub(crate) captured: bool,
    pub(crate) decline: Option<Decline>,
    pub(crate) authenticated: bool,
    pub(crate) method: Method,
}

impl Charge {
    /// Whether nothing of it is left to give back.
    pub(crate) fn is_refunded(&self) -> bool {
        let taken = if self.captured { self.amount_captured } else { self.amount };
        self.decline.is_none() && self.amount_refunded >= taken
    }
}

/// A payment intent.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Intent {
    pub(crate) id: String,
    /// Counts intents: lists are by age.
    pub(crate) serial: u64,
    pub(crate) client_secret: String,
    pub(crate) created: i64,
    pub(crate) amount: i64,
    pub(crate) currency: String,
    pub(crate) capture_method: CaptureMethod,
    pub(crate) status: Status,
    pub(crate) metadata: BTreeMap<String, String>,
    pub(crate) description: Option<String>,
    pub(crate) receipt_email: Option<String>,
    pub(crate) canceled_at: Option<i64>,
    pub(crate) cancellation_reason: Option<String>,
    pub(crate) method: Option<Method>,
    pub(crate) charges: Vec<Charge>,
    pub(crate) last_failure: Option<Failure>,
}

impl Intent {
    /// What can be captured now.
    pub(crate) fn amount_capturable(&self) -> i64 {
        if self.status == Status::RequiresCapture { self.amount } else { 0 }
    }

    /// What was captured.
    pub(crate) fn amount_received(&self) -> i64 {
        self.charges.iter().map(|charge| charge.amount_captured).sum()
    }
}

/// Money that went back.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Refund {
    pub(crate) id: String,
    pub(crate) serial: u64,
    pub(crate) created: i64,
    pub(crate) amount: i64,
    pub(crate) currency: String,
    pub(crate) intent: String,
    pub(crate) charge: String,
    pub(crate) reason: Option<String>,
    pub(crate) metadata: BTreeMap<String, String>,
}

/// An answer that a repeated request is given again.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Saved {
    pub(crate) key: String,
    pub(crate) path: String,
    pub(crate) parameters: String,
    pub(crate) request_id: String,
    pub(crate) status: u16,
    pub(crate) body: Value,
}

/// Where an event stands on its way to the webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// Nobody asked for events of this type, or webhooks are off.
    None,
    /// Kept back until it is let go.
    Held,
    /// On its way, or waiting for its next attempt.
    Pending,
    /// The endpoint has acknowledged it.
    Delivered,
    /// Given up after the last attempt.
    Failed,
}

/// Something that happened, as the webhook is told.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) serial: u64,
    pub(crate) created: i64,
    pub(crate) kind: String,
    /// The object as it was then.
    pub(crate) object: Value,
    pub(crate) request_id: Option<String>,
    pub(crate) idempotency_key: Option<String>,
    pub(crate) delivery: Delivery,
}
