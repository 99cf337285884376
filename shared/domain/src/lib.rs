#![doc = include_str!("../README.md")]

pub mod fault;
mod ids;
pub mod limits;
mod mail;
mod money;
mod order;
mod payment;
#[cfg(test)]
mod properties;
mod reconcile;
mod record;
#[cfg(feature = "openapi")]
pub mod schema;
mod text;
mod ticket;
mod timestamp;
mod trace;
mod words;

pub use ids::{IdempotencyKey, InvalidId, InvalidIdempotencyKey, OrderId, SessionId, TicketId, UserId};
pub use mail::{MAIL_TOO_LATE_AFTER, MailLanguage, MailPurpose, UnknownMailLanguage};
pub use money::{Currency, InvalidPrice, Price, UnknownCurrency};
pub use order::{Expiry, InvalidCard, Order, OrderState, OrderTicket, PaidCard, PaymentIntentId};
pub use payment::{Intent, IntentStatus};
pub use reconcile::{Anomaly, Glance, Step, next_step};
pub use record::{Closing, Filed, Record};
pub use text::{Credential, Description, DisplayName, EmailAddress, InvalidText, Title, Venue};
pub use ticket::{
    Claim, CommitLost, ExtendLost, Hold, HoldLost, HoldNumber, HoldRequest, ReleaseExpiredLost, ReleaseLost, Sale,
    SellLost, Ticket, TicketFacts, TicketState, Version,
};
pub use timestamp::{InvalidTimestamp, Timestamp};
pub use trace::TraceId;
pub use words::search_words;
