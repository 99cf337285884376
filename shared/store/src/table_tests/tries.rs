//! Tries: a bucket that empties with each and fills up with time.

use std::sync::Arc;
use std::time::Duration;

use holdfast_auth::{BucketName, SessionKeys};
use holdfast_domain::Timestamp;
use uuid::Uuid;

use super::fixture::{Table, at, key};
use crate::keys::n;
use crate::{Allowance, Tries, TryTakeError};

async fn tries() -> (Tries, Table) {
    let table = Table::new("TriesTable").await;
    (Tries::new(table.client.clone(), table.name.clone()), table)
}

fn bucket(whom: &str) -> BucketName {
    let keys = format!(r#"{{"current":"{}"}}"#, Uuid::new_v4().simple());
    SessionKeys::from_secret_json(&keys).unwrap().bucket("account", whom)
}

/// Ten an hour: six at once, and one comes back each quarter.
fn ten() -> Allowance {
    Allowance::per_hour(10)
}

/// How long somebody is to wait, if they are.
async fn take(tries: &Tries, name: &BucketName, now: Timestamp) -> Option<Duration> {
    match tries.try_take(name, ten(), now).await {
        Ok(()) => None,
        Err(TryTakeError::Exhausted { retry_after }) => Some(retry_after),
        Err(TryTakeError::Store(error)) => panic!("{error:?}"),
    }
}

#[tokio::test]
async fn six_are_taken_at_once_and_one_more_each_quarter_of_an_hour() {
    let (tries, _) = tries().await;
    let (name, quarter) = (bucket("anna"), Duration::from_mins(15));
    for _ in 0..6 {
        assert_eq!(take(&tries, &name, at(0)).await, None);
    }
    assert_eq!(take(&tries, &name, at(0)).await, Some(quarter));
    assert_eq!(take(&tries, &name, at(5)).await, Some(Duration::from_mins(10)));
    let almost = at(15).minus(Duration::from_millis(1));
    assert_eq!(take(&tries, &name, almost).await, Some(Duration::from_millis(1)));
    assert_eq!(take(&tries, &name, at(15)).await, None, "the wait was honest");
    assert_eq!(take(&tries, &name, at(15)).await, Some(quarter));
    assert_eq!(take(&tries, &bucket("berta"), at(0)).await, None, "another bucket");
}

#[tokio::test]
async fn a_bucket_that_is_full_again_is_as_new() {
    let (tries, table) = tries().await;
    let name = bucket("anna");
    let stored = || async { table.item(key(name.as_str())).await.unwrap() };
    for begin in [0, 200] {
        for _ in 0..6 {
            assert_eq!(take(&tries, &name, at(begin)).await, None);
        }
        assert!(take(&tries, &name, at(begin)).await.is_some());
        let item = stored().await;
        assert_eq!(item["full_at"], n(at(begin + 90).as_millis()), "six quarters");
        assert_eq!(item["ttl"], n(at(begin + 90 + 60).as_seconds()), "an hour longer than it can say anything");
    }
    // At the very moment at which it is full.
    assert_eq!(take(&tries, &name, at(290)).await, None);
    assert_eq!(stored().await["full_at"], n(at(305).as_millis()));
}

#[tokio::test]
async fn what_is_given_back_can_be_taken_again_and_a_full_bucket_keeps_nothing() {
    let (tries, table) = tries().await;
    let name = bucket("anna");
    tries.try_give_back(&name, ten(), at(0)).await.unwrap();
    assert_eq!(table.item(key(name.as_str())).await, None, "nothing was taken");
    for _ in 0..6 {
        assert_eq!(take(&tries, &name, at(0)).await, None);
    }
    tries.try_give_back(&name, ten(), at(0)).await.unwrap();
    assert_eq!(take(&tries, &name, at(0)).await, None);
    assert!(take(&tries, &name, at(0)).await.is_some());
    tries.try_give_back(&name, ten(), at(90)).await.unwrap();
    assert_eq!(table.item(key(name.as_str())).await.unwrap()["full_at"], n(at(90).as_millis()), "it is full by then");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_takes_at_the_same_moment_no_more_win_than_there_are() {
    let (tries, _) = tries().await;
    let (tries, name) = (Arc::new(tries), Arc::new(bucket("anna")));
    let mut running = tokio::task::JoinSet::new();
    for _ in 0..40 {
        let (tries, name) = (Arc::clone(&tries), Arc::clone(&name));
        running.spawn(async move { tries.try_take(&name, ten(), at(0)).await });
    }
    let mut taken = 0;
    for answer in running.join_all().await {
        match answer {
            Ok(()) => taken += 1,
            Err(TryTakeError::Exhausted { retry_after }) => assert_eq!(retry_after, Duration::from_mins(15)),
            Err(TryTakeError::Store(error)) => panic!("{error:?}"),
        }
    }
    assert_eq!(taken, 6);
}
