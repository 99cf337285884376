//! Somebody who tries passwords without end, and the owner of the account meanwhile.

use std::collections::BTreeMap;
use std::time::Duration;

use holdfast_auth::{BucketName, SessionKeys};
use holdfast_domain::Timestamp;
use holdfast_store::{Allowance, Tries, TryTakeError};
use serde_json::json;
use tests::{Answer, Aws, Call, PASSWORD, Stack};
use uuid::Uuid;

/// Most passwords that are hashed for an account in any hour.
const HASHES: usize = 10;

fn bucket() -> BucketName {
    let key = format!(r#"{{"current":"{}"}}"#, Uuid::new_v4().simple());
    SessionKeys::from_secret_json(&key).expect("a key").bucket("account", "anybody")
}

/// Takes `times` at moments spread evenly over `during`, thirty-two at a time; how many were taken.
async fn storm(tries: &Tries, of: Allowance, times: u32, during: Duration) -> usize {
    let (name, begin) = (bucket(), Timestamp::parse("2026-11-22T16:59:05Z").expect("a moment"));
    let mut running = tokio::task::JoinSet::new();
    let mut taken = 0;
    for number in 0..times {
        if running.len() >= 32 {
            taken += running.join_next().await.map_or(0, |one| usize::from(one.expect("a take")));
        }
        let (tries, name) = (tries.clone(), name.clone());
        let at = begin.plus(during * number / times);
        running.spawn(async move {
            match tries.try_take(&name, of, at).await {
                Ok(()) => true,
                Err(TryTakeError::Exhausted { retry_after }) => {
                    assert!(retry_after <= Duration::from_hours(1), "{retry_after:?}");
                    false
                }
                Err(TryTakeError::Store(error)) => panic!("{error:?}"),
            }
        });
    }
    while let Some(one) = running.join_next().await {
        taken += usize::from(one.expect("a take"));
    }
    taken
}

async fn tries() -> Tries {
    let aws = Aws::get().await;
    Tries::new(aws.dynamodb.clone(), Stack::get().resource("TriesTable"))
}

#[tokio::test]
async fn ten_thousand_tries_in_an_hour_take_ten_and_at_one_moment_the_six_that_are_there() {
    let (tries, of) = (tries().await, Allowance::per_hour(10));
    let in_an_hour = storm(&tries, of, 10_000, Duration::from_hours(1) - Duration::from_millis(1)).await;
    assert!((6..=HASHES).contains(&in_an_hour), "{in_an_hour}");
    assert_eq!(storm(&tries, of, 300, Duration::ZERO).await, 6);
}

fn sign_in(email: &str, password: &str) -> Call {
    Call::new("POST", "/api/session").json(&json!({"email": email, "password": password}))
}

/// Many wrong passwords for one address, sixteen at a time; how often each status was answered.
async fn guess(stack: &Stack, email: &str, times: usize) -> BTreeMap<u16, usize> {
    let mut seen = BTreeMap::new();
    let mut running = tokio::task::JoinSet::new();
    for number in 0..times {
        if running.len() >= 16
            && let Some(answer) = running.join_next().await
        {
            count(&mut seen, &answer.expect("an answer"));
        }
        let (stack, call) = (stack.clone(), sign_in(email, &format!("guess number {number}")));
        running.spawn(async move { stack.send(call).await });
    }
    while let Some(answer) = running.join_next().await {
        count(&mut seen, &answer.expect("an answer"));
    }
    seen
}

fn count(seen: &mut BTreeMap<u16, usize>, answer: &Answer) {
    if answer.status == 429 {
        answer.expect_problem(429, "too-many-tries");
        let wait: u32 = answer.header("retry-after").and_then(|text| text.parse().ok()).expect("seconds");
        // A quarter of an hour, and whoever asked a moment before the try that emptied the bucket waits that moment longer.
        assert!((1..=901).contains(&wait), "{wait}");
    }
    *seen.entry(answer.status).or_default() += 1;
}

/// The `name=value` of each cookie that an answer sets.
fn cookies(answer: &Answer) -> Vec<String> {
    let set = answer.headers.iter().filter(|(name, _)| name == "set-cookie");
    set.filter_map(|(_, value)| value.split(';').next().map(str::to_owned)).collect()
}

fn device(answer: &Answer) -> String {
    cookies(answer).into_iter().find(|cookie| cookie.starts_with("__Host-device=")).expect("a device cookie")
}

/// A refusal comes before the hash and a 401 after it, so that the 401s are the hashes.
#[tokio::test]
async fn a_storm_costs_few_hashes_and_the_owner_still_gets_in_from_a_browser_that_is_known() {
    let stack = Stack::get();
    let owner = stack.person("Owner").await;
    let known = device(&stack.send(sign_in(&owner.email, PASSWORD)).await.expect(201));

    let seen = guess(&stack, &owner.email, 300).await;
    let hashes = seen.get(&401).copied().unwrap_or_default();
    assert!((1..=HASHES).contains(&hashes) && hashes + seen[&429] == 300, "{seen:?}");
    let unknown = guess(&stack, &format!("{}@tickets.example", Uuid::new_v4().simple()), 40).await;
    assert_eq!(unknown.keys().collect::<Vec<_>>(), seen.keys().collect::<Vec<_>>(), "nobody's address is no other");

    // Not even the right password: else each guess would be told whether it is right.
    stack.send(sign_in(&owner.email, PASSWORD)).await.expect_problem(429, "too-many-tries");
    let from_known = || sign_in(&owner.email, PASSWORD).header("cookie", known.as_str());
    for _ in 0..8 {
        stack.send(from_known()).await.expect(201);
    }
    // Another person's browser is not known, whoever is signed in with it.
    let other = stack.person("Other").await;
    let others = device(&stack.send(sign_in(&other.email, PASSWORD)).await.expect(201));
    let call = sign_in(&owner.email, PASSWORD).header("cookie", others);
    stack.send(call).await.expect_problem(429, "too-many-tries");
}

#[tokio::test]
async fn a_known_browser_has_its_own_limit_and_keeps_its_name() {
    let stack = Stack::get();
    let owner = stack.person("Careless").await;
    let first = stack.send(sign_in(&owner.email, PASSWORD)).await.expect(201);
    let known = device(&first);
    for attribute in ["HttpOnly", "Secure", "SameSite=Lax", "Path=/", "Max-Age=31536000"] {
        let set = first.headers.iter().find(|(_, value)| value.starts_with("__Host-device=")).expect("a cookie");
        assert!(set.1.contains(attribute), "{set:?}");
    }
    let with = |password: &str| sign_in(&owner.email, password).header("cookie", known.as_str());
    let mut statuses = Vec::new();
    for _ in 0..12 {
        statuses.push(stack.send(with("not the password")).await.status);
    }
    assert_eq!(statuses.iter().filter(|&&status| status == 401).count(), 6, "{statuses:?}");
    stack.send(with(PASSWORD)).await.expect_problem(429, "too-many-tries");
    // A browser that is not known has lost nothing by that.
    stack.send(sign_in(&owner.email, PASSWORD)).await.expect(201);
}

#[tokio::test]
async fn whoever_has_a_session_cannot_guess_its_password_without_end() {
    let stack = Stack::get();
    let person = stack.person("Left open").await;
    let change = |current: &str| {
        let body = json!({"current_password": current, "new_password": "another horse battery"});
        Call::new("POST", "/api/password").json(&body)
    };
    let mut statuses = Vec::new();
    for number in 0..8 {
        statuses.push(person.send(change(&format!("guess number {number}"))).await.status);
    }
    // Two hashes each: of the current password and, in case it was changed before, of the new one.
    assert_eq!(statuses, [422, 422, 422, 429, 429, 429, 429, 429]);
    // Signing in is counted elsewhere.
    stack.send(sign_in(&person.email, PASSWORD)).await.expect(201);
}
