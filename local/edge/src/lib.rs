#![doc = include_str!("../README.md")]

mod answer;
mod cache;
mod forward;
mod headers;
mod pages;
mod policies;
mod server;
mod settings;
mod stripe;

pub use server::serve;
pub use settings::Settings;
