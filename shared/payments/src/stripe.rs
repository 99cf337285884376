//! Stripe: what is asked, and what is read of its answers.

use std::collections::BTreeMap;
use std::time::Duration;

use holdfast_domain::{Currency, Intent, IntentStatus, OrderId, PaidCard, PaymentIntentId};
use miniserde::Deserialize;
use miniserde::json::Value;
use stripe_client_core::{IdempotencyKey, RequestStrategy, StripeRequest};
use stripe_core::payment_intent::{
    CancelPaymentIntent, CapturePaymentIntent, CreatePaymentIntent, RetrievePaymentIntent, SearchPaymentIntent,
};
use stripe_core::refund::CreateRefund;
use stripe_shared::{PaymentIntentAllowedPaymentMethodTypes, PaymentIntentCaptureMethod, PaymentIntentStatus};
use tokio::sync::Mutex;
use url::Url;

use crate::client::Client;
use crate::error::{CallFailure, PaymentError};
use crate::keys::{PublishableKey, SecretKey, StripeKeys, WebhookSecret};
use crate::payment::{ClientSecret, NewPayment, Payment, PaymentOwner, Payments};

/// Stripe's own address.
pub const STRIPE_API_BASE: &str = "https://api.stripe.com/";
/// Tries of a call: the first and two more.
const TRIES: u32 = 3;
const FIRST_PAUSE: Duration = Duration::from_millis(150);
/// Keys for making one order's intent: Stripe answers a 500 that it saved under a key again for a day.
const CREATE_KEYS: u32 = 3;

const META_STAGE: &str = "stage";
const META_ORDER: &str = "order";
const META_BUYER: &str = "buyer";

/// Stripe under one stage's keys.
#[derive(Debug)]
pub struct StripePayments {
    keys: StripeKeys,
    base: Url,
    client: Mutex<Option<(SecretKey, Client)>>,
}

impl StripePayments {
    /// Stripe at `base`, which is [`STRIPE_API_BASE`] but on a laptop.
    #[must_use]
    pub fn new(keys: StripeKeys, base: Url) -> Self {
        Self { keys, base, client: Mutex::default() }
    }

    /// The key for the browser.
    ///
    /// # Errors
    /// [`PaymentError::NotConfigured`], or an outage.
    pub async fn publishable_key(&self) -> Result<PublishableKey, PaymentError> {
        Ok(self.keys.publishable().await?)
    }

    /// What a webhook may be signed with. With `anew`, a copy older than half a minute is read again.
    ///
    /// # Errors
    /// [`PaymentError::NotConfigured`], or an outage.
    pub async fn webhook_secrets(&self, anew: bool) -> Result<Vec<WebhookSecret>, PaymentError> {
        Ok(self.keys.webhook_secrets(anew).await?)
    }

    async fn client(&self) -> Result<Client, PaymentError> {
        let key = self.keys.secret().await?;
        let mut kept = self.client.lock().await;
        if let Some((made_with, client)) = kept.as_ref()
            && *made_with == key
        {
            return Ok(client.clone());
        }
        if key.is_live() && self.base.as_str() != STRIPE_API_BASE {
            return Err(PaymentError::Refused("a live key is for Stripe's own address alone".into()));
        }
        let client = Client::new(&key, &self.base);
        let client = client.ok_or_else(|| PaymentError::Refused("the key is of no form that can be sent".into()))?;
        *kept = Some((key, client.clone()));
        Ok(client)
    }

    /// Calls up to three times, and reads of the answer what `T` has. `strategy` is asked before each try: for one and the
    /// same key, or a fresh one.
    async fn call<T>(
        &self,
        request: &(impl StripeRequest + Sync),
        strategy: impl Fn() -> RequestStrategy + Send + Sync,
    ) -> Result<T, CallFailure>
    where
        T: Deserialize + Send,
    {
        let client = self.client().await.map_err(CallFailure::Final)?;
        let mut tried = 0;
        loop {
            let call = request.build().customize::<T>().request_strategy(strategy());
            let failure = match call.send(&client).await {
                Ok(output) => return Ok(output),
                Err(failure) => failure,
            };
            tried += 1;
            match failure {
                CallFailure::NoAnswer(_) | CallFailure::Later(_) if tried < TRIES => {
                    tokio::time::sleep(FIRST_PAUSE * 2_u32.pow(tried)).await;
                }
                CallFailure::KeyRefused(_) => {
                    self.keys.forget().await;
                    return Err(failure);
                }
                CallFailure::NoAnswer(_) | CallFailure::Later(_) | CallFailure::Final(_) => return Err(failure),
            }
        }
    }
}

fn once() -> RequestStrategy {
    RequestStrategy::Once
}

fn fresh_key() -> RequestStrategy {
    RequestStrategy::Idempotent(IdempotencyKey::new_uuid_v4())
}

/// What is read of a payment.
// Without `Debug`: it holds what lets somebody confirm it.
#[derive(Deserialize)]
struct IntentAnswer {
    id: String,
    status: PaymentIntentStatus,
    amount: i64,
    amount_received: i64,
    currency: stripe_types::Currency,
    client_secret: Option<String>,
    metadata: BTreeMap<String, String>,
    /// An object where that was asked for, else an id.
    latest_charge: Option<Value>,
}

/// What is read of a search.
#[derive(Deserialize)]
struct SearchAnswer {
    data: Vec<IntentAnswer>,
}

/// What is read of an answer that only says that it was done.
#[derive(Debug, Deserialize)]
struct Done {}

/// What stands in an object at the end of a path of names.
fn within<'a>(value: &'a Value, path: &[&str]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, name| match value {
        Value::Object(fields) => fields.get(*name),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => None,
    })
}

fn text<'a>(value: &'a Value, path: &[&str]) -> Option<&'a str> {
    match within(value, path)? {
        Value::String(text) => Some(text),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

impl Payments for StripePayments {
    async fn create(&self, new: &NewPayment) -> Result<Payment, PaymentError> {
        let request = create_request(new)?;
        let mut attempt = 0;
        loop {
            let key = IdempotencyKey::new(format!("order-{}-{attempt}", new.owner.order))
                .map_err(|error| PaymentError::Refused(error.into()))?;
            let failure = match self.call(&request, || RequestStrategy::Idempotent(key.clone())).await {
                Ok(intent) => return payment_of(intent),
                Err(failure) => failure,
            };
            attempt += 1;
            // A saved 500 may have made an intent; nobody has its secret, so that nobody can pay by it.
            let is_saved = matches!(&failure, CallFailure::Later(answer) if answer.status == 500);
            if !is_saved || attempt == CREATE_KEYS {
                return Err(failure.into());
            }
            tracing::warn!(order_id = %new.owner.order, attempt, "Stripe answers 500 to this key: trying another one");
        }
    }

    async fn retrieve(&self, id: &PaymentIntentId) -> Result<Payment, PaymentError> {
        let request = RetrievePaymentIntent::new(id.as_str()).expand(["latest_charge".to_owned()]);
        payment_of(self.call(&request, once).await?)
    }

    async fn capture(&self, id: &PaymentIntentId) -> Result<(), PaymentError> {
        let Done {} = self.call(&CapturePaymentIntent::new(id.as_str()), fresh_key).await?;
        Ok(())
    }

    async fn cancel(&self, id: &PaymentIntentId) -> Result<(), PaymentError> {
        let Done {} = self.call(&CancelPaymentIntent::new(id.as_str()), fresh_key).await?;
        Ok(())
    }

    async fn refund(&self, id: &PaymentIntentId) -> Result<(), PaymentError> {
        match self.call(&CreateRefund::new().payment_intent(id.as_str()), fresh_key).await {
            Ok(Done {}) | Err(CallFailure::Final(PaymentError::Stale)) => Ok(()),
            Err(failure) => Err(failure.into()),
        }
    }

    async fn find(&self, order: OrderId) -> Result<Option<Payment>, PaymentError> {
        let query = format!("metadata['{META_ORDER}']:'{order}'");
        let found: SearchAnswer = self.call(&SearchPaymentIntent::new(query).limit(10), once).await?;
        // An attempt that Stripe answered with a 500 may have left a second one, which was never paid.
        let payments = found.data.into_iter().map(payment_of).collect::<Result<Vec<_>, _>>()?;
        let is_captured = |payment: &Payment| matches!(payment.intent.status, IntentStatus::Captured { .. });
        let captured = payments.iter().position(is_captured).unwrap_or_default();
        Ok(payments.into_iter().nth(captured))
    }
}

fn create_request(new: &NewPayment) -> Result<CreatePaymentIntent, PaymentError> {
    let amount = i64::try_from(new.price.amount()).map_err(|error| PaymentError::Refused(error.into()))?;
    let Ok(currency) = new.price.currency().code().parse::<stripe_types::Currency>();
    let owner = &new.owner;
    let metadata = [
        (META_STAGE, owner.stage.clone()),
        (META_ORDER, owner.order.to_string()),
        (META_BUYER, owner.buyer.to_string()),
    ];
    Ok(CreatePaymentIntent::new(amount, currency)
        .capture_method(PaymentIntentCaptureMethod::Manual)
        .allowed_payment_method_types([PaymentIntentAllowedPaymentMethodTypes::Card])
        .description(format!("Holdfast order {}", owner.order))
        .metadata(metadata.map(|(name, value)| (name.to_owned(), value))))
}

fn payment_of(intent: IntentAnswer) -> Result<Payment, PaymentError> {
    let owner = || {
        Some(PaymentOwner {
            stage: intent.metadata.get(META_STAGE)?.clone(),
            order: intent.metadata.get(META_ORDER)?.parse().ok()?,
            buyer: intent.metadata.get(META_BUYER)?.parse().ok()?,
        })
    };
    let charge = intent.latest_charge.as_ref();
    let card = |charge: &Value| {
        let of_card = |name| text(charge, &["payment_method_details", "card", name]);
        PaidCard::parse(of_card("brand")?, of_card("last4")?).ok()
    };
    let refunded = charge.is_some_and(|charge| matches!(within(charge, &["refunded"]), Some(Value::Bool(true))));
    let minor = |amount: i64| u64::try_from(amount).map_err(|error| PaymentError::Refused(error.into()));
    let status = match &intent.status {
        PaymentIntentStatus::RequiresPaymentMethod
        | PaymentIntentStatus::RequiresConfirmation
        | PaymentIntentStatus::RequiresAction
        | PaymentIntentStatus::Processing => IntentStatus::NotAuthorised,
        PaymentIntentStatus::RequiresCapture => IntentStatus::Authorised,
        PaymentIntentStatus::Succeeded => IntentStatus::Captured { received: minor(intent.amount_received)?, refunded },
        PaymentIntentStatus::Canceled => IntentStatus::Canceled,
        PaymentIntentStatus::Unknown(_) | _ => {
            let text = format!("the status {} is not known", intent.status.as_str());
            return Err(PaymentError::Refused(text.into()));
        }
    };
    Ok(Payment {
        intent: Intent {
            status,
            amount: minor(intent.amount)?,
            currency: intent.currency.to_string().parse::<Currency>().ok(),
            id: PaymentIntentId::from_stripe(intent.id.clone()),
        },
        owner: owner(),
        card: charge.and_then(card),
        client_secret: intent.client_secret.map(ClientSecret::from_stripe),
    })
}

#[cfg(test)]
mod tests;
