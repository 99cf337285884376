//! Reading, putting and removing many items.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::{DeleteRequest, KeysAndAttributes, PutRequest, WriteRequest};

use crate::Market;
use crate::error::StoreError;
use crate::keys::Item;

/// Most keys of one `BatchGetItem`.
const KEYS_PER_CALL: usize = 100;
/// Most writes of one `BatchWriteItem`.
const WRITES_PER_CALL: usize = 25;
/// Calls until what stays unprocessed is reported as an outage.
const CALLS_PER_BATCH: u32 = 4;

/// Waits before each call but the first, ever longer: what stays unprocessed was throttled.
async fn pause_before(call: u32) {
    if call > 0 {
        tokio::time::sleep(Duration::from_millis(25 << call)).await;
    }
}

impl Market {
    /// Reads the items of `keys` in any order, consistently; those that do not exist are left out.
    pub(crate) async fn items_read(&self, keys: Vec<Item>) -> Result<Vec<Item>, StoreError> {
        let mut items = Vec::with_capacity(keys.len());
        for chunk in keys.chunks(KEYS_PER_CALL) {
            self.chunk_read(chunk.to_vec(), &mut items).await?;
        }
        Ok(items)
    }

    async fn chunk_read(&self, keys: Vec<Item>, items: &mut Vec<Item>) -> Result<(), StoreError> {
        let wanted = |keys| {
            KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build().map_err(StoreError::corrupt)
        };
        let mut request = HashMap::from([(self.table.clone(), wanted(keys)?)]);
        for call in 0..CALLS_PER_BATCH {
            pause_before(call).await;
            let output = self.client.batch_get_item().set_request_items(Some(request)).send().await;
            let output = output.map_err(StoreError::from_sdk)?;
            items.extend(output.responses.unwrap_or_default().into_values().flatten());
            request = output.unprocessed_keys.unwrap_or_default();
            if request.is_empty() {
                return Ok(());
            }
        }
        Err(StoreError::Unavailable("keys of a batch stay unprocessed".into()))
    }

    /// Puts `items` and removes those of `keys`, as many of them as are there: each by itself, in any order. No key may be
    /// given twice.
    pub(crate) async fn items_write(&self, items: Vec<Item>, keys: Vec<Item>) -> Result<(), StoreError> {
        let puts = items.into_iter().map(|item| {
            let put = PutRequest::builder().set_item(Some(item)).build()?;
            Ok(WriteRequest::builder().put_request(put).build())
        });
        let removals = keys.into_iter().map(|key| {
            let delete = DeleteRequest::builder().set_key(Some(key)).build()?;
            Ok(WriteRequest::builder().delete_request(delete).build())
        });
        let writes: Result<Vec<_>, BuildError> = puts.chain(removals).collect();
        for chunk in writes.map_err(StoreError::corrupt)?.chunks(WRITES_PER_CALL) {
            self.chunk_write(chunk.to_vec()).await?;
        }
        Ok(())
    }

    async fn chunk_write(&self, writes: Vec<WriteRequest>) -> Result<(), StoreError> {
        let mut request = HashMap::from([(self.table.clone(), writes)]);
        for call in 0..CALLS_PER_BATCH {
            pause_before(call).await;
            let output = self.client.batch_write_item().set_request_items(Some(request)).send().await;
            request = output.map_err(StoreError::from_sdk)?.unprocessed_items.unwrap_or_default();
            if request.is_empty() {
                return Ok(());
            }
        }
        Err(StoreError::Unavailable("writes of a batch stay unprocessed".into()))
    }
}
