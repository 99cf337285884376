//! Accounts: who has which address, and the hash of their password.
//!
//! An account is two items. The one under its *address* decides who has that address, and holds all that sign-in
//! needs: one read answers it, for a known address as for an unknown one. The one under its *id* holds no hash.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use holdfast_auth::PasswordHash;
use holdfast_domain::{DisplayName, EmailAddress, Timestamp, UserId};
use serde::{Deserialize, Serialize};

use crate::crash::crash_point;
use crate::error::StoreError;
use crate::items::moment;
use crate::keys::{self, Item};
use crate::transaction::{cancelled_by, is_crossed_or_throttled};

/// Tries until a transaction that stays undecided is reported as an outage.
const TRANSACT_TRIES: u32 = 4;

/// The table of accounts. Only the account functions have a right to it.
#[derive(Debug, Clone)]
pub struct Accounts {
    pub(crate) client: Client,
    pub(crate) table: String,
}

/// A person with an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Whose it is.
    pub id: UserId,
    /// Where they can be written to.
    pub email: EmailAddress,
    /// What others call them.
    pub display_name: DisplayName,
    /// When they signed up.
    pub created_at: Timestamp,
    /// When they first showed that the address is theirs, if they have.
    pub verified_at: Option<Timestamp>,
}

/// Why an account was not created.
#[derive(Debug, thiserror::Error)]
pub enum AccountCreateError {
    /// The address has an account.
    #[error("the address has an account")]
    EmailTaken,
    /// The table failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a password was not replaced.
#[derive(Debug, thiserror::Error)]
pub enum PasswordReplaceError {
    /// It is another one by now, or the account is gone.
    #[error("the password is another one by now")]
    Changed,
    /// The table failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Holds too when this very hash is there already: the answer to the first try may have been lost.
const HAS_OLD_OR_THIS: &str = "#user = :user AND (password_hash = :old OR password_hash = :new)";

/// What stands under an address.
#[derive(Serialize, Deserialize)]
struct AddressItem {
    pk: String,
    user: UserId,
    display_name: String,
    password_hash: String,
    created_at: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    verified_at: Option<i64>,
}

/// What stands under an id.
#[derive(Serialize, Deserialize)]
struct AccountItem {
    pk: String,
    email: String,
    display_name: String,
    created_at: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    verified_at: Option<i64>,
}

/// How a transaction over accounts ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transacted {
    /// All of it was written.
    Yes,
    /// A condition did not hold, and nothing was written.
    ConditionLost,
}

fn display_name(text: &str) -> Result<DisplayName, StoreError> {
    DisplayName::parse(text).map_err(StoreError::corrupt)
}

impl Accounts {
    /// The accounts in the table named `table`.
    #[must_use]
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// Creates an account, if its address has none. Both items are one transaction: there is never half an account,
    /// and of sign-ups at the same time for one address one wins.
    ///
    /// # Errors
    /// [`AccountCreateError::EmailTaken`] when the address has an account.
    pub async fn account_create(&self, account: &Account, hash: &PasswordHash) -> Result<(), AccountCreateError> {
        let writes = [address_item(account, hash)?, account_item(account)?].map(|item| self.put_if_absent(item));
        let writes = writes.into_iter().collect::<Result<Vec<_>, _>>()?;
        match self.transact(&writes).await? {
            Transacted::Yes => {
                crash_point("account_create");
                Ok(())
            }
            Transacted::ConditionLost => Err(AccountCreateError::EmailTaken),
        }
    }

    /// Writes all of it or nothing. Each call carries a token of its own for the SDK's retries, so that one whose answer
    /// was lost is not decided twice.
    pub(crate) async fn transact(&self, writes: &[TransactWriteItem]) -> Result<Transacted, StoreError> {
        for attempt in 0..TRANSACT_TRIES {
            if attempt > 0 {
                tokio::time::sleep(Duration::from_millis(25 << attempt)).await;
            }
            let sent = self.client.transact_write_items().set_transact_items(Some(writes.to_vec())).send().await;
            match sent {
                Ok(_) => return Ok(Transacted::Yes),
                Err(error) if cancelled_by(&error) == Some("ConditionalCheckFailed") => {
                    return Ok(Transacted::ConditionLost);
                }
                // Another transaction over one of these items is being decided, or the table is busy: ask again.
                Err(error) if is_crossed_or_throttled(&error) => {}
                Err(error) => return Err(StoreError::from_sdk(error)),
            }
        }
        Err(StoreError::Unavailable("a transaction over an account stays undecided".into()))
    }

    fn put_if_absent(&self, item: Item) -> Result<TransactWriteItem, StoreError> {
        let put = Put::builder().table_name(&self.table).set_item(Some(item));
        let put = put.condition_expression("attribute_not_exists(pk)").build().map_err(StoreError::corrupt)?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    /// The account of an address, with the hash of its password.
    ///
    /// # Errors
    /// [`StoreError`] when the table fails.
    pub async fn account_by_email(&self, email: &EmailAddress) -> Result<Option<(Account, PasswordHash)>, StoreError> {
        let Some(item) = self.item_read(keys::address_pk(email)).await? else {
            return Ok(None);
        };
        let item: AddressItem = serde_dynamo::from_item(item).map_err(StoreError::corrupt)?;
        let account = Account {
            id: item.user,
            email: email.clone(),
            display_name: display_name(&item.display_name)?,
            created_at: moment(item.created_at)?,
            verified_at: item.verified_at.map(moment).transpose()?,
        };
        Ok(Some((account, PasswordHash::parse(&item.password_hash).map_err(StoreError::corrupt)?)))
    }

    /// The account of a person; one that is closed is none.
    ///
    /// # Errors
    /// [`StoreError`] when the table fails.
    pub async fn account_read(&self, id: UserId) -> Result<Option<Account>, StoreError> {
        let Some(item) = self.item_read(keys::account_pk(id)).await? else {
            return Ok(None);
        };
        if item.contains_key(keys::CLOSED_AT) {
            return Ok(None);
        }
        let item: AccountItem = serde_dynamo::from_item(item).map_err(StoreError::corrupt)?;
        Ok(Some(Account {
            id,
            email: EmailAddress::parse(&item.email).map_err(StoreError::corrupt)?,
            display_name: display_name(&item.display_name)?,
            created_at: moment(item.created_at)?,
            verified_at: item.verified_at.map(moment).transpose()?,
        }))
    }

    /// Replaces the hash of an account's password, if it is still `old`: of two changes at the same time one wins.
    ///
    /// # Errors
    /// [`PasswordReplaceError::Changed`] when another change came first.
    pub async fn password_replace(
        &self,
        account: &Account,
        old: &PasswordHash,
        new: &PasswordHash,
    ) -> Result<(), PasswordReplaceError> {
        let replaced = self
            .client
            .update_item()
            .table_name(&self.table)
            .key(keys::PK, keys::s(keys::address_pk(&account.email)))
            .condition_expression(HAS_OLD_OR_THIS)
            .update_expression("SET password_hash = :new")
            .expression_attribute_names("#user", "user")
            .expression_attribute_values(":user", keys::s(account.id))
            .expression_attribute_values(":old", keys::s(old.to_phc_string()))
            .expression_attribute_values(":new", keys::s(new.to_phc_string()))
            .send()
            .await;
        match replaced {
            Ok(_) => {
                crash_point("password_replace");
                Ok(())
            }
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => Err(PasswordReplaceError::Changed),
                Some(_) | None => Err(StoreError::from_sdk(error).into()),
            },
        }
    }

    pub(crate) async fn item_read(&self, pk: String) -> Result<Option<Item>, StoreError> {
        let get = self.client.get_item().table_name(&self.table).key(keys::PK, keys::s(pk)).consistent_read(true);
        Ok(get.send().await.map_err(StoreError::from_sdk)?.item)
    }
}

fn address_item(account: &Account, hash: &PasswordHash) -> Result<Item, StoreError> {
    serde_dynamo::to_item(AddressItem {
        pk: keys::address_pk(&account.email),
        user: account.id,
        display_name: account.display_name.as_str().to_owned(),
        password_hash: hash.to_phc_string(),
        created_at: account.created_at.as_millis(),
        verified_at: account.verified_at.map(Timestamp::as_millis),
    })
    .map_err(StoreError::corrupt)
}

fn account_item(account: &Account) -> Result<Item, StoreError> {
    serde_dynamo::to_item(AccountItem {
        pk: keys::account_pk(account.id),
        email: account.email.as_str().to_owned(),
        display_name: account.display_name.as_str().to_owned(),
        created_at: account.created_at.as_millis(),
        verified_at: account.verified_at.map(Timestamp::as_millis),
    })
    .map_err(StoreError::corrupt)
}
