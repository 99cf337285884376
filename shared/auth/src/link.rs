//! What the link in a mail carries: a secret that proves who reads the mailbox, and whose account it is for.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use holdfast_domain::UserId;
use sha2::{Digest, Sha256};

const SECRET_BYTES: usize = 32;

/// A text that is no link's token, for instance one that was not copied to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not the token of a link")]
pub struct InvalidLinkToken;

/// The operating system has no randomness.
#[derive(Debug, thiserror::Error)]
#[error("a link's secret cannot be drawn")]
pub struct SecretError(#[source] getrandom::Error);

/// The token of a link: 32 random bytes, and the account that they are for. Whoever has it can use the link, so `Debug`
/// hides it and only its [`LinkHash`] is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct LinkToken {
    user: UserId,
    secret: [u8; SECRET_BYTES],
}

impl LinkToken {
    /// A new one.
    ///
    /// # Errors
    /// [`SecretError`] when the operating system has no randomness.
    pub fn draw(user: UserId) -> Result<Self, SecretError> {
        let mut secret = [0; SECRET_BYTES];
        getrandom::fill(&mut secret).map_err(SecretError)?;
        Ok(Self { user, secret })
    }

    /// Reads `<user>.<secret>`, the one form that is also written.
    ///
    /// # Errors
    /// [`InvalidLinkToken`] when the text is anything else.
    pub fn parse(text: &str) -> Result<Self, InvalidLinkToken> {
        let (user, secret) = text.split_once('.').ok_or(InvalidLinkToken)?;
        let user = user.parse().map_err(|_| InvalidLinkToken)?;
        let secret = URL_SAFE_NO_PAD.decode(secret).map_err(|_| InvalidLinkToken)?;
        Ok(Self { user, secret: secret.try_into().map_err(|_| InvalidLinkToken)? })
    }

    /// Whose account it is for, if its hash is the stored one.
    #[must_use]
    pub fn user(&self) -> UserId {
        self.user
    }

    /// What is stored of it.
    #[must_use]
    pub fn hash(&self) -> LinkHash {
        LinkHash(URL_SAFE_NO_PAD.encode(Sha256::digest(self.secret)))
    }

    /// Its text, for the link alone.
    #[must_use]
    pub fn to_text(&self) -> String {
        format!("{}.{}", self.user, URL_SAFE_NO_PAD.encode(self.secret))
    }
}

impl fmt::Debug for LinkToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkToken(hidden)")
    }
}

/// The SHA-256 of a link's secret. A plain hash is enough: nobody guesses 256 random bits, and two hashes may be compared
/// in any way, as nobody can choose the bytes of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkHash(String);

impl LinkHash {
    /// As it is stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user() -> UserId {
        "018f3e5c-6d2a-4c31-9a55-1f2e3d4c5b6a".parse().unwrap()
    }

    #[test]
    fn a_token_is_read_as_it_is_written_and_no_two_are_alike() {
        let token = LinkToken::draw(user()).unwrap();
        assert_eq!(LinkToken::parse(&token.to_text()).unwrap(), token);
        assert_eq!(token.to_text().len(), 36 + 1 + 43);
        assert_ne!(LinkToken::draw(user()).unwrap().hash(), token.hash());
        assert_eq!(token.user(), user());
    }

    #[test]
    fn neither_debug_nor_what_is_stored_gives_the_secret_away() {
        let token = LinkToken::draw(user()).unwrap();
        let secret = token.to_text().split_once('.').unwrap().1.to_owned();
        assert_eq!(format!("{token:?}"), "LinkToken(hidden)");
        assert!(!format!("{:?}", token.hash()).contains(&secret));
        let known = LinkToken { user: user(), secret: [0; SECRET_BYTES] };
        assert_eq!(known.hash().as_str(), "Zmh6rfhivXdsj8GLjp-OIAiXFIVu4jOzkCpZHQ1fKSU");
    }

    #[test]
    fn what_was_cut_off_or_changed_is_no_token() {
        let text = LinkToken::draw(user()).unwrap().to_text();
        let long = format!("{text}AAAA");
        for wrong in ["", ".", "a.b", &text[..text.len() - 1], &text[1..], &long, &text.to_uppercase()] {
            assert_eq!(LinkToken::parse(wrong), Err(InvalidLinkToken), "{wrong}");
        }
    }
}
