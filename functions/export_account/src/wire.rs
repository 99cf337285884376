//! The shape of the answer.

use holdfast_domain::{Order, Timestamp, UserId};
use holdfast_http_api::wire::{OrderBody, OwnTicketBody};
use holdfast_store::{Account, Receipt};
use serde::Serialize;

/// One page of what is kept about a person.
// Without `Debug`, as all below: nothing of it is for logs.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct ExportBody {
    account: AccountBody,
    pub(crate) tickets: Vec<OwnTicketBody>,
    pub(crate) orders: Vec<ExportedOrderBody>,
    #[cfg_attr(feature = "openapi", schemars(with = "Option<holdfast_domain::schema::Cursor>"))]
    pub(crate) next: Option<String>,
}

impl ExportBody {
    /// A page with nothing but the account.
    pub(crate) fn of(account: AccountBody) -> Self {
        Self { account, tickets: Vec::new(), orders: Vec::new(), next: None }
    }
}

/// The account, without the hash of its password, which could be used against its owner alone.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub(crate) struct AccountBody {
    id: UserId,
    #[cfg_attr(feature = "openapi", schemars(with = "holdfast_domain::EmailAddress"))]
    email: String,
    #[cfg_attr(feature = "openapi", schemars(with = "holdfast_domain::DisplayName"))]
    display_name: String,
    created_at: Timestamp,
    verified_at: Option<Timestamp>,
}

impl From<&Account> for AccountBody {
    fn from(account: &Account) -> Self {
        Self {
            id: account.id,
            email: account.email.as_str().to_owned(),
            display_name: account.display_name.as_str().to_owned(),
            created_at: account.created_at,
            verified_at: account.verified_at,
        }
    }
}

/// An order as its buyer sees it, and which payment of Stripe's belongs to it.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub(crate) struct ExportedOrderBody {
    #[serde(flatten)]
    order: OrderBody,
    payment_id: Option<String>,
}

impl ExportedOrderBody {
    pub(crate) fn new(order: &Order, receipt: Option<Receipt>) -> Self {
        let payment_id = order.intent().map(|intent| intent.as_str().to_owned());
        Self { order: OrderBody::with_receipt(order, receipt), payment_id }
    }
}
