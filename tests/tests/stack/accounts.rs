//! Signing up, in and out, as a browser sees it.

use serde_json::json;
use tests::{Answer, Call, PASSWORD, Stack};
use uuid::Uuid;

fn address() -> String {
    format!("{}@tickets.example", Uuid::new_v4().simple())
}

async fn sign_in(stack: &Stack, email: &str, password: &str) -> Answer {
    stack.send(Call::new("POST", "/api/session").json(&json!({"email": email, "password": password}))).await
}

fn cookie(answer: &Answer) -> &str {
    answer.header("set-cookie").expect("a cookie")
}

#[tokio::test]
async fn a_session_lives_until_it_is_signed_out_and_then_no_longer() {
    let stack = Stack::get();
    let email = address();
    let body = json!({"email": email.to_uppercase(), "password": PASSWORD, "display_name": " Ada "});
    let answer = stack.send(Call::new("POST", "/api/users").json(&body)).await.expect(201);
    assert_eq!((answer.text("email"), answer.text("display_name")), (email.clone(), "Ada".to_owned()));
    for attribute in ["__Host-session=", "Path=/", "HttpOnly", "Secure", "SameSite=Lax", "Max-Age="] {
        assert!(cookie(&answer).contains(attribute), "{answer:?}");
    }
    assert!(!cookie(&answer).contains("Domain"), "{answer:?}");
    assert!(!answer.body.to_string().contains("password"), "{answer:?}");

    let answer = sign_in(&stack, &format!(" {email} "), PASSWORD).await.expect(201);
    let session = cookie(&answer).split(';').next().expect("a value").to_owned();
    let me = || Call::new("GET", "/api/session").header("cookie", &session);
    assert_eq!(stack.send(me()).await.expect(200).body["user"]["email"], json!(email));

    let out = Call::new("DELETE", "/api/session").header("cookie", &session);
    let answer = stack.send(out.clone()).await.expect(204);
    assert!(cookie(&answer).contains("Max-Age=0"), "{answer:?}");
    let answer = stack.send(me()).await.expect(200);
    assert_eq!(answer.body, json!({"user": null}), "the very next request is nobody's");
    stack.send(out).await.expect(204);
}

#[tokio::test]
async fn one_address_has_one_account_however_it_is_written() {
    let stack = Stack::get();
    let email = address();
    let sign_up = |email: String| {
        let body = json!({"email": email, "password": PASSWORD});
        Call::new("POST", "/api/users").json(&body)
    };
    let first = stack.send(sign_up(email.clone())).await.expect(201);
    assert!(!first.text("display_name").contains('@'), "the default name gives no address away");
    stack.send(sign_up(email.clone())).await.expect_problem(409, "email-taken");
    stack.send(sign_up(email.to_uppercase())).await.expect_problem(409, "email-taken");
    sign_in(&stack, &email, PASSWORD).await.expect(201);
}

#[tokio::test]
async fn two_people_at_once_with_one_address_get_one_account() {
    let stack = Stack::get();
    let body = json!({"email": address(), "password": PASSWORD});
    let mut running = Vec::new();
    for _ in 0..6 {
        let (stack, body) = (stack.clone(), body.clone());
        running.push(tokio::spawn(async move { stack.send(Call::new("POST", "/api/users").json(&body)).await.status }));
    }
    let mut statuses = Vec::new();
    for status in running {
        statuses.push(status.await.expect("a status"));
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409, 409, 409]);
}

#[tokio::test]
async fn signing_in_tells_nobody_whether_an_address_exists() {
    let stack = Stack::get();
    let person = stack.person("Known").await;
    let wrong = sign_in(&stack, &person.email, "not the password").await;
    let unknown = sign_in(&stack, &address(), "not the password").await;
    wrong.expect_problem(401, "wrong-credentials");
    assert_eq!(wrong.body, unknown.body);
    let names = |answer: &Answer| answer.headers.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&wrong), names(&unknown));
    assert!(wrong.header("set-cookie").is_none());
}

#[tokio::test]
async fn what_cannot_be_an_account_is_refused_field_by_field() {
    let stack = Stack::get();
    let sign_up = || Call::new("POST", "/api/users");
    let email = address();
    let cases = [
        (json!({}), vec!["email", "password"]),
        (json!({"email": "nobody", "password": "short"}), vec!["email", "password"]),
        (json!({"email": email, "password": "x".repeat(129)}), vec!["password"]),
        (json!({"email": email, "password": "elevenchars"}), vec!["password"]),
        (json!({"email": email, "password": PASSWORD, "display_name": " "}), vec!["display_name"]),
        (json!({"email": email, "password": PASSWORD, "display_name": "x".repeat(61)}), vec!["display_name"]),
        (json!({"email": 7, "password": null, "admin": true}), vec!["admin", "email", "password"]),
    ];
    for (body, fields) in cases {
        let answer = stack.send(sign_up().json(&body)).await;
        answer.expect_problem(422, "invalid-fields");
        assert_eq!(answer.wrong_fields(), fields, "{body}");
        assert!(answer.header("set-cookie").is_none());
    }
    stack.send(sign_up().raw("application/json", "{\"email\":")).await.expect_problem(400, "malformed-json");
    stack.send(sign_up().raw("text/plain", "{}")).await.expect_problem(415, "unsupported-media-type");
    let large = json!({"email": email, "password": "x".repeat(41_000)});
    stack.send(sign_up().json(&large)).await.expect_problem(413, "body-too-large");
    // None of it wrote anything: the address is free.
    let body = json!({"email": email, "password": "ünïcödé ünïcödé"});
    stack.send(sign_up().json(&body)).await.expect(201);
    sign_in(&stack, &email, "ünïcödé ünïcödé").await.expect(201);
}
