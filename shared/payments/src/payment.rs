//! A payment as Holdfast sees it, and what can be done to one.

use std::fmt;
use std::future::Future;

use holdfast_domain::{Intent, OrderId, PaidCard, PaymentIntentId, Price, UserId};

use crate::error::PaymentError;

/// What lets a browser confirm one payment. It is for the order's buyer alone: `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientSecret(String);

impl ClientSecret {
    /// Wraps a secret that Stripe gave.
    #[must_use]
    pub fn from_stripe(text: String) -> Self {
        Self(text)
    }

    /// The secret's text.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientSecret(hidden)")
    }
}

/// Whose payment it is, as its metadata says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentOwner {
    /// The stage that made it: several may share a Stripe account.
    pub stage: String,
    /// The order that it pays.
    pub order: OrderId,
    /// Who placed that order.
    pub buyer: UserId,
}

/// A payment to be made.
#[derive(Debug, Clone)]
pub struct NewPayment {
    /// Whose it is.
    pub owner: PaymentOwner,
    /// What it is for.
    pub price: Price,
}

/// A payment as Stripe answered it.
#[derive(Debug, Clone)]
pub struct Payment {
    /// What decisions need of it.
    pub intent: Intent,
    /// Whose it is; `None` for one that Holdfast did not make.
    pub owner: Option<PaymentOwner>,
    /// What lets the buyer's browser confirm it.
    pub client_secret: Option<ClientSecret>,
    /// The card that was authorised, if one was.
    pub card: Option<PaidCard>,
}

/// Whoever takes the money.
pub trait Payments: Send + Sync {
    /// Makes a payment with manual capture, for cards; the same one for each call for the same order.
    ///
    /// # Errors
    /// [`PaymentError`]; after [`PaymentError::Unavailable`] calling again is right.
    fn create(&self, new: &NewPayment) -> impl Future<Output = Result<Payment, PaymentError>> + Send;

    /// The payment as it is now.
    ///
    /// # Errors
    /// [`PaymentError`].
    fn retrieve(&self, id: &PaymentIntentId) -> impl Future<Output = Result<Payment, PaymentError>> + Send;

    /// Takes all of the money that is reserved.
    ///
    /// # Errors
    /// [`PaymentError::Stale`] when nothing is reserved, or it is taken already.
    fn capture(&self, id: &PaymentIntentId) -> impl Future<Output = Result<(), PaymentError>> + Send;

    /// Voids a payment, so that nothing is reserved and nobody can pay by it.
    ///
    /// # Errors
    /// [`PaymentError::Stale`] when it is captured, cancelled already or being processed.
    fn cancel(&self, id: &PaymentIntentId) -> impl Future<Output = Result<(), PaymentError>> + Send;

    /// Gives all of the money back; one that was given back already stays so.
    ///
    /// # Errors
    /// [`PaymentError`].
    fn refund(&self, id: &PaymentIntentId) -> impl Future<Output = Result<(), PaymentError>> + Send;

    /// The payment of an order, by Stripe's search, which is behind by up to a minute.
    ///
    /// # Errors
    /// [`PaymentError`].
    fn find(&self, order: OrderId) -> impl Future<Output = Result<Option<Payment>, PaymentError>> + Send;
}
