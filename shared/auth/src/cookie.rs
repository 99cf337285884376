//! The cookies: the session's, and the one by which a browser is known again.
//!
//! The prefix `__Host-` makes the browser itself refuse the cookie unless it is Secure, without a Domain and for the
//! whole site: no other host, not even a subdomain, can set or overwrite it. Browsers treat `http://localhost` as
//! secure, so the same cookie works on a laptop.

use std::time::Duration;

use crate::device::DeviceToken;
use crate::token::SessionToken;

const NAME: &str = "__Host-session";
const DEVICE_NAME: &str = "__Host-device";
const ATTRIBUTES: &str = "Path=/; HttpOnly; Secure; SameSite=Lax";

/// The `Set-Cookie` value that starts a session. It is the one place where a token leaves us.
#[must_use]
pub fn session_cookie(token: &SessionToken, max_age: Duration) -> String {
    format!("{NAME}={}; {ATTRIBUTES}; Max-Age={}", token.as_str(), max_age.as_secs())
}

/// The `Set-Cookie` value by which a browser is known again. It outlives sessions, and signing out.
#[must_use]
pub fn device_cookie(token: &DeviceToken, max_age: Duration) -> String {
    format!("{DEVICE_NAME}={}; {ATTRIBUTES}; Max-Age={}", token.as_str(), max_age.as_secs())
}

/// The `Set-Cookie` value that makes the browser forget the session.
#[must_use]
pub fn cleared_session_cookie() -> String {
    format!("{NAME}=; {ATTRIBUTES}; Max-Age=0")
}

/// The `Set-Cookie` value that makes the browser forget that it is known.
#[must_use]
pub fn cleared_device_cookie() -> String {
    format!("{DEVICE_NAME}=; {ATTRIBUTES}; Max-Age=0")
}

/// The session's token in the request's `Cookie` headers; `None` without one.
///
/// The same value twice is one value: API Gateway repeats cookies in a field of their own. Two different values are
/// none: a browser never sends them, and whoever does shall not choose which one we believe.
#[must_use]
pub fn session_from_cookie_header<'a>(headers: impl Iterator<Item = &'a str>) -> Option<String> {
    one_value(headers, NAME)
}

/// The device's token in the request's `Cookie` headers, by the same rules.
#[must_use]
pub fn device_from_cookie_header<'a>(headers: impl Iterator<Item = &'a str>) -> Option<String> {
    one_value(headers, DEVICE_NAME)
}

fn one_value<'a>(headers: impl Iterator<Item = &'a str>, name: &str) -> Option<String> {
    let mut values = values(headers, name).filter(|value| !value.is_empty());
    let first = values.next()?;
    values.all(|value| value == first).then(|| first.to_owned())
}

/// Whether a session cookie is there at all, be it empty or ambiguous: one that is worth nothing should be cleared.
#[must_use]
pub fn carries_session_cookie<'a>(headers: impl Iterator<Item = &'a str>) -> bool {
    values(headers, NAME).next().is_some()
}

fn values<'a>(headers: impl Iterator<Item = &'a str>, wanted: &str) -> impl Iterator<Item = &'a str> {
    headers
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(move |(name, _)| *name == wanted)
        .map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(headers: &[&str]) -> Option<String> {
        session_from_cookie_header(headers.iter().copied())
    }

    #[test]
    fn cookies_are_written_for_one_host_over_a_secure_connection() {
        let keys = crate::SessionKeys::from_secret_json(r#"{"current":"0123456789abcdef0123456789abcdef"}"#).unwrap();
        let user = "018f3e5c-6d2a-4c31-9a55-1f2e3d4c5b6a".parse().unwrap();
        let session = "118f3e5c-6d2a-4c31-9a55-1f2e3d4c5b6b".parse().unwrap();
        let now = holdfast_domain::Timestamp::parse("2026-11-22T16:59:05Z").unwrap();
        let token = keys.sign(&crate::Claims::starting(user, session, now));
        let cookie = session_cookie(&token, crate::SESSION_LIFE);
        let rest = cookie.strip_prefix("__Host-session=").unwrap().strip_prefix(token.as_str());
        assert_eq!(rest, Some("; Path=/; HttpOnly; Secure; SameSite=Lax; Max-Age=1209600"));
        assert_eq!(read(&[cookie.split(';').next().unwrap()]).as_deref(), Some(token.as_str()));
        assert_eq!(cleared_session_cookie(), "__Host-session=; Path=/; HttpOnly; Secure; SameSite=Lax; Max-Age=0");
        assert_eq!(cleared_device_cookie(), "__Host-device=; Path=/; HttpOnly; Secure; SameSite=Lax; Max-Age=0");
    }

    #[test]
    fn the_cookie_is_found_among_others() {
        assert_eq!(read(&["__Host-session=a.b.c"]).as_deref(), Some("a.b.c"));
        assert_eq!(read(&["theme=dark; __Host-session=a.b.c; x=1"]).as_deref(), Some("a.b.c"));
        assert_eq!(read(&["theme=dark", " __Host-session=a.b.c"]).as_deref(), Some("a.b.c"));
        assert_eq!(read(&["theme;;=;__Host-session=a=b"]).as_deref(), Some("a=b"));
    }

    #[test]
    fn other_names_are_not_it() {
        let others = ["session=a", "__host-session=a", "__Host-session2=a", "x=__Host-session=a", "__Host-session"];
        for header in others {
            assert_eq!(read(&[header]), None, "{header}");
        }
        assert_eq!(read(&[]), None);
        assert_eq!(read(&["__Host-session="]), None);
    }

    #[test]
    fn two_different_values_are_none() {
        assert_eq!(read(&["__Host-session=a; __Host-session=b"]), None);
        assert_eq!(read(&["__Host-session=a", "__Host-session=b"]), None);
        assert_eq!(read(&["__Host-session=a", "x=1; __Host-session=a"]).as_deref(), Some("a"));
    }

    #[test]
    fn a_cookie_that_cannot_be_used_is_still_noticed() {
        for header in ["__Host-session=", "x=1; __Host-session=a; __Host-session=b", "__Host-session=garbage"] {
            assert!(carries_session_cookie([header].into_iter()), "{header}");
        }
        assert!(!carries_session_cookie(["session=a; x=__Host-session"].into_iter()));
    }
}
