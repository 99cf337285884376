//! The keys that sign sessions.

use std::fmt::{self, Write};

use jsonwebtoken::{DecodingKey, EncodingKey};
use serde::Deserialize;
use sha2::{Digest, Sha256};

/// Fewest characters of a key: HS256 asks for as many bits as its hash has.
const KEY_MIN_CHARS: usize = 32;
/// Bytes of the fingerprint that names a key.
const FINGERPRINT_BYTES: usize = 8;

/// A secret that holds no usable keys. It never says what was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSessionKeys {
    /// Not the JSON object that is agreed.
    #[error("the session secret is not a JSON object with `current` and, at most, `previous`")]
    Malformed,
    /// A key that could be guessed.
    #[error("a session key has fewer than {KEY_MIN_CHARS} characters")]
    TooShort,
}

/// The signing keys: the current one, and the previous one while sessions signed by it are still alive. `Debug` shows
/// their names only.
#[derive(Clone)]
pub struct SessionKeys {
    current: SessionKey,
    previous: Option<SessionKey>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SecretJson {
    current: String,
    #[serde(default)]
    previous: Option<String>,
}

impl SessionKeys {
    /// Reads the secret: `{"current": "…", "previous": "…" or null}`.
    ///
    /// # Errors
    /// [`InvalidSessionKeys`] when it is something else or a key has fewer than 32 characters.
    pub fn from_secret_json(json: &str) -> Result<Self, InvalidSessionKeys> {
        let secret: SecretJson = serde_json::from_str(json).map_err(|_| InvalidSessionKeys::Malformed)?;
        Ok(Self {
            current: SessionKey::parse(&secret.current)?,
            previous: secret.previous.as_deref().map(SessionKey::parse).transpose()?,
        })
    }

    /// The key that signs.
    pub(crate) fn current(&self) -> &SessionKey {
        &self.current
    }

    /// The key of that name, for verification.
    pub(crate) fn named(&self, name: &str) -> Option<&SessionKey> {
        [Some(&self.current), self.previous.as_ref()].into_iter().flatten().find(|key| key.name == name)
    }
}

impl fmt::Debug for SessionKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let previous = self.previous.as_ref().map(|key| &key.name);
        f.debug_struct("SessionKeys").field("current", &self.current.name).field("previous", &previous).finish()
    }
}

/// One key, with the name that tokens call it by.
#[derive(Clone)]
pub(crate) struct SessionKey {
    pub(crate) name: String,
    pub(crate) signing: EncodingKey,
    pub(crate) verifying: DecodingKey,
}

impl SessionKey {
    fn parse(text: &str) -> Result<Self, InvalidSessionKeys> {
        if text.chars().count() < KEY_MIN_CHARS {
            return Err(InvalidSessionKeys::TooShort);
        }
        Ok(Self {
            name: fingerprint(text),
            signing: EncodingKey::from_secret(text.as_bytes()),
            verifying: DecodingKey::from_secret(text.as_bytes()),
        })
    }
}

/// The name of a key: the start of a hash of it, so that nobody has to invent names, and equal keys are named alike.
fn fingerprint(key: &str) -> String {
    let digest = Sha256::new().chain_update("holdfast session key\0").chain_update(key).finalize();
    digest.iter().take(FINGERPRINT_BYTES).fold(String::new(), |mut name, byte| {
        write!(name, "{byte:02x}").expect("a String takes every write");
        name
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CURRENT: &str = "0123456789abcdef0123456789abcdef";
    const PREVIOUS: &str = "fedcba9876543210fedcba9876543210";

    fn refused(json: &str) -> InvalidSessionKeys {
        SessionKeys::from_secret_json(json).unwrap_err()
    }

    #[test]
    fn previous_may_be_absent_or_null() {
        for json in [format!(r#"{{"current":"{CURRENT}"}}"#), format!(r#"{{"current":"{CURRENT}","previous":null}}"#)] {
            assert!(SessionKeys::from_secret_json(&json).unwrap().previous.is_none());
        }
    }

    #[test]
    fn short_keys_and_other_shapes_are_refused() {
        let short = &CURRENT[1..];
        assert_eq!(refused(&format!(r#"{{"current":"{short}"}}"#)), InvalidSessionKeys::TooShort);
        assert_eq!(
            refused(&format!(r#"{{"current":"{CURRENT}","previous":"{short}"}}"#)),
            InvalidSessionKeys::TooShort
        );
        assert_eq!(refused(&format!(r#"{{"current":"{CURRENT}","previous":""}}"#)), InvalidSessionKeys::TooShort);
        for wrong in ["", "null", CURRENT, r#"{"previous":null}"#, &format!(r#"{{"current":"{CURRENT}","next":""}}"#)] {
            assert_eq!(refused(wrong), InvalidSessionKeys::Malformed, "{wrong}");
        }
    }

    #[test]
    fn debug_and_errors_show_no_key() {
        let keys = SessionKeys::from_secret_json(&format!(r#"{{"current":"{CURRENT}","previous":"{PREVIOUS}"}}"#));
        let shown = format!("{:?}", keys.unwrap());
        assert!(!shown.contains(CURRENT) && !shown.contains(PREVIOUS), "{shown}");
        assert!(shown.contains(&fingerprint(CURRENT)) && shown.contains(&fingerprint(PREVIOUS)), "{shown}");
        assert!(!refused(&format!(r#"{{"current":"{}"}}"#, &CURRENT[1..])).to_string().contains(&CURRENT[1..]));
    }

    #[test]
    fn a_name_depends_on_the_key_alone() {
        assert_ne!(fingerprint(CURRENT), fingerprint(PREVIOUS));
        // Names stand in tokens that outlive a deployment: a change of the derivation signs everybody out.
        assert_eq!(fingerprint(CURRENT), "cc63681e10777561");
    }
}
