//! Why a transaction failed: what one of its items met, or what the whole met. And what a put meets of others' transactions.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;

use crate::error::StoreError;

/// The first reason for which a transaction was cancelled, in DynamoDB's words; `None` when it failed otherwise.
pub(crate) fn cancelled_by(error: &SdkError<TransactWriteItemsError>) -> Option<&str> {
    let TransactWriteItemsError::TransactionCanceledException(cancelled) = error.as_service_error()? else {
        return None;
    };
    cancelled.cancellation_reasons().iter().filter_map(|reason| reason.code()).find(|code| *code != "None")
}

/// Whether the transaction met another one, or a table that is busy: the same may succeed later.
pub(crate) fn is_crossed_or_throttled(error: &SdkError<TransactWriteItemsError>) -> bool {
    let later = ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"];
    cancelled_by(error).is_some_and(|reason| later.contains(&reason))
}

/// A transaction that failed for anything but its conditions.
pub(crate) fn transaction_failed(error: SdkError<TransactWriteItemsError>) -> StoreError {
    if is_crossed_or_throttled(&error) { StoreError::Unavailable(Box::new(error)) } else { StoreError::from_sdk(error) }
}

/// Whether somebody else was faster than a conditional put, or is just committing.
pub(crate) fn put_lost(error: &SdkError<PutItemError>) -> bool {
    match error.as_service_error() {
        Some(error) => {
            error.is_conditional_check_failed_exception() || error.meta().code() == Some("TransactionConflictException")
        }
        None => false,
    }
}
