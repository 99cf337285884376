#![doc = include_str!("../README.md")]

mod layout;
mod page;
mod pages;
mod parts;
mod policy;
#[cfg(test)]
mod tests;

pub use page::{Page, PageAssets};
pub use pages::all_pages;
pub use policy::{InvalidStripeScript, OWN_POLICY, StripeScript};
