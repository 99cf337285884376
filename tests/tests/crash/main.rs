//! A process that dies right after each write. The client, the event source or the sweep finishes what was decided.
//!
//! A program of its own: cargo runs it alone, and so the process that meets an armed point is the one meant.

use std::path::PathBuf;
use std::time::Duration;

use fake_stripe::Status;
use holdfast_auth::{Password, hash_password};
use holdfast_domain::{EmailAddress, OrderState, TicketState};
use holdfast_store::Accounts;
use serde_json::json;
use tests::{Aws, Call, PASSWORD, Person, Stack, Stripe, VISA, crash_folder, eventually};
use uuid::Uuid;

/// A process that reaches `point` next dies there. Tests that arm a point run one after another: any process may meet it.
struct Armed(PathBuf);

impl Armed {
    fn at(point: &str) -> Self {
        let file = crash_folder().join(point);
        std::fs::write(&file, "").expect("a file");
        Self(file)
    }

    /// Whether a process has died there.
    fn has_fired(&self) -> bool {
        !self.0.exists()
    }
}

impl Drop for Armed {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// The process that reaches a point next stands still there, for at most ten seconds.
struct Paused(PathBuf, &'static str);

impl Paused {
    fn at(point: &'static str) -> Self {
        let folder = crash_folder();
        std::fs::write(folder.join(format!("{point}.pause")), "").expect("a file");
        Self(folder, point)
    }

    /// Until a process stands there.
    async fn begun(&self) {
        let paused = self.0.join(format!("{}.paused", self.1));
        eventually(&format!("a process stands at {}", self.1), Duration::from_secs(10), || async {
            paused.exists().then_some(())
        })
        .await;
    }
}

impl Drop for Paused {
    fn drop(&mut self) {
        for ending in ["pause", "paused"] {
            let _ = std::fs::remove_file(self.0.join(format!("{}.{ending}", self.1)));
        }
    }
}

struct Market {
    stack: Stack,
    aws: Aws,
    stripe: Stripe,
    seller: Person,
    buyer: Person,
}

impl Market {
    async fn open() -> Self {
        let stack = Stack::get();
        let (seller, buyer) = (stack.person("Seller").await, stack.person("Buyer").await);
        Self { aws: Aws::get().await, stripe: Stripe::get(), stack, seller, buyer }
    }

    async fn at_rest(&self, ticket: &str, order: &str) {
        assert_eq!(self.aws.ticket(ticket).await.state, TicketState::Listed);
        let order = self.aws.order(&self.buyer.id, order).await;
        assert!(order.is_closed(), "{order:?}");
        // And it can be sold again.
        let next = self.stack.person("Next").await;
        next.place_order(ticket).await.expect(201);
    }

    /// Places under one key until it is answered, as a client with a retry does.
    async fn place(&self, key: &str, ticket: &str) -> String {
        for _ in 0..3 {
            let answer = self.buyer.place_order_under(key, ticket).await;
            if answer.status == 201 {
                return answer.text("id");
            }
            assert!(answer.status >= 500, "{answer:?}");
        }
        panic!("no answer after three tries");
    }
}

async fn dies_while_placing(point: &str) {
    let market = Market::open().await;
    let ticket = market.seller.list_ticket("Crash while placing").await;
    let key = Uuid::new_v4().to_string();
    let armed = Armed::at(point);
    let order = market.place(&key, &ticket).await;
    assert!(armed.has_fired(), "{point} was not met");
    let TicketState::Held(hold) = market.aws.ticket(&ticket).await.state else { panic!("not held") };
    let stored = market.aws.order(&market.buyer.id, &order).await;
    assert_eq!((hold.order, hold.number, hold.expires_at), (stored.id, stored.hold, stored.expires_at));
    market.buyer.cancel(&order).await.expect(200);
    market.at_rest(&ticket, &order).await;
}

async fn dies_while_placing_and_the_client_gives_up() {
    let market = Market::open().await;
    let ticket = market.seller.list_ticket("Crash and nobody comes back").await;
    let armed = Armed::at("ticket_hold");
    let answer = market.buyer.place_order(&ticket).await;
    assert!(answer.status >= 500 && armed.has_fired(), "{answer:?}");
    assert_eq!(market.stack.ticket(&ticket).await.text("state"), "held");
    market.aws.run_out_ticket(&ticket).await;
    market.aws.sweep().await;
    assert_eq!(market.aws.ticket(&ticket).await.state, TicketState::Listed, "a hold without an order is a lease");
}

async fn dies_while_cancelling(point: &str) {
    let market = Market::open().await;
    let ticket = market.seller.list_ticket("Crash while cancelling").await;
    let order = market.buyer.place_order(&ticket).await.expect(201).text("id");
    let armed = Armed::at(point);
    let answer = market.buyer.cancel(&order).await;
    assert!(answer.status >= 500 && armed.has_fired(), "{point}: {answer:?}");
    assert_eq!(market.buyer.cancel(&order).await.expect(200).text("state"), "cancelled");
    market.at_rest(&ticket, &order).await;
}

async fn dies_while_cancelling_and_the_client_gives_up() {
    let market = Market::open().await;
    let ticket = market.seller.list_ticket("Crash while cancelling for good").await;
    let order = market.buyer.place_order(&ticket).await.expect(201).text("id");
    let armed = Armed::at("ticket_release");
    let answer = market.buyer.cancel(&order).await;
    assert!(answer.status >= 500 && armed.has_fired(), "{answer:?}");
    let stored = market.aws.order(&market.buyer.id, &order).await;
    assert_eq!(stored.state, OrderState::AwaitingPayment { intent: None }, "decided, not yet recorded");
    market.aws.run_out_order(&market.buyer.id, &order).await;
    market.aws.sweep().await;
    market.at_rest(&ticket, &order).await;
}

async fn dies_while_expiring(point: &str) {
    let market = Market::open().await;
    for _ in 0..3 {
        let ticket = market.seller.list_ticket("Crash while expiring").await;
        let order = market.buyer.place_order(&ticket).await.expect(201).text("id");
        market.aws.run_out(&ticket, &market.buyer.id, &order).await;
        let armed = Armed::at(point);
        let event = json!({"order": order, "buyer": market.buyer.id});
        let first = market.aws.invoke("ExpireOrder", &event).await;
        assert!(armed.has_fired(), "{point} was not met: {first:?}");
        market.aws.invoke("ExpireOrder", &event).await.expect("the retry");
        market.at_rest(&ticket, &order).await;
        if first.is_err() {
            return;
        }
        // The minute's own sweep was the one that died there.
    }
    panic!("the sweep was always first at {point}");
}

async fn dies_while_sweeping(point: &str) {
    let market = Market::open().await;
    let ticket = market.seller.list_ticket("Crash while sweeping").await;
    let order = market.buyer.place_order(&ticket).await.expect(201).text("id");
    market.aws.run_out(&ticket, &market.buyer.id, &order).await;
    let armed = Armed::at(point);
    // The minute's own sweep may be the one that meets it.
    let _ = market.aws.invoke("Sweep", &json!({})).await;
    assert!(armed.has_fired(), "{point} was not met");
    market.aws.sweep().await;
    market.at_rest(&ticket, &order).await;
}

async fn dies_while_a_seller_writes() {
    let market = Market::open().await;
    let armed = Armed::at("ticket_create");
    let body = tests::ticket_body("Crash while listing");
    let answer = market.seller.send(Call::new("POST", "/api/tickets").json(&body)).await;
    assert!(answer.status >= 500 && armed.has_fired(), "{answer:?}");
    let mine = market.seller.get("/api/me/tickets").await.expect(200);
    let ticket = mine.body["items"][0]["id"].as_str().expect("the ticket is whole and its seller's").to_owned();

    let armed = Armed::at("ticket_change");
    let change = Call::new("PUT", format!("/api/tickets/{ticket}")).json(&tests::ticket_body("Changed"));
    let answer = market.seller.send(change.clone()).await;
    assert!(answer.status >= 500 && armed.has_fired(), "{answer:?}");
    assert_eq!(market.stack.ticket(&ticket).await.text("title"), "Changed");
    market.seller.send(change).await.expect(200);

    let armed = Armed::at("ticket_delete");
    let answer = market.seller.send(Call::new("DELETE", format!("/api/tickets/{ticket}"))).await;
    assert!(answer.status >= 500 && armed.has_fired(), "{answer:?}");
    market.stack.ticket(&ticket).await.expect_problem(404, "not-found");
}

async fn dies_while_projecting() {
    let market = Market::open().await;
    // Before any row is written, and before it is known whose rows were.
    for point in ["catalogue_project", "catalogue_rows"] {
        let word = format!("w{}", &Uuid::new_v4().simple().to_string()[..16]);
        let armed = Armed::at(point);
        let ticket = market.seller.list_ticket(&word).await;
        eventually("a process dies while projecting", Duration::from_secs(30), || async {
            armed.has_fired().then_some(())
        })
        .await;
        // The emulator's bus delivers once: the retry that Lambda makes in the cloud is the next event of the ticket.
        let change = Call::new("PUT", format!("/api/tickets/{ticket}")).json(&tests::ticket_body(&word));
        market.seller.send(change).await.expect(200);
        eventually("the ticket is found once", Duration::from_secs(30), || async {
            let found = market.stack.send(Call::new("GET", format!("/api/tickets?q={word}"))).await.expect(200);
            let items = found.body["items"].as_array().cloned().unwrap_or_default();
            (items.len() == 1 && items[0]["version"] == json!(2)).then_some(())
        })
        .await;
    }
}

/// The pages of the catalogue from the newest on, by their links.
async fn pages(s3: &aws_sdk_s3::Client, bucket: &str) -> Option<String> {
    let (mut key, mut pages, mut newer) = ("index.html".to_owned(), String::new(), String::new());
    loop {
        let object = s3.get_object().bucket(bucket).key(&key).send().await.ok()?;
        let page = String::from_utf8(object.body.collect().await.ok()?.to_vec()).ok()?;
        let link = |relation: &str| {
            let (_, rest) = page.split_once(&format!("rel=\"{relation}\" href=\"/"))?;
            rest.split('"').next().map(|path| format!("{path}index.html"))
        };
        if link("prev").unwrap_or_default() != newer {
            return None;
        }
        pages.push_str(&page);
        let Some(older) = link("next") else { return Some(pages) };
        newer = std::mem::replace(&mut key, older);
    }
}

async fn dies_while_rendering(point: &str) {
    let market = Market::open().await;
    let s3 = aws_sdk_s3::Client::new(&aws_config::defaults(aws_config::BehaviorVersion::latest()).load().await);
    let bucket = market.stack.output("SiteBucket");
    let armed = Armed::at(point);
    // At the latest the thirty-seventh ticket of the first page closes another one.
    let mut tickets = Vec::new();
    while !armed.has_fired() && tickets.len() < 40 {
        tickets.push(market.seller.list_ticket("Crash while rendering").await);
    }
    eventually(&format!("a process dies at {point}"), Duration::from_mins(2), || async {
        armed.has_fired().then_some(())
    })
    .await;
    // The message comes again once it is certain that nobody works on it any more, minutes later; here it comes at once.
    for ticket in &tickets {
        market.aws.invoke("RenderPages", &json!({"ticket": ticket})).await.expect("a run");
        for key in [format!("tickets/{ticket}/index.html"), format!("de/tickets/{ticket}/index.html")] {
            s3.head_object().bucket(&bucket).key(key).send().await.expect("the ticket's page");
        }
    }
    eventually("every ticket is on a page, and pages link to each other", Duration::from_mins(2), || async {
        let pages = pages(&s3, &bucket).await?;
        tickets.iter().all(|ticket| pages.contains(ticket)).then_some(())
    })
    .await;
}

async fn dies_while_signing_up_in_and_out() {
    let stack = Stack::get();
    let body = json!({"email": format!("{}@tickets.example", Uuid::new_v4().simple()), "password": PASSWORD});
    for (point, path) in [("account_create", "/api/users"), ("session_create", "/api/session")] {
        let armed = Armed::at(point);
        let answer = stack.send(Call::new("POST", path).json(&body)).await;
        assert!(answer.status >= 500 && armed.has_fired(), "{point}: {answer:?}");
    }
    stack.send(Call::new("POST", "/api/users").json(&body)).await.expect_problem(409, "email-taken");
    let session = stack.send(Call::new("POST", "/api/session").json(&body)).await.expect(201);
    let cookie = session.header("set-cookie").and_then(|cookie| cookie.split(';').next()).expect("a cookie").to_owned();
    let armed = Armed::at("session_delete");
    let answer = stack.send(Call::new("DELETE", "/api/session").header("cookie", &cookie)).await;
    assert!(answer.status >= 500 && armed.has_fired(), "{answer:?}");
    let me = stack.send(Call::new("GET", "/api/session").header("cookie", &cookie)).await.expect(200);
    assert_eq!(me.body, json!({"user": null}), "the sign-out was decided before the process died");
}

async fn dies_while_changing_the_password_or_ending_sessions() {
    let stack = Stack::get();
    let person = stack.person("Changing").await;
    let sign_in = |password: &str| {
        let body = json!({"email": person.email, "password": password});
        Call::new("POST", "/api/session").json(&body)
    };
    stack.send(sign_in(PASSWORD)).await.expect(201);
    let new = "another horse battery";
    let change =
        || Call::new("POST", "/api/password").json(&json!({"current_password": PASSWORD, "new_password": new}));
    let armed = Armed::at("password_replace");
    let answer = person.send(change()).await;
    assert!(answer.status >= 500 && armed.has_fired(), "{answer:?}");
    assert_eq!(person.get("/api/sessions").await.expect(200).body["items"].as_array().map(Vec::len), Some(2));
    person.send(change()).await.expect(204);
    assert_eq!(person.get("/api/sessions").await.expect(200).body["items"].as_array().map(Vec::len), Some(1));
    stack.send(sign_in(new)).await.expect(201);

    let end = || Call::new("DELETE", "/api/sessions");
    let armed = Armed::at("session_delete");
    let answer = person.send(end()).await;
    assert!(answer.status >= 500 && armed.has_fired(), "{answer:?}");
    person.send(end()).await.expect(204);
    person.get("/api/sessions").await.expect_problem(401, "no-session");
}

/// Whoever changed the password has listed the sessions before this one was recorded.
async fn the_password_changes_while_somebody_signs_in() {
    let (stack, aws) = (Stack::get(), Aws::get().await);
    let person = stack.person("Overtaken").await;
    let body = json!({"email": person.email, "password": PASSWORD});
    let paused = Paused::at("session_create");
    let signing_in = tokio::spawn({
        let (stack, body) = (stack.clone(), body.clone());
        async move { stack.send(Call::new("POST", "/api/session").json(&body)).await }
    });
    paused.begun().await;
    let accounts = Accounts::new(aws.dynamodb, stack.output("AccountsTable"));
    let email = EmailAddress::parse(&person.email).expect("an address");
    let (account, old) = accounts.account_by_email(&email).await.expect("a read").expect("an account");
    let new = hash_password(&Password::parse("another horse battery", &email).expect("a password")).expect("a hash");
    accounts.password_replace(&account, &old, &new).await.expect("replaced");
    drop(paused);
    signing_in.await.expect("an answer").expect_problem(401, "wrong-credentials");
    let left = person.get("/api/sessions").await.expect(200);
    assert_eq!(left.body["items"].as_array().map(Vec::len), Some(1), "the first session alone: {left:?}");
}

/// The mail that comes as so many-th, and its link's token.
async fn link(person: &Person, number: usize) -> String {
    person.stack.mail_to(&person.email, number).await.token()
}

async fn dies_while_mailing_and_verifying() {
    let (stack, aws) = (Stack::get(), Aws::get().await);
    let person = stack.person("Mailed").await;
    link(&person, 1).await;
    let body =
        json!({"purpose": "verify_email", "user": person.id, "language": "en", "asked_at": "9999-01-01T00:00:00Z"});
    let event = json!({"Records": [{"messageId": "1", "body": body.to_string()}]});
    let armed = Armed::at("link_store");
    let first = aws.invoke("SendMail", &event).await;
    assert!(first.is_err() && armed.has_fired(), "{first:?}");
    aws.invoke("SendMail", &event).await.expect("the retry");
    let token = link(&person, 2).await;

    let confirm = || Call::new("POST", "/api/email-verification/confirm").json(&json!({"token": token}));
    let armed = Armed::at("email_verify");
    let answer = stack.send(confirm()).await;
    assert!(answer.status >= 500 && armed.has_fired(), "{answer:?}");
    stack.send(confirm()).await.expect(204);
    let session = person.get("/api/session").await.expect(200);
    assert_eq!(session.body["user"]["email_verified"], true);
}

/// The same request again ends the sessions that its first run has left alive.
async fn dies_while_resetting_the_password(point: &str) {
    let stack = Stack::get();
    let person = stack.person("Resetting").await;
    link(&person, 1).await;
    stack.send(Call::new("POST", "/api/password-reset").json(&json!({"email": person.email}))).await.expect(202);
    let token = link(&person, 2).await;
    let new = "another horse battery";
    let reset = |password: &str| {
        let body = json!({"token": token, "new_password": password});
        Call::new("POST", "/api/password-reset/confirm").json(&body)
    };
    let armed = Armed::at(point);
    let answer = stack.send(reset(new)).await;
    assert!(answer.status >= 500 && armed.has_fired(), "{point}: {answer:?}");
    stack.send(reset("not the one that was set")).await.expect_problem(409, "link-not-valid");
    stack.send(reset(new)).await.expect(201);
    person.get("/api/sessions").await.expect_problem(401, "no-session");
    let body = json!({"email": person.email, "password": new});
    stack.send(Call::new("POST", "/api/session").json(&body)).await.expect(201);
}

/// A link that outlives the old password is dropped by the same request again.
async fn dies_while_dropping_a_link() {
    let stack = Stack::get();
    let person = stack.person("Dropping").await;
    link(&person, 1).await;
    stack.send(Call::new("POST", "/api/password-reset").json(&json!({"email": person.email}))).await.expect(202);
    let token = link(&person, 2).await;
    let change = json!({"current_password": PASSWORD, "new_password": "another horse battery"});
    let change = Call::new("POST", "/api/password").json(&change);
    let armed = Armed::at("link_drop");
    let answer = person.send(change.clone()).await;
    assert!(answer.status >= 500 && armed.has_fired(), "{answer:?}");
    person.send(change).await.expect(204);
    let body = json!({"token": token, "new_password": "a third horse battery"});
    let reset = Call::new("POST", "/api/password-reset/confirm").json(&body);
    stack.send(reset).await.expect_problem(409, "link-not-valid");
}

/// Somebody who has everything that erasing an account writes to: a paid order, an open one, a listed ticket, one that is
/// sold and one that was listed under a key.
struct Leaver {
    person: Person,
    listed: String,
    sold: String,
    sold_by: String,
    paid: String,
    open_ticket: String,
    open: String,
}

impl Leaver {
    async fn of(market: &Market) -> Self {
        let person = market.stack.person("Leaver").await;
        link(&person, 1).await;
        let under_key = Call::new("POST", "/api/tickets").header("idempotency-key", Uuid::new_v4().to_string());
        let listed = person.send(under_key.json(&tests::ticket_body("Leaver's"))).await.expect(201).text("id");
        let sold = person.list_ticket("Leaver's, sold").await;
        let sold_by = bought(market, &market.buyer, &sold).await;
        let paid = bought(market, &person, &market.seller.list_ticket("Bought by a leaver").await).await;
        let open_ticket = market.seller.list_ticket("Held by a leaver").await;
        let open = person.place_order(&open_ticket).await.expect(201).text("id");
        Self { person, listed, sold, sold_by, paid, open_ticket, open }
    }

    async fn delete(&self) -> tests::Answer {
        self.person.send(Call::new("POST", "/api/me/deletion").json(&json!({"password": PASSWORD}))).await
    }

    /// The announced message, when no request can be under way any more, until it has not to come again. The emulator
    /// delivers what follows from it by itself, and what has died comes again only minutes later: here it is sent anew.
    async fn finished(&self, aws: &Aws) {
        eventually("the account is gone", Duration::from_mins(1), || async {
            aws.closed_long_ago(&self.person.id).await;
            for rest in [json!({}), json!({"list": "tickets"})] {
                if aws.erase(&self.person.id, "last", &rest).await != Ok(false) {
                    return None;
                }
            }
            (!aws.has_account(&self.person.id).await).then_some(())
        })
        .await;
    }

    async fn is_gone(&self, market: &Market, point: &str) {
        let (stack, aws) = (&market.stack, &market.aws);
        let body = json!({"email": self.person.email, "password": PASSWORD});
        let refused = stack.send(Call::new("POST", "/api/session").json(&body)).await;
        refused.expect_problem(401, "wrong-credentials");
        self.person.get("/api/orders").await.expect_problem(401, "no-session");
        stack.ticket(&self.listed).await.expect_problem(404, "not-found");
        assert_eq!(stack.ticket(&self.open_ticket).await.text("state"), "listed", "{point}");
        assert!(aws.order(&self.person.id, &self.open).await.is_closed(), "{point}");
        let paid = aws.order(&self.person.id, &self.paid).await;
        assert!(matches!(paid.state, OrderState::Paid { card: None, .. }), "{point}: {paid:?}");
        let receipt = market.buyer.get(format!("/api/orders/{}", self.sold_by)).await.expect(200);
        assert_eq!(receipt.body["seller"]["display_name"], "Former member", "{point}");
        let sold = stack.ticket(&self.sold).await;
        assert_eq!(sold.body["seller"]["display_name"], "Former member", "{point}");
        for ticket in [&self.listed, &self.sold] {
            eventually("neither of their tickets has a page", Duration::from_mins(1), || async {
                (!has_page(stack, ticket).await).then_some(())
            })
            .await;
        }
    }
}

async fn bought(market: &Market, buyer: &Person, ticket: &str) -> String {
    let order = buyer.place_order(ticket).await.expect(201).text("id");
    let started = buyer.start_payment(&order).await.expect(201).body;
    assert_eq!(market.stripe.confirm(&started, VISA).await, 200);
    assert_eq!(buyer.reconcile(&order).await.expect(200).text("state"), "paid");
    order
}

async fn has_page(stack: &Stack, ticket: &str) -> bool {
    let s3 = aws_sdk_s3::Client::new(&aws_config::defaults(aws_config::BehaviorVersion::latest()).load().await);
    let key = format!("tickets/{ticket}/index.html");
    match s3.head_object().bucket(stack.output("SiteBucket")).key(key).send().await {
        Ok(_) => true,
        Err(error) if error.raw_response().is_some_and(|answer| answer.status().as_u16() == 404) => false,
        Err(error) => panic!("the page of {ticket} cannot be looked for: {error:?}"),
    }
}

async fn dies_while_closing_an_account() {
    let market = Market::open().await;
    let leaver = Leaver::of(&market).await;
    let armed = Armed::at("account_close");
    let answer = leaver.delete().await;
    assert!(answer.status >= 500 && armed.has_fired(), "{answer:?}");
    // It is decided, nobody has asked for more than was announced, and there is a session that still counts.
    let again = Armed::at("account_close_anew");
    let first = market.aws.erase(&leaver.person.id, "last", &json!({})).await;
    assert!(first.is_err() && again.has_fired(), "{first:?}");
    assert_eq!(market.aws.erase(&leaver.person.id, "last", &json!({})).await, Ok(true), "a session was alive");
    leaver.finished(&market.aws).await;
    leaver.is_gone(&market, "account_close").await;
}

async fn dies_while_erasing(point: &str) {
    let market = Market::open().await;
    let leaver = Leaver::of(&market).await;
    let armed = Armed::at(point);
    // Sessions are ended by both functions: either may be the one that dies.
    let answer = leaver.delete().await;
    assert!(answer.status == 202 || point == "session_delete" && answer.status >= 500, "{point}: {answer:?}");
    eventually(&format!("a process dies at {point}"), Duration::from_mins(1), || async {
        armed.has_fired().then_some(())
    })
    .await;
    leaver.finished(&market.aws).await;
    leaver.is_gone(&market, point).await;
}

async fn dies_while_removing_an_account() {
    let market = Market::open().await;
    let leaver = Leaver::of(&market).await;
    leaver.delete().await.expect(202);
    market.aws.closed_long_ago(&leaver.person.id).await;
    let armed = Armed::at("account_remove");
    leaver.finished(&market.aws).await;
    assert!(armed.has_fired(), "account_remove was not met");
    leaver.is_gone(&market, "account_remove").await;
}

/// A held ticket whose order has a payment that the buyer has authorised.
async fn authorised(market: &Market, title: &str) -> (String, String) {
    let ticket = market.seller.list_ticket(title).await;
    let order = market.buyer.place_order(&ticket).await.expect(201).text("id");
    let started = market.buyer.start_payment(&order).await.expect(201).body;
    assert_eq!(market.stripe.confirm(&started, VISA).await, 200);
    (ticket, order)
}

async fn dies_while_a_payment_begins(point: &str) {
    let market = Market::open().await;
    let ticket = market.seller.list_ticket("Crash while beginning to pay").await;
    let order = market.buyer.place_order(&ticket).await.expect(201).text("id");
    let armed = Armed::at(point);
    let answer = market.buyer.start_payment(&order).await;
    assert!(answer.status >= 500 && armed.has_fired(), "{point}: {answer:?}");
    market.buyer.start_payment(&order).await.expect(201);
    assert_eq!(market.stripe.payments_of(&order).await.len(), 1, "{point}: one payment");
    assert_eq!(market.buyer.cancel(&order).await.expect(200).text("state"), "cancelled");
    market.aws.sweep().await;
    market.at_rest(&ticket, &order).await;
}

async fn dies_while_a_sale_is_made(point: &str, sweep_repairs: bool) {
    let market = Market::open().await;
    let (ticket, order) = authorised(&market, "Crash while selling").await;
    let armed = Armed::at(point);
    let answer = market.buyer.reconcile(&order).await;
    assert!(answer.status >= 500 && armed.has_fired(), "{point}: {answer:?}");
    if sweep_repairs {
        // As if its time had come: an order that is not at rest is looked at each minute from then on.
        market.aws.run_out_order(&market.buyer.id, &order).await;
        market.aws.sweep().await;
    } else {
        market.buyer.reconcile(&order).await.expect(200);
    }
    let paid = market.buyer.get(format!("/api/orders/{order}")).await.expect(200);
    assert_eq!(paid.text("state"), "paid", "{point}");
    let TicketState::Sold(sale) = market.aws.ticket(&ticket).await.state else { panic!("{point}: not sold") };
    assert_eq!(sale.order.to_string(), order);
    let kept: i64 = market.stripe.payments_of(&order).await.iter().map(|one| one.amount_captured).sum();
    assert_eq!(kept, 4500, "{point}");
    assert!(!market.aws.is_due(&market.buyer.id, &order).await, "{point}");
}

async fn dies_while_a_payment_is_voided(point: &str) {
    let market = Market::open().await;
    let (ticket, order) = authorised(&market, "Crash while voiding").await;
    assert_eq!(market.buyer.cancel(&order).await.expect(200).text("state"), "cancelled");
    let armed = Armed::at(point);
    let answer = market.buyer.reconcile(&order).await;
    assert!(answer.status >= 500 && armed.has_fired(), "{point}: {answer:?}");
    market.aws.run_out_order(&market.buyer.id, &order).await;
    market.aws.sweep().await;
    market.at_rest(&ticket, &order).await;
    assert!(!market.aws.is_due(&market.buyer.id, &order).await, "{point}");
    let open = |status| !matches!(status, Status::Canceled);
    assert!(!market.stripe.payments_of(&order).await.iter().any(|one| open(one.status)), "{point}");
}

/// One test, because a crash point is met by whichever process comes first.
#[tokio::test]
async fn whatever_process_dies_after_whatever_write_nothing_is_stuck_or_wrong() {
    for point in ["ticket_hold", "hold_counted", "order_create"] {
        dies_while_placing(point).await;
    }
    dies_while_placing_and_the_client_gives_up().await;
    for point in ["ticket_release", "order_close"] {
        dies_while_cancelling(point).await;
    }
    dies_while_cancelling_and_the_client_gives_up().await;
    for point in ["ticket_release_expired", "order_close"] {
        dies_while_expiring(point).await;
        dies_while_sweeping(point).await;
    }
    dies_while_a_seller_writes().await;
    dies_while_projecting().await;
    for point in ["page_write", "page_boundaries"] {
        dies_while_rendering(point).await;
    }
    dies_while_signing_up_in_and_out().await;
    dies_while_changing_the_password_or_ending_sessions().await;
    the_password_changes_while_somebody_signs_in().await;
    dies_while_mailing_and_verifying().await;
    for point in ["password_reset", "session_delete", "session_create"] {
        dies_while_resetting_the_password(point).await;
    }
    dies_while_dropping_a_link().await;
    dies_while_closing_an_account().await;
    for point in [
        "session_delete",
        "link_drop",
        "ticket_release",
        "order_close",
        "order_forget_card",
        "beside_delete",
        "ticket_delete",
        "ticket_forget_seller",
    ] {
        dies_while_erasing(point).await;
    }
    dies_while_removing_an_account().await;
    // No webhook: it would be the one that meets the point, or the one that repairs what it did.
    let stripe = Stripe::get();
    stripe.post("webhooks", &json!({"mode": "off"})).await;
    for point in ["ticket_extend", "payment_create", "order_store_intent"] {
        dies_while_a_payment_begins(point).await;
    }
    for point in ["payment_retrieve", "ticket_commit", "order_capture", "payment_capture", "ticket_sell"] {
        dies_while_a_sale_is_made(point, false).await;
        dies_while_a_sale_is_made(point, true).await;
    }
    dies_while_a_sale_is_made("order_pay", false).await;
    for point in ["payment_cancel", "payment_retrieve"] {
        dies_while_a_payment_is_voided(point).await;
    }
    stripe.post("webhooks", &json!({"mode": "normal"})).await;
}
