#![doc = include_str!("../README.md")]

mod answer;
mod aws;
mod document;
mod logs;
mod mailbox;
mod person;
mod stack;
mod stripe;
mod template;
mod wait;

pub use answer::Answer;
pub use aws::Aws;
pub use logs::{Logged, Logs, operate, timeline};
pub use mailbox::Mail;
pub use person::{PASSWORD, Person, ticket_body};
pub use stack::{Call, Stack, crash_folder};
pub use stripe::{DECLINED, Stripe, VISA, intent_of, signature_header, webhook_secret};
pub use template::{Template, referred, texts};
pub use wait::eventually;
