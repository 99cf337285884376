//! The limits of every public input, shared by the API's validation and by the attributes of the site's forms.
//!
//! Lengths are counted in characters (Unicode scalar values), not bytes.

use std::time::Duration;

/// How long a ticket stays held after the end that its buyer is shown: a payment that is confirmed in the last second
/// finds the ticket still there.
pub const HOLD_GRACE: Duration = Duration::from_secs(5);
/// Fewest characters of a password (OWASP ASVS 5.0 asks for 8 at least and recommends 15).
pub const PASSWORD_MIN_CHARS: usize = 12;
/// Most characters of a password: long passphrases fit, and hashing stays bounded.
pub const PASSWORD_MAX_CHARS: usize = 128;
/// Most characters of an e-mail address: the longest forward path of RFC 5321 without its brackets.
pub const EMAIL_MAX_CHARS: usize = 254;
/// Most characters of the name that other people see.
pub const DISPLAY_NAME_MAX_CHARS: usize = 60;
/// Most characters of a ticket's title; the fewest is one.
pub const TITLE_MAX_CHARS: usize = 120;
/// Most characters of a venue.
pub const VENUE_MAX_CHARS: usize = 120;
/// Most characters of a description.
pub const DESCRIPTION_MAX_CHARS: usize = 2_000;
/// Most characters of a credential (booking code or barcode text).
pub const CREDENTIAL_MAX_CHARS: usize = 500;
/// Most characters of an `Idempotency-Key`.
pub const IDEMPOTENCY_KEY_MAX_CHARS: usize = 255;
/// Largest request body, in bytes: the longest listing fits, even if its client writes each character as two escapes of six
/// bytes each.
pub const BODY_MAX_BYTES: usize = 40 * 1024;
/// Items on a page of a list when the client does not say.
pub const PAGE_DEFAULT: u32 = 24;
/// Most items on a page of a list.
pub const PAGE_MAX: u32 = 50;
/// Most characters of a search; so many words count at most anyway.
pub const QUERY_MAX_CHARS: usize = 200;
/// Most words by which a ticket can be found, and most words of a query.
pub const SEARCH_WORDS_MAX: usize = 12;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_listing_fits_a_body_however_its_client_writes_it() {
        // Two escapes of six bytes for each character, and room for all that is no text.
        let longest = 12 * (TITLE_MAX_CHARS + VENUE_MAX_CHARS + DESCRIPTION_MAX_CHARS + CREDENTIAL_MAX_CHARS);
        assert!(longest + 1_024 <= BODY_MAX_BYTES, "{longest}");
        assert!(BODY_MAX_BYTES < 2 * longest, "and not much more than that");
    }
}
