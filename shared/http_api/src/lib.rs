#![doc = include_str!("../README.md")]

mod body;
mod confirm;
mod conflict;
mod cursor;
mod gate;
mod limiter;
mod link;
mod listing;
mod problem;
#[cfg(test)]
mod properties;
mod query;
mod reply;
mod request;
mod secrets;
mod whole;
pub mod wire;

pub use body::{json_body, json_body_with, valid};
pub use confirm::{account_of, is_password_of};
pub use conflict::seller_conflict;
pub use cursor::{ForeignCursor, read_cursor, write_cursor};
pub use gate::{Gate, Principal, Started, forget_session};
pub use lambda_http::{Body, Request, Response};
pub use limiter::{Limiter, NetworkUse, Taken};
pub use link::{link_not_valid, link_token};
pub use listing::{Listing, ListingFields, listing};
pub use problem::{ApiError, FieldError, Problem};
pub use query::{OwnerQuery, bad_query, owner_query, page_limit};
pub use reply::{Reply, accepted, json, no_content, with_cookie, with_header};
pub use request::{header, idempotency_key, path_id, query_pairs};
pub use secrets::{Secrets, SecretsError};
