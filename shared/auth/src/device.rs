//! Device tokens: a signed statement that somebody has signed in from this browser before.
//!
//! It gives no right. It only has wrong passwords from this browser counted on their own, so that strangers who try the
//! same account use up their own tries and not the owner's.

use std::fmt;

use holdfast_domain::{Timestamp, UserId};
use jsonwebtoken::{Algorithm, Header, Validation};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::DEVICE_LIFE;
use crate::keys::SessionKeys;

const ALGORITHM: Algorithm = Algorithm::HS256;
/// What sets these tokens apart from those of sessions, which have other claims and no type of their own.
const KIND: &str = "device";
/// Longest text that is looked at.
const TOKEN_MAX_BYTES: usize = 1_024;

/// A browser by which somebody has signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Device {
    /// Who has.
    pub user: UserId,
    /// Which one of theirs.
    pub nonce: Uuid,
}

/// A signed device token. `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct DeviceToken(String);

impl DeviceToken {
    /// The token's text, for the cookie.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for DeviceToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceToken(hidden)")
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireDevice {
    kind: String,
    user: UserId,
    nonce: Uuid,
    until: i64,
}

impl SessionKeys {
    /// Signs that `device` is known from `now` on for [`DEVICE_LIFE`].
    ///
    /// # Panics
    /// Never: plain claims are always written, and every key signs HS256.
    #[must_use]
    pub fn sign_device(&self, device: &Device, now: Timestamp) -> DeviceToken {
        let key = self.current();
        let header = Header { kid: Some(key.name.clone()), typ: Some(KIND.to_owned()), ..Header::new(ALGORITHM) };
        let until = now.plus(DEVICE_LIFE).as_seconds();
        let wire = WireDevice { kind: KIND.to_owned(), user: device.user, nonce: device.nonce, until };
        DeviceToken(jsonwebtoken::encode(&header, &wire, &key.signing).expect("plain claims under a plain secret"))
    }

    /// The device of a token that is ours and alive at `now`; anything else is an unknown browser.
    #[must_use]
    pub fn device(&self, token: &str, now: Timestamp) -> Option<Device> {
        if token.len() > TOKEN_MAX_BYTES {
            return None;
        }
        let header = jsonwebtoken::decode_header(token).ok().filter(|header| header.alg == ALGORITHM)?;
        let key = self.named(&header.kid?)?;
        let mut validation = Validation::new(ALGORITHM);
        validation.validate_exp = false;
        validation.required_spec_claims.clear();
        let wire = jsonwebtoken::decode::<WireDevice>(token, &key.verifying, &validation).ok()?.claims;
        (wire.kind == KIND && wire.until > now.as_seconds()).then_some(Device { user: wire.user, nonce: wire.nonce })
    }
}

#[cfg(test)]
mod tests {
    use holdfast_domain::SessionId;

    use super::*;
    use crate::Claims;

    const ONE: &str = "0123456789abcdef0123456789abcdef";
    const OTHER: &str = "fedcba9876543210fedcba9876543210";

    fn keys(json: &str) -> SessionKeys {
        SessionKeys::from_secret_json(json).unwrap()
    }

    fn now() -> Timestamp {
        Timestamp::parse("2026-11-22T16:59:05Z").unwrap()
    }

    fn device() -> Device {
        Device {
            user: "018f3e5c-6d2a-4c31-9a55-1f2e3d4c5b6a".parse().unwrap(),
            nonce: "118f3e5c-6d2a-4c31-9a55-1f2e3d4c5b6b".parse().unwrap(),
        }
    }

    #[test]
    fn a_device_is_known_for_a_year_and_through_one_rotation() {
        let token = keys(&format!(r#"{{"current":"{ONE}"}}"#)).sign_device(&device(), now());
        let rotated = keys(&format!(r#"{{"current":"{OTHER}","previous":"{ONE}"}}"#));
        let last = now().plus(DEVICE_LIFE).minus(std::time::Duration::from_secs(1));
        assert_eq!(rotated.device(token.as_str(), last), Some(device()));
        assert_eq!(rotated.device(token.as_str(), now().plus(DEVICE_LIFE)), None);
        assert_eq!(keys(&format!(r#"{{"current":"{OTHER}"}}"#)).device(token.as_str(), now()), None);
        assert_eq!(format!("{token:?}"), "DeviceToken(hidden)");
    }

    #[test]
    fn a_session_is_no_device_and_a_device_no_session() {
        let keys = keys(&format!(r#"{{"current":"{ONE}"}}"#));
        let device_token = keys.sign_device(&device(), now());
        assert!(keys.verify(device_token.as_str(), now()).is_err());
        let session = SessionId::from_uuid(device().nonce);
        let session = keys.sign(&Claims::starting(device().user, session, now()));
        assert_eq!(keys.device(session.as_str(), now()), None);
    }

    #[test]
    fn what_was_changed_or_is_no_token_is_unknown() {
        let keys = keys(&format!(r#"{{"current":"{ONE}"}}"#));
        let token = keys.sign_device(&device(), now());
        let changed = format!("{}x", token.as_str());
        for text in ["", "a.b.c", &changed, &"a".repeat(2_000)] {
            assert_eq!(keys.device(text, now()), None, "{text}");
        }
    }
}
