//! The pages, one file each.

mod catalogue;
mod checkout;
mod my_tickets;
mod not_found;
mod order;
mod orders;
mod sell;
mod sign_in;
mod sign_up;
mod ticket;

use crate::page::Page;
use crate::policy::StripeScript;

/// Every page of the site; one pays with this script of Stripe.
#[must_use]
pub fn all_pages(stripe: &StripeScript) -> Vec<Page> {
    vec![
        catalogue::page(),
        ticket::page(),
        sign_up::page(),
        sign_in::page(),
        sell::page(),
        my_tickets::page(),
        orders::page(),
        order::page(),
        checkout::page(stripe.clone()),
        not_found::page(),
    ]
}
