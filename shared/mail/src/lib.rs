#![doc = include_str!("../README.md")]

#[cfg(test)]
mod properties;
mod ses;
mod text;

pub use ses::{Mailer, SendError};
pub use text::Mail;
