//! Somebody who uses the site, with the cookie that their browser would keep.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::{Answer, Call, Stack};

/// The password of everybody in the tests.
pub const PASSWORD: &str = "correct horse battery";

/// Somebody with an account.
#[derive(Debug, Clone)]
pub struct Person {
    /// Where they are.
    pub stack: Stack,
    /// Their address.
    pub email: String,
    /// Their id.
    pub id: String,
    /// `name=value` of their session cookie.
    pub cookie: String,
}

/// A body that lists a ticket.
#[must_use]
pub fn ticket_body(title: &str) -> Value {
    json!({"title": title, "price": {"amount": 4500, "currency": "eur"}})
}

impl Person {
    pub(crate) async fn sign_up(stack: Stack, name: &str) -> Self {
        let email = format!("{}@tickets.example", Uuid::new_v4().simple());
        let body = json!({"email": email, "password": PASSWORD, "display_name": name});
        let answer = stack.send(Call::new("POST", "/api/users").json(&body)).await.expect(201);
        let cookie = answer.header("set-cookie").and_then(|cookie| cookie.split(';').next()).expect("a cookie");
        Self { id: answer.text("id"), cookie: cookie.to_owned(), email, stack }
    }

    /// Sends a request with the session.
    pub async fn send(&self, call: Call) -> Answer {
        self.stack.send(call.header("cookie", &self.cookie)).await
    }

    /// Asks for a path.
    pub async fn get(&self, path: impl Into<String>) -> Answer {
        self.send(Call::new("GET", path)).await
    }

    /// Lists a ticket; its id.
    ///
    /// # Panics
    /// When that fails.
    pub async fn list_ticket(&self, title: &str) -> String {
        let answer = self.send(Call::new("POST", "/api/tickets").json(&ticket_body(title))).await;
        answer.expect(201).text("id")
    }

    /// Places an order under a key.
    pub async fn place_order_under(&self, key: &str, ticket: &str) -> Answer {
        let call = Call::new("POST", "/api/orders").header("idempotency-key", key);
        self.send(call.json(&json!({"ticket_id": ticket}))).await
    }

    /// Places an order under a new key.
    pub async fn place_order(&self, ticket: &str) -> Answer {
        self.place_order_under(&Uuid::new_v4().to_string(), ticket).await
    }

    /// Gives an order up.
    pub async fn cancel(&self, order: &str) -> Answer {
        self.send(Call::new("DELETE", format!("/api/orders/{order}"))).await
    }

    /// Begins the payment of an order.
    pub async fn start_payment(&self, order: &str) -> Answer {
        self.send(Call::new("POST", format!("/api/orders/{order}/payment"))).await
    }

    /// Has Stripe asked about an order, as the page does that a buyer comes back to.
    pub async fn reconcile(&self, order: &str) -> Answer {
        self.send(Call::new("POST", format!("/api/orders/{order}/reconcile"))).await
    }
}
