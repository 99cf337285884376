//! Links in mails: of each purpose a person has one, the last that was mailed. Its item holds a hash of its secret.
//!
//! A link decides once. It stays stored until its time to live, marked as used, so that the same request again can tell
//! that it is the same: whoever died half-way finishes.

use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Put, TransactWriteItem, Update};
use holdfast_auth::{LinkHash, PasswordHash};
use holdfast_domain::{MailPurpose, Timestamp, UserId};
use serde::{Deserialize, Serialize};

use crate::accounts::{Account, Accounts, Transacted};
use crate::crash::crash_point;
use crate::error::StoreError;
use crate::items::moment;
use crate::keys::{self, Item};

/// What stands under a person and a purpose.
#[derive(Serialize, Deserialize)]
struct LinkItem {
    pk: String,
    hash: String,
    issued_at: i64,
    expires_at: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    used_at: Option<i64>,
    /// In seconds, as `DynamoDB` wants it.
    ttl: i64,
}

/// What became of a link that was to be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkStored {
    /// It is the one that works.
    Yes,
    /// A newer one is, or the account is gone or has another address.
    Outdated,
}

/// A link that is the stored one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkState {
    /// It has not been used, and has time left.
    Open,
    /// It has been used.
    Used,
}

/// Why a link was not used.
#[derive(Debug, thiserror::Error)]
pub enum LinkUseError {
    /// It was used, has run out, or a newer one was mailed; or the account is gone.
    #[error("the link is not valid")]
    NotValid,
    /// The table failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Two mails at the same time: the later one has the link that works.
const NOT_NEWER: &str = "attribute_not_exists(pk) OR issued_at <= :issued_at";
const HAS_ADDRESS: &str = "email = :email";
const OF_USER: &str = "#user = :user";
const OPEN: &str = "#hash = :hash AND expires_at > :now AND attribute_not_exists(used_at)";
/// Holds too once it has been used: the same again has the same effect.
const OPEN_OR_USED: &str = "#hash = :hash AND (expires_at > :now OR attribute_exists(used_at))";
const USE: &str = "SET used_at = if_not_exists(used_at, :now)";
const VERIFY: &str = "SET verified_at = if_not_exists(verified_at, :now)";
const REPLACE_AND_VERIFY: &str = "SET password_hash = :new, verified_at = if_not_exists(verified_at, :now)";
const PRESENT: &str = "attribute_exists(pk)";

impl Accounts {
    /// Stores a link before it is mailed, in the place of an older one: only the newest works.
    ///
    /// # Errors
    /// [`StoreError`] when the table fails.
    pub async fn link_store(
        &self,
        account: &Account,
        purpose: MailPurpose,
        hash: &LinkHash,
        now: Timestamp,
    ) -> Result<LinkStored, StoreError> {
        let expires_at = now.plus(purpose.link_life());
        let item = LinkItem {
            pk: keys::link_pk(account.id, purpose),
            hash: hash.as_str().to_owned(),
            issued_at: now.as_millis(),
            expires_at: expires_at.as_millis(),
            used_at: None,
            ttl: expires_at.as_seconds(),
        };
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(serde_dynamo::to_item(item).map_err(StoreError::corrupt)?))
            .condition_expression(NOT_NEWER)
            .expression_attribute_values(":issued_at", keys::n(now.as_millis()));
        // Whoever deletes an account removes its links: none may come after that.
        let still = ConditionCheck::builder()
            .table_name(&self.table)
            .set_key(Some(key(keys::account_pk(account.id))))
            .condition_expression(HAS_ADDRESS)
            .expression_attribute_values(":email", keys::s(account.email.as_str()));
        let writes = [
            TransactWriteItem::builder().put(put.build().map_err(StoreError::corrupt)?).build(),
            TransactWriteItem::builder().condition_check(still.build().map_err(StoreError::corrupt)?).build(),
        ];
        match self.transact(&writes).await? {
            Transacted::Yes => {
                crash_point("link_store");
                Ok(LinkStored::Yes)
            }
            Transacted::ConditionLost => Ok(LinkStored::Outdated),
        }
    }

    /// The state of a link, if it is the stored one and can still be used or was.
    ///
    /// # Errors
    /// [`StoreError`] when the table fails.
    pub async fn link_read(
        &self,
        user: UserId,
        purpose: MailPurpose,
        hash: &LinkHash,
        now: Timestamp,
    ) -> Result<Option<LinkState>, StoreError> {
        let Some(item) = self.item_read(keys::link_pk(user, purpose)).await? else {
            return Ok(None);
        };
        let item: LinkItem = serde_dynamo::from_item(item).map_err(StoreError::corrupt)?;
        let expires_at = moment(item.expires_at)?;
        if item.hash != hash.as_str() || expires_at <= now {
            return Ok(None);
        }
        Ok(Some(if item.used_at.is_some() { LinkState::Used } else { LinkState::Open }))
    }

    /// Uses a link that verifies the account's address: link, address and account change together.
    ///
    /// # Errors
    /// [`LinkUseError::NotValid`] when the link is not the stored one or has run out unused.
    pub async fn email_verify(&self, user: UserId, hash: &LinkHash, now: Timestamp) -> Result<(), LinkUseError> {
        let account = self.account_read(user).await?.ok_or(LinkUseError::NotValid)?;
        let writes = [
            self.link_use(user, MailPurpose::VerifyEmail, OPEN_OR_USED, hash, now)?,
            self.account_verify(&account, now)?,
            self.address_update(&account, VERIFY, now, None)?,
        ];
        self.link_used(&writes, "email_verify").await
    }

    /// Uses a link that sets a new password. Whoever has read the mail has shown that the address is theirs, too.
    ///
    /// # Errors
    /// [`LinkUseError::NotValid`] when the link is not the stored one, was used, or has run out.
    pub async fn password_reset(
        &self,
        account: &Account,
        hash: &LinkHash,
        new: &PasswordHash,
        now: Timestamp,
    ) -> Result<(), LinkUseError> {
        let writes = [
            self.link_use(account.id, MailPurpose::ResetPassword, OPEN, hash, now)?,
            self.account_verify(account, now)?,
            self.address_update(account, REPLACE_AND_VERIFY, now, Some(new))?,
        ];
        self.link_used(&writes, "password_reset").await
    }

    /// Makes the last link of a purpose worth nothing. One that is gone already is no error.
    ///
    /// # Errors
    /// [`StoreError`] when the table fails.
    pub async fn link_drop(&self, user: UserId, purpose: MailPurpose) -> Result<(), StoreError> {
        let deleted = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(key(keys::link_pk(user, purpose))))
            .condition_expression(PRESENT)
            .send()
            .await;
        match deleted {
            Ok(_) => {
                crash_point("link_drop");
                Ok(())
            }
            Err(error) => match error.as_service_error() {
                Some(DeleteItemError::ConditionalCheckFailedException(_)) => Ok(()),
                Some(_) | None => Err(StoreError::from_sdk(error)),
            },
        }
    }

    async fn link_used(&self, writes: &[TransactWriteItem], point: &'static str) -> Result<(), LinkUseError> {
        match self.transact(writes).await? {
            Transacted::Yes => {
                crash_point(point);
                Ok(())
            }
            Transacted::ConditionLost => Err(LinkUseError::NotValid),
        }
    }

    fn link_use(
        &self,
        user: UserId,
        purpose: MailPurpose,
        condition: &str,
        hash: &LinkHash,
        now: Timestamp,
    ) -> Result<TransactWriteItem, StoreError> {
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(key(keys::link_pk(user, purpose))))
            .condition_expression(condition)
            .update_expression(USE)
            .expression_attribute_names("#hash", "hash")
            .expression_attribute_values(":hash", keys::s(hash.as_str()))
            .expression_attribute_values(":now", keys::n(now.as_millis()));
        Ok(TransactWriteItem::builder().update(update.build().map_err(StoreError::corrupt)?).build())
    }

    fn account_verify(&self, account: &Account, now: Timestamp) -> Result<TransactWriteItem, StoreError> {
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(key(keys::account_pk(account.id))))
            .condition_expression(HAS_ADDRESS)
            .update_expression(VERIFY)
            .expression_attribute_values(":email", keys::s(account.email.as_str()))
            .expression_attribute_values(":now", keys::n(now.as_millis()));
        Ok(TransactWriteItem::builder().update(update.build().map_err(StoreError::corrupt)?).build())
    }

    fn address_update(
        &self,
        account: &Account,
        expression: &str,
        now: Timestamp,
        new: Option<&PasswordHash>,
    ) -> Result<TransactWriteItem, StoreError> {
        let mut update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(key(keys::address_pk(&account.email))))
            .condition_expression(OF_USER)
            .update_expression(expression)
            .expression_attribute_names("#user", "user")
            .expression_attribute_values(":user", keys::s(account.id))
            .expression_attribute_values(":now", keys::n(now.as_millis()));
        if let Some(hash) = new {
            update = update.expression_attribute_values(":new", keys::s(hash.to_phc_string()));
        }
        Ok(TransactWriteItem::builder().update(update.build().map_err(StoreError::corrupt)?).build())
    }
}

fn key(pk: String) -> Item {
    Item::from([(keys::PK.to_owned(), AttributeValue::S(pk))])
}
