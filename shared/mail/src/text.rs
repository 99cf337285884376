//! What a mail says.

use std::fmt;

use holdfast_auth::LinkToken;
use holdfast_domain::{DisplayName, MailLanguage, MailPurpose};
use holdfast_views::{Language, SiteOrigin};

/// A mail, ready to be sent. `Debug` hides it: its link is as good as a password.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    subject: &'static str,
    body: String,
}

impl Mail {
    /// A mail to the owner of an account, with a link to a page of the site. The token stands behind the `#`, which no
    /// browser sends to a server or names as where it came from.
    #[must_use]
    pub fn new(
        purpose: MailPurpose,
        language: MailLanguage,
        to: &DisplayName,
        site: &SiteOrigin,
        token: &LinkToken,
    ) -> Self {
        let (subject, body) = text(purpose, language);
        let page = site.address(language_of_site(language), path(purpose));
        let link = format!("{page}#{}", token.to_text());
        Self { subject, body: body.replace("{greeting}", &greeting(language, to)).replace("{link}", &link) }
    }

    /// One line.
    #[must_use]
    pub fn subject(&self) -> &'static str {
        self.subject
    }

    /// Plain text.
    #[must_use]
    pub fn body(&self) -> &str {
        &self.body
    }
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail").field("subject", &self.subject).finish_non_exhaustive()
    }
}

/// Subject and text, with places for greeting and link.
fn text(purpose: MailPurpose, language: MailLanguage) -> (&'static str, &'static str) {
    let file = match (purpose, language) {
        (MailPurpose::VerifyEmail, MailLanguage::En) => include_str!("texts/verify_email.en.txt"),
        (MailPurpose::VerifyEmail, MailLanguage::De) => include_str!("texts/verify_email.de.txt"),
        (MailPurpose::ResetPassword, MailLanguage::En) => include_str!("texts/reset_password.en.txt"),
        (MailPurpose::ResetPassword, MailLanguage::De) => include_str!("texts/reset_password.de.txt"),
    };
    file.split_once('\n').unwrap_or((file, ""))
}

/// The page that a link opens.
fn path(purpose: MailPurpose) -> &'static str {
    match purpose {
        MailPurpose::VerifyEmail => "/verify-email/",
        MailPurpose::ResetPassword => "/reset-password/",
    }
}

/// The site's language of that tag; the first one, if the site has none.
fn language_of_site(language: MailLanguage) -> Language {
    let found = Language::ALL.iter().find(|known| known.tag() == language.tag());
    found.copied().unwrap_or(Language::ALL[0])
}

fn greeting(language: MailLanguage, to: &DisplayName) -> String {
    match (language, is_plain_name(to)) {
        (MailLanguage::En, true) => format!("Hello {},", to.as_str()),
        (MailLanguage::En, false) => "Hello,".to_owned(),
        (MailLanguage::De, true) => format!("Guten Tag {},", to.as_str()),
        (MailLanguage::De, false) => "Guten Tag,".to_owned(),
    }
}

/// Most characters of a name that is greeted: longer ones are messages.
const NAME_MAX_CHARS: usize = 40;

/// Whether a name may stand in a mail to somebody who perhaps has not chosen it: letters, digits, blanks, hyphens and
/// apostrophes make no link, wherever they are shown.
fn is_plain_name(name: &DisplayName) -> bool {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '\'' | '’');
    name.as_str().chars().count() <= NAME_MAX_CHARS && name.as_str().chars().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> DisplayName {
        DisplayName::parse(text).unwrap()
    }

    fn token() -> LinkToken {
        let secret = "A".repeat(43);
        LinkToken::parse(&format!("018f3e5c-6d2a-4c31-9a55-1f2e3d4c5b6a.{secret}")).unwrap()
    }

    fn mail(purpose: MailPurpose, language: MailLanguage) -> Mail {
        let site = SiteOrigin::parse("https://tickets.example").unwrap();
        Mail::new(purpose, language, &name("Ada"), &site, &token())
    }

    fn all() -> impl Iterator<Item = Mail> {
        MailPurpose::ALL.into_iter().flat_map(|purpose| MailLanguage::ALL.map(|language| mail(purpose, language)))
    }

    #[test]
    fn a_mail_greets_names_one_link_and_says_how_long_it_works_and_what_to_do() {
        for mail in all() {
            assert!(mail.subject().len() < 60 && !mail.subject().is_empty() && !mail.subject().contains('\r'));
            assert_eq!(mail.body().matches("https://").count(), 1, "{}", mail.body());
            assert!(mail.body().contains(&token().to_text()));
            assert!(mail.body().contains("Ada,\n") && mail.body().ends_with("Holdfast\n"));
            assert!(!mail.body().contains(['{', '}', '\r']), "{}", mail.body());
            let lines = mail.body().lines().filter(|line| !line.starts_with("https://"));
            assert!(lines.clone().all(|line| line.chars().count() <= 74), "{}", mail.body());
        }
        let subjects: std::collections::BTreeSet<&str> = all().map(|mail| mail.subject()).collect();
        assert_eq!(subjects.len(), 4);
        let (day, half_hour) = (MailPurpose::VerifyEmail.link_life(), MailPurpose::ResetPassword.link_life());
        assert_eq!((day.as_secs(), half_hour.as_secs()), (24 * 3_600, 30 * 60));
        for language in MailLanguage::ALL {
            assert!(mail(MailPurpose::VerifyEmail, language).body().contains("24 "));
            assert!(mail(MailPurpose::ResetPassword, language).body().contains("30 "));
        }
    }

    #[test]
    fn a_link_leads_to_the_page_in_its_language_with_the_token_where_no_server_sees_it() {
        let text = token().to_text();
        let links = [
            (MailPurpose::VerifyEmail, MailLanguage::En, "https://tickets.example/verify-email/#"),
            (MailPurpose::VerifyEmail, MailLanguage::De, "https://tickets.example/de/verify-email/#"),
            (MailPurpose::ResetPassword, MailLanguage::En, "https://tickets.example/reset-password/#"),
            (MailPurpose::ResetPassword, MailLanguage::De, "https://tickets.example/de/reset-password/#"),
        ];
        for (purpose, language, page) in links {
            let mail = mail(purpose, language);
            assert!(mail.body().lines().any(|line| line == format!("{page}{text}")), "{}", mail.body());
        }
    }

    #[test]
    fn a_name_that_would_be_a_link_or_a_message_is_not_greeted() {
        for plain in ["Ada", "Ada-Lou O'Neill", "Ñandú 7", "渡辺"] {
            assert!(is_plain_name(&name(plain)), "{plain}");
        }
        let long = "you have won and need to sign in at once today";
        for other in ["evil.example", "https://evil", "a@b", "www/x", "<b>", "{link}", "Ada\u{2028}x", long] {
            assert!(!is_plain_name(&name(other)), "{other}");
        }
        assert_eq!(greeting(MailLanguage::En, &name("evil.example")), "Hello,");
        assert_eq!(greeting(MailLanguage::De, &name("evil.example")), "Guten Tag,");
    }

    #[test]
    fn debug_hides_the_link() {
        let shown = format!("{:?}", mail(MailPurpose::ResetPassword, MailLanguage::En));
        assert!(!shown.contains("AAAA"), "{shown}");
    }
}
