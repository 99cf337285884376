//! Typed ids: no two kinds can be confused, and none is a bare string.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::limits::IDEMPOTENCY_KEY_MAX_CHARS;

/// A text that is not a hyphenated UUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a valid id")]
pub struct InvalidId;

macro_rules! typed_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a UUID that the caller generated.
            #[must_use]
            pub fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID itself.
            #[must_use]
            pub fn as_uuid(&self) -> Uuid {
                self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            /// Accepts the one form that is also written: 36 characters, lower case, hyphenated.
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let uuid = Uuid::try_parse(text).map_err(|_| InvalidId)?;
                if uuid.to_string() == text { Ok(Self(uuid)) } else { Err(InvalidId) }
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;

            fn try_from(text: String) -> Result<Self, InvalidId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.to_string()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }
    };
}

typed_id!(
    /// A person with an account: as seller or as buyer.
    UserId
);
typed_id!(
    /// A signed-in session; revoked by deleting its item.
    SessionId
);
typed_id!(
    /// A ticket on the market.
    TicketId
);
typed_id!(
    /// An order: derived from its buyer and the `Idempotency-Key` that placed it.
    OrderId
);

impl OrderId {
    /// The id of the order that `buyer` places under `key`: a version 5 UUID (RFC 9562) in the buyer's namespace, so
    /// that every retry of one request names the same order and no two buyers can meet.
    #[must_use]
    pub fn derive(buyer: UserId, key: &IdempotencyKey) -> Self {
        Self(Uuid::new_v5(&buyer.0, key.as_str().as_bytes()))
    }
}

/// An `Idempotency-Key` that is not 1 to 255 visible ASCII characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to {IDEMPOTENCY_KEY_MAX_CHARS} visible ASCII characters")]
pub struct InvalidIdempotencyKey;

/// The key under which a client may repeat a request without repeating its effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// Checks and wraps the header's value.
    ///
    /// # Errors
    /// [`InvalidIdempotencyKey`] when the text is empty, too long or holds anything but visible ASCII.
    pub fn parse(text: &str) -> Result<Self, InvalidIdempotencyKey> {
        let fits = (1..=IDEMPOTENCY_KEY_MAX_CHARS).contains(&text.len());
        if fits && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidIdempotencyKey)
        }
    }

    /// The key's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALICE: &str = "018f3e5c-6d2a-7c31-9a55-1f2e3d4c5b6a";
    const BOB: &str = "018f3e5c-6d2a-7c31-9a55-1f2e3d4c5b6b";

    #[test]
    fn an_id_has_one_spelling() {
        assert_eq!(ALICE.parse::<TicketId>().unwrap().to_string(), ALICE);
        for wrong in ["", "x", &ALICE.to_uppercase(), &ALICE.replace('-', ""), "../../etc"] {
            assert_eq!(wrong.parse::<TicketId>(), Err(InvalidId), "{wrong}");
        }
    }

    #[test]
    fn an_order_id_depends_on_buyer_and_key_alone() {
        let (alice, bob) = (ALICE.parse().unwrap(), BOB.parse().unwrap());
        let key = IdempotencyKey::parse("k-1").unwrap();
        let other = IdempotencyKey::parse("k-2").unwrap();
        assert_eq!(OrderId::derive(alice, &key), OrderId::derive(alice, &key));
        assert_ne!(OrderId::derive(alice, &key), OrderId::derive(bob, &key));
        assert_ne!(OrderId::derive(alice, &key), OrderId::derive(alice, &other));
        // The derivation is stored in every order: a change of it would break retries across a deployment.
        assert_eq!(OrderId::derive(alice, &key).to_string(), "a6289436-8e3b-53a1-a03e-a23f1a21a4c7");
    }

    #[test]
    fn idempotency_keys_are_visible_ascii() {
        assert!(IdempotencyKey::parse(&"k".repeat(255)).is_ok());
        for wrong in ["", " ", "a b", "ü", "a\n", &"k".repeat(256)] {
            assert_eq!(IdempotencyKey::parse(wrong), Err(InvalidIdempotencyKey), "{wrong:?}");
        }
    }
}
