//! Sessions: a token counts only while its session's item is there.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use holdfast_auth::Claims;
use holdfast_domain::{DisplayName, SessionId, Timestamp, UserId};
use serde::{Deserialize, Serialize};

use crate::crash::crash_point;
use crate::error::StoreError;
use crate::items::moment;
use crate::keys::{self, Item};

/// Most characters of a browser's name for itself that are kept.
const USER_AGENT_MAX_CHARS: usize = 200;

/// The table of sessions, each under its user, so that all of a person's are found by one consistent query. `DynamoDB` removes those that have run out, some time later, by `ttl`.
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
    /// What the browser calls itself, for the person to know their sessions by.
    pub user_agent: Option<String>,
}

impl Session {
    /// The session that a token with these claims belongs to. Of what the browser calls itself the first 200 characters
    /// are kept, without control characters.
    #[must_use]
    pub fn new(claims: &Claims, display_name: DisplayName, user_agent: Option<&str>) -> Self {
        let kept = |text: &str| text.chars().filter(|c| !c.is_control()).take(USER_AGENT_MAX_CHARS).collect::<String>();
        Self {
            id: claims.session,
            user: claims.user,
            display_name,
            created_at: claims.issued_at,
            expires_at: claims.expires_at,
            user_agent: user_agent.map(kept).filter(|text| !text.is_empty()),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct SessionItem {
    pk: UserId,
    sk: SessionId,
    display_name: String,
    created_at: i64,
    expires_at: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user_agent: Option<String>,
    /// In seconds, as `DynamoDB` wants it.
    ttl: i64,
}

impl TryFrom<SessionItem> for Session {
    type Error = StoreError;

    fn try_from(item: SessionItem) -> Result<Self, StoreError> {
        Ok(Self {
            id: item.sk,
            user: item.pk,
            display_name: DisplayName::parse(&item.display_name).map_err(StoreError::corrupt)?,
            created_at: moment(item.created_at)?,
            expires_at: moment(item.expires_at)?,
            user_agent: item.user_agent,
        })
    }
}

/// Holds too when this very session is there already: the answer to the first try may have been lost.
const ABSENT_OR_THIS: &str = "attribute_not_exists(pk) OR expires_at = :expires_at";
const PRESENT: &str = "attribute_exists(pk)";
const OF_USER: &str = "pk = :user";

impl Sessions {
    /// The sessions in the table named `table`.
    #[must_use]
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// Records a session.
    ///
    /// # Errors
    /// [`StoreError`] when the table fails.
    pub async fn session_create(&self, session: &Session) -> Result<(), StoreError> {
        let item = serde_dynamo::to_item(SessionItem {
            pk: session.user,
            sk: session.id,
            display_name: session.display_name.as_str().to_owned(),
            created_at: session.created_at.as_millis(),
            expires_at: session.expires_at.as_millis(),
            user_agent: session.user_agent.clone(),
            ttl: session.expires_at.as_seconds(),
        })
        .map_err(StoreError::corrupt)?;
        self.client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression(ABSENT_OR_THIS)
            .expression_attribute_values(":expires_at", keys::n(session.expires_at.as_millis()))
            .send()
            .await
            .map_err(StoreError::from_sdk)?;
        crash_point("session_create");
        Ok(())
    }

    /// A session of `user` that counts at `now`. Read consistently, so that a sign-out holds for the next request.
    ///
    /// # Errors
    /// [`StoreError`] when the table fails.
    pub async fn session_read(
        &self,
        user: UserId,
        id: SessionId,
        now: Timestamp,
    ) -> Result<Option<Session>, StoreError> {
        let get = self.client.get_item().table_name(&self.table).set_key(Some(session_key(user, id)));
        let Some(item) = get.consistent_read(true).send().await.map_err(StoreError::from_sdk)?.item else {
            return Ok(None);
        };
        let item: SessionItem = serde_dynamo::from_item(item).map_err(StoreError::corrupt)?;
        Ok(Some(Session::try_from(item)?).filter(|session| session.expires_at > now))
    }

    /// The sessions of `user` that count at `now`, the newest first. Read consistently: one that was recorded before is
    /// among them.
    ///
    /// # Errors
    /// [`StoreError`] when the table fails.
    pub async fn session_list(&self, user: UserId, now: Timestamp) -> Result<Vec<Session>, StoreError> {
        let mut found = self.sessions_stored(user).await?;
        found.retain(|session| session.expires_at > now);
        found.sort_by_key(|session| (std::cmp::Reverse(session.created_at), session.id.as_uuid()));
        Ok(found)
    }

    /// All sessions of `user` that the table still has, those that have run out among them.
    async fn sessions_stored(&self, user: UserId) -> Result<Vec<Session>, StoreError> {
        let mut found = Vec::new();
        let mut from = None;
        loop {
            let query = self
                .client
                .query()
                .table_name(&self.table)
                .consistent_read(true)
                .key_condition_expression(OF_USER)
                .expression_attribute_values(":user", keys::s(user))
                .set_exclusive_start_key(from);
            let page = query.send().await.map_err(StoreError::from_sdk)?;
            for item in page.items.unwrap_or_default() {
                let item: SessionItem = serde_dynamo::from_item(item).map_err(StoreError::corrupt)?;
                found.push(Session::try_from(item)?);
            }
            from = page.last_evaluated_key;
            if from.is_none() {
                return Ok(found);
            }
        }
    }

    /// Revokes a session of `user`. One that is gone already is no error.
    ///
    /// # Errors
    /// [`StoreError`] when the table fails.
    pub async fn session_delete(&self, user: UserId, id: SessionId) -> Result<(), StoreError> {
        let deleted = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(session_key(user, id)))
            .condition_expression(PRESENT)
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

    /// Revokes all sessions of `user` that were recorded before, but for `kept`. Whoever dies in between has revoked some
    /// of them, and revokes the others when they do it again.
    ///
    /// # Errors
    /// [`StoreError`] when the table fails.
    pub async fn session_delete_others(
        &self,
        user: UserId,
        kept: Option<SessionId>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        for session in self.session_list(user, now).await? {
            if Some(session.id) != kept {
                self.session_delete(user, session.id).await?;
            }
        }
        Ok(())
    }

    /// Removes all that is kept of the sessions of `user`, those that have run out among them.
    ///
    /// # Errors
    /// [`StoreError`] when the table fails.
    pub async fn session_delete_all(&self, user: UserId) -> Result<(), StoreError> {
        for session in self.sessions_stored(user).await? {
            self.session_delete(user, session.id).await?;
        }
        Ok(())
    }
}

fn session_key(user: UserId, id: SessionId) -> Item {
    keys::key(user.to_string(), id.to_string())
}
