#![doc = include_str!("../README.md")]

mod format;
mod language;
mod layout;
mod links;
mod listing;
mod outline;
mod page;
mod pages;
mod parts;
mod policy;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

pub use language::{Language, Messages};
pub use links::{InvalidSiteOrigin, SiteOrigin, catalogue_key, feed_key, sitemap_key, ticket_key, ticket_path};
pub use listing::{Card, Listing, Neighbour, Shelf};
pub use outline::{OutlineError, feed, robots, sitemap, sitemap_index};
pub use page::{Assets, Page, UnknownAsset};
pub use pages::{all_pages, catalogue_page, ticket_page};
pub use policy::{InvalidStripeScript, StripeScript};
