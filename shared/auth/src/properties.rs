//! What must hold of every token and cookie, whoever made it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use holdfast_domain::{EmailAddress, SessionId, Timestamp, UserId};
use proptest::prelude::*;
use proptest::sample::Index;
use unicode_normalization::UnicodeNormalization as _;
use uuid::Uuid;

use crate::{
    Claims, DEVICE_LIFE, Device, LinkToken, Password, SESSION_LIFE, SessionKeys, carries_session_cookie, device_cookie,
    device_from_cookie_header, session_cookie, session_from_cookie_header,
};

fn keys(current: &str) -> SessionKeys {
    SessionKeys::from_secret_json(&format!(r#"{{"current":"{current}"}}"#)).unwrap()
}

fn our_keys() -> SessionKeys {
    keys("0123456789abcdef0123456789abcdef")
}

fn uuids() -> impl Strategy<Value = Uuid> {
    any::<u128>().prop_map(Uuid::from_u128)
}

/// Moments at which somebody may sign in: all but the last year, in which a device could not be known for a year.
fn moments() -> impl Strategy<Value = Timestamp> {
    (0..253_370_000_000_000_i64).prop_map(|millis| Timestamp::from_millis(millis).unwrap())
}

/// One piece of a text replaced by another.
#[derive(Debug, Clone)]
struct Splice {
    from: Index,
    length: usize,
    by: String,
}

fn splices() -> impl Strategy<Value = Splice> {
    let by = prop_oneof!["[A-Za-z0-9_.=-]{0,3}", "(?s:.){0,2}"];
    (any::<Index>(), 0..4_usize, by).prop_map(|(from, length, by)| Splice { from, length, by })
}

impl Splice {
    /// The altered text; `None` if nothing was altered.
    fn of(&self, text: &str) -> Option<String> {
        let from = self.from.index(text.len() + 1);
        let to = (from + self.length).min(text.len());
        let altered = format!("{}{}{}", &text[..from], self.by, &text[to..]);
        (altered != text).then_some(altered)
    }
}

/// Other cookies that a browser may send along, as `name=value` or as something broken.
fn other_cookies() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec("[a-zA-Z_-]{0,8}=?[!-:<-~]{0,8}", 0..5)
}

proptest! {
    #[test]
    fn a_token_says_what_was_signed_for_as_long_as_it_lives(user in uuids(), session in uuids(), now in moments()) {
        let claims = Claims::starting(UserId::from_uuid(user), SessionId::from_uuid(session), now);
        let token = our_keys().sign(&claims);
        prop_assert_eq!(our_keys().verify(token.as_str(), now), Ok(claims));
        prop_assert!(our_keys().verify(token.as_str(), now.plus(SESSION_LIFE)).is_err());
        prop_assert!(keys("fedcba9876543210fedcba9876543210").verify(token.as_str(), now).is_err());
        let device = Device { user: UserId::from_uuid(user), nonce: session };
        let token = our_keys().sign_device(&device, now);
        prop_assert_eq!(our_keys().device(token.as_str(), now), Some(device));
        prop_assert_eq!(our_keys().device(token.as_str(), now.plus(DEVICE_LIFE)), None);
    }

    #[test]
    fn a_token_that_was_altered_anywhere_is_nobodys(user in uuids(), now in moments(), splice in splices()) {
        let claims = Claims::starting(UserId::from_uuid(user), SessionId::from_uuid(user), now);
        if let Some(altered) = splice.of(our_keys().sign(&claims).as_str()) {
            prop_assert!(our_keys().verify(&altered, now).is_err());
        }
        let device = our_keys().sign_device(&Device { user: UserId::from_uuid(user), nonce: user }, now);
        if let Some(altered) = splice.of(device.as_str()) {
            prop_assert_eq!(our_keys().device(&altered, now), None);
        }
    }

    #[test]
    fn a_link_is_read_as_it_is_written_and_no_other_text_is_that_link(
        user in uuids(),
        secret in any::<[u8; 32]>(),
        splice in splices(),
    ) {
        let text = format!("{user}.{}", URL_SAFE_NO_PAD.encode(secret));
        let token = LinkToken::parse(&text).unwrap();
        prop_assert_eq!(token.to_text(), text.clone());
        if let Some(altered) = splice.of(&text)
            && let Ok(other) = LinkToken::parse(&altered)
        {
            prop_assert!(other.user() != token.user() || other.hash() != token.hash());
            prop_assert_eq!(other.to_text(), altered);
        }
    }

    /// However browser and gateway arrange them, and whatever else this host has set.
    #[test]
    fn our_cookies_are_found_among_all_others(
        others in other_cookies(),
        user in uuids(),
        now in moments(),
        (at, cut) in any::<(Index, Index)>(),
        twice in any::<bool>(),
    ) {
        let claims = Claims::starting(UserId::from_uuid(user), SessionId::from_uuid(user), now);
        let session = our_keys().sign(&claims);
        let device = our_keys().sign_device(&Device { user: UserId::from_uuid(user), nonce: user }, now);
        let pair = |cookie: String| cookie.split(';').next().unwrap().to_owned();
        let mut cookies = others.clone();
        let at = at.index(cookies.len() + 1);
        cookies.insert(at, pair(session_cookie(&session, SESSION_LIFE)));
        cookies.insert(at, pair(device_cookie(&device, DEVICE_LIFE)));
        if twice {
            cookies.push(pair(session_cookie(&session, SESSION_LIFE)));
        }
        let (first, second) = cookies.split_at(cut.index(cookies.len() + 1));
        let headers = [first.join("; "), second.join(";")];
        let headers = || headers.iter().map(String::as_str);
        prop_assert_eq!(session_from_cookie_header(headers()), Some(session.as_str().to_owned()));
        prop_assert_eq!(device_from_cookie_header(headers()), Some(device.as_str().to_owned()));
        let others = || others.iter().map(String::as_str);
        prop_assert_eq!(session_from_cookie_header(others()), None);
        prop_assert!(!carries_session_cookie(others()));
    }

    #[test]
    fn no_text_is_too_odd_to_be_refused(text in "(?s:.){0,60}|([A-Za-z0-9_-]{0,30}\\.){2}[A-Za-z0-9_-]{0,43}") {
        let now = Timestamp::from_millis(1_795_000_000_000).unwrap();
        prop_assert!(our_keys().verify(&text, now).is_err());
        prop_assert_eq!(our_keys().device(&text, now), None);
        prop_assert!(SessionKeys::from_secret_json(&text).is_err());
        let header = format!("__Host-session={text}");
        if let Some(value) = session_from_cookie_header([header.as_str()].into_iter()) {
            prop_assert!(text.starts_with(value.as_str()) && !value.contains(';'));
        }
    }

    #[test]
    fn a_password_is_the_same_however_its_characters_are_composed(text in "[a-zäöüÅéẹ̈\u{308}\u{301}ﬁ가 ]{0,40}|(?s:.){0,30}") {
        let owner = EmailAddress::parse("ada.lovelace@example.org").unwrap();
        let composed = Password::parse(&text.nfc().collect::<String>(), &owner);
        prop_assert_eq!(Password::parse(&text.nfd().collect::<String>(), &owner), composed.clone());
        prop_assert_eq!(Password::parse(&text, &owner), composed.clone());
        if composed.is_ok() {
            prop_assert_eq!(Password::check(&text), Ok(()), "knowing the owner makes no password better");
        }
    }
}
