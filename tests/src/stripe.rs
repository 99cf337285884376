//! The stand-in for Stripe, as a buyer's browser, a bank and an accountant see it.

use std::time::Duration;

use fake_stripe::{Ledger, LedgerIntent};
use holdfast_domain::Timestamp;
use reqwest::Client;
use serde_json::{Value, json};

use crate::stack::variable;
use crate::{Aws, eventually};

/// A card that pays.
pub const VISA: &str = "pm_card_visa";
/// A card that is declined.
pub const DECLINED: &str = "pm_card_chargeDeclined";

/// The stand-in that the running stack pays through.
#[derive(Debug, Clone)]
pub struct Stripe {
    base: String,
    http: Client,
}

impl Stripe {
    /// The stand-in of this run.
    ///
    /// # Panics
    /// When `cargo xtask test` did not start this program.
    #[must_use]
    pub fn get() -> Self {
        let base = variable("HOLDFAST_FAKE_STRIPE_URL").trim_end_matches('/').to_owned();
        Self { base, http: Client::builder().no_proxy().build().expect("a client") }
    }

    /// Confirms a payment as Stripe's script in the browser does: with its secret and the publishable key. The HTTP
    /// status.
    ///
    /// # Panics
    /// When there is no answer.
    pub async fn confirm(&self, started: &Value, card: &str) -> u16 {
        let text = |name: &str| started[name].as_str().expect("a text").to_owned();
        let secret = text("client_secret");
        let form = format!("client_secret={secret}&payment_method={card}");
        let url = format!("{}/v1/payment_intents/{}/confirm", self.base, intent_of(started));
        let request = self.http.post(url).bearer_auth(text("publishable_key"));
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(form);
        request.send().await.expect("an answer").status().as_u16()
    }

    /// All the books.
    ///
    /// # Panics
    /// When there is no answer.
    pub async fn ledger(&self) -> Ledger {
        let answer = self.http.get(format!("{}/_fake/ledger", self.base)).send().await.expect("an answer");
        answer.json().await.expect("a ledger")
    }

    /// The payments of an order, the oldest first.
    pub async fn payments_of(&self, order: &str) -> Vec<LedgerIntent> {
        let intents = self.ledger().await.intents;
        intents.into_iter().filter(|intent| intent.order.as_deref() == Some(order)).collect()
    }

    /// Something goes wrong with the payments of an order, so often.
    ///
    /// # Panics
    /// When the rule is refused.
    pub async fn fault(&self, order: &str, operation: &str, action: &str, count: u32) {
        self.post("faults", &json!({"operation": operation, "action": action, "count": count, "order": order})).await;
    }

    /// Waits until the shop was told of everything that happened to a payment so far: what a test does next is not
    /// crossed by news of what was before.
    ///
    /// # Panics
    /// When that takes longer than it should.
    pub async fn has_told(&self, intent: &str) {
        eventually("the webhooks are delivered", Duration::from_secs(45), || async {
            let answer = self.http.get(format!("{}/_fake/webhooks", self.base)).send().await.expect("an answer");
            let told: Value = answer.json().await.expect("JSON");
            let is_open = |event: &&Value| event["object"] == intent && event["delivery"] == "pending";
            let open = told["events"].as_array().expect("events").iter().any(|event| is_open(&event));
            (!open).then_some(())
        })
        .await;
    }

    /// Gives a payment's money back as somebody does in Stripe's dashboard.
    ///
    /// # Panics
    /// When Stripe refuses.
    pub async fn refund_in_dashboard(&self, aws: &Aws, intent: &str) {
        let url = format!("{}/v1/refunds", self.base);
        let request = self.http.post(url).bearer_auth(aws.stripe_key().await);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let answer = request.body(format!("payment_intent={intent}")).send().await.expect("an answer");
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap_or_default());
    }

    /// Tells the stand-in something under `/_fake`.
    ///
    /// # Panics
    /// When it refuses.
    pub async fn post(&self, path: &str, body: &Value) {
        let answer = self.http.post(format!("{}/_fake/{path}", self.base)).json(body).send().await.expect("an answer");
        assert!(answer.status().is_success(), "{path}: {}", answer.text().await.unwrap_or_default());
    }
}

/// The payment that a started payment's secret is for.
///
/// # Panics
/// When there is no secret.
#[must_use]
pub fn intent_of(started: &Value) -> String {
    let secret = started["client_secret"].as_str().expect("a secret");
    secret.split_once("_secret").expect("a payment's secret").0.to_owned()
}

/// Stripe's header for a body that it signs at a moment.
#[must_use]
pub fn signature_header(body: &str, secret: &str, at: Timestamp) -> String {
    fake_stripe::signature(body, &[secret.to_owned()], at.as_seconds())
}

/// What the stack's webhooks are signed with.
#[must_use]
pub fn webhook_secret() -> String {
    variable("HOLDFAST_WEBHOOK_SECRET")
}
