//! Whatever somebody calls themselves, a mail says what we say and leads where we lead.

use holdfast_auth::LinkToken;
use holdfast_domain::{DisplayName, MailLanguage, MailPurpose};
use holdfast_views::SiteOrigin;
use proptest::prelude::*;
use proptest::sample::select;

use crate::text::Mail;

proptest! {
    #[test]
    fn a_name_changes_nothing_but_the_greeting(
        name in prop_oneof!["[a-zA-Z '’-]{1,60}", "(?s:.){1,40}", "[a-z.:/{}@#]{1,30}"],
        purpose in select(&MailPurpose::ALL[..]),
        language in select(&MailLanguage::ALL[..]),
    ) {
        let Ok(name) = DisplayName::parse(&name) else { return Ok(()) };
        let site = SiteOrigin::parse("https://tickets.example").unwrap();
        let token = LinkToken::parse(&format!("018f3e5c-6d2a-4c31-9a55-1f2e3d4c5b6a.{}", "A".repeat(43))).unwrap();
        let of = |name: &DisplayName| Mail::new(purpose, language, name, &site, &token);
        let rest = |mail: &Mail| -> Vec<String> {
            mail.body().lines().filter(|line| !is_greeting(line)).map(str::to_owned).collect()
        };
        let (mail, ordinary) = (of(&name), of(&DisplayName::parse("Ada").unwrap()));
        prop_assert_eq!(mail.subject(), ordinary.subject());
        prop_assert_eq!(rest(&mail), rest(&ordinary));
        let greetings: Vec<&str> = mail.body().lines().filter(|line| is_greeting(line)).collect();
        prop_assert_eq!(greetings.len(), 1);
        prop_assert!(!greetings[0].contains(['.', ':', '/', '@', '<']), "{}", greetings[0]);
    }
}

fn is_greeting(line: &str) -> bool {
    ["Hello", "Guten Tag"].iter().any(|greeting| line.starts_with(greeting)) && line.ends_with(',')
}
