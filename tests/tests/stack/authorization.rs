//! Who may do what, for every route of the template: a route that this test does not cover fails it.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tests::{Answer, Call, PASSWORD, Person, Stack, Template, ticket_body};
use uuid::Uuid;

/// Who a route is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum For {
    /// Anybody who comes through the site.
    Anyone,
    /// Whoever is signed in, for themselves.
    User,
    /// The one who owns what the path names: for others it does not exist.
    Owner,
    /// Stripe, which signs what it sends.
    Stripe,
}

const ROUTES: [(&str, For); 28] = [
    ("POST /api/users", For::Anyone),
    ("POST /api/session", For::Anyone),
    ("GET /api/session", For::Anyone),
    ("DELETE /api/session", For::Anyone),
    ("POST /api/email-verification", For::User),
    ("POST /api/email-verification/confirm", For::Anyone),
    ("POST /api/password-reset", For::Anyone),
    ("POST /api/password-reset/confirm", For::Anyone),
    ("POST /api/password", For::User),
    ("GET /api/sessions", For::User),
    ("DELETE /api/sessions", For::User),
    ("DELETE /api/sessions/{session_id}", For::User),
    ("GET /api/tickets", For::Anyone),
    ("GET /api/tickets/{ticket_id}", For::Anyone),
    ("POST /api/tickets", For::User),
    ("PUT /api/tickets/{ticket_id}", For::Owner),
    ("DELETE /api/tickets/{ticket_id}", For::Owner),
    ("POST /api/me/deletion", For::User),
    ("GET /api/me/export", For::User),
    ("GET /api/me/tickets", For::User),
    ("GET /api/me/tickets/{ticket_id}", For::Owner),
    ("POST /api/orders", For::User),
    ("GET /api/orders", For::User),
    ("GET /api/orders/{order_id}", For::Owner),
    ("DELETE /api/orders/{order_id}", For::Owner),
    ("POST /api/orders/{order_id}/payment", For::Owner),
    ("POST /api/orders/{order_id}/reconcile", For::Owner),
    ("POST /api/stripe/webhook", For::Stripe),
];

/// A valid request of a route about the given ticket and order.
fn call(route: &str, ticket: &str, order: &str) -> Call {
    let (method, path) = route.split_once(' ').expect("method and path");
    let path = path.replace("{ticket_id}", ticket).replace("{order_id}", order);
    let path = path.replace("{session_id}", &Uuid::new_v4().to_string());
    let call = Call::new(method, path).header("idempotency-key", Uuid::new_v4().to_string());
    match body_of(route, ticket) {
        Some(body) => call.json(&body),
        None => call,
    }
}

fn body_of(route: &str, ticket: &str) -> Option<Value> {
    let email = format!("{}@tickets.example", Uuid::new_v4().simple());
    match route {
        "POST /api/users" | "POST /api/session" => Some(json!({"email": email, "password": PASSWORD})),
        "POST /api/email-verification" => Some(json!({})),
        "POST /api/email-verification/confirm" => Some(json!({"token": "nobody.s"})),
        "POST /api/password-reset" => Some(json!({"email": email})),
        "POST /api/password-reset/confirm" => Some(json!({"token": "nobody.s", "new_password": PASSWORD})),
        "POST /api/password" => Some(json!({"current_password": PASSWORD, "new_password": "another horse battery"})),
        "POST /api/me/deletion" => Some(json!({"password": PASSWORD})),
        "POST /api/tickets" | "PUT /api/tickets/{ticket_id}" => Some(ticket_body("Authorized")),
        "POST /api/orders" => Some(json!({"ticket_id": ticket})),
        _ => None,
    }
}

struct Scene {
    stack: Stack,
    stranger: Person,
    ticket: String,
    order: String,
}

impl Scene {
    async fn set() -> Self {
        let stack = Stack::get();
        let (seller, buyer) = (stack.person("Seller").await, stack.person("Buyer").await);
        let ticket = seller.list_ticket("Somebody's").await;
        let order = buyer.place_order(&ticket).await.expect(201).text("id");
        Self { stranger: stack.person("Stranger").await, stack, ticket, order }
    }

    fn call(&self, route: &str) -> Call {
        call(route, &self.ticket, &self.order)
    }

    async fn with_cookie(&self, route: &str, cookie: &str) -> Answer {
        self.stack.send(self.call(route).header("cookie", cookie)).await
    }
}

#[test]
fn every_route_of_the_template_is_covered() {
    let known: BTreeSet<String> = ROUTES.iter().map(|(route, _)| (*route).to_owned()).collect();
    let real: BTreeSet<String> = Template::get().routes().into_iter().map(|(route, _)| route).collect();
    assert_eq!(known, real);
}

#[tokio::test]
async fn without_a_living_session_what_belongs_to_somebody_is_401() {
    let scene = Scene::set().await;
    let gone = scene.stack.person("Gone").await;
    gone.send(Call::new("DELETE", "/api/session")).await.expect(204);
    let forged = format!("{}x", scene.stranger.cookie);
    for (route, _) in ROUTES.iter().filter(|(_, who)| matches!(who, For::User | For::Owner)) {
        for cookie in ["", "__Host-session=", "__Host-session=a.b.c", &gone.cookie, &forged] {
            scene.with_cookie(route, cookie).await.expect_problem(401, "no-session");
        }
    }
    assert_eq!(scene.stack.ticket(&scene.ticket).await.text("state"), "held", "nothing was done");
}

#[tokio::test]
async fn what_is_somebody_elses_does_not_exist() {
    let scene = Scene::set().await;
    let before = scene.stack.ticket(&scene.ticket).await.body;
    for (route, _) in ROUTES.iter().filter(|(_, who)| *who == For::Owner) {
        scene.with_cookie(route, &scene.stranger.cookie).await.expect_problem(404, "not-found");
        for id in ["42", "~", &Uuid::new_v4().to_string(), &scene.ticket.to_uppercase()] {
            let answer = scene.stranger.send(call(route, id, id)).await;
            answer.expect_problem(404, "not-found");
        }
    }
    assert_eq!(scene.stack.ticket(&scene.ticket).await.body, before, "nothing was done");
}

#[tokio::test]
async fn a_write_comes_from_the_sites_own_pages_or_not_at_all() {
    let scene = Scene::set().await;
    let person = &scene.stranger;
    for (route, _) in ROUTES.iter().filter(|(route, who)| !route.starts_with("GET") && *who != For::Stripe) {
        for origin in ["https://evil.example", "null", "http://localhost:1"] {
            let call = scene.call(route).header("origin", origin);
            person.send(call).await.expect_problem(400, "bad-origin");
        }
    }
    assert_eq!(person.get("/api/me/tickets").await.expect(200).body["items"], json!([]));
    assert_eq!(person.get("/api/session").await.expect(200).body["user"]["id"], json!(person.id));
}

#[tokio::test]
async fn a_webhook_is_believed_for_its_signature_alone() {
    let scene = Scene::set().await;
    for (route, _) in ROUTES.iter().filter(|(_, who)| *who == For::Stripe) {
        for origin in ["", "https://evil.example", &scene.stack.base] {
            let call = scene.call(route).header("origin", origin).raw("application/json", "{}");
            scene.stranger.send(call).await.expect_problem(400, "bad-signature");
        }
    }
}

#[tokio::test]
async fn whoever_goes_around_the_edge_is_refused() {
    let scene = Scene::set().await;
    let api = scene.stack.api_beside_the_edge();
    for (route, _) in ROUTES {
        let site = "tickets.example";
        let direct = |secret: &str| {
            let call = scene.call(route).header("x-site-host", site).header("origin", format!("https://{site}"));
            call.header("cookie", &scene.stranger.cookie).header("x-origin-secret", secret)
        };
        for secret in ["", "guess"] {
            let answer = api.send(direct(secret)).await;
            answer.expect_problem(400, "bad-origin");
        }
    }
}

#[tokio::test]
async fn the_edge_lets_nobody_bring_its_own_headers() {
    let stack = Stack::get();
    let person = stack.person("Clever").await;
    let evil = "https://evil.example";
    let call = Call::new("POST", "/api/tickets").json(&ticket_body("Smuggled")).header("origin", evil);
    person.send(call.header("x-site-host", "evil.example")).await.expect_problem(400, "bad-origin");
    let call = Call::new("GET", "/api/session").header("x-origin-secret", "guess");
    assert_eq!(person.send(call).await.expect(200).body["user"]["id"], json!(person.id));
}
