//! What can go wrong between Holdfast and Stripe.

use std::fmt::{self, Display};

use stripe_client_core::StripeClientErr;

use crate::keys::KeysError;

/// Anything behind an error, kept for the log.
pub(crate) type Source = Box<dyn std::error::Error + Send + Sync>;

/// A failed call. `Display` never prints the source: the boundary logs the chain once.
#[derive(Debug, thiserror::Error)]
pub enum PaymentError {
    /// This stage has no keys.
    #[error("payments are not configured")]
    NotConfigured,
    /// Stripe or the keys' store did not answer or asked to slow down. Whether a change took effect is unknown.
    #[error("Stripe cannot be reached or is overloaded")]
    Unavailable(#[source] Source),
    /// The payment is in another state than the call expects: read it again.
    #[error("the payment is in another state")]
    Stale,
    /// Stripe knows no such payment.
    #[error("Stripe knows no such payment")]
    Unknown,
    /// Stripe refused the call, or the configuration cannot be right.
    #[error("Stripe refused the call")]
    Refused(#[source] Source),
}

impl PaymentError {
    /// Whether the same call may succeed later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unavailable(_) => true,
            Self::NotConfigured | Self::Stale | Self::Unknown | Self::Refused(_) => false,
        }
    }
}

impl From<KeysError> for PaymentError {
    fn from(error: KeysError) -> Self {
        match error {
            KeysError::NotConfigured => Self::NotConfigured,
            KeysError::Unavailable(_) => Self::Unavailable(error.into()),
            KeysError::Malformed(_) => Self::Refused(error.into()),
        }
    }
}

/// An answer of Stripe's that is an error: its status and codes, without its message.
#[derive(Debug)]
pub(crate) struct ErrorAnswer {
    pub(crate) status: u16,
    pub(crate) kind: String,
    pub(crate) code: Option<String>,
}

impl fmt::Display for ErrorAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = self.code.as_deref().unwrap_or("no code");
        write!(f, "Stripe answered {} ({}, {code})", self.status, self.kind)
    }
}

impl std::error::Error for ErrorAnswer {}

/// One call's failure, before it is known whether there are tries left.
#[derive(Debug)]
pub(crate) enum CallFailure {
    /// No answer, or half of one: the same key may be tried again.
    NoAnswer(Source),
    /// An answer that says "later", 5xx or a lock: the same key may be tried again.
    Later(ErrorAnswer),
    /// The key was refused: it may have been replaced.
    KeyRefused(ErrorAnswer),
    /// Nothing changes by trying again.
    Final(PaymentError),
}

impl CallFailure {
    /// Nothing was sent, because it could not be.
    pub(crate) fn refused(source: Source) -> Self {
        Self::Final(PaymentError::Refused(source))
    }
}

/// What came back, if anything did, says nothing about what was done.
pub(crate) fn no_answer(why: impl Into<Source>) -> CallFailure {
    CallFailure::NoAnswer(why.into())
}

impl StripeClientErr for CallFailure {
    fn deserialize_err(why: impl Display) -> Self {
        no_answer(why.to_string())
    }
}

impl From<ErrorAnswer> for CallFailure {
    fn from(answer: ErrorAnswer) -> Self {
        // 409 is a concurrent use of the same key or object.
        if matches!(answer.status, 409 | 424 | 429) || answer.status >= 500 {
            return Self::Later(answer);
        }
        if matches!(answer.status, 401 | 403) {
            return Self::KeyRefused(answer);
        }
        match answer.code.as_deref() {
            // Done already: by somebody else, or by an earlier try whose answer was lost.
            Some("payment_intent_unexpected_state" | "charge_already_captured" | "charge_already_refunded") => {
                Self::Final(PaymentError::Stale)
            }
            Some("resource_missing") => Self::Final(PaymentError::Unknown),
            Some(_) | None => Self::Final(PaymentError::Refused(Box::new(answer))),
        }
    }
}

impl From<CallFailure> for PaymentError {
    fn from(failure: CallFailure) -> Self {
        match failure {
            CallFailure::NoAnswer(source) => Self::Unavailable(source),
            CallFailure::Later(answer) => Self::Unavailable(Box::new(answer)),
            CallFailure::KeyRefused(answer) => Self::Refused(Box::new(answer)),
            CallFailure::Final(error) => error,
        }
    }
}
