//! Texts that people enter, each with its own type and limit.

use std::fmt;

use crate::limits;

/// Why a text was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidText {
    /// Nothing is left after trimming.
    #[error("must not be empty")]
    Empty,
    /// Longer than its limit.
    #[error("must have at most {max} characters")]
    TooLong {
        /// The most characters it may have.
        max: usize,
    },
    /// Control characters other than a line break where line breaks are allowed.
    #[error("must not contain control characters")]
    ControlCharacter,
    /// Not an e-mail address.
    #[error("must be an e-mail address")]
    NotAnEmailAddress,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Lines {
    One,
    Many,
}

/// Checks the length in characters, refuses control characters, and trims. The text is judged as it was sent, blanks at its
/// ends and all: what the API's document says of it is then all there is to know.
fn checked(text: &str, max: usize, lines: Lines) -> Result<String, InvalidText> {
    if text.trim().is_empty() {
        return Err(InvalidText::Empty);
    }
    if text.chars().count() > max {
        return Err(InvalidText::TooLong { max });
    }
    let refused = |c: char| c.is_control() && !(lines == Lines::Many && matches!(c, '\n' | '\r' | '\t'));
    if text.chars().any(refused) {
        return Err(InvalidText::ControlCharacter);
    }
    Ok(text.trim().to_owned())
}

macro_rules! text_type {
    ($(#[$doc:meta])* $name:ident $max:path, $lines:path) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash)]
        pub struct $name(String);

        impl $name {
            /// Trims and checks the text.
            ///
            /// # Errors
            /// [`InvalidText`] when it is empty, too long or holds control characters.
            pub fn parse(text: &str) -> Result<Self, InvalidText> {
                checked(text, $max, $lines).map(Self)
            }

            /// The text itself.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
    };
}

macro_rules! shown_in_debug {
    ($($name:ident),*) => {
        $(impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", self.0)
            }
        })*
    };
}

text_type!(
    /// The title of a ticket: one line.
    Title limits::TITLE_MAX_CHARS, Lines::One
);
text_type!(
    /// Where the event takes place: one line.
    Venue limits::VENUE_MAX_CHARS, Lines::One
);
text_type!(
    /// A longer description of a ticket: several lines.
    Description limits::DESCRIPTION_MAX_CHARS, Lines::Many
);
text_type!(
    /// The name that other people see.
    DisplayName limits::DISPLAY_NAME_MAX_CHARS, Lines::One
);
text_type!(
    /// What admits its holder: a booking code or the text of a barcode. Shown to the owner and to the paid buyer only,
    /// so its `Debug` hides it.
    Credential limits::CREDENTIAL_MAX_CHARS, Lines::Many
);
shown_in_debug!(Title, Venue, Description, DisplayName);

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credential(hidden)")
    }
}

/// An e-mail address in its one normalised form: trimmed, in lower case, so that one mailbox is one account.
///
/// The local part of an address is case-sensitive by RFC 5321, but no provider in use tells mailboxes apart by case,
/// while people do type capitals. Dots and `+tags` are left as they are: they do name different mailboxes at some
/// providers. `Debug` hides the address: it is personal data.
#[derive(Clone, PartialEq, Eq)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// Trims, lowers and checks the shape. Whether the mailbox exists only a message can tell. A letter may become two when it
    /// is lowered: the limit is that of what is kept, too, so that it can be read again.
    ///
    /// # Errors
    /// [`InvalidText`] when it is empty, too long or not of the shape `local@domain`.
    pub fn parse(text: &str) -> Result<Self, InvalidText> {
        let text = checked(text, limits::EMAIL_MAX_CHARS, Lines::One)?.to_lowercase();
        let text = checked(&text, limits::EMAIL_MAX_CHARS, Lines::One)?;
        let (local, domain) = text.rsplit_once('@').ok_or(InvalidText::NotAnEmailAddress)?;
        let local_fits = (1..=64).contains(&local.len())
            && !local.contains('@')
            && local.chars().all(|c| !c.is_whitespace() && !matches!(c, '<' | '>' | '(' | ')' | ',' | ';' | '"'))
            && !local.starts_with('.')
            && !local.ends_with('.')
            && !local.contains("..");
        let label_fits = |label: &str| {
            (1..=63).contains(&label.len())
                && label.chars().all(|c| c.is_alphanumeric() || c == '-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        let domain_fits = domain.contains('.') && domain.split('.').all(label_fits);
        if local_fits && domain_fits { Ok(Self(text)) } else { Err(InvalidText::NotAnEmailAddress) }
    }

    /// The normalised address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the `@`: what a person is called until they choose a display name.
    #[must_use]
    pub fn local_part(&self) -> &str {
        self.0.rsplit_once('@').map_or(self.0.as_str(), |(local, _)| local)
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailAddress(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_trimmed_and_counted_in_characters() {
        assert_eq!(Title::parse("  Opera, row 3 ").unwrap().as_str(), "Opera, row 3");
        assert!(Title::parse(&"ü".repeat(120)).is_ok());
        assert_eq!(Title::parse(&"ü".repeat(121)), Err(InvalidText::TooLong { max: 120 }));
        assert_eq!(Title::parse(" \n "), Err(InvalidText::Empty));
        assert_eq!(Title::parse(&format!(" {}", "ü".repeat(120))), Err(InvalidText::TooLong { max: 120 }));
        assert_eq!(Title::parse("a\nb"), Err(InvalidText::ControlCharacter));
        assert_eq!(Title::parse("a\n"), Err(InvalidText::ControlCharacter));
        assert_eq!(Title::parse("a\u{0}b"), Err(InvalidText::ControlCharacter));
    }

    #[test]
    fn a_description_may_have_lines() {
        assert_eq!(Description::parse("one\ntwo").unwrap().as_str(), "one\ntwo");
        assert_eq!(Description::parse("a\u{7}b"), Err(InvalidText::ControlCharacter));
    }

    #[test]
    fn addresses_are_normalised() {
        assert_eq!(EmailAddress::parse(" Ada.L@Example.ORG ").unwrap().as_str(), "ada.l@example.org");
        assert_eq!(EmailAddress::parse("ada+x@example.org").unwrap().local_part(), "ada+x");
        assert!(EmailAddress::parse("ada@my-example.org").is_ok());
        let wrong = [
            "a@my_example.org",
            "a",
            "a@",
            "@b.c",
            "a@b",
            "a b@c.de",
            "a@@c.de",
            "a@c..de",
            ".a@c.de",
            "a@-c.de",
            "<a@c.de>",
        ];
        for text in wrong {
            assert_eq!(EmailAddress::parse(text), Err(InvalidText::NotAnEmailAddress), "{text}");
        }
    }

    #[test]
    fn an_address_that_grows_when_it_is_lowered_is_too_long_before_it_is_kept() {
        let label = "a".repeat(60);
        let domain = format!("{label}.{label}.{label}.{}", "a".repeat(49));
        let right = format!("{}@{domain}", "i".repeat(21));
        assert_eq!(EmailAddress::parse(&right).unwrap().as_str().chars().count(), 254);
        let growing = right.replace('i', "İ");
        assert_eq!(growing.chars().count(), 254);
        assert_eq!(EmailAddress::parse(&growing), Err(InvalidText::TooLong { max: 254 }));
    }

    #[test]
    fn secrets_and_personal_data_stay_out_of_debug() {
        assert_eq!(format!("{:?}", Credential::parse("GATE-7").unwrap()), "Credential(hidden)");
        assert_eq!(format!("{:?}", EmailAddress::parse("a@b.cd").unwrap()), "EmailAddress(hidden)");
    }
}
