#![doc = include_str!("../README.md")]

mod ses;
mod text;

pub use ses::{Mailer, SendError};
pub use text::Mail;
