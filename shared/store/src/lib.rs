#![doc = include_str!("../README.md")]

mod accounts;
mod allowance;
mod batch;
mod cancel;
mod catalogue;
mod closing;
pub mod crash;
mod due;
mod erasing;
mod error;
mod expire;
mod expression;
mod image;
mod items;
mod keys;
mod links;
mod lock;
mod orders;
mod owner_page;
mod pages;
mod place;
mod receipt;
mod records;
mod sessions;
mod steps;
mod tickets;
mod trace;
mod transaction;
mod tries;

use aws_sdk_dynamodb::Client;

pub use accounts::{Account, AccountCreateError, Accounts, PasswordReplaceError};
pub use allowance::CountedHold;
pub use cancel::{CancelOutcome, order_cancel};
pub use catalogue::{
    CatalogueOrder, CataloguePage, CataloguePlace, CatalogueQuery, InvalidPlace, PlaceRange, Placed, Projected, Shown,
};
pub use closing::{AccountCloseError, AccountStage};
pub use due::{DUE_SHARDS, Due, DuePage};
pub use erasing::{FORMER_MEMBER, OrderPage};
pub use error::{LostOr, StoreError};
pub use expire::{ExpireOutcome, HoldEnd, RunOutOutcome, hold_end, order_expire_run_out, order_release_run_out};
pub use image::{Image, image_from_item};
pub use links::{LinkState, LinkStored, LinkUseError};
pub use orders::{Recorded, order_close};
pub use owner_page::{InvalidCursor, OwnerCursor, OwnerPage};
pub use pages::{Boundary, InvalidPageId, PageId, PageLayout, PageRegister};
pub use place::{PlaceError, PlaceOrder, order_place};
pub use receipt::Receipt;
pub use records::Written;
pub use sessions::{Session, Sessions};
pub use steps::Steps;
pub use tickets::{Created, NewTicket, TicketChange, TicketChangeError, TicketDetails, TicketWithDetails};
pub use trace::trace_of_item;
pub use tries::{Allowance, Tries, TryTakeError};

/// The table of tickets, orders and catalogue rows.
#[derive(Debug, Clone)]
pub struct Market {
    client: Client,
    table: String,
}

impl Market {
    /// The market in the table named `table`.
    #[must_use]
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }
}

#[cfg(test)]
mod answers;
#[cfg(test)]
#[cfg(feature = "table")]
mod table_tests;
