//! Tickets: what the seller does, and reading them. The transitions of the lock stand in `lock.rs`.

use std::time::Duration;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, TransactWriteItem, Update};
use holdfast_domain::{
    Credential, Description, DisplayName, IdempotencyKey, Ticket, TicketFacts, TicketId, UserId, Version,
};

use crate::Market;
use crate::crash::crash_point;
use crate::error::StoreError;
use crate::items::{self, StoredTicketState};
use crate::keys::{self, CREDENTIAL, DETAILS, Item, LOCK, PK, SK, n, s};
use crate::owner_page::{OwnerCursor, OwnerPage, position};
use crate::trace;
use crate::transaction::{cancelled_by, transaction_failed};

/// What a ticket has beside its lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TicketDetails {
    /// The seller's name as shown to others.
    pub seller_name: DisplayName,
    /// A longer description, if given.
    pub description: Option<Description>,
}

/// A ticket to be put on the market.
#[derive(Debug, Clone)]
pub struct NewTicket {
    /// The lock.
    pub ticket: Ticket,
    /// What is beside it.
    pub details: TicketDetails,
    /// What admits the buyer, if the seller has entered it.
    pub credential: Option<Credential>,
}

/// How a ticket came to be listed under a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Created {
    /// By this call.
    Now,
    /// By an earlier one, as this ticket.
    Before(TicketId),
}

/// What the seller changes: everything that they say of the ticket.
#[derive(Debug, Clone)]
pub struct TicketChange {
    /// Which ticket.
    pub id: TicketId,
    /// Whose it is.
    pub seller: UserId,
    /// The version that was read: another one refuses the change.
    pub version: Version,
    /// The new facts.
    pub facts: TicketFacts,
    /// The new details.
    pub details: TicketDetails,
    /// The new credential; `None` removes it.
    pub credential: Option<Credential>,
}

/// Why a seller's change was not made.
#[derive(Debug, thiserror::Error)]
pub enum TicketChangeError {
    /// The ticket is not listed, not the seller's, gone, or has another version than the one read: read it again.
    #[error("the ticket is not as it was read")]
    Changed,
    /// The table failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A ticket with its details, and its credential where that was asked for.
#[derive(Debug, Clone)]
pub struct TicketWithDetails {
    /// The lock.
    pub ticket: Ticket,
    /// What is beside it.
    pub details: TicketDetails,
    /// What admits the buyer; only filled for the owner.
    pub credential: Option<Credential>,
}

/// How long a listing can be repeated under its key.
const LISTING_KEY_STAYS: Duration = Duration::from_hours(24);

/// The seller's condition: on the market, theirs, and as it was read.
const LISTED_AND_MINE: &str = "#state = :listed AND #seller = :seller AND #version = :version";
const CHANGE_FACTS: &str = "SET #version = :next, #title = :title, #amount = :amount, #currency = :currency, \
                            #trace = :trace";

impl Market {
    /// Puts a ticket on the market: lock, details and credential in one transaction, since nobody contends for a
    /// ticket that does not exist yet, and a ticket without its details must never be seen.
    ///
    /// # Errors
    /// [`StoreError`] when the table fails; `Refused` when the id is taken.
    pub async fn ticket_create(&self, new: &NewTicket) -> Result<(), StoreError> {
        self.creation(self.parts(new)?).await.map_err(transaction_failed)?;
        crash_point("ticket_create");
        Ok(())
    }

    /// The same once: whoever comes again under the same key gets the ticket of the first time.
    ///
    /// The key is an item of the seller's, put in the same transaction; it vanishes after a day.
    ///
    /// # Errors
    /// [`StoreError`] when the table fails.
    pub async fn ticket_create_once(&self, new: &NewTicket, key: &IdempotencyKey) -> Result<Created, StoreError> {
        let mut parts = self.parts(new)?;
        parts.push(self.absent(listing_key_item(&new.ticket, key))?);
        match self.creation(parts).await {
            Ok(()) => {
                crash_point("ticket_create");
                Ok(Created::Now)
            }
            Err(error) if cancelled_by(&error) == Some("ConditionalCheckFailed") => {
                let before = self.listed_under(new.ticket.seller, key).await?;
                before.map(Created::Before).ok_or_else(|| StoreError::from_sdk(error))
            }
            Err(error) => Err(transaction_failed(error)),
        }
    }

    async fn listed_under(&self, seller: UserId, key: &IdempotencyKey) -> Result<Option<TicketId>, StoreError> {
        let get = self.client.get_item().table_name(&self.table).consistent_read(true);
        let get = get.set_key(Some(keys::listing_key(seller, key)));
        let item = get.send().await.map_err(StoreError::from_sdk)?.item;
        let Some(AttributeValue::S(id)) = item.as_ref().and_then(|item| item.get("ticket")) else {
            return Ok(None);
        };
        id.parse().map(Some).map_err(StoreError::corrupt)
    }

    fn parts(&self, new: &NewTicket) -> Result<Vec<Put>, StoreError> {
        let id = new.ticket.id;
        let mut parts =
            vec![self.absent(items::listed_item(&new.ticket)?)?, self.absent(details_item(id, &new.details))?];
        if let Some(credential) = &new.credential {
            parts.push(self.absent(credential_item(id, credential))?);
        }
        Ok(parts)
    }

    fn absent(&self, item: Item) -> Result<Put, StoreError> {
        let put = Put::builder().table_name(&self.table).set_item(Some(item));
        put.condition_expression("attribute_not_exists(pk)").build().map_err(StoreError::corrupt)
    }

    async fn creation(&self, parts: Vec<Put>) -> Result<(), SdkError<TransactWriteItemsError>> {
        let writes = parts.into_iter().map(|put| TransactWriteItem::builder().put(put).build()).collect();
        self.client.transact_write_items().set_transact_items(Some(writes)).send().await.map(drop)
    }

    /// Changes what the seller says of a listed ticket.
    ///
    /// # Errors
    /// [`TicketChangeError::Changed`] when the ticket is not as it was read.
    pub async fn ticket_change(&self, change: &TicketChange) -> Result<(), TicketChangeError> {
        let details = Put::builder().table_name(&self.table).set_item(Some(details_item(change.id, &change.details)));
        let credential = match &change.credential {
            Some(credential) => {
                let put = Put::builder().table_name(&self.table).set_item(Some(credential_item(change.id, credential)));
                TransactWriteItem::builder().put(put.build().map_err(StoreError::corrupt)?).build()
            }
            None => self.part_delete(change.id, CREDENTIAL)?,
        };
        let writes = vec![
            TransactWriteItem::builder().update(self.lock_change(change)?).build(),
            TransactWriteItem::builder().put(details.build().map_err(StoreError::corrupt)?).build(),
            credential,
        ];
        self.seller_writes(writes).await?;
        crash_point("ticket_change");
        Ok(())
    }

    fn lock_change(&self, change: &TicketChange) -> Result<Update, StoreError> {
        let facts = &change.facts;
        let (mut set, mut remove) = (CHANGE_FACTS.to_owned(), Vec::new());
        let mut update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(keys::lock_key(change.id)))
            .condition_expression(LISTED_AND_MINE)
            .expression_attribute_names("#state", "state")
            .expression_attribute_names("#seller", "seller")
            .expression_attribute_names("#version", "version")
            .expression_attribute_names("#title", "title")
            .expression_attribute_names("#amount", "amount")
            .expression_attribute_names("#currency", "currency")
            .expression_attribute_names("#venue", "venue")
            .expression_attribute_names("#starts_at", "starts_at")
            .expression_attribute_names("#trace", trace::TRACE)
            .expression_attribute_values(":trace", trace::of_request())
            .expression_attribute_values(":listed", s(StoredTicketState::Listed.as_str()))
            .expression_attribute_values(":seller", s(change.seller))
            .expression_attribute_values(":version", n(change.version.number()))
            .expression_attribute_values(":next", n(change.version.next().number()))
            .expression_attribute_values(":title", s(facts.title.as_str()))
            .expression_attribute_values(":amount", n(facts.price.amount()))
            .expression_attribute_values(":currency", s(facts.price.currency().code()));
        match &facts.venue {
            Some(venue) => {
                set.push_str(", #venue = :venue");
                update = update.expression_attribute_values(":venue", s(venue.as_str()));
            }
            None => remove.push("#venue"),
        }
        match facts.starts_at {
            Some(starts_at) => {
                set.push_str(", #starts_at = :starts_at");
                update = update.expression_attribute_values(":starts_at", n(starts_at.as_millis()));
            }
            None => remove.push("#starts_at"),
        }
        if !remove.is_empty() {
            set = format!("{set} REMOVE {}", remove.join(", "));
        }
        update.update_expression(set).build().map_err(StoreError::corrupt)
    }

    /// Takes a listed ticket off the market for good, with all that belongs to it.
    ///
    /// # Errors
    /// [`TicketChangeError::Changed`] when the ticket is not as it was read.
    pub async fn ticket_delete(&self, id: TicketId, seller: UserId, version: Version) -> Result<(), TicketChangeError> {
        let lock = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(keys::lock_key(id)))
            .condition_expression(LISTED_AND_MINE)
            .expression_attribute_names("#state", "state")
            .expression_attribute_names("#seller", "seller")
            .expression_attribute_names("#version", "version")
            .expression_attribute_values(":listed", s(StoredTicketState::Listed.as_str()))
            .expression_attribute_values(":seller", s(seller))
            .expression_attribute_values(":version", n(version.number()))
            .build()
            .map_err(StoreError::corrupt)?;
        let writes = vec![
            TransactWriteItem::builder().delete(lock).build(),
            self.part_delete(id, DETAILS)?,
            self.part_delete(id, CREDENTIAL)?,
        ];
        self.seller_writes(writes).await?;
        crash_point("ticket_delete");
        Ok(())
    }

    fn part_delete(&self, id: TicketId, part: &str) -> Result<TransactWriteItem, StoreError> {
        let key = keys::key(keys::ticket_pk(id), part);
        let delete = Delete::builder().table_name(&self.table).set_key(Some(key)).build();
        Ok(TransactWriteItem::builder().delete(delete.map_err(StoreError::corrupt)?).build())
    }

    /// Commits a seller's writes; a failed condition is the ticket not being as it was read.
    async fn seller_writes(&self, writes: Vec<TransactWriteItem>) -> Result<(), TicketChangeError> {
        let result = self.client.transact_write_items().set_transact_items(Some(writes)).send().await;
        match result {
            Ok(_) => Ok(()),
            Err(error) if cancelled_by(&error) == Some("ConditionalCheckFailed") => Err(TicketChangeError::Changed),
            Err(error) => Err(transaction_failed(error).into()),
        }
    }

    /// The lock of a ticket, read consistently.
    ///
    /// # Errors
    /// [`StoreError`] when the table fails.
    pub async fn ticket_read(&self, id: TicketId) -> Result<Option<Ticket>, StoreError> {
        let output = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(keys::lock_key(id)))
            .consistent_read(true)
            .send()
            .await
            .map_err(StoreError::from_sdk)?;
        output.item.map(items::ticket_from).transpose()
    }

    /// The locks of several tickets, in any order; those that do not exist are left out.
    ///
    /// # Errors
    /// [`StoreError`] when the table fails.
    pub async fn tickets_read(&self, ids: &[TicketId]) -> Result<Vec<Ticket>, StoreError> {
        let keys = ids.iter().map(|&id| keys::lock_key(id)).collect();
        self.items_read(keys).await?.into_iter().map(items::ticket_from).collect()
    }

    /// A ticket with its details, for anybody: without its credential.
    ///
    /// # Errors
    /// [`StoreError`] when the table fails.
    pub async fn ticket_show(&self, id: TicketId) -> Result<Option<TicketWithDetails>, StoreError> {
        Ok(self.tickets_show(&[id]).await?.pop())
    }

    /// Tickets as anybody may see them, in the order of `ids`; those that do not exist are left out.
    ///
    /// # Errors
    /// [`StoreError`] when the table fails.
    pub async fn tickets_show(&self, ids: &[TicketId]) -> Result<Vec<TicketWithDetails>, StoreError> {
        self.tickets_with(ids, &[LOCK, DETAILS]).await
    }

    /// A ticket with all that belongs to it, if `seller` owns it.
    ///
    /// # Errors
    /// [`StoreError`] when the table fails.
    pub async fn ticket_show_to_seller(
        &self,
        id: TicketId,
        seller: UserId,
    ) -> Result<Option<TicketWithDetails>, StoreError> {
        let found = self.tickets_with(&[id], &[LOCK, DETAILS, CREDENTIAL]).await?.pop();
        Ok(found.filter(|found| found.ticket.seller == seller))
    }

    /// A page of a seller's tickets in every state, newest first.
    ///
    /// # Errors
    /// [`StoreError`] when the table fails.
    pub async fn ticket_list_by_seller(
        &self,
        seller: UserId,
        limit: u32,
        after: Option<OwnerCursor>,
    ) -> Result<OwnerPage<TicketWithDetails>, StoreError> {
        let key_of = |id| keys::lock_key(TicketId::from_uuid(id));
        let (keys, next) = self.owner_page(keys::ticket_owner(seller), limit, after, key_of).await?;
        let ids = keys.iter().map(|key| keys::parse_ticket_pk(keys::text(key, PK)?)).collect::<Result<Vec<_>, _>>()?;
        let items = self.tickets_with(&ids, &[LOCK, DETAILS, CREDENTIAL]).await?;
        Ok(OwnerPage { items, next })
    }

    /// Tickets with the given parts, in the order of `ids`; those that do not exist are left out.
    pub(crate) async fn tickets_with(
        &self,
        ids: &[TicketId],
        parts: &[&str],
    ) -> Result<Vec<TicketWithDetails>, StoreError> {
        let keys_of = |&id| parts.iter().map(move |&part| keys::key(keys::ticket_pk(id), part));
        let wanted: Vec<Item> = ids.iter().flat_map(keys_of).collect();
        let mut found = self.items_read(wanted.clone()).await?;
        found.sort_by_key(|item| position(&wanted, item));
        let mut tickets = Vec::with_capacity(ids.len());
        let mut items = found.into_iter().peekable();
        for &id in ids {
            let pk = s(keys::ticket_pk(id));
            let (mut lock, mut details, mut credential) = (None, None, None);
            while let Some(item) = items.next_if(|item| item.get(PK) == Some(&pk)) {
                match keys::text(&item, SK)? {
                    LOCK => lock = Some(items::ticket_from(item)?),
                    DETAILS => details = Some(details_from(&item)?),
                    _ => credential = Some(parsed(&item, "credential", Credential::parse)?),
                }
            }
            // A ticket is deleted as a whole; a batch read that crosses the deletion may see half of it.
            if let (Some(ticket), Some(details)) = (lock, details) {
                tickets.push(TicketWithDetails { ticket, details, credential });
            }
        }
        Ok(tickets)
    }
}

fn listing_key_item(ticket: &Ticket, key: &IdempotencyKey) -> Item {
    let mut item = keys::listing_key(ticket.seller, key);
    item.insert("ticket".to_owned(), s(ticket.id.to_string()));
    item.insert("ttl".to_owned(), n(ticket.created_at.plus(LISTING_KEY_STAYS).as_seconds()));
    item
}

fn details_item(id: TicketId, details: &TicketDetails) -> Item {
    let mut item = keys::key(keys::ticket_pk(id), DETAILS);
    item.insert("seller_name".to_owned(), s(details.seller_name.as_str()));
    if let Some(description) = &details.description {
        item.insert("description".to_owned(), s(description.as_str()));
    }
    item
}

fn credential_item(id: TicketId, credential: &Credential) -> Item {
    let mut item = keys::key(keys::ticket_pk(id), CREDENTIAL);
    item.insert("credential".to_owned(), s(credential.as_str()));
    item
}

fn parsed<T, E>(item: &Item, name: &'static str, parse: impl Fn(&str) -> Result<T, E>) -> Result<T, StoreError>
where
    E: std::error::Error + Send + Sync + 'static,
{
    parse(keys::text(item, name)?).map_err(StoreError::corrupt)
}

fn details_from(item: &Item) -> Result<TicketDetails, StoreError> {
    let description = match item.get("description") {
        Some(_) => Some(parsed(item, "description", Description::parse)?),
        None => None,
    };
    Ok(TicketDetails { seller_name: parsed(item, "seller_name", DisplayName::parse)?, description })
}
