#![doc = include_str!("../README.md")]

mod answer;
mod cache;
mod forward;
mod headers;
mod pages;
mod server;
mod settings;

pub use server::serve;
pub use settings::Settings;
