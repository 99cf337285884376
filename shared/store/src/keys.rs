//! Key names, prefixes and the sharding of the `due` index.

use std::collections::HashMap;
use std::fmt::Display;

use aws_sdk_dynamodb::types::AttributeValue;
use holdfast_domain::{EmailAddress, IdempotencyKey, MailPurpose, OrderId, TicketId, UserId};
use uuid::Uuid;

use crate::error::StoreError;

/// An item or a key as the SDK has it.
pub(crate) type Item = HashMap<String, AttributeValue>;

pub(crate) const PK: &str = "pk";
pub(crate) const SK: &str = "sk";
pub(crate) const DUE_INDEX: &str = "due";
pub(crate) const BY_OWNER_INDEX: &str = "by_owner";

pub(crate) const LOCK: &str = "T";
pub(crate) const DETAILS: &str = "D";
pub(crate) const CREDENTIAL: &str = "X";
pub(crate) const CATALOGUE_ENTRY: &str = "P";
/// Since when an account is closed: there on the item of one that is.
pub(crate) const CLOSED_AT: &str = "closed_at";
/// What a buyer holds; no prefix of an order's, so that the relay does not see it.
const HOLDS: &str = "HOLDS";

/// The ends of the catalogue's rendered pages, by place.
pub(crate) const PAGES: &str = "PAGES";
/// What all of them have in common.
pub(crate) const PAGE_REGISTER: &str = "PAGES#REGISTER";

const TICKET_PREFIX: &str = "T#";
const BUYER_PREFIX: &str = "U#";
pub(crate) const ORDER_PREFIX: &str = "O#";
const LISTING_KEY_PREFIX: &str = "K#";
const ADDRESS_PREFIX: &str = "E#";
const ACCOUNT_PREFIX: &str = "A#";
const LINK_PREFIX: &str = "L#";

pub(crate) fn s(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

pub(crate) fn n(number: impl Display) -> AttributeValue {
    AttributeValue::N(format!("{number}"))
}

pub(crate) fn ticket_pk(ticket: TicketId) -> String {
    format!("{TICKET_PREFIX}{ticket}")
}

pub(crate) fn order_pk(buyer: UserId) -> String {
    format!("{BUYER_PREFIX}{buyer}")
}

pub(crate) fn order_sk(order: OrderId) -> String {
    format!("{ORDER_PREFIX}{order}")
}

/// Under which key a seller has listed a ticket.
pub(crate) fn listing_key(seller: UserId, idempotency: &IdempotencyKey) -> Item {
    key(format!("{BUYER_PREFIX}{seller}"), format!("{LISTING_KEY_PREFIX}{}", idempotency.as_str()))
}

pub(crate) fn key(pk: String, sk: impl Into<String>) -> Item {
    HashMap::from([(PK.to_owned(), s(pk)), (SK.to_owned(), s(sk))])
}

pub(crate) fn lock_key(ticket: TicketId) -> Item {
    key(ticket_pk(ticket), LOCK)
}

pub(crate) fn order_key(buyer: UserId, order: OrderId) -> Item {
    key(order_pk(buyer), order_sk(order))
}

/// The key of the set of a buyer's holds.
pub(crate) fn holds_key(buyer: UserId) -> Item {
    key(order_pk(buyer), HOLDS)
}

/// The key of what stands under an address, in the accounts' table.
pub(crate) fn address_pk(email: &EmailAddress) -> String {
    format!("{ADDRESS_PREFIX}{}", email.as_str())
}

/// The key of what stands under a person's id, in the accounts' table.
pub(crate) fn account_pk(user: UserId) -> String {
    format!("{ACCOUNT_PREFIX}{user}")
}

/// The key of the last link that was mailed to a person for a purpose, in the accounts' table.
pub(crate) fn link_pk(user: UserId, purpose: MailPurpose) -> String {
    format!("{LINK_PREFIX}{}#{user}", purpose.as_str())
}

/// The owner under whom the index lists a seller's tickets.
pub(crate) fn ticket_owner(seller: UserId) -> String {
    format!("{TICKET_PREFIX}{seller}")
}

/// The owner under whom the index lists a buyer's orders.
pub(crate) fn order_owner(buyer: UserId) -> String {
    format!("{ORDER_PREFIX}{buyer}")
}

pub(crate) fn parse_ticket_pk(pk: &str) -> Result<TicketId, StoreError> {
    let id = pk.strip_prefix(TICKET_PREFIX).ok_or_else(|| StoreError::corrupt("not a ticket's key"))?;
    id.parse().map_err(StoreError::corrupt)
}

pub(crate) fn parse_order_key(pk: &str, sk: &str) -> Result<(UserId, OrderId), StoreError> {
    let (buyer, order) = pk
        .strip_prefix(BUYER_PREFIX)
        .zip(sk.strip_prefix(ORDER_PREFIX))
        .ok_or_else(|| StoreError::corrupt("not an order's key"))?;
    Ok((buyer.parse().map_err(StoreError::corrupt)?, order.parse().map_err(StoreError::corrupt)?))
}

pub(crate) fn text<'a>(item: &'a Item, name: &'static str) -> Result<&'a str, StoreError> {
    let value = item.get(name).ok_or_else(|| StoreError::corrupt(format!("no attribute {name}")))?;
    value.as_s().map(String::as_str).map_err(|_| StoreError::corrupt(format!("attribute {name} is no text")))
}

/// Shards of the `due` index: so many sweeps can run side by side, and no index key takes all the writes.
pub const DUE_SHARDS: u8 = 8;

/// The shard of an id: its last byte, which is random in every UUID that we make.
pub(crate) fn due_shard(id: Uuid) -> String {
    format!("D#{}", id.as_bytes()[15] % DUE_SHARDS)
}

pub(crate) fn due_shard_key(shard: u8) -> String {
    format!("D#{shard}")
}
