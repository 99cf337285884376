//! The pages, one file each.

mod catalogue;
mod my_tickets;
mod not_found;
mod order;
mod orders;
mod sell;
mod sign_in;
mod sign_up;
mod ticket;

use crate::page::Page;

/// Every page of the site.
#[must_use]
pub fn all_pages() -> Vec<Page> {
    vec![
        catalogue::page(),
        ticket::page(),
        sign_up::page(),
        sign_in::page(),
        sell::page(),
        my_tickets::page(),
        orders::page(),
        order::page(),
        not_found::page(),
    ]
}
