#![doc = include_str!("../README.md")]

mod call;
mod dynamodb;
mod server;
mod settings;
mod units;
mod upstream;

pub use call::{Counted, Units};
pub use server::serve;
pub use settings::Settings;
