//! What we write mails for, and in which languages.

use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What the link in a mail is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailPurpose {
    /// It shows that the mailbox is the account's.
    VerifyEmail,
    /// It sets a new password.
    ResetPassword,
}

impl MailPurpose {
    /// All of them: whoever removes an account removes a link of each.
    pub const ALL: [Self; 2] = [Self::VerifyEmail, Self::ResetPassword];

    /// Its name in keys.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::VerifyEmail => "verify_email",
            Self::ResetPassword => "reset_password",
        }
    }

    /// How long its link works. A link that takes an account over is short-lived: whoever asked for it is waiting.
    #[must_use]
    pub fn link_life(self) -> Duration {
        match self {
            Self::VerifyEmail => Duration::from_hours(24),
            Self::ResetPassword => Duration::from_mins(30),
        }
    }
}

/// How long after it was asked for a mail may still be sent: what was held up for longer would only surprise.
pub const MAIL_TOO_LATE_AFTER: Duration = Duration::from_hours(24);

/// A language that nobody writes mails in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be \"en\" or \"de\"")]
pub struct UnknownMailLanguage;

/// The language of a mail.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailLanguage {
    /// English, for whoever did not say.
    #[default]
    En,
    /// German.
    De,
}

impl MailLanguage {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::En, Self::De];

    /// Its tag of BCP 47.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::De => "de",
        }
    }
}

impl FromStr for MailLanguage {
    type Err = UnknownMailLanguage;

    fn from_str(text: &str) -> Result<Self, UnknownMailLanguage> {
        Self::ALL.into_iter().find(|language| language.tag() == text).ok_or(UnknownMailLanguage)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_that_takes_an_account_over_works_for_as_long_as_somebody_waits_for_it() {
        let [verify, reset] = MailPurpose::ALL;
        // The names stand in keys of stored links.
        assert_eq!((verify.as_str(), reset.as_str()), ("verify_email", "reset_password"));
        assert_eq!((verify.link_life(), reset.link_life()), (Duration::from_hours(24), Duration::from_mins(30)));
    }

    #[test]
    fn a_language_is_read_as_it_is_written() {
        for language in MailLanguage::ALL {
            assert_eq!(language.tag().parse(), Ok(language));
        }
        for text in ["", "EN", "fr", "de-AT"] {
            assert_eq!(text.parse::<MailLanguage>(), Err(UnknownMailLanguage), "{text}");
        }
    }
}
