//! A ticket that is sold or gone leaves the catalogue: its entry says so first, for good, and its rows are removed after
//! that.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use holdfast_domain::TicketId;

use super::{Entry, Written, as_read};
use crate::Market;
use crate::error::StoreError;
use crate::keys::{self, Item};

impl Market {
    /// Whether the entry was written over the one that was read. From then on no projector writes a row of this ticket.
    pub(super) async fn catalogue_leave(&self, before: Option<&Written>, item: Item) -> Result<bool, StoreError> {
        let (condition, names, values) = as_read(before);
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression(condition)
            .set_expression_attribute_names(Some(names))
            .set_expression_attribute_values(values);
        match put.send().await {
            Ok(_) => Ok(true),
            Err(error) if is_lost(&error) => Ok(false),
            Err(error) => Err(StoreError::from_sdk(error)),
        }
    }

    /// Removes the rows of an entry, as many of them as are there.
    pub(super) async fn rows_remove(&self, ticket: TicketId, entry: Option<&Entry>) -> Result<(), StoreError> {
        let keys = entry.map(|entry| entry.keys(ticket)).unwrap_or_default();
        self.items_remove(keys.into_iter().map(|(partition, place)| keys::key(partition, place.to_string())).collect())
            .await
    }
}

/// Another projector was faster, or is just committing.
fn is_lost(error: &SdkError<PutItemError>) -> bool {
    match error.as_service_error() {
        Some(error) => {
            error.is_conditional_check_failed_exception() || error.meta().code() == Some("TransactionConflictException")
        }
        None => false,
    }
}
