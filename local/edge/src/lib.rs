#![doc = include_str!("../README.md")]

mod answer;
mod cache;
mod compression;
mod forward;
mod headers;
mod mails;
mod server;
mod settings;
mod site;
mod stripe;

pub use server::serve;
pub use settings::Settings;
