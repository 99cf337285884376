//! A ticket that is sold or gone leaves the catalogue: its entry says so first, for good, and its rows are removed after
//! that.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{DeleteRequest, WriteRequest};
use holdfast_domain::TicketId;

use super::{AS_READ, Entry, UNWRITTEN, Written};
use crate::Market;
use crate::error::StoreError;
use crate::keys::{self, Item, PK};

/// Most writes of one `BatchWriteItem`.
const WRITES_PER_CALL: usize = 25;
/// Calls until writes that stay unprocessed are reported as an outage.
const CALLS_PER_BATCH: u32 = 4;

impl Market {
    /// Whether the entry was written over the one that was read. From then on no projector writes a row of this ticket.
    pub(super) async fn catalogue_leave(&self, before: Option<&Written>, item: Item) -> Result<bool, StoreError> {
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        let put = match before {
            None => put.condition_expression(UNWRITTEN).expression_attribute_names("#pk", PK),
            Some(before) => put
                .condition_expression(AS_READ)
                .expression_attribute_names("#version", "version")
                .expression_attribute_names("#gone", "gone")
                .expression_attribute_values(":read", keys::n(before.version)),
        };
        match put.send().await {
            Ok(_) => Ok(true),
            Err(error) if is_lost(&error) => Ok(false),
            Err(error) => Err(StoreError::from_sdk(error)),
        }
    }

    /// Removes the rows of an entry, as many of them as are there.
    pub(super) async fn rows_remove(&self, ticket: TicketId, entry: Option<&Entry>) -> Result<(), StoreError> {
        let keys = entry.map(|entry| entry.keys(ticket)).unwrap_or_default();
        let removals = keys.into_iter().map(|(partition, place)| {
            let key = keys::key(partition, place.to_string());
            let delete = DeleteRequest::builder().set_key(Some(key)).build().map_err(StoreError::corrupt)?;
            Ok(WriteRequest::builder().delete_request(delete).build())
        });
        let removals = removals.collect::<Result<Vec<_>, StoreError>>()?;
        for chunk in removals.chunks(WRITES_PER_CALL) {
            self.written(chunk.to_vec()).await?;
        }
        Ok(())
    }

    async fn written(&self, writes: Vec<WriteRequest>) -> Result<(), StoreError> {
        let mut request = HashMap::from([(self.table.clone(), writes)]);
        for call in 0..CALLS_PER_BATCH {
            if call > 0 {
                tokio::time::sleep(Duration::from_millis(25 << call)).await;
            }
            let output = self.client.batch_write_item().set_request_items(Some(request)).send().await;
            request = output.map_err(StoreError::from_sdk)?.unprocessed_items.unwrap_or_default();
            if request.is_empty() {
                return Ok(());
            }
        }
        Err(StoreError::Unavailable("removals of a batch stay unprocessed".into()))
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
