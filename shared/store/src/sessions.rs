//! Sessions: a token counts only while its session's item is there.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use holdfast_auth::Claims;
use holdfast_domain::{DisplayName, SessionId, Timestamp, UserId};
use serde::{Deserialize, Serialize};

use crate::crash::crash_point;
use crate::error::StoreError;
use crate::items::moment;
use crate::keys;

/// The table of sessions, by their ids. `DynamoDB` removes those that have run out, some time later, by `ttl`.
#[derive(Debug, Clone)]
pub struct Sessions {
    client: Client,
    table: String,
}

/// A session that was not revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Which one.
    pub id: SessionId,
    /// Who signed in.
    pub user: UserId,
    /// What others call them.
    pub display_name: DisplayName,
    /// When they signed in.
    pub created_at: Timestamp,
    /// From when on it counts no more.
    pub expires_at: Timestamp,
}

impl Session {
    /// The session that a token with these claims belongs to.
    #[must_use]
    pub fn new(claims: &Claims, display_name: DisplayName) -> Self {
        Self {
            id: claims.session,
            user: claims.user,
            display_name,
            created_at: claims.issued_at,
            expires_at: claims.expires_at,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct SessionItem {
    pk: SessionId,
    user: UserId,
    display_name: String,
    created_at: i64,
    expires_at: i64,
    /// In seconds, as `DynamoDB` wants it.
    ttl: i64,
}

/// Holds too when this very session is there already: the answer to the first try may have been lost.
const ABSENT_OR_THIS: &str = "attribute_not_exists(pk) OR (#user = :user AND expires_at = :expires_at)";

impl Sessions {
    /// The sessions in the table named `table`.
    #[must_use]
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// Records a session.
    ///
    /// # Errors
    /// [`StoreError`] when the table fails; `Refused` when the id is another session's.
    pub async fn session_create(&self, session: &Session) -> Result<(), StoreError> {
        let item = serde_dynamo::to_item(SessionItem {
            pk: session.id,
            user: session.user,
            display_name: session.display_name.as_str().to_owned(),
            created_at: session.created_at.as_millis(),
            expires_at: session.expires_at.as_millis(),
            ttl: session.expires_at.as_seconds(),
        })
        .map_err(StoreError::corrupt)?;
        self.client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression(ABSENT_OR_THIS)
            .expression_attribute_names("#user", "user")
            .expression_attribute_values(":user", keys::s(session.user))
            .expression_attribute_values(":expires_at", keys::n(session.expires_at.as_millis()))
            .send()
            .await
            .map_err(StoreError::from_sdk)?;
        crash_point("session_create");
        Ok(())
    }

    /// A session that counts at `now`. Read consistently, so that a sign-out holds for the next request.
    ///
    /// # Errors
    /// [`StoreError`] when the table fails.
    pub async fn session_read(&self, id: SessionId, now: Timestamp) -> Result<Option<Session>, StoreError> {
        let get = self.client.get_item().table_name(&self.table).key(keys::PK, keys::s(id)).consistent_read(true);
        let Some(item) = get.send().await.map_err(StoreError::from_sdk)?.item else {
            return Ok(None);
        };
        let item: SessionItem = serde_dynamo::from_item(item).map_err(StoreError::corrupt)?;
        let session = Session {
            id: item.pk,
            user: item.user,
            display_name: DisplayName::parse(&item.display_name).map_err(StoreError::corrupt)?,
            created_at: moment(item.created_at)?,
            expires_at: moment(item.expires_at)?,
        };
        Ok(Some(session).filter(|session| session.expires_at > now))
    }

    /// Revokes a session of `user`. One that is gone already, or is not theirs, is no error.
    ///
    /// # Errors
    /// [`StoreError`] when the table fails.
    pub async fn session_delete(&self, id: SessionId, user: UserId) -> Result<(), StoreError> {
        let deleted = self
            .client
            .delete_item()
            .table_name(&self.table)
            .key(keys::PK, keys::s(id))
            .condition_expression("#user = :user")
            .expression_attribute_names("#user", "user")
            .expression_attribute_values(":user", keys::s(user))
            .send()
            .await;
        match deleted {
            Ok(_) => {
                crash_point("session_delete");
                Ok(())
            }
            Err(error) => match error.as_service_error() {
                Some(DeleteItemError::ConditionalCheckFailedException(_)) => Ok(()),
                Some(_) | None => Err(StoreError::from_sdk(error)),
            },
        }
    }
}
