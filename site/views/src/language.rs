//! The languages of the site.

use std::fmt;

include!(concat!(env!("OUT_DIR"), "/messages.rs"));

/// One language of the site. Each has a file of messages, and pages of its own.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Language(usize);

impl Language {
    /// Every language; the pages of the first stand at the root of the site.
    pub const ALL: &'static [Language] = &ALL;

    /// Its tag of BCP 47: `en`.
    #[must_use]
    pub fn tag(self) -> &'static str {
        self.messages().language_tag
    }

    /// What its addresses begin with: nothing, or `/de`.
    #[must_use]
    pub fn prefix(self) -> &'static str {
        self.messages().path_prefix
    }

    /// An address of this language, from the path that all languages share.
    #[must_use]
    pub fn address(self, path: &str) -> String {
        format!("{}{path}", self.prefix())
    }

    /// The language with this tag, for tests that know what it says.
    #[cfg(test)]
    pub(crate) fn tagged(tag: &str) -> Self {
        *Self::ALL.iter().find(|language| language.tag() == tag).expect("a language of the site")
    }

    /// Its texts.
    pub(crate) fn messages(self) -> &'static Messages {
        &MESSAGES[self.0]
    }
}

const ALL: [Language; MESSAGES.len()] = {
    let mut all = [Language(0); MESSAGES.len()];
    let mut index = 0;
    while index < all.len() {
        all[index] = Language(index);
        index += 1;
    }
    all
};

impl fmt::Debug for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Language({})", self.tag())
    }
}

/// A message with its placeholders filled: `{min}` becomes the value that `min` is given.
pub(crate) fn fill(message: &str, values: &[(&str, &str)]) -> String {
    let mut rest = message;
    let mut filled = String::with_capacity(message.len());
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let (name, behind) = after.split_once('}').unwrap_or((after, ""));
        filled.push_str(values.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value));
        rest = behind;
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_a_tag_and_addresses_of_its_own() {
        assert_eq!(Language::ALL[0], Language::tagged("en"));
        assert_eq!(Language::ALL[0].address("/sell/"), "/sell/");
        assert_eq!(Language::tagged("de").address("/sell/"), "/de/sell/");
        for language in &Language::ALL[1..] {
            assert_eq!(language.prefix(), format!("/{}", language.tag()));
        }
    }

    #[test]
    fn values_stand_where_their_names_stood_and_are_not_read_again() {
        assert_eq!(fill("{a} or {b}, {a}", &[("a", "{b}"), ("b", "2")]), "{b} or 2, {b}");
        assert_eq!(fill("plain", &[]), "plain");
    }
}
