//! What goes of the market when an account is deleted: a page at a time, so that no run's cost grows with what somebody
//! has done, and each write once, however often it is asked for.
//!
//! Sold tickets and final orders stay: they are the other side's purchase, and the books. What names a person goes out
//! of them. Neither write is a transition: the lock is not touched, and no event is made of it.

use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use holdfast_domain::{Order, OrderId, Record, Ticket, TicketId, UserId};

use crate::Market;
use crate::crash::crash_point;
use crate::error::StoreError;
use crate::expression;
use crate::items;
use crate::keys::{self, DETAILS, Item, ORDER_PREFIX, PK, SK, s};
use crate::lock::lost_condition;
use crate::owner_page::{OwnerCursor, OwnerPage};

/// What a seller is called whose account is gone. In every language, like the name of a member who gave none.
pub const FORMER_MEMBER: &str = "Former member";

/// Never an item that is not there: the ticket may have been deleted meanwhile.
const NAMED: &str = "attribute_exists(#seller_name) AND #seller_name <> :former";
const FORGET_NAME: &str = "SET #seller_name = :former";

/// Keys of one call that finds what is beside orders.
const BESIDE_PER_CALL: i32 = 100;

/// A page of somebody's orders in the order of their ids.
#[derive(Debug, Clone)]
pub struct OrderPage {
    /// The orders.
    pub orders: Vec<Order>,
    /// After which to go on; `None` at the end.
    pub next: Option<OrderId>,
}

impl Market {
    /// A page of a buyer's orders, read consistently from the table itself: one that was recorded before is among them.
    ///
    /// # Errors
    /// [`StoreError`] when the table fails.
    pub async fn order_list_all(
        &self,
        buyer: UserId,
        limit: i32,
        after: Option<OrderId>,
    ) -> Result<OrderPage, StoreError> {
        let output = self
            .of_buyer(buyer, "#pk = :pk AND begins_with(#sk, :orders)")
            .limit(limit)
            .set_exclusive_start_key(after.map(|after| keys::order_key(buyer, after)))
            .send()
            .await
            .map_err(StoreError::from_sdk)?;
        let next = output.last_evaluated_key.as_ref().map(order_of).transpose()?;
        let orders = output.items.unwrap_or_default().into_iter().map(items::order_from).collect::<Result<_, _>>()?;
        Ok(OrderPage { orders, next })
    }

    /// Removes the card from a paid order, if it was paid by one.
    ///
    /// # Errors
    /// [`StoreError`] when the table fails; `Corrupt` when there is no such order.
    pub async fn order_forget_card(&self, buyer: UserId, order: OrderId) -> Result<(), StoreError> {
        self.order_record(buyer, order, &Record::CardForgotten).await.map(drop)
    }

    /// Removes what is kept beside a buyer's orders: which tickets they hold, and the keys of their listings. At most so
    /// many that one run can; whether that was all.
    ///
    /// # Errors
    /// [`StoreError`] when the table fails.
    pub async fn beside_orders_delete(&self, user: UserId) -> Result<bool, StoreError> {
        // Orders come last: everything else in the partition has a smaller key.
        let output = self
            .of_buyer(user, "#pk = :pk AND #sk < :orders")
            .projection_expression("#pk, #sk")
            .limit(BESIDE_PER_CALL)
            .send()
            .await
            .map_err(StoreError::from_sdk)?;
        for key in output.items.unwrap_or_default() {
            self.beside_delete(key).await?;
        }
        Ok(output.last_evaluated_key.is_none())
    }

    /// A range of a buyer's own partition.
    fn of_buyer(&self, buyer: UserId, range: &str) -> QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression(range)
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#sk", SK)
            .expression_attribute_values(":pk", s(keys::order_pk(buyer)))
            .expression_attribute_values(":orders", s(ORDER_PREFIX))
    }

    async fn beside_delete(&self, key: Item) -> Result<(), StoreError> {
        let deleted = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(key))
            .condition_expression("attribute_exists(pk)")
            .send()
            .await;
        match deleted {
            Ok(_) => {
                crash_point("beside_delete");
                Ok(())
            }
            Err(error) => match error.as_service_error() {
                Some(DeleteItemError::ConditionalCheckFailedException(_)) => Ok(()),
                Some(_) | None => Err(StoreError::from_sdk(error)),
            },
        }
    }

    /// A page of the locks of a seller's tickets, newest first. The index that lists them is behind the table by moments.
    ///
    /// # Errors
    /// [`StoreError`] when the table fails.
    pub async fn lock_list_by_seller(
        &self,
        seller: UserId,
        limit: u32,
        after: Option<OwnerCursor>,
    ) -> Result<OwnerPage<Ticket>, StoreError> {
        let key_of = |id| keys::lock_key(TicketId::from_uuid(id));
        let (found, next) = self.owner_page(keys::ticket_owner(seller), limit, after, key_of).await?;
        let ids = found.iter().map(|key| keys::parse_ticket_pk(keys::text(key, PK)?)).collect::<Result<Vec<_>, _>>()?;
        Ok(OwnerPage { items: self.tickets_read(&ids).await?, next })
    }

    /// Replaces the seller's name on a ticket that stays. A ticket that is gone stays gone.
    ///
    /// # Errors
    /// [`StoreError`] when the table fails.
    pub async fn ticket_forget_seller(&self, id: TicketId) -> Result<(), StoreError> {
        let key = keys::key(keys::ticket_pk(id), DETAILS);
        let sent = expression::conditional(&self.client, &self.table, key, NAMED, FORGET_NAME, &[])
            .expression_attribute_values(":former", s(FORMER_MEMBER))
            .send()
            .await;
        match sent {
            Ok(_) => {
                crash_point("ticket_forget_seller");
                Ok(())
            }
            Err(error) => lost_condition(error).map(drop),
        }
    }
}

fn order_of(key: &Item) -> Result<OrderId, StoreError> {
    keys::parse_order_key(keys::text(key, PK)?, keys::text(key, SK)?).map(|(_, order)| order)
}

#[cfg(test)]
mod tests {
    use holdfast_domain::{DisplayName, IdempotencyKey};

    use super::*;

    #[test]
    fn a_former_member_has_a_name_that_is_one() {
        assert_eq!(DisplayName::parse(FORMER_MEMBER).expect("a name").as_str(), FORMER_MEMBER);
    }

    #[test]
    fn orders_are_the_last_of_a_buyers_items() {
        let (user, key) = (UserId::from_uuid(uuid::Uuid::nil()), IdempotencyKey::parse("zzz").expect("a key"));
        for key in [keys::holds_key(user), keys::listing_key(user, &key)] {
            assert!(keys::text(&key, SK).expect("a sort key") < ORDER_PREFIX, "{key:?}");
        }
    }
}
