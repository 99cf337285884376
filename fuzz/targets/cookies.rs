//! Cookies, and the tokens in them: as anybody can make them up, and as our own key would sign anything at all.
#![no_main]

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use holdfast_auth::{
    LinkToken, SessionKeys, carries_session_cookie, device_from_cookie_header, session_from_cookie_header,
};
use holdfast_domain::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey};
use libfuzzer_sys::fuzz_target;

const SECRET: &str = "0123456789abcdef0123456789abcdef";

static KEYS: LazyLock<SessionKeys> =
    LazyLock::new(|| SessionKeys::from_secret_json(&format!(r#"{{"current":"{SECRET}"}}"#)).expect("a key"));

// A line is a `Cookie` header; the last two are also header and claims of a token that our key signs.
fuzz_target!(|data: &[u8]| {
    let now = Timestamp::from_millis(1_795_000_000_000).expect("a moment");
    let text = String::from_utf8_lossy(data);
    let lines: Vec<&str> = text.split('\n').collect();
    let headers = || lines.iter().copied();
    for token in [session_from_cookie_header(headers()), device_from_cookie_header(headers())].into_iter().flatten() {
        assert!(!token.is_empty() && !token.contains(';'));
        assert!(KEYS.verify(&token, now).is_err(), "signed in by {token}");
        assert_eq!(KEYS.device(&token, now), None, "known by {token}");
    }
    if session_from_cookie_header(headers()).is_some() {
        assert!(carries_session_cookie(headers()));
    }
    for line in headers() {
        if let Ok(token) = LinkToken::parse(line) {
            assert_eq!(token.to_text(), line, "a link's token has one spelling");
        }
    }
    if let [.., header, claims] = lines[..] {
        signed(header, claims, now);
    }
});

/// Whatever our key has signed, nobody is signed in for longer than it says, nor by a browser's token.
fn signed(header: &str, claims: &str, now: Timestamp) {
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::HS256).expect("a signature");
    let token = format!("{message}.{signature}");
    let session = KEYS.verify(&token, now);
    if let Ok(claims) = &session {
        assert!(claims.issued_at < claims.expires_at && claims.expires_at > now, "{claims:?}");
        assert!(KEYS.verify(&token, claims.expires_at).is_err());
        let again = KEYS.sign(claims);
        assert_eq!(KEYS.verify(again.as_str(), now).as_ref(), Ok(claims));
    }
    assert!(session.is_err() || KEYS.device(&token, now).is_none(), "a session that is a browser's token, too");
}
