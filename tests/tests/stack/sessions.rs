//! Where somebody is signed in, and what ends that.

use serde_json::{Value, json};
use tests::{Answer, Call, PASSWORD, Person, Stack};
use uuid::Uuid;

const NEW_PASSWORD: &str = "another horse battery";

async fn sign_in(person: &Person, password: &str, agent: &str) -> Answer {
    let body = json!({"email": person.email, "password": password});
    person.stack.send(Call::new("POST", "/api/session").header("user-agent", agent).json(&body)).await
}

/// Signs the same person in once more.
async fn again(person: &Person, agent: &str) -> Person {
    let answer = sign_in(person, PASSWORD, agent).await.expect(201);
    let cookie = answer.header("set-cookie").and_then(|cookie| cookie.split(';').next()).expect("a cookie");
    Person { cookie: cookie.to_owned(), ..person.clone() }
}

async fn sessions(person: &Person) -> Vec<Value> {
    let answer = person.get("/api/sessions").await.expect(200);
    assert_eq!(answer.body["next"], Value::Null);
    answer.body["items"].as_array().expect("a list").clone()
}

fn change(current: &str, new: &str) -> Call {
    Call::new("POST", "/api/password").json(&json!({"current_password": current, "new_password": new}))
}

#[tokio::test]
async fn sessions_are_listed_with_their_browsers_and_ended_one_by_one() {
    let stack = Stack::get();
    let (desk, stranger) = (stack.person("Ada").await, stack.person("Stranger").await);
    let phone = again(&desk, &format!("Phone/1.0 {}", "x".repeat(300))).await;
    let listed = sessions(&phone).await;
    assert_eq!(listed.len(), 2);
    let current: Vec<&Value> = listed.iter().filter(|session| session["current"] == true).collect();
    let [current] = current.as_slice() else { panic!("{listed:?}") };
    let agent = current["user_agent"].as_str().expect("a text");
    assert!(agent.starts_with("Phone/1.0 x") && agent.len() == 200, "{agent}");
    assert!(!json!(listed).to_string().contains(phone.cookie.split('=').nth(1).expect("a token")));

    let end = |id: &Value| Call::new("DELETE", format!("/api/sessions/{}", id.as_str().expect("an id")));
    stranger.send(end(&current["id"])).await.expect(204);
    assert_eq!(sessions(&phone).await.len(), 2, "somebody else's is not there to be ended");
    for _ in 0..2 {
        desk.send(end(&current["id"])).await.expect(204);
    }
    phone.get("/api/sessions").await.expect_problem(401, "no-session");
    let left = sessions(&desk).await;
    assert_eq!(left.len(), 1);
    let answer = desk.send(end(&left[0]["id"])).await.expect(204);
    assert!(answer.header("set-cookie").is_some_and(|cookie| cookie.contains("Max-Age=0")), "{answer:?}");
    desk.get("/api/sessions").await.expect_problem(401, "no-session");
    desk.send(Call::new("DELETE", "/api/sessions/42")).await.expect_problem(401, "no-session");
    stranger.send(Call::new("DELETE", "/api/sessions/42")).await.expect_problem(404, "not-found");
}

#[tokio::test]
async fn all_sessions_end_at_once_and_nobody_elses() {
    let stack = Stack::get();
    let (desk, stranger) = (stack.person("Ada").await, stack.person("Stranger").await);
    let phone = again(&desk, "Phone/1.0").await;
    let answer = phone.send(Call::new("DELETE", "/api/sessions")).await.expect(204);
    assert!(answer.header("set-cookie").is_some_and(|cookie| cookie.contains("Max-Age=0")), "{answer:?}");
    for person in [&desk, &phone] {
        person.get("/api/orders").await.expect_problem(401, "no-session");
        person.send(Call::new("DELETE", "/api/sessions")).await.expect_problem(401, "no-session");
    }
    assert_eq!(sessions(&stranger).await.len(), 1);
    assert_eq!(sessions(&again(&desk, "Desk").await).await.len(), 1);
}

#[tokio::test]
async fn a_changed_password_ends_all_other_sessions_and_the_old_one_is_worth_nothing() {
    let stack = Stack::get();
    let desk = stack.person("Ada").await;
    let phone = again(&desk, "Phone/1.0").await;
    let answer = desk.send(change("not the password", NEW_PASSWORD)).await;
    answer.expect_problem(422, "invalid-fields");
    assert_eq!(answer.wrong_fields(), ["current_password"]);
    for refused in ["short", "password1234", &desk.email] {
        let answer = desk.send(change(PASSWORD, refused)).await;
        answer.expect_problem(422, "invalid-fields");
        assert_eq!(answer.wrong_fields(), ["new_password"], "{refused}");
    }
    assert_eq!(sessions(&phone).await.len(), 2, "nothing was done");

    for _ in 0..2 {
        desk.send(change(PASSWORD, NEW_PASSWORD)).await.expect(204);
    }
    assert_eq!(sessions(&desk).await.len(), 1);
    phone.get("/api/orders").await.expect_problem(401, "no-session");
    sign_in(&desk, PASSWORD, "Desk").await.expect_problem(401, "wrong-credentials");
    sign_in(&desk, NEW_PASSWORD, "Desk").await.expect(201);
}

/// Signs in with the old password until it is refused.
async fn until_refused(person: Person) {
    for _ in 0..200 {
        match sign_in(&person, PASSWORD, "Elsewhere").await.status {
            201 => {}
            status => return assert_eq!(status, 401),
        }
    }
    panic!("the old password is still good");
}

/// Each sign-in with the old password is either ended by the change, or ends itself: those that are under way when the
/// password is replaced have read the old one.
#[tokio::test]
async fn no_sign_in_with_the_old_password_outruns_its_change() {
    let stack = Stack::get();
    for _ in 0..3 {
        let desk = stack.person("Racing").await;
        let mut running = tokio::task::JoinSet::new();
        for _ in 0..3 {
            running.spawn(until_refused(desk.clone()));
        }
        desk.send(change(PASSWORD, NEW_PASSWORD)).await.expect(204);
        while let Some(ended) = running.join_next().await {
            ended.expect("it was refused");
        }
        let left = sessions(&desk).await;
        assert_eq!(left.len(), 1, "{left:?}");
    }
}

#[tokio::test]
async fn a_password_that_is_guessed_first_is_no_password() {
    let stack = Stack::get();
    let email = format!("{}@tickets.example", Uuid::new_v4().simple());
    for password in ["password1234", "qwertyuiop123", "Tickets.Holdfast", &email] {
        let body = json!({"email": email, "password": password});
        let answer = stack.send(Call::new("POST", "/api/users").json(&body)).await;
        answer.expect_problem(422, "invalid-fields");
        assert_eq!(answer.wrong_fields(), ["password"], "{password}");
    }
}
