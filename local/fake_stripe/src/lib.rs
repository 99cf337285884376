#![doc = include_str!("../README.md")]
#![recursion_limit = "256"]

mod api;
mod cards;
mod control;
mod faults;
mod form;
mod intents;
mod ledger;
mod lists;
mod model;
mod options;
mod problem;
mod refunds;
mod render;
mod server;
mod shared;
mod state;
mod webhooks;

pub use faults::{Action, Operation, Rule};
pub use ledger::{Ledger, LedgerIntent, LedgerRefund};
pub use model::{Delivery, Status};
pub use options::{EVENTS, Options};
pub use server::{Server, start};
pub use webhooks::{Manner, Mode, signature};
