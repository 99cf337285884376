//! Links in mails, as their recipients use them: verifying an address, and a new password.

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};
use tests::{Answer, Aws, Call, Mail, PASSWORD, Person, Stack, Template};
use uuid::Uuid;

const NEW_PASSWORD: &str = "another horse battery";

fn confirm(token: &str) -> Call {
    Call::new("POST", "/api/email-verification/confirm").json(&json!({"token": token}))
}

fn ask_for_verification() -> Call {
    Call::new("POST", "/api/email-verification").json(&json!({}))
}

fn ask_for_reset(email: &str) -> Call {
    Call::new("POST", "/api/password-reset").json(&json!({"email": email}))
}

fn reset(token: &str, password: &str) -> Call {
    Call::new("POST", "/api/password-reset/confirm").json(&json!({"token": token, "new_password": password}))
}

fn sign_in(email: &str, password: &str) -> Call {
    Call::new("POST", "/api/session").json(&json!({"email": email, "password": password}))
}

async fn is_verified(person: &Person) -> bool {
    let session = person.get("/api/session").await.expect(200);
    session.body["user"]["email_verified"].as_bool().expect("a statement")
}

/// The link to a new password, as the person finds it: the mail that came after their first one.
async fn reset_link(person: &Person) -> Mail {
    person.stack.mail_to(&person.email, 1).await;
    person.stack.send(ask_for_reset(&person.email)).await.expect(202);
    person.stack.mail_to(&person.email, 2).await
}

/// The key of somebody's link in the accounts' table.
fn key_of(person: &Person, purpose: &str) -> AttributeValue {
    AttributeValue::S(format!("L#{purpose}#{}", person.id))
}

/// Moves the end of somebody's link into the past, as if its time had passed.
async fn run_out(person: &Person, purpose: &str) {
    let aws = Aws::get().await;
    let update = aws.dynamodb.update_item().table_name(person.stack.output("AccountsTable"));
    let update = update.key("pk", key_of(person, purpose)).update_expression("SET expires_at = :past");
    let update = update.condition_expression("attribute_exists(pk)");
    let past = AttributeValue::N(Aws::past().as_millis().to_string());
    update.expression_attribute_values(":past", past).send().await.expect("a link");
}

#[tokio::test]
async fn a_new_account_gets_a_mail_whose_link_verifies_its_address() {
    let stack = Stack::get();
    let email = format!("{}@tickets.example", Uuid::new_v4().simple());
    let body = json!({"email": email, "password": PASSWORD, "display_name": "Ada", "language": "de"});
    let answer = stack.send(Call::new("POST", "/api/users").json(&body)).await.expect(201);
    assert_eq!(answer.body["email_verified"], false);
    let mail = stack.mail_to(&email, 1).await;
    assert!(mail.subject.contains("E-Mail") && mail.body.starts_with("Guten Tag Ada,\n"), "{mail:?}");
    assert!(mail.link().starts_with(&format!("{}/de/verify-email/#", stack.base)), "{mail:?}");

    // Whoever opens it need not be signed in, and may open it twice.
    for _ in 0..2 {
        stack.send(confirm(&mail.token())).await.expect(204);
    }
    assert_eq!(stack.send(sign_in(&email, PASSWORD)).await.expect(201).body["email_verified"], true);
    let cookie = answer.header("set-cookie").and_then(|cookie| cookie.split(';').next()).expect("a cookie");
    let person = Person { stack, id: answer.text("id"), cookie: cookie.to_owned(), email };
    assert!(is_verified(&person).await);
    person.send(ask_for_verification()).await.expect(204);
    let export = person.get("/api/me/export").await.expect(200);
    assert!(export.body["account"]["verified_at"].is_string(), "{export:?}");
}

#[tokio::test]
async fn of_two_links_the_newer_one_works_and_a_text_that_is_none_does_not() {
    let person = Stack::get().person("Ada").await;
    let first = person.stack.mail_to(&person.email, 1).await.token();
    person.send(ask_for_verification()).await.expect(202);
    let second = person.stack.mail_to(&person.email, 2).await.token();
    let (id, secret) = second.split_once('.').expect("an id and a secret");
    let stranger = person.stack.person("Stranger").await;
    let tampered = format!("{id}.{}", secret.chars().rev().collect::<String>());
    for wrong in [first, tampered, format!("{}.{secret}", stranger.id), second.to_uppercase(), format!("{id}.")] {
        person.stack.send(confirm(&wrong)).await.expect_problem(409, "link-not-valid");
    }
    for body in [json!({}), json!({"token": null}), json!({"token": 7}), json!({"token": second, "email": "x"})] {
        let call = Call::new("POST", "/api/email-verification/confirm").json(&body);
        person.stack.send(call).await.expect_problem(422, "invalid-fields");
    }
    assert!(!is_verified(&person).await && !is_verified(&stranger).await);
    person.stack.send(confirm(&second)).await.expect(204);
    assert!(is_verified(&person).await && !is_verified(&stranger).await);
}

#[tokio::test]
async fn a_link_that_has_run_out_or_is_for_something_else_does_nothing() {
    let person = Stack::get().person("Late").await;
    let verification = person.stack.mail_to(&person.email, 1).await.token();
    person.stack.send(reset(&verification, NEW_PASSWORD)).await.expect_problem(409, "link-not-valid");
    person.stack.send(ask_for_reset(&person.email)).await.expect(202);
    let reset_token = person.stack.mail_to(&person.email, 2).await.token();
    person.stack.send(confirm(&reset_token)).await.expect_problem(409, "link-not-valid");
    run_out(&person, "verify_email").await;
    run_out(&person, "reset_password").await;
    person.stack.send(confirm(&verification)).await.expect_problem(409, "link-not-valid");
    person.stack.send(reset(&reset_token, NEW_PASSWORD)).await.expect_problem(409, "link-not-valid");
    assert!(!is_verified(&person).await);
    person.stack.send(sign_in(&person.email, PASSWORD)).await.expect(201);
}

#[tokio::test]
async fn a_link_of_a_name_that_could_be_one_greets_nobody() {
    let person = Stack::get().person("prize.example/claim").await;
    let mail = person.stack.mail_to(&person.email, 1).await;
    assert!(mail.body.starts_with("Hello,\n") && !mail.body.contains("prize"), "{mail:?}");
}

/// Signs the same person in once more.
async fn again(person: &Person) -> Person {
    let answer = person.stack.send(sign_in(&person.email, PASSWORD)).await.expect(201);
    Person { cookie: session_cookie(&answer), ..person.clone() }
}

fn session_cookie(answer: &Answer) -> String {
    answer.header("set-cookie").and_then(|cookie| cookie.split(';').next()).expect("a cookie").to_owned()
}

#[tokio::test]
async fn a_new_password_by_mail_ends_every_session_and_starts_one_in_a_known_browser() {
    let desk = Stack::get().person("Ada").await;
    let phone = again(&desk).await;
    let mail = reset_link(&desk).await;
    assert_eq!(mail.subject, "Set a new password");
    assert!(mail.link().starts_with(&format!("{}/reset-password/#", desk.stack.base)), "{mail:?}");
    let token = mail.token();
    // What is refused for its password leaves the link as it was.
    for weak in ["short", "password1234", &desk.email] {
        let answer = desk.stack.send(reset(&token, weak)).await;
        answer.expect_problem(422, "invalid-fields");
        assert_eq!(answer.wrong_fields(), ["new_password"], "{weak}");
    }
    assert!(!is_verified(&phone).await, "nothing was done");

    let answer = desk.stack.send(reset(&token, NEW_PASSWORD)).await.expect(201);
    assert_eq!((answer.text("id"), &answer.body["email_verified"]), (desk.id.clone(), &json!(true)));
    let device = answer.headers.iter().any(|(name, value)| name == "set-cookie" && value.starts_with("__Host-device="));
    assert!(device, "{answer:?}");
    let here = Person { cookie: session_cookie(&answer), ..desk.clone() };
    for elsewhere in [&desk, &phone] {
        elsewhere.get("/api/orders").await.expect_problem(401, "no-session");
    }
    let sessions = here.get("/api/sessions").await.expect(200);
    assert_eq!(sessions.body["items"].as_array().map(Vec::len), Some(1));
    assert!(is_verified(&here).await);
    desk.stack.send(sign_in(&desk.email, PASSWORD)).await.expect_problem(401, "wrong-credentials");
    desk.stack.send(sign_in(&desk.email, NEW_PASSWORD)).await.expect(201);
    // Once is once: with another password the link does nothing more.
    desk.stack.send(reset(&token, "a third horse battery")).await.expect_problem(409, "link-not-valid");
    desk.stack.send(sign_in(&desk.email, NEW_PASSWORD)).await.expect(201);
    here.send(ask_for_verification()).await.expect(204);
}

#[tokio::test]
async fn two_who_use_one_link_at_once_set_one_password() {
    let person = Stack::get().person("Twice").await;
    let token = reset_link(&person).await.token();
    let mut running = Vec::new();
    for number in 0..4 {
        let (stack, call) = (person.stack.clone(), reset(&token, &format!("horse battery number {number}")));
        running.push(tokio::spawn(async move { stack.send(call).await.status }));
    }
    let mut statuses = Vec::new();
    for status in running {
        statuses.push(status.await.expect("a status"));
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409]);
}

#[tokio::test]
async fn a_changed_password_makes_a_link_to_a_new_one_worth_nothing() {
    let person = Stack::get().person("Changed").await;
    let token = reset_link(&person).await.token();
    let change = json!({"current_password": PASSWORD, "new_password": NEW_PASSWORD});
    person.send(Call::new("POST", "/api/password").json(&change)).await.expect(204);
    person.stack.send(reset(&token, "a third horse battery")).await.expect_problem(409, "link-not-valid");
    person.stack.send(sign_in(&person.email, NEW_PASSWORD)).await.expect(201);
}

#[tokio::test]
async fn asking_for_a_new_password_tells_nobody_whether_an_address_has_an_account() {
    let person = Stack::get().person("Known").await;
    person.stack.mail_to(&person.email, 1).await;
    let nobody = format!("{}@tickets.example", Uuid::new_v4().simple());
    let known = person.stack.send(ask_for_reset(&person.email)).await.expect(202);
    let unknown = person.stack.send(ask_for_reset(&nobody)).await.expect(202);
    let names = |answer: &Answer| answer.headers.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!((&known.body, names(&known)), (&unknown.body, names(&unknown)));
    assert_eq!(known.body, Value::Null);
    // Both were asked for in this order, and the known one's has come.
    person.stack.mail_to(&person.email, 2).await;
    person.stack.send(ask_for_reset(&person.email)).await.expect(202);
    person.stack.mail_to(&person.email, 3).await;
    assert_eq!(person.stack.mails_to(&nobody).await, []);
    // The address's own bucket is used up for nobody as for somebody.
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(person.stack.send(ask_for_reset(&nobody)).await.status);
    }
    assert_eq!(statuses, [202, 202, 429]);
}

#[tokio::test]
async fn nobody_can_fill_a_mailbox() {
    let person = Stack::get().person("Flooded").await;
    let mut statuses = Vec::new();
    for _ in 0..6 {
        let answer = person.stack.send(ask_for_reset(&person.email)).await;
        if answer.status == 429 {
            answer.expect_problem(429, "too-many-tries");
            let wait: u32 = answer.header("retry-after").and_then(|text| text.parse().ok()).expect("seconds");
            assert!((1..=1_800).contains(&wait), "{wait}");
        }
        statuses.push(answer.status);
    }
    assert_eq!(statuses, [202, 202, 202, 429, 429, 429]);
    // The mails that verify the address are counted apart; signing up has asked for one of three.
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(person.send(ask_for_verification()).await.status);
    }
    assert_eq!(statuses, [202, 202, 429, 429]);
    let other = person.stack.person("Not flooded").await;
    person.stack.send(ask_for_reset(&other.email)).await.expect(202);
    // Six were asked for within the limits, and no more come.
    person.stack.mail_to(&person.email, 6).await;
}

#[tokio::test]
async fn what_is_asked_for_wrongly_is_refused_field_by_field() {
    let person = Stack::get().person("Wrong").await;
    let cases = [
        (json!({}), vec!["email"]),
        (json!({"email": "nobody", "language": "fr", "to": "x"}), vec!["email", "language", "to"]),
    ];
    for (body, fields) in cases {
        let answer = person.stack.send(Call::new("POST", "/api/password-reset").json(&body)).await;
        answer.expect_problem(422, "invalid-fields");
        assert_eq!(answer.wrong_fields(), fields, "{body}");
    }
    let call = Call::new("POST", "/api/email-verification").json(&json!({"language": "fr", "email": "x"}));
    let answer = person.send(call).await;
    answer.expect_problem(422, "invalid-fields");
    assert_eq!(answer.wrong_fields(), ["email", "language"]);
}

/// A message of the mail queue as its mapping hands it over.
fn message(person: &Person, purpose: &str, asked_at: &str) -> Value {
    let body = json!({"purpose": purpose, "user": person.id, "language": "en", "asked_at": asked_at});
    json!({"Records": [{"messageId": "1", "body": body.to_string()}]})
}

#[tokio::test]
async fn a_request_that_is_delivered_twice_brings_two_mails_and_the_newer_link_works() {
    let (person, aws) = (Stack::get().person("Twice").await, Aws::get().await);
    person.stack.mail_to(&person.email, 1).await;
    let event = message(&person, "reset_password", "9999-01-01T00:00:00Z");
    let mut tokens = Vec::new();
    for number in 2..4 {
        aws.invoke("SendMail", &event).await.expect("a run");
        tokens.push(person.stack.mail_to(&person.email, number).await.token());
    }
    person.stack.send(reset(&tokens[0], NEW_PASSWORD)).await.expect_problem(409, "link-not-valid");
    person.stack.send(reset(&tokens[1], NEW_PASSWORD)).await.expect(201);
}

#[tokio::test]
async fn a_mail_that_nobody_waits_for_any_more_is_not_sent() {
    let (person, aws) = (Stack::get().person("Patient").await, Aws::get().await);
    let token = person.stack.mail_to(&person.email, 1).await.token();
    // Asked for days ago, for an account that is gone, or for an address that has been verified meanwhile.
    let late = message(&person, "verify_email", "2026-01-01T00:00:00Z");
    aws.invoke("SendMail", &late).await.expect("a run");
    let gone = Person { id: Uuid::new_v4().to_string(), ..person.clone() };
    aws.invoke("SendMail", &message(&gone, "reset_password", "9999-01-01T00:00:00Z")).await.expect("a run");
    person.stack.send(confirm(&token)).await.expect(204);
    aws.invoke("SendMail", &message(&person, "verify_email", "9999-01-01T00:00:00Z")).await.expect("a run");
    assert_eq!(person.stack.mails_to(&person.email).await.len(), 1);
    for wrong in ["mail", "{}", r#"{"purpose":"verify_email","user":"x","language":"en","asked_at":"now"}"#] {
        let event = json!({"Records": [{"messageId": "1", "body": wrong}]});
        aws.invoke("SendMail", &event).await.expect_err("no request for a mail");
    }
}

/// What is kept of a link gives nobody the link, and goes by itself.
#[tokio::test]
async fn the_table_keeps_a_hash_of_a_link_and_for_as_long_as_it_works() {
    let person = Stack::get().person("Kept").await;
    let token = person.stack.mail_to(&person.email, 1).await.token();
    let aws = Aws::get().await;
    let table = person.stack.output("AccountsTable");
    let get = aws.dynamodb.get_item().table_name(&table).key("pk", key_of(&person, "verify_email"));
    let item = get.send().await.expect("a read").item.expect("a link");
    let secret = token.split_once('.').expect("a secret").1;
    assert!(!format!("{item:?}").contains(secret));
    let number = |name: &str| item[name].as_n().expect("a number").parse::<i64>().expect("a number");
    assert_eq!((number("expires_at") - number("issued_at"), number("ttl")), (86_400_000, number("expires_at") / 1_000));
    let template = Template::get();
    let ttl = &template.properties("AccountsTable")["TimeToLiveSpecification"];
    assert_eq!(*ttl, json!({"AttributeName": "ttl", "Enabled": true}));
}

#[tokio::test]
async fn mails_are_shown_to_whoever_works_on_a_laptop() {
    let person = Stack::get().person("Shown").await;
    let mail = person.stack.mail_to(&person.email, 1).await;
    let browser = reqwest::Client::builder().no_proxy().build().expect("a client");
    let address = format!("{}/_mail?to={}", person.stack.base, person.email);
    let page = browser.get(address).send().await.expect("an answer").text().await.expect("a page");
    assert!(page.contains(&format!("<a href=\"{}\">", mail.link())), "{page}");
}
