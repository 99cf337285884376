//! What can go wrong between Holdfast and its tables.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

/// Anything behind an error, kept for the log.
pub(crate) type Source = Box<dyn std::error::Error + Send + Sync>;

/// A failed call to a table. `Display` never prints the source: the boundary logs the chain once.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The table did not answer or asked to slow down; the same call may succeed later. Whether a write took effect
    /// is unknown.
    #[error("the table cannot be reached or is overloaded")]
    Unavailable(#[source] Source),
    /// The table refused the call: a missing permission, a wrong expression.
    #[error("the table refused the call")]
    Refused(#[source] Source),
    /// A stored item is not what this code writes.
    #[error("a stored item cannot be read")]
    Corrupt(#[source] Source),
    /// A condition failed although the domain's transition would have won: expression and rule disagree.
    #[error("the table's condition and the domain's rule disagree on {0}")]
    Drift(&'static str),
}

/// Error codes that mean "later", beside those that the SDK itself retried.
const TRANSIENT_CODES: &[&str] = &[
    "InternalServerError",
    "ItemCollectionSizeLimitExceededException",
    "LimitExceededException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ReplicatedWriteConflictException",
    "ServiceUnavailable",
    "ThrottlingException",
    "TransactionConflictException",
    "TransactionInProgressException",
];

impl StoreError {
    /// Sorts a failed call into "later" and "never".
    pub(crate) fn from_sdk<E>(error: SdkError<E>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        let transient = if let SdkError::ServiceError(context) = &error {
            let code = context.err().code();
            code.is_none_or(|code| TRANSIENT_CODES.contains(&code)) || context.raw().status().is_server_error()
        } else {
            // Anything but a request that could not even be built: no answer, or half of one.
            !matches!(error, SdkError::ConstructionFailure(_))
        };
        if transient { Self::Unavailable(Box::new(error)) } else { Self::Refused(Box::new(error)) }
    }

    /// An item that cannot be read.
    pub(crate) fn corrupt(source: impl Into<Source>) -> Self {
        Self::Corrupt(source.into())
    }

    /// Whether the same call may succeed later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unavailable(_) => true,
            Self::Refused(_) | Self::Corrupt(_) | Self::Drift(_) => false,
        }
    }
}

/// How a transition of a ticket ended when it did not win.
#[derive(Debug, thiserror::Error)]
pub enum LostOr<L> {
    /// There is no such ticket.
    #[error("there is no such ticket")]
    Absent,
    /// The ticket is in a state that does not allow it.
    #[error("the ticket's state does not allow it")]
    Lost(#[source] L),
    /// The table failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
