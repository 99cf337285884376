//! Stripe, through `async-stripe`.

use std::time::Duration;

use holdfast_domain::{Currency, Intent, IntentStatus, OrderId, PaidCard, PaymentIntentId};
use stripe::{Client, ClientBuilder, IdempotencyKey, RequestStrategy, StripeRequest};
use stripe_core::payment_intent::{
    CancelPaymentIntent, CapturePaymentIntent, CreatePaymentIntent, RetrievePaymentIntent, SearchPaymentIntent,
};
use stripe_core::refund::CreateRefund;
use stripe_shared::{
    PaymentIntent, PaymentIntentAllowedPaymentMethodTypes, PaymentIntentCaptureMethod, PaymentIntentStatus,
};
use stripe_types::Expandable;
use tokio::sync::Mutex;
use url::Url;

use crate::error::{CallFailure, PaymentError};
use crate::keys::{PublishableKey, SecretKey, StripeKeys, WebhookSecret};
use crate::payment::{ClientSecret, NewPayment, Payment, PaymentOwner, Payments};

/// Stripe's own address.
pub const STRIPE_API_BASE: &str = "https://api.stripe.com/";
/// Tries of a call: the first and two more.
const TRIES: u32 = 3;
/// How long one try may take. Three of them and their pauses end before API Gateway does.
const ONE_TRY: Duration = Duration::from_secs(6);
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
        let builder = ClientBuilder::new(key.expose()).url(self.base.as_str()).timeout(ONE_TRY);
        // Its error can quote the key.
        let client =
            builder.build().map_err(|_| PaymentError::Refused("the key or the address is not valid".into()))?;
        *kept = Some((key, client.clone()));
        Ok(client)
    }

    /// Calls up to three times. `strategy` is asked before each try: one and the same key, or a fresh one.
    async fn call<R>(&self, request: &R, strategy: impl Fn() -> RequestStrategy) -> Result<R::Output, CallFailure>
    where
        R: StripeRequest + Sync,
        R::Output: miniserde::Deserialize + Send,
    {
        let client = self.client().await.map_err(CallFailure::Final)?;
        let mut tried = 0;
        loop {
            let failure = match request.customize().request_strategy(strategy()).send(&client).await {
                Ok(output) => return Ok(output),
                Err(error) => CallFailure::from(error),
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
        self.call(&CapturePaymentIntent::new(id.as_str()), fresh_key).await?;
        Ok(())
    }

    async fn cancel(&self, id: &PaymentIntentId) -> Result<(), PaymentError> {
        self.call(&CancelPaymentIntent::new(id.as_str()), fresh_key).await?;
        Ok(())
    }

    async fn refund(&self, id: &PaymentIntentId) -> Result<(), PaymentError> {
        match self.call(&CreateRefund::new().payment_intent(id.as_str()), fresh_key).await {
            Ok(_) | Err(CallFailure::Final(PaymentError::Stale)) => Ok(()),
            Err(failure) => Err(failure.into()),
        }
    }

    async fn find(&self, order: OrderId) -> Result<Option<Payment>, PaymentError> {
        let query = format!("metadata['{META_ORDER}']:'{order}'");
        let found = self.call(&SearchPaymentIntent::new(query).limit(10), once).await?;
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

fn payment_of(intent: PaymentIntent) -> Result<Payment, PaymentError> {
    let owner = || {
        Some(PaymentOwner {
            stage: intent.metadata.get(META_STAGE)?.clone(),
            order: intent.metadata.get(META_ORDER)?.parse().ok()?,
            buyer: intent.metadata.get(META_BUYER)?.parse().ok()?,
        })
    };
    let charge = match &intent.latest_charge {
        Some(Expandable::Object(charge)) => Some(charge),
        Some(Expandable::Id(_)) | None => None,
    };
    let card = charge
        .and_then(|charge| charge.payment_method_details.as_ref()?.card.as_ref())
        .and_then(|card| PaidCard::parse(card.brand.as_deref()?, card.last4.as_deref()?).ok());
    let minor = |amount: i64| u64::try_from(amount).map_err(|error| PaymentError::Refused(error.into()));
    let status = match &intent.status {
        PaymentIntentStatus::RequiresPaymentMethod
        | PaymentIntentStatus::RequiresConfirmation
        | PaymentIntentStatus::RequiresAction
        | PaymentIntentStatus::Processing => IntentStatus::NotAuthorised,
        PaymentIntentStatus::RequiresCapture => IntentStatus::Authorised,
        PaymentIntentStatus::Succeeded => IntentStatus::Captured {
            received: minor(intent.amount_received)?,
            refunded: charge.is_some_and(|charge| charge.refunded),
        },
        PaymentIntentStatus::Canceled => IntentStatus::Canceled,
        PaymentIntentStatus::Unknown(_) | _ => {
            let text = format!("the status {} is not known", intent.status.as_str());
            return Err(PaymentError::Refused(text.into()));
        }
    };
    Ok(Payment {
        intent: Intent {
            id: PaymentIntentId::from_stripe(intent.id.as_str().to_owned()),
            status,
            amount: minor(intent.amount)?,
            currency: intent.currency.to_string().parse::<Currency>().ok(),
        },
        owner: owner(),
        client_secret: intent.client_secret.map(ClientSecret::from_stripe),
        card,
    })
}

#[cfg(test)]
mod tests;
