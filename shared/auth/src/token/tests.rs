use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::*;

const CURRENT: &str = "0123456789abcdef0123456789abcdef";
const PREVIOUS: &str = "fedcba9876543210fedcba9876543210";

fn keys(current: &str, previous: Option<&str>) -> SessionKeys {
    SessionKeys::from_secret_json(&json!({"current": current, "previous": previous}).to_string()).unwrap()
}

fn now() -> Timestamp {
    Timestamp::parse("2026-11-22T16:59:05.250Z").unwrap()
}

fn claims() -> Claims {
    let user = "018f3e5c-6d2a-4c31-9a55-1f2e3d4c5b6a".parse().unwrap();
    let session = "118f3e5c-6d2a-4c31-9a55-1f2e3d4c5b6b".parse().unwrap();
    Claims::starting(user, session, now())
}

fn part(token: &str, number: usize) -> Value {
    let part = token.split('.').nth(number).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// A token with any header and payload, signed properly with `secret` as HS256.
fn forge(header: &Value, payload: &Value, secret: &str) -> String {
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", encode(header), encode(payload));
    let key = jsonwebtoken::EncodingKey::from_secret(secret.as_bytes());
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::HS256).unwrap();
    format!("{message}.{signature}")
}

#[test]
fn a_token_says_what_was_signed() {
    let keys = keys(CURRENT, None);
    let token = keys.sign(&claims());
    assert_eq!(keys.verify(token.as_str(), now()), Ok(claims()));
    let header = part(token.as_str(), 0);
    assert_eq!(header, json!({"typ": "JWT", "alg": "HS256", "kid": keys.current().name}));
    let payload = part(token.as_str(), 1);
    assert_eq!(payload["exp"].as_i64().unwrap() - payload["iat"].as_i64().unwrap(), 14 * 24 * 60 * 60);
    assert_eq!(payload.as_object().unwrap().len(), 4, "{payload}");
}

#[test]
fn it_dies_at_its_expiry_to_the_millisecond() {
    let keys = keys(CURRENT, None);
    let token = keys.sign(&claims());
    let last = Timestamp::from_millis(claims().expires_at.as_millis() - 1).unwrap();
    assert_eq!(keys.verify(token.as_str(), last), Ok(claims()));
    assert_eq!(keys.verify(token.as_str(), claims().expires_at), Err(InvalidToken::Expired));
    assert_eq!(keys.verify(token.as_str(), last.plus(Duration::from_hours(1))), Err(InvalidToken::Expired));
}

#[test]
fn a_server_whose_clock_is_behind_accepts_it() {
    let keys = keys(CURRENT, None);
    let token = keys.sign(&claims());
    let behind = Timestamp::from_millis(now().as_millis() - 2_000).unwrap();
    assert_eq!(keys.verify(token.as_str(), behind), Ok(claims()));
}

#[test]
fn the_previous_key_verifies_and_does_not_sign() {
    let before = keys(PREVIOUS, None).sign(&claims());
    let rotated = keys(CURRENT, Some(PREVIOUS));
    assert_eq!(rotated.verify(before.as_str(), now()), Ok(claims()));
    let after = rotated.sign(&claims());
    assert_eq!(part(after.as_str(), 0)["kid"], rotated.current().name);
    assert_eq!(keys(PREVIOUS, None).verify(after.as_str(), now()), Err(InvalidToken::UnknownKey));
    // A second rotation ends what the first key signed.
    assert_eq!(keys(CURRENT, None).verify(before.as_str(), now()), Err(InvalidToken::UnknownKey));
}

#[test]
fn every_changed_character_is_noticed() {
    let keys = keys(CURRENT, Some(PREVIOUS));
    let token = keys.sign(&claims()).as_str().to_owned();
    for place in 0..token.len() {
        let other = if &token[place..=place] == "A" { "B" } else { "A" };
        let tampered = format!("{}{other}{}", &token[..place], &token[place + 1..]);
        assert!(keys.verify(&tampered, now()).is_err(), "character {place} of {}", token.len());
    }
}

#[test]
fn a_payload_under_another_signature_is_refused() {
    let keys = keys(CURRENT, None);
    let token = keys.sign(&claims());
    let (header, payload) = (part(token.as_str(), 0), part(token.as_str(), 1));
    // The right name of the key, but not the key.
    let forged = forge(&header, &payload, "another secret of 32 characters!");
    assert_eq!(keys.verify(&forged, now()), Err(InvalidToken::WrongSignature));
    // The current key's signature under the previous key's name.
    let rotated = self::keys(CURRENT, Some(PREVIOUS));
    let mut misnamed = header.clone();
    misnamed["kid"] = json!(self::keys(PREVIOUS, None).current().name);
    assert_eq!(rotated.verify(&forge(&misnamed, &payload, CURRENT), now()), Err(InvalidToken::WrongSignature));
}

#[test]
fn no_other_algorithm_is_accepted() {
    let keys = keys(CURRENT, None);
    let token = keys.sign(&claims());
    let (header, payload) = (part(token.as_str(), 0), part(token.as_str(), 1));
    for algorithm in ["none", "None", "HS384", "HS512", "RS256", "ES256", "EdDSA"] {
        let mut other = header.clone();
        other["alg"] = json!(algorithm);
        let signed = forge(&other, &payload, CURRENT);
        assert_eq!(keys.verify(&signed, now()), Err(InvalidToken::Malformed), "{algorithm}");
        let unsigned = format!("{}.", signed.rsplit_once('.').unwrap().0);
        assert_eq!(keys.verify(&unsigned, now()), Err(InvalidToken::Malformed), "{algorithm}, unsigned");
    }
    // Properly signed with another length of the same family.
    let mut header = Header::new(Algorithm::HS512);
    header.kid = Some(keys.current().name.clone());
    let hs512 = jsonwebtoken::encode(&header, &payload, &keys.current().signing).unwrap();
    assert_eq!(keys.verify(&hs512, now()), Err(InvalidToken::Malformed));
}

#[test]
fn a_token_without_a_known_key_name_is_refused() {
    let keys = keys(CURRENT, None);
    let payload = part(keys.sign(&claims()).as_str(), 1);
    let nameless = forge(&json!({"typ": "JWT", "alg": "HS256"}), &payload, CURRENT);
    assert_eq!(keys.verify(&nameless, now()), Err(InvalidToken::UnknownKey));
    let other = forge(&json!({"alg": "HS256", "kid": "0000000000000000"}), &payload, CURRENT);
    assert_eq!(keys.verify(&other, now()), Err(InvalidToken::UnknownKey));
}

#[test]
fn every_claim_is_required_and_typed() {
    let keys = keys(CURRENT, None);
    let token = keys.sign(&claims());
    let (header, payload) = (part(token.as_str(), 0), part(token.as_str(), 1));
    for name in ["exp", "iat", "sub", "sid"] {
        let mut without = payload.clone();
        without.as_object_mut().unwrap().remove(name);
        let token = forge(&header, &without, CURRENT);
        assert_eq!(keys.verify(&token, now()), Err(InvalidToken::Malformed), "without {name}");
        let mut wrong = payload.clone();
        wrong[name] = json!("yesterday");
        let token = forge(&header, &wrong, CURRENT);
        assert_eq!(keys.verify(&token, now()), Err(InvalidToken::Malformed), "wrong {name}");
    }
    for (iat, exp) in [(-1, 5), (5, 5), (6, 5), (0, i64::MAX)] {
        let mut wrong = payload.clone();
        (wrong["iat"], wrong["exp"]) = (json!(iat), json!(exp));
        let token = forge(&header, &wrong, CURRENT);
        assert_eq!(keys.verify(&token, now()), Err(InvalidToken::Malformed), "{iat} to {exp}");
    }
}

#[test]
fn what_is_no_token_is_refused() {
    let keys = keys(CURRENT, None);
    let long = format!("{}{}", keys.sign(&claims()).as_str(), "A".repeat(TOKEN_MAX_BYTES));
    for wrong in ["", ".", "..", "...", "garbage", "a.b.c", "💥.💥.💥", &long] {
        assert_eq!(keys.verify(wrong, now()), Err(InvalidToken::Malformed), "{wrong}");
    }
}

#[test]
fn debug_hides_a_token() {
    assert_eq!(format!("{:?}", keys(CURRENT, None).sign(&claims())), "SessionToken(hidden)");
}
