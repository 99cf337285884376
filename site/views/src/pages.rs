//! The pages, one file each.

mod about;
pub(crate) mod account;
mod catalogue;
mod checkout;
mod error;
mod forgot_password;
mod my_tickets;
mod not_found;
mod order;
mod orders;
mod reset_password;
mod search;
mod sell;
mod sign_in;
mod sign_up;
mod terms;
mod ticket;
mod verify_email;

use crate::language::Language;
use crate::links::SiteOrigin;
use crate::listing::Shelf;
use crate::page::Page;
use crate::policy::StripeScript;

pub use catalogue::catalogue_page;
pub use ticket::ticket_page;

/// Every page of a language that is there before any ticket is, the catalogue without tickets among them; one pays with
/// this script of Stripe. The pages for what is missing or broken are of all languages at once and come with the first.
#[must_use]
pub fn all_pages(language: Language, origin: &SiteOrigin, stripe: &StripeScript) -> Vec<Page> {
    let nothing = Shelf { cards: Vec::new(), name: None, newer: None, older: None, cursor: None };
    let mut pages = vec![
        catalogue_page(language, origin, &nothing),
        search::page(language, origin),
        sign_up::page(language),
        sign_in::page(language),
        forgot_password::page(language),
        reset_password::page(language),
        verify_email::page(language),
        account::page(language),
        sell::page(language),
        my_tickets::page(language),
        orders::page(language),
        order::page(language),
        checkout::page(language, stripe.clone()),
        about::page(language, origin),
        terms::page(language, origin),
    ];
    if Some(&language) == Language::ALL.first() {
        pages.extend([not_found::page(language), error::page(language)]);
    }
    pages
}
