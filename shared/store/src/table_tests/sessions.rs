//! Sessions: a token counts while its session is there.

use std::time::Duration;

use holdfast_auth::Claims;
use holdfast_domain::{DisplayName, SessionId, UserId};
use uuid::Uuid;

use super::fixture::{Table, at, user};
use crate::keys::{key, n};
use crate::{Session, Sessions, StoreError};

async fn sessions() -> (Sessions, Table) {
    let table = Table::new("SessionsTable").await;
    (Sessions::new(table.client.clone(), table.name.clone()), table)
}

/// A session of somebody who signed in at a minute, for an hour.
fn session(of: u128, minute: u64) -> Session {
    Session {
        id: SessionId::from_uuid(Uuid::now_v7()),
        user: user(of),
        display_name: DisplayName::parse("Anna").unwrap(),
        created_at: at(minute),
        expires_at: at(minute + 60),
        user_agent: Some("Browser".into()),
    }
}

async fn begun(sessions: &Sessions, of: u128, minute: u64) -> Session {
    let session = session(of, minute);
    sessions.session_create(&session).await.unwrap();
    session
}

async fn listed(sessions: &Sessions, of: UserId, minute: u64) -> Vec<Session> {
    sessions.session_list(of, at(minute)).await.unwrap()
}

#[tokio::test]
async fn a_session_counts_for_its_user_until_its_end() {
    let (sessions, table) = sessions().await;
    let session = begun(&sessions, 1, 0).await;
    let end = session.expires_at;
    let read = |of, now| sessions.session_read(of, session.id, now);
    assert_eq!(read(user(1), end.minus(Duration::from_millis(1))).await.unwrap().as_ref(), Some(&session));
    assert_eq!(read(user(1), end).await.unwrap(), None);
    assert_eq!(read(user(2), at(1)).await.unwrap(), None);
    let item = table.item(key(user(1).to_string(), session.id.to_string())).await.unwrap();
    assert_eq!(item["ttl"], n(end.as_seconds()));
    let nameless = Session { user_agent: None, ..super::sessions::session(1, 1) };
    sessions.session_create(&nameless).await.unwrap();
    assert_eq!(sessions.session_read(user(1), nameless.id, at(1)).await.unwrap(), Some(nameless));
}

#[tokio::test]
async fn a_session_is_recorded_once_and_the_same_again_is_no_error() {
    let (sessions, _) = sessions().await;
    let session = begun(&sessions, 1, 0).await;
    sessions.session_create(&session).await.expect("the answer to the first try may have been lost");
    let other = Session { expires_at: at(999), ..session.clone() };
    let refused = sessions.session_create(&other).await;
    assert!(matches!(refused, Err(StoreError::Refused(_))), "{refused:?}");
    assert_eq!(sessions.session_read(user(1), session.id, at(1)).await.unwrap(), Some(session));
}

#[tokio::test]
async fn sessions_are_listed_newest_first_without_those_that_have_run_out() {
    let (sessions, _) = sessions().await;
    let first = begun(&sessions, 1, 0).await;
    let third = begun(&sessions, 1, 20).await;
    let second = begun(&sessions, 1, 10).await;
    begun(&sessions, 2, 5).await;
    assert_eq!(listed(&sessions, user(1), 30).await, [third.clone(), second.clone(), first]);
    assert_eq!(listed(&sessions, user(1), 60).await, [third, second]);
    assert_eq!(listed(&sessions, user(3), 0).await, []);
}

#[tokio::test]
async fn a_session_that_is_revoked_is_gone_at_once_and_the_others_stay() {
    let (sessions, _) = sessions().await;
    let (one, two) = (begun(&sessions, 1, 0).await, begun(&sessions, 1, 1).await);
    sessions.session_delete(user(2), one.id).await.expect("nobody's");
    assert_eq!(listed(&sessions, user(1), 2).await.len(), 2);
    for _ in 0..2 {
        sessions.session_delete(user(1), one.id).await.unwrap();
        assert_eq!(sessions.session_read(user(1), one.id, at(2)).await.unwrap(), None);
        assert_eq!(listed(&sessions, user(1), 2).await, std::slice::from_ref(&two));
    }
}

#[tokio::test]
async fn all_sessions_end_but_the_one_that_asks_or_all_of_them() {
    let (sessions, table) = sessions().await;
    let (one, two) = (begun(&sessions, 1, 0).await, begun(&sessions, 1, 10).await);
    begun(&sessions, 1, 20).await;
    let others = begun(&sessions, 2, 0).await;
    sessions.session_delete_others(user(1), Some(two.id), at(30)).await.unwrap();
    assert_eq!(listed(&sessions, user(1), 30).await, [two]);
    sessions.session_delete_others(user(1), None, at(30)).await.unwrap();
    assert_eq!(listed(&sessions, user(1), 30).await, []);
    sessions.session_create(&one).await.unwrap();
    sessions.session_delete_others(user(1), None, at(60)).await.unwrap();
    assert_eq!(table.sort_keys(&user(1).to_string()).await.len(), 1, "it has run out, and is the table's to remove");
    sessions.session_delete_all(user(1)).await.unwrap();
    assert_eq!(table.sort_keys(&user(1).to_string()).await, Vec::<String>::new());
    assert_eq!(listed(&sessions, user(2), 1).await, [others]);
}

#[test]
fn of_a_browsers_name_for_itself_as_much_is_kept_as_helps_to_know_it() {
    let claims = Claims::starting(user(1), SessionId::from_uuid(Uuid::now_v7()), at(0));
    let named = |agent: Option<&str>| Session::new(&claims, DisplayName::parse("Anna").unwrap(), agent).user_agent;
    assert_eq!(named(Some("Browser\n\u{7}/1.0")), Some("Browser/1.0".to_owned()));
    assert_eq!(named(Some(&"ü".repeat(201))), Some("ü".repeat(200)));
    assert_eq!(named(Some("\u{7}")), None);
    assert_eq!(named(None), None);
    let session = Session::new(&claims, DisplayName::parse("Anna").unwrap(), None);
    assert_eq!((session.user, session.created_at, session.expires_at), (user(1), at(0), claims.expires_at));
}
