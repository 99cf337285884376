//! Passwords and their hashes.

use std::fmt;
use std::sync::LazyLock;

use argon2::password_hash::phc;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use holdfast_domain::EmailAddress;
use holdfast_domain::limits::{PASSWORD_MAX_CHARS, PASSWORD_MIN_CHARS};
use unicode_normalization::UnicodeNormalization;

/// Memory of one hash, in KiB: OWASP's minimum for argon2id with two passes.
const MEMORY_KIB: u32 = 19 * 1024;
/// Passes over that memory.
const PASSES: u32 = 2;
/// Lanes: a Lambda has one or two processors, and each request is served alone.
const LANES: u32 = 1;

/// A hash of no account, made with the parameters above: what an unknown address is verified against.
const NOBODYS_HASH: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$NE3x6Vdy3llKg3byAMJXsg$9CUKl6p8xVYiruDySUQsqy9/hkP6xkhGh/ukFqGVd/g";

static NOBODY: LazyLock<PasswordHash> =
    LazyLock::new(|| PasswordHash::parse(NOBODYS_HASH).expect("the constant is a hash of ours"));

/// Why a password was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPassword {
    /// Too easily guessed.
    #[error("must have at least {PASSWORD_MIN_CHARS} characters")]
    TooShort,
    /// More than anybody types.
    #[error("must have at most {PASSWORD_MAX_CHARS} characters")]
    TooLong,
    /// Common, breached, a pattern, or made of the owner's address or our name.
    #[error("is too easily guessed: choose other or more words, and none of your address")]
    Guessable,
}

/// How many guesses a password must withstand of somebody who begins with the most common ones and knows the address:
/// 10^9, which two common words do not reach and three do. Ten tries an hour never get there, and offline each guess costs
/// an argon2id hash.
const GUESSES_LOG10: f64 = 9.0;
/// What a guess at a password for this site begins with.
const OUR_WORDS: [&str; 3] = ["holdfast", "ticket", "tickets"];

/// A password that somebody chose and that passed all rules: there is no other way to make one. `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    /// Composes the text (NFC), checks its length in characters, and estimates how soon it would be guessed by somebody
    /// who knows whose it is. Blanks count and stay; no kind of character is asked for.
    ///
    /// # Errors
    /// [`InvalidPassword`] when it is shorter or longer than the limits, or guessed too soon.
    pub fn parse(text: &str, owner: &EmailAddress) -> Result<Self, InvalidPassword> {
        checked(text, Some(owner)).map(Self)
    }

    /// Checks all rules but those about the owner, who may not be known yet.
    ///
    /// # Errors
    /// [`InvalidPassword`].
    pub fn check(text: &str) -> Result<(), InvalidPassword> {
        checked(text, None).map(drop)
    }
}

fn checked(text: &str, owner: Option<&EmailAddress>) -> Result<String, InvalidPassword> {
    let composed = compose(text);
    match composed.chars().count() {
        0..PASSWORD_MIN_CHARS => Err(InvalidPassword::TooShort),
        PASSWORD_MIN_CHARS..=PASSWORD_MAX_CHARS if is_guessable(&composed, owner) => Err(InvalidPassword::Guessable),
        PASSWORD_MIN_CHARS..=PASSWORD_MAX_CHARS => Ok(composed),
        _ => Err(InvalidPassword::TooLong),
    }
}

/// The estimate is zxcvbn's: lists of breached passwords, words and names, in all their usual disguises, keyboard
/// patterns, sequences, repetitions and dates.
fn is_guessable(password: &str, owner: Option<&EmailAddress>) -> bool {
    let address = owner.map(EmailAddress::as_str).unwrap_or_default();
    let parts = address.split(|c: char| !c.is_alphanumeric()).filter(|part| part.chars().count() > 2);
    let (local, host) = address.split_once('@').unwrap_or_default();
    let known: Vec<&str> =
        OUR_WORDS.into_iter().chain([address, local, host]).chain(parts).filter(|word| !word.is_empty()).collect();
    zxcvbn::zxcvbn(password, &known).guesses_log10() < GUESSES_LOG10
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(hidden)")
    }
}

/// One spelling of what looks the same: a composed character, where one exists.
fn compose(text: &str) -> String {
    text.nfc().collect()
}

/// A stored text that is not an argon2id hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not an argon2id hash")]
pub struct InvalidPasswordHash;

/// A password's hash as a PHC string, which names algorithm, parameters and salt. `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(phc::PasswordHash);

impl PasswordHash {
    /// Reads a stored PHC string.
    ///
    /// # Errors
    /// [`InvalidPasswordHash`] when the text is not a complete argon2id hash.
    pub fn parse(text: &str) -> Result<Self, InvalidPasswordHash> {
        let hash = phc::PasswordHash::new(text).map_err(|_| InvalidPasswordHash)?;
        let complete = hash.salt.is_some() && hash.hash.is_some() && Params::try_from(&hash).is_ok();
        if hash.algorithm == argon2::ARGON2ID_IDENT && complete { Ok(Self(hash)) } else { Err(InvalidPasswordHash) }
    }

    /// The PHC string that is stored.
    #[must_use]
    pub fn to_phc_string(&self) -> String {
        self.0.to_string()
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(hidden)")
    }
}

/// A password that could not be hashed: no memory, or no randomness from the operating system.
#[derive(Debug, thiserror::Error)]
#[error("the password cannot be hashed")]
pub struct HashError(#[source] argon2::password_hash::Error);

fn argon2id() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).expect("the constants are within argon2's limits");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// Hashes a password under a new random salt.
///
/// # Errors
/// [`HashError`] when the operating system gives no randomness.
pub fn hash_password(password: &Password) -> Result<PasswordHash, HashError> {
    argon2id().hash_password(password.0.as_bytes()).map(PasswordHash).map_err(HashError)
}

/// Whether `raw` is the password behind `hash`. Without a hash (nobody has that address) it does the same work and
/// answers no.
#[must_use]
pub fn verify_password(raw: &str, hash: Option<&PasswordHash>) -> bool {
    verify_with(raw, hash, |password, hash| argon2id().verify_password(password, &hash.0).is_ok())
}

/// Verifies once, whatever is known; the last step is not short-circuited.
fn verify_with(raw: &str, hash: Option<&PasswordHash>, verify: impl FnOnce(&[u8], &PasswordHash) -> bool) -> bool {
    let matches = verify(compose(raw).as_bytes(), hash.unwrap_or(&NOBODY));
    matches & hash.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOBODYS_PASSWORD: &str = "the password of nobody at all";

    fn chosen(text: &str) -> Result<Password, InvalidPassword> {
        Password::parse(text, &EmailAddress::parse("ada.lovelace@example.org").unwrap())
    }

    /// The start of a long text that nobody guesses.
    fn long(chars: usize) -> String {
        let endless = (0..).map(|n: u32| format!("ü{}k{} ", n.wrapping_mul(7919) % 1009, n * 31)).take(chars);
        endless.collect::<String>().chars().take(chars).collect()
    }

    #[test]
    fn what_is_guessed_first_is_refused() {
        for text in [
            "password1234",
            "Passw0rd!Passw0rd!",
            "qwertyuiop123",
            "1q2w3e4r5t6y7u",
            "aaaaaaaaaaaaaaaaaaaa",
            "abcabcabcabcabcabc",
            "123456789012345",
            "iloveyou iloveyou",
            "letmein letmein",
            "02.03.1987 1987",
            "Summer2026!!",
            "correct horse",
        ] {
            assert_eq!(chosen(text), Err(InvalidPassword::Guessable), "{text}");
            assert_eq!(Password::check(text), Err(InvalidPassword::Guessable), "{text}");
        }
    }

    #[test]
    fn words_of_the_owner_and_of_ours_count_for_nothing() {
        for text in [
            "ada.lovelace@example.org",
            "Ada.Lovelace.1815",
            "lovelace.example",
            "holdfast-holdfast",
            "T1cket Holdfast",
        ] {
            assert_eq!(chosen(text), Err(InvalidPassword::Guessable), "{text}");
        }
        assert_eq!(Password::check("ada.lovelace@example.org"), Ok(()), "whose it would be is not known here");
    }

    #[test]
    fn no_kind_of_character_is_asked_for() {
        for text in
            ["correct horse battery", "vier gewinnt nur selten", "ünïcödé ünïcödé", "xkvqzjwmplrt", "774920183365028"]
        {
            assert!(chosen(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn a_password_is_counted_in_characters_and_never_trimmed() {
        assert_eq!(chosen(&long(11)), Err(InvalidPassword::TooShort));
        assert!(chosen(&long(12)).is_ok());
        assert!(chosen(&long(128)).is_ok());
        assert_eq!(chosen(&long(129)), Err(InvalidPassword::TooLong));
        assert_eq!(chosen("").map_err(|error| error.to_string()), Err("must have at least 12 characters".into()));
        let blanks = chosen("  thirteen, so  ").unwrap();
        assert_eq!(blanks.0, "  thirteen, so  ");
    }

    #[test]
    fn two_spellings_of_one_character_are_one_password() {
        assert_eq!(chosen("zwo\u{308}lf Boxka\u{308}mpfer").unwrap(), chosen("zwölf Boxkämpfer").unwrap());
        assert_eq!(chosen(&"u\u{308}".repeat(11)), Err(InvalidPassword::TooShort));
        // Compatibility forms stay apart: a ligature is not its letters.
        assert_ne!(chosen("ﬁfteen odd letters").unwrap(), chosen("fifteen odd letters").unwrap());
    }

    #[test]
    fn a_hash_verifies_its_own_password_only() {
        let hash = hash_password(&chosen("correct horse bättery").unwrap()).unwrap();
        assert!(verify_password("correct horse bättery", Some(&hash)));
        assert!(verify_password("correct horse ba\u{308}ttery", Some(&hash)));
        assert!(!verify_password("correct horse battery", Some(&hash)));
        assert!(!verify_password(" correct horse bättery", Some(&hash)));
        assert!(!verify_password("", Some(&hash)));
    }

    #[test]
    fn a_hash_is_argon2id_with_a_salt_of_its_own() {
        let password = chosen("correct horse battery").unwrap();
        let (first, second) = (hash_password(&password).unwrap(), hash_password(&password).unwrap());
        assert!(first.to_phc_string().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", first.to_phc_string());
        assert_ne!(first, second);
        assert_eq!(PasswordHash::parse(&first.to_phc_string()), Ok(first));
    }

    #[test]
    fn only_argon2id_hashes_are_read() {
        let ours = NOBODYS_HASH.to_owned();
        let other = ours.replace("argon2id", "argon2i");
        let without_hash = ours.rsplit_once('$').unwrap().0.to_owned();
        for wrong in ["", "correct horse", "$2b$12$abcdefghijklmnopqrstuv", &other, &without_hash] {
            assert_eq!(PasswordHash::parse(wrong), Err(InvalidPasswordHash), "{wrong}");
        }
    }

    #[test]
    fn an_unknown_address_costs_one_verification_with_the_same_parameters() {
        let real = hash_password(&chosen("correct horse battery").unwrap()).unwrap();
        let run = |hash: Option<&PasswordHash>| {
            let mut verified = Vec::new();
            verify_with("whatever", hash, |_, hash| {
                verified.push(hash.clone());
                false
            });
            assert_eq!(verified.len(), 1);
            verified.remove(0).0
        };
        let (known, unknown) = (run(Some(&real)), run(None));
        assert_eq!(known.algorithm, unknown.algorithm);
        assert_eq!(known.version, unknown.version);
        assert_eq!(known.params, unknown.params);
        assert_eq!(known.salt.unwrap().len(), unknown.salt.unwrap().len());
        assert_eq!(known.hash.unwrap().len(), unknown.hash.unwrap().len());
    }

    #[test]
    fn nobodys_password_is_really_verified_and_signs_nobody_in() {
        // The hash is genuine: its own password matches it, so the work is done to the end …
        assert!(verify_password(NOBODYS_PASSWORD, Some(&NOBODY)));
        // … and yet nobody has it.
        assert!(!verify_password(NOBODYS_PASSWORD, None));
    }

    #[test]
    fn debug_hides_passwords_and_hashes() {
        let password = chosen("correct horse battery").unwrap();
        assert_eq!(format!("{password:?}"), "Password(hidden)");
        assert_eq!(format!("{:?}", hash_password(&password).unwrap()), "PasswordHash(hidden)");
    }
}
