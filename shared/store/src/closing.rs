//! Closing an account: the write that decides, and the item that says so until everything of the account is gone.
//!
//! A closed account is one item: that its id belongs to somebody who is leaving, and since when. Address, name and hash
//! of the password are gone with the write that closes it, and the address is free for a new account, with another id.

use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem};
use holdfast_auth::PasswordHash;
use holdfast_domain::{Timestamp, UserId};

use crate::accounts::{Account, Accounts, Transacted};
use crate::crash::crash_point;
use crate::error::StoreError;
use crate::items::moment;
use crate::keys::{self, CLOSED_AT, Item, PK, n, s};

/// What there is of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountStage {
    /// Nothing: it never was, or nothing is left of it.
    Absent,
    /// Its owner uses it.
    Open,
    /// Its owner has deleted it, and what belongs to it is being erased.
    Closed {
        /// When it was closed, or when somebody had a session of it last.
        since: Timestamp,
    },
}

/// Why an account was not closed.
#[derive(Debug, thiserror::Error)]
pub enum AccountCloseError {
    /// The password is another one by now, or the account is closed already.
    #[error("the account is not as it was read")]
    Changed,
    /// The table failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

const THIS_PASSWORD: &str = "#user = :user AND password_hash = :hash";
const OPEN: &str = "attribute_exists(#pk) AND attribute_not_exists(#closed_at)";
const CLOSED: &str = "attribute_exists(#closed_at)";

impl Accounts {
    /// Closes an account, if its password is still the one that was verified. Nobody signs in from then on.
    ///
    /// # Errors
    /// [`AccountCloseError::Changed`] when the account is not as it was read.
    pub async fn account_close(
        &self,
        account: &Account,
        hash: &PasswordHash,
        now: Timestamp,
    ) -> Result<(), AccountCloseError> {
        let address = Delete::builder()
            .table_name(&self.table)
            .key(PK, s(keys::address_pk(&account.email)))
            .condition_expression(THIS_PASSWORD)
            .expression_attribute_names("#user", "user")
            .expression_attribute_values(":user", s(account.id))
            .expression_attribute_values(":hash", s(hash.to_phc_string()))
            .build()
            .map_err(StoreError::corrupt)?;
        let mark = Put::builder()
            .table_name(&self.table)
            .item(PK, s(keys::account_pk(account.id)))
            .item(CLOSED_AT, n(now.as_millis()))
            .condition_expression(OPEN)
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#closed_at", CLOSED_AT)
            .build()
            .map_err(StoreError::corrupt)?;
        let writes =
            vec![TransactWriteItem::builder().delete(address).build(), TransactWriteItem::builder().put(mark).build()];
        match self.transact(&writes).await? {
            Transacted::Yes => {
                crash_point("account_close");
                Ok(())
            }
            Transacted::ConditionLost => Err(AccountCloseError::Changed),
        }
    }

    /// What there is of the account of an id.
    ///
    /// # Errors
    /// [`StoreError`] when the table fails.
    pub async fn account_stage(&self, id: UserId) -> Result<AccountStage, StoreError> {
        let item = self.item_read(keys::account_pk(id)).await?;
        item.map_or(Ok(AccountStage::Absent), |item| stage_of(&item))
    }

    /// Notes that somebody had a session of a closed account until `now`. One that is gone or open is left alone.
    ///
    /// # Errors
    /// [`StoreError`] when the table fails.
    pub async fn account_close_anew(&self, id: UserId, now: Timestamp) -> Result<(), StoreError> {
        let noted = self
            .client
            .update_item()
            .table_name(&self.table)
            .key(PK, s(keys::account_pk(id)))
            .condition_expression(CLOSED)
            .update_expression("SET #closed_at = :now")
            .expression_attribute_names("#closed_at", CLOSED_AT)
            .expression_attribute_values(":now", n(now.as_millis()))
            .send()
            .await;
        match noted {
            Ok(_) => {
                crash_point("account_close_anew");
                Ok(())
            }
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(()),
                Some(_) | None => Err(StoreError::from_sdk(error)),
            },
        }
    }

    /// Removes what is left of a closed account; one that is gone is no error, and an open one stays.
    ///
    /// # Errors
    /// [`StoreError`] when the table fails.
    pub async fn account_remove(&self, id: UserId) -> Result<(), StoreError> {
        let removed = self
            .client
            .delete_item()
            .table_name(&self.table)
            .key(PK, s(keys::account_pk(id)))
            .condition_expression(CLOSED)
            .expression_attribute_names("#closed_at", CLOSED_AT)
            .send()
            .await;
        match removed {
            Ok(_) => {
                crash_point("account_remove");
                Ok(())
            }
            Err(error) => match error.as_service_error() {
                Some(DeleteItemError::ConditionalCheckFailedException(_)) => Ok(()),
                Some(_) | None => Err(StoreError::from_sdk(error)),
            },
        }
    }
}

fn stage_of(item: &Item) -> Result<AccountStage, StoreError> {
    let Some(closed_at) = item.get(CLOSED_AT) else {
        return Ok(AccountStage::Open);
    };
    let millis = closed_at.as_n().ok().and_then(|number| number.parse().ok());
    let millis = millis.ok_or_else(|| StoreError::corrupt("a closed account without a moment"))?;
    Ok(AccountStage::Closed { since: moment(millis)? })
}
