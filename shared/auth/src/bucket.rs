//! Names of buckets of tries: whose they are is not to be read from them.

use jsonwebtoken::Algorithm;

use crate::keys::SessionKeys;

/// The name of a bucket of tries: a keyed hash (HMAC-SHA256) of what is counted, so that the table has neither an
/// address nor a network in it. A rotated key begins new buckets, which costs a limit once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketName(String);

impl BucketName {
    /// The name as it is stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl SessionKeys {
    /// The bucket of `kind` for `whom`.
    ///
    /// # Panics
    /// Never: every key signs HS256.
    #[must_use]
    pub fn bucket(&self, kind: &'static str, whom: &str) -> BucketName {
        // What a token signs are base64 and dots: a text with a zero byte is none, so that no bucket's name is a token's
        // signature.
        let text = format!("bucket\0{kind}\0{whom}");
        let hash = jsonwebtoken::crypto::sign(text.as_bytes(), &self.current().signing, Algorithm::HS256);
        BucketName(format!("{kind}#{}", hash.expect("a plain secret signs")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(key: &str) -> SessionKeys {
        SessionKeys::from_secret_json(&format!(r#"{{"current":"{key}"}}"#)).unwrap()
    }

    #[test]
    fn a_bucket_is_of_its_kind_its_owner_and_its_key_and_names_nobody() {
        let (one, other) = (keys("0123456789abcdef0123456789abcdef"), keys("fedcba9876543210fedcba9876543210"));
        let name = one.bucket("account", "ada@example.org");
        assert_eq!(name, one.bucket("account", "ada@example.org"));
        assert!(name.as_str().starts_with("account#") && !name.as_str().contains("ada"), "{name:?}");
        for different in [
            one.bucket("account", "ada@example.com"),
            one.bucket("device", "ada@example.org"),
            other.bucket("account", "ada@example.org"),
        ] {
            assert_ne!(name, different);
        }
    }
}
