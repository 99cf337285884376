//! Session tokens: signed statements of who signed in, and until when.

use std::fmt;

use holdfast_domain::{SessionId, Timestamp, UserId};
use jsonwebtoken::{Algorithm, Header, Validation};
use serde::{Deserialize, Serialize};

use crate::SESSION_LIFE;
use crate::keys::SessionKeys;

/// The one algorithm, for signing and for verification.
const ALGORITHM: Algorithm = Algorithm::HS256;
/// Longest text that is looked at; a token of ours has about 250 bytes.
const TOKEN_MAX_BYTES: usize = 1_024;
const MILLIS_PER_SECOND: i64 = 1_000;

/// What a token states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claims {
    /// Who signed in.
    pub user: UserId,
    /// The session, which sign-out deletes.
    pub session: SessionId,
    /// When they signed in, in whole seconds.
    pub issued_at: Timestamp,
    /// From when on the token is worth nothing, in whole seconds.
    pub expires_at: Timestamp,
}

impl Claims {
    /// The claims of a session that starts at `now`. Tokens count in seconds, so the start is cut to one.
    #[must_use]
    pub fn starting(user: UserId, session: SessionId, now: Timestamp) -> Self {
        let issued_at = whole_seconds(now);
        Self { user, session, issued_at, expires_at: issued_at.plus(SESSION_LIFE) }
    }
}

fn whole_seconds(moment: Timestamp) -> Timestamp {
    from_seconds(moment.as_seconds()).unwrap_or(moment)
}

fn from_seconds(seconds: i64) -> Option<Timestamp> {
    Timestamp::from_millis(seconds.checked_mul(MILLIS_PER_SECOND)?).ok()
}

/// Why a token was refused. Clients are not told which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidToken {
    /// Not a token of ours: another algorithm, a claim that is missing, or no token at all.
    #[error("the session token is malformed")]
    Malformed,
    /// Signed by a key that is neither current nor previous.
    #[error("the session token names an unknown key")]
    UnknownKey,
    /// The signature is another's.
    #[error("the session token's signature is wrong")]
    WrongSignature,
    /// It has run out.
    #[error("the session token has expired")]
    Expired,
}

/// A signed token. It is as good as a password while it lives, so `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionToken(String);

impl SessionToken {
    /// The token's text, for the cookie.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionToken(hidden)")
    }
}

/// The claims under their registered names; times are seconds.
#[derive(Serialize, Deserialize)]
struct WireClaims {
    sub: UserId,
    sid: SessionId,
    iat: i64,
    exp: i64,
}

impl SessionKeys {
    /// Signs with the current key.
    ///
    /// # Panics
    /// Never: four plain claims are always written, and every key signs HS256.
    #[must_use]
    pub fn sign(&self, claims: &Claims) -> SessionToken {
        let key = self.current();
        let header = Header { kid: Some(key.name.clone()), ..Header::new(ALGORITHM) };
        let wire = WireClaims {
            sub: claims.user,
            sid: claims.session,
            iat: claims.issued_at.as_seconds(),
            exp: claims.expires_at.as_seconds(),
        };
        let text = jsonwebtoken::encode(&header, &wire, &key.signing).expect("plain claims under a plain secret");
        SessionToken(text)
    }

    /// Reads a token that the current or the previous key signed and that is alive at `now`.
    ///
    /// # Errors
    /// [`InvalidToken`], which says why not.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Claims, InvalidToken> {
        if token.len() > TOKEN_MAX_BYTES {
            return Err(InvalidToken::Malformed);
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| InvalidToken::Malformed)?;
        if header.alg != ALGORITHM {
            return Err(InvalidToken::Malformed);
        }
        let name = header.kid.ok_or(InvalidToken::UnknownKey)?;
        let key = self.named(&name).ok_or(InvalidToken::UnknownKey)?;
        let data = jsonwebtoken::decode::<WireClaims>(token, &key.verifying, &validation()).map_err(|error| {
            let forged = matches!(error.kind(), jsonwebtoken::errors::ErrorKind::InvalidSignature);
            if forged { InvalidToken::WrongSignature } else { InvalidToken::Malformed }
        })?;
        let claims = claims_from(&data.claims).ok_or(InvalidToken::Malformed)?;
        if claims.expires_at <= now { Err(InvalidToken::Expired) } else { Ok(claims) }
    }
}

/// Signature and algorithm are the library's to check. Expiry is ours: the library would read the system's clock and
/// allow a minute. `sub`, `sid`, `iat` and `exp` are required by their type.
fn validation() -> Validation {
    let mut validation = Validation::new(ALGORITHM);
    validation.validate_exp = false;
    validation.leeway = 0;
    validation.required_spec_claims.clear();
    validation
}

fn claims_from(wire: &WireClaims) -> Option<Claims> {
    let (issued_at, expires_at) = (from_seconds(wire.iat)?, from_seconds(wire.exp)?);
    (issued_at < expires_at).then_some(Claims { user: wire.sub, session: wire.sid, issued_at, expires_at })
}

#[cfg(test)]
mod tests;
