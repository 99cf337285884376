//! Orders: they record what the ticket decided. Every write is conditional; final states are never overwritten.

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use holdfast_domain::{Closing, Order, OrderId, OrderState, Record, Timestamp, UserId};

use crate::Market;
use crate::crash::crash_point;
use crate::error::StoreError;
use crate::items;
use crate::keys::{self, Item};
use crate::owner_page::{OwnerCursor, OwnerPage, position};
use crate::records::Written;
use crate::steps::Steps;

/// What became of an order that was to be recorded.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Recorded {
    /// It was not there before.
    New,
    /// Something with its id is there already, as given.
    Existing(Box<Order>),
}

impl Market {
    /// Records a new order, unless something with its id is there.
    ///
    /// # Errors
    /// [`StoreError`] when the table fails.
    pub async fn order_create(&self, order: &Order) -> Result<Recorded, StoreError> {
        let result = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(items::order_item(order)?))
            .condition_expression("attribute_not_exists(pk)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let Err(error) = result else {
            crash_point("order_create");
            return Ok(Recorded::New);
        };
        if !error.as_service_error().is_some_and(PutItemError::is_conditional_check_failed_exception) {
            return Err(StoreError::from_sdk(error));
        }
        let PutItemError::ConditionalCheckFailedException(failed) = error.into_service_error() else {
            return Err(StoreError::corrupt("a failed condition of another kind"));
        };
        let item = failed.item.ok_or_else(|| StoreError::corrupt("a lost condition without its image"))?;
        items::order_from(item).map(|order| Recorded::Existing(Box::new(order)))
    }

    /// An order of `buyer`, read consistently. Somebody else's cannot be read: its key has their id.
    ///
    /// # Errors
    /// [`StoreError`] when the table fails.
    pub async fn order_read(&self, buyer: UserId, order: OrderId) -> Result<Option<Order>, StoreError> {
        let output = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(keys::order_key(buyer, order)))
            .consistent_read(true)
            .send()
            .await
            .map_err(StoreError::from_sdk)?;
        output.item.map(items::order_from).transpose()
    }

    /// Those of some orders of a buyer that are there, each read consistently, in any order.
    ///
    /// # Errors
    /// [`StoreError`] when the table fails.
    pub async fn orders_read(&self, buyer: UserId, orders: &[OrderId]) -> Result<Vec<Order>, StoreError> {
        let wanted = orders.iter().map(|order| keys::order_key(buyer, *order)).collect();
        self.items_read(wanted).await?.into_iter().map(items::order_from).collect()
    }

    /// A page of a buyer's orders, newest first.
    ///
    /// # Errors
    /// [`StoreError`] when the table fails.
    pub async fn order_list_by_buyer(
        &self,
        buyer: UserId,
        limit: u32,
        after: Option<OwnerCursor>,
    ) -> Result<OwnerPage<Order>, StoreError> {
        let key_of = |id| keys::order_key(buyer, OrderId::from_uuid(id));
        let (found, next) = self.owner_page(keys::order_owner(buyer), limit, after, key_of).await?;
        let wanted: Vec<Item> = found
            .iter()
            .map(|key| Ok(keys::key(keys::text(key, keys::PK)?.to_owned(), keys::text(key, keys::SK)?)))
            .collect::<Result<_, StoreError>>()?;
        let mut orders = self.items_read(wanted.clone()).await?;
        orders.sort_by_key(|item| position(&wanted, item));
        let items = orders.into_iter().map(items::order_from).collect::<Result<_, _>>()?;
        Ok(OwnerPage { items, next })
    }
}

/// Closes an order that awaits payment and answers what is stored then: a final order stays as it is.
///
/// Its place in the sweep's index goes at once when there is no payment intent; with one it stays until that is at rest,
/// and a cancelled order is due from now on.
///
/// # Errors
/// [`StoreError`] when the table fails; `Corrupt` when there is no such order.
pub async fn order_close(
    steps: &impl Steps,
    buyer: UserId,
    order: OrderId,
    how: Closing,
    now: Timestamp,
) -> Result<Order, StoreError> {
    let record = |has_intent| Record::Closed { how, has_intent, now };
    let stored = match steps.order_record(buyer, order, &record(false)).await? {
        Written::Won(order) => return Ok(order),
        Written::Lost(order) => order,
    };
    match stored.state {
        OrderState::AwaitingPayment { intent: Some(_) } => {
            steps.order_record(buyer, order, &record(true)).await.map(Written::into_order)
        }
        OrderState::AwaitingPayment { intent: None } => Err(StoreError::Drift("order_close")),
        OrderState::Capturing { .. }
        | OrderState::Paid { .. }
        | OrderState::Cancelled { .. }
        | OrderState::Expired { .. } => Ok(stored),
    }
}
