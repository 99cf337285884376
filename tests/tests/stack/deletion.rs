//! Somebody deletes their account: what is gone, what others keep, and that it ends.

use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::types::AttributeValue;
use fake_stripe::Status;
use holdfast_domain::{OrderState, TicketState};
use serde_json::{Value, json};
use tests::{Answer, Aws, Call, PASSWORD, Person, Stack, Stripe, VISA, eventually, intent_of, ticket_body};
use uuid::Uuid;

const SOON: Duration = Duration::from_mins(1);
const CREDENTIAL: &str = "GATE-4 8R2XB";
const FORMER: &str = "Former member";

fn deletion(password: &str) -> Call {
    Call::new("POST", "/api/me/deletion").json(&json!({"password": password}))
}

/// A name that nobody else in this run has.
fn name() -> String {
    format!("Nadia {}", Uuid::new_v4().simple())
}

async fn sign_in(person: &Person) -> Answer {
    let body = json!({"email": person.email, "password": PASSWORD});
    person.stack.send(Call::new("POST", "/api/session").json(&body)).await
}

async fn list_with_credential(seller: &Person) -> String {
    let mut body = ticket_body("Seat of a leaver");
    body["credential"] = json!(CREDENTIAL);
    seller.send(Call::new("POST", "/api/tickets").json(&body)).await.expect(201).text("id")
}

async fn pay(buyer: &Person, stripe: &Stripe, order: &str) {
    let started = buyer.start_payment(order).await.expect(201).body;
    assert_eq!(stripe.confirm(&started, VISA).await, 200);
    assert_eq!(buyer.reconcile(order).await.expect(200).text("state"), "paid");
}

/// The order by which somebody has bought a ticket.
async fn buy(buyer: &Person, stripe: &Stripe, ticket: &str) -> String {
    let order = buyer.place_order(ticket).await.expect(201).text("id");
    pay(buyer, stripe, &order).await;
    order
}

/// The items of a table as they are, each as a text.
async fn items(aws: &Aws, table: &str) -> Vec<String> {
    let (mut found, mut from): (Vec<String>, Option<std::collections::HashMap<String, AttributeValue>>) =
        (Vec::new(), None);
    loop {
        #[expect(clippy::disallowed_methods, reason = "whether something is nowhere, a test can only see everywhere")]
        let scan = aws.dynamodb.scan().table_name(table).consistent_read(true).set_exclusive_start_key(from);
        let page = scan.send().await.expect("a page");
        found.extend(page.items.unwrap_or_default().iter().map(|item| format!("{item:?}")));
        from = page.last_evaluated_key;
        if from.is_none() {
            return found;
        }
    }
}

/// Everything in the tables that has one of these texts.
async fn mentions(stack: &Stack, aws: &Aws, texts: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for table in ["MarketTable", "AccountsTable", "SessionsTable", "TriesTable"] {
        let all = items(aws, &stack.resource(table)).await;
        found.extend(all.into_iter().filter(|item| texts.iter().any(|text| item.contains(text))));
    }
    found
}

/// The rendered pages of a ticket, in each language.
async fn pages_of(s3: &aws_sdk_s3::Client, bucket: &str, ticket: &str) -> Vec<String> {
    let mut pages = Vec::new();
    for key in [format!("tickets/{ticket}/index.html"), format!("de/tickets/{ticket}/index.html")] {
        if let Ok(object) = s3.get_object().bucket(bucket).key(key).send().await {
            let body = object.body.collect().await.expect("a body").to_vec();
            pages.push(String::from_utf8(body).expect("a text"));
        }
    }
    pages
}

/// Somebody with everything that an account can have, and the others.
struct Scene {
    stack: Stack,
    aws: Aws,
    stripe: Stripe,
    s3: aws_sdk_s3::Client,
    name: String,
    leaver: Person,
    other: Person,
    /// Listed by the leaver, and as somebody found it.
    listed: String,
    /// Held by the other, who gives it back later.
    held: String,
    held_by: String,
    /// Held by the other, who pays for it later.
    wanted: String,
    wanted_by: String,
    /// Sold to the other.
    sold: String,
    sold_by: String,
    /// The other's, bought by the leaver.
    paid: String,
    /// The other's, for which the leaver has begun to pay.
    open_ticket: String,
    open: String,
}

impl Scene {
    async fn set() -> Self {
        let (stack, aws, stripe, name) = (Stack::get(), Aws::get().await, Stripe::get(), name());
        let (leaver, other) = (stack.person(&name).await, stack.person("Other").await);
        let (listed, held) = (list_with_credential(&leaver).await, list_with_credential(&leaver).await);
        let (wanted, sold) = (list_with_credential(&leaver).await, list_with_credential(&leaver).await);
        let held_by = other.place_order(&held).await.expect(201).text("id");
        let wanted_by = other.place_order(&wanted).await.expect(201).text("id");
        let sold_by = buy(&other, &stripe, &sold).await;
        let bought = list_with_credential(&other).await;
        let paid = buy(&leaver, &stripe, &bought).await;
        let open_ticket = list_with_credential(&other).await;
        let open = leaver.place_order(&open_ticket).await.expect(201).text("id");
        leaver.start_payment(&open).await.expect(201);
        let s3 = aws_sdk_s3::Client::new(&aws_config::defaults(BehaviorVersion::latest()).load().await);
        Self {
            stack,
            aws,
            stripe,
            s3,
            name,
            leaver,
            other,
            listed,
            held,
            held_by,
            wanted,
            wanted_by,
            sold,
            sold_by,
            paid,
            open_ticket,
            open,
        }
    }

    fn tickets(&self) -> [&String; 4] {
        [&self.listed, &self.held, &self.wanted, &self.sold]
    }

    async fn pages(&self, ticket: &str) -> Vec<String> {
        pages_of(&self.s3, &self.stack.output("SiteBucket"), ticket).await
    }

    async fn page_has(&self, ticket: &str, text: &str) {
        eventually(&format!("both pages of {ticket} say {text}"), SOON, || async {
            let pages = self.pages(ticket).await;
            (pages.len() == 2 && pages.iter().all(|page| page.contains(text))).then_some(())
        })
        .await;
    }

    async fn has_no_page(&self, ticket: &str) {
        eventually(&format!("{ticket} has no page"), SOON, || async {
            self.pages(ticket).await.is_empty().then_some(())
        })
        .await;
    }

    async fn seller_of(&self, ticket: &str) -> Option<String> {
        self.stack.ticket(ticket).await.body["seller"]["display_name"].as_str().map(str::to_owned)
    }

    /// What goes at once, whatever is held.
    async fn what_can_go_is_gone(&self) {
        eventually("the listed ticket is gone", SOON, || async {
            (self.stack.ticket(&self.listed).await.status == 404).then_some(())
        })
        .await;
        for ticket in [&self.held, &self.wanted, &self.sold] {
            eventually("the name is gone", SOON, || async {
                (self.seller_of(ticket).await.as_deref() == Some(FORMER)).then_some(())
            })
            .await;
        }
        for ticket in [&self.held, &self.wanted] {
            self.page_has(ticket, FORMER).await;
        }
        self.has_no_page(&self.listed).await;
        eventually("the open order's ticket is on the market again", SOON, || async {
            (self.aws.ticket(&self.open_ticket).await.state == TicketState::Listed).then_some(())
        })
        .await;
        let found = mentions(&self.stack, &self.aws, &[&self.name, &self.leaver.email]).await;
        assert_eq!(found, Vec::<String>::new());
    }

    async fn the_books_are_kept_without_the_card(&self) {
        let paid = self.aws.order(&self.leaver.id, &self.paid).await;
        assert!(matches!(paid.state, OrderState::Paid { card: None, refunded_at: None, .. }), "{paid:?}");
        let open = self.aws.order(&self.leaver.id, &self.open).await;
        assert!(matches!(open.state, OrderState::Cancelled { .. }), "{open:?}");
        self.aws.sweep().await;
        let payments = self.stripe.payments_of(&self.open).await;
        assert!(
            payments.len() == 1 && payments.iter().all(|one| matches!(one.status, Status::Canceled)),
            "{payments:?}"
        );
        let payments = self.stripe.payments_of(&self.paid).await;
        assert!(payments.iter().any(|one| one.amount_captured == 4500), "what was bought stays paid: {payments:?}");
    }

    async fn the_buyer_keeps(&self, order: &str) {
        let receipt = self.other.get(format!("/api/orders/{order}")).await.expect(200);
        assert_eq!((receipt.text("state"), receipt.text("credential")), ("paid".to_owned(), CREDENTIAL.to_owned()));
        assert_eq!(receipt.body["seller"]["display_name"], FORMER);
    }
}

#[tokio::test]
async fn an_account_goes_with_its_name_and_leaves_to_others_what_they_have_bought() {
    let scene = Scene::set().await;
    let (leaver, aws) = (&scene.leaver, &scene.aws);
    for ticket in [&scene.listed, &scene.held, &scene.wanted] {
        scene.page_has(ticket, &scene.name).await;
    }
    scene.has_no_page(&scene.sold).await;
    let phone = sign_in(leaver).await.expect(201);
    let phone = phone.header("set-cookie").and_then(|cookie| cookie.split(';').next()).expect("a cookie").to_owned();
    let phone = Person { cookie: phone, ..leaver.clone() };
    let forgotten = Call::new("POST", "/api/password-reset").json(&json!({"email": leaver.email}));
    scene.stack.send(forgotten).await.expect(202);
    let token = scene.stack.mail_to(&leaver.email, 2).await.token();

    let answer = leaver.send(deletion(PASSWORD)).await.expect(202);
    assert_eq!(answer.body, Value::Null);
    assert_eq!(aws.erase(&leaver.id, "last", &json!({})).await, Ok(true), "requests of theirs may be under way");
    let cleared = answer.headers.iter().filter(|(name, value)| name == "set-cookie" && value.contains("Max-Age=0"));
    assert_eq!(cleared.count(), 2, "the session's cookie and the browser's: {answer:?}");
    sign_in(leaver).await.expect_problem(401, "wrong-credentials");
    let reset = json!({"token": token, "new_password": "another horse battery"});
    let reset = scene.stack.send(Call::new("POST", "/api/password-reset/confirm").json(&reset)).await;
    reset.expect_problem(409, "link-not-valid");
    for person in [leaver, &phone] {
        person.get("/api/orders").await.expect_problem(401, "no-session");
        person.get("/api/me/export").await.expect_problem(401, "no-session");
        person.send(deletion(PASSWORD)).await.expect_problem(401, "no-session");
    }
    scene.what_can_go_is_gone().await;
    scene.the_books_are_kept_without_the_card().await;
    scene.the_buyer_keeps(&scene.sold_by).await;

    // What is held is waited for, and the account as long.
    aws.closed_long_ago(&leaver.id).await;
    let tickets = json!({"list": "tickets"});
    assert_eq!(aws.erase(&leaver.id, "last", &json!({})).await, Ok(false), "orders are at rest");
    assert_eq!(aws.erase(&leaver.id, "last", &tickets).await, Ok(true), "tickets are not");
    assert!(aws.has_account(&leaver.id).await);
    scene.other.cancel(&scene.held_by).await.expect(200);
    pay(&scene.other, &scene.stripe, &scene.wanted_by).await;
    assert_eq!(aws.erase(&leaver.id, "last", &tickets).await, Ok(false));
    assert!(!aws.has_account(&leaver.id).await, "the account goes last");
    scene.stack.ticket(&scene.held).await.expect_problem(404, "not-found");
    scene.the_buyer_keeps(&scene.wanted_by).await;

    // Delivered again, whatever message: the same.
    for pass in ["first", "last"] {
        for rest in [json!({}), tickets.clone()] {
            assert_eq!(aws.erase(&leaver.id, pass, &rest).await, Ok(false));
        }
    }
    scene.the_buyer_keeps(&scene.sold_by).await;
    for ticket in scene.tickets() {
        scene.has_no_page(ticket).await;
    }
    let left = mentions(&scene.stack, aws, &[&scene.name, &leaver.email]).await;
    assert_eq!(left, Vec::<String>::new());
    let accounts = items(aws, &scene.stack.output("AccountsTable")).await;
    assert!(!accounts.iter().any(|item| item.contains(&leaver.id)), "nor is there a link that was mailed to them");
}

#[tokio::test]
async fn the_address_is_free_at_once_and_its_next_owner_sees_nothing_of_the_last() {
    let stack = Stack::get();
    let (leaver, seller) = (stack.person(&name()).await, stack.person("Seller").await);
    leaver.list_ticket("Nobody's soon").await;
    leaver.place_order(&seller.list_ticket("Given back").await).await.expect(201);
    leaver.send(deletion(PASSWORD)).await.expect(202);
    let body = json!({"email": leaver.email, "password": PASSWORD, "display_name": "Next"});
    let next = stack.send(Call::new("POST", "/api/users").json(&body)).await.expect(201);
    assert_ne!(next.text("id"), leaver.id);
    let cookie = next.header("set-cookie").and_then(|cookie| cookie.split(';').next()).expect("a cookie").to_owned();
    let next = Person { id: next.text("id"), cookie, ..leaver.clone() };
    for list in ["/api/me/tickets", "/api/orders"] {
        assert_eq!(next.get(list).await.expect(200).body["items"], json!([]), "{list}");
    }
    // Nor does anything that is erased for the last one touch the next.
    let aws = Aws::get().await;
    aws.closed_long_ago(&leaver.id).await;
    aws.erase(&leaver.id, "last", &json!({})).await.expect("a run");
    eventually("the old account is gone", SOON, || async { (!aws.has_account(&leaver.id).await).then_some(()) }).await;
    assert_eq!(next.get("/api/session").await.expect(200).body["user"]["id"], json!(next.id));
}

#[tokio::test]
async fn a_wrong_password_deletes_nothing_and_is_counted() {
    let stack = Stack::get();
    let person = stack.person("Stays").await;
    let mut statuses = Vec::new();
    for number in 0..8 {
        let answer = person.send(deletion(&format!("guess number {number}"))).await;
        if answer.status == 422 {
            answer.expect_problem(422, "invalid-fields");
            assert_eq!(answer.wrong_fields(), ["password"]);
        }
        statuses.push(answer.status);
    }
    assert_eq!(statuses, [422, 422, 422, 422, 422, 422, 429, 429]);
    let answer = person.send(Call::new("POST", "/api/me/deletion").json(&json!({"reason": "none"}))).await;
    answer.expect_problem(422, "invalid-fields");
    assert_eq!(answer.wrong_fields(), ["password", "reason"]);
    sign_in(&person).await.expect(201);
    assert!(Aws::get().await.has_account(&person.id).await);
}

#[tokio::test]
async fn a_deletion_that_was_announced_and_not_decided_does_nothing() {
    let (stack, aws) = (Stack::get(), Aws::get().await);
    let person = stack.person("Hesitates").await;
    let ticket = person.list_ticket("Still theirs").await;
    for pass in ["first", "last"] {
        assert_eq!(aws.erase(&person.id, pass, &json!({})).await, Ok(false));
    }
    assert_eq!(person.get(format!("/api/me/tickets/{ticket}")).await.expect(200).text("state"), "listed");
    assert!(aws.has_account(&person.id).await);
    let unreadable = json!({"Records": [{"messageId": "7", "body": "no request"}]});
    let answer = aws.invoke("EraseAccount", &unreadable).await.expect("a run");
    assert_eq!(answer, json!({"batchItemFailures": [{"itemIdentifier": "7"}]}));
}

#[tokio::test]
async fn what_is_being_paid_is_waited_for_on_both_sides() {
    let (stack, aws, stripe) = (Stack::get(), Aws::get().await, Stripe::get());
    let (seller, buyer) = (stack.person(&name()).await, stack.person(&name()).await);
    let ticket = list_with_credential(&seller).await;
    let order = buyer.place_order(&ticket).await.expect(201).text("id");
    stripe.fault(&order, "capture", "error_before", 50).await;
    let started = buyer.start_payment(&order).await.expect(201).body;
    assert_eq!(stripe.confirm(&started, VISA).await, 200);
    buyer.reconcile(&order).await.expect_problem(503, "unavailable");
    for person in [&seller, &buyer] {
        person.send(deletion(PASSWORD)).await.expect(202);
        aws.closed_long_ago(&person.id).await;
    }
    assert_eq!(aws.erase(&buyer.id, "last", &json!({})).await, Ok(true), "the order is being captured");
    let tickets = json!({"list": "tickets"});
    assert_eq!(aws.erase(&seller.id, "last", &tickets).await, Ok(true), "the ticket is decided, and not sold yet");
    assert_eq!(stack.ticket(&ticket).await.body["seller"]["display_name"], FORMER);

    stripe.post(&format!("intents/{}/lapse", intent_of(&started)), &json!({})).await;
    aws.run_out_order(&buyer.id, &order).await;
    aws.sweep().await;
    assert_eq!(aws.erase(&buyer.id, "last", &json!({})).await, Ok(false));
    assert_eq!(aws.erase(&seller.id, "last", &tickets).await, Ok(false));
    stack.ticket(&ticket).await.expect_problem(404, "not-found");
    assert!(aws.order(&buyer.id, &order).await.is_closed());
    for person in [&seller, &buyer] {
        eventually("the account is gone", SOON, || async { (!aws.has_account(&person.id).await).then_some(()) }).await;
    }
}

/// More than one page of each list, and nobody who helps: what was announced ends it.
#[tokio::test]
async fn an_account_with_much_is_gone_within_minutes_by_itself() {
    let (stack, aws, name) = (Stack::get(), Aws::get().await, name());
    let (leaver, seller) = (stack.person(&name).await, stack.person("Seller").await);
    let mut tickets = Vec::new();
    for number in 0..27 {
        tickets.push(leaver.list_ticket(&format!("Seat {number}")).await);
    }
    let wanted = seller.list_ticket("Taken and given back").await;
    for _ in 0..26 {
        let order = leaver.place_order(&wanted).await.expect(201).text("id");
        leaver.cancel(&order).await.expect(200);
    }
    leaver.place_order(&wanted).await.expect(201);
    leaver.send(deletion(PASSWORD)).await.expect(202);
    for ticket in &tickets {
        eventually("every ticket is gone", SOON, || async { (stack.ticket(ticket).await.status == 404).then_some(()) })
            .await;
    }
    eventually("the ticket is on the market again", SOON, || async {
        (aws.ticket(&wanted).await.state == TicketState::Listed).then_some(())
    })
    .await;
    eventually("the account is gone", Duration::from_mins(5), || async {
        (!aws.has_account(&leaver.id).await).then_some(())
    })
    .await;
    let holds = aws.dynamodb.get_item().table_name(stack.output("MarketTable")).consistent_read(true);
    let holds = holds.key("pk", AttributeValue::S(format!("U#{}", leaver.id)));
    let holds = holds.key("sk", AttributeValue::S("HOLDS".to_owned())).send().await.expect("a read");
    assert!(holds.item.is_none(), "the last page of orders was reached");
    assert_eq!(mentions(&stack, &aws, &[&name, &leaver.email]).await, Vec::<String>::new());
}
