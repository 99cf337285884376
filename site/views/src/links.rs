//! Addresses of pages, and where they are kept.

use holdfast_domain::{TicketId, Title};
use maud::{Markup, html};
use unicode_normalization::UnicodeNormalization as _;

use crate::language::Language;
use crate::listing::Neighbour;

/// Most characters of a title in an address.
const SLUG_MAX_CHARS: usize = 60;

/// The address of the site, as search engines and feeds name it: scheme and host, without a slash at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteOrigin(String);

/// A text that is no origin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not an address such as https://tickets.example, without a path")]
pub struct InvalidSiteOrigin(String);

impl SiteOrigin {
    /// Reads scheme and host, with a port if need be.
    ///
    /// # Errors
    /// [`InvalidSiteOrigin`] when it is anything else.
    pub fn parse(text: &str) -> Result<Self, InvalidSiteOrigin> {
        let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let is_host = |host: &str| {
            !host.is_empty() && host.chars().all(|letter| letter.is_ascii_alphanumeric() || ".-:[]".contains(letter))
        };
        if host.is_some_and(is_host) { Ok(Self(text.to_owned())) } else { Err(InvalidSiteOrigin(text.to_owned())) }
    }

    /// The whole address of a page.
    #[must_use]
    pub fn address(&self, language: Language, path: &str) -> String {
        format!("{}{}", self.0, language.address(path))
    }
}

/// The path of a ticket's page, which all languages share: `/tickets/opera-row-3-0199a1b2-…/`. The id alone finds the
/// page, so that the address stays good when the title changes.
#[must_use]
pub fn ticket_path(id: TicketId, title: &Title) -> String {
    let slug = slug(title.as_str());
    if slug.is_empty() { format!("/tickets/{id}/") } else { format!("/tickets/{slug}-{id}/") }
}

/// Letters without their accents and digits, in lower case, with hyphens between the words.
fn slug(title: &str) -> String {
    let mut slug = String::new();
    for letter in title.nfkd().flat_map(char::to_lowercase) {
        match letter {
            'ß' => slug.push_str("ss"),
            'æ' => slug.push_str("ae"),
            'ø' => slug.push('o'),
            'ł' => slug.push('l'),
            letter if letter.is_ascii_alphanumeric() => slug.push(letter),
            // An accent that stood on the letter before.
            '\u{300}'..='\u{36f}' => {}
            _ if slug.is_empty() || slug.ends_with('-') => {}
            _ => slug.push('-'),
        }
        if slug.len() >= SLUG_MAX_CHARS {
            break;
        }
    }
    slug.trim_end_matches('-').to_owned()
}

/// Where a ticket's page is kept.
#[must_use]
pub fn ticket_key(language: Language, id: TicketId) -> String {
    key(language, &format!("/tickets/{id}/index.html"))
}

/// Where a page of the catalogue is kept; the one with the newest tickets has no name.
#[must_use]
pub fn catalogue_key(language: Language, name: Option<&str>) -> String {
    match name {
        None => key(language, "/index.html"),
        Some(name) => key(language, &format!("/tickets/page/{name}/index.html")),
    }
}

/// Where the feed of new tickets is kept.
#[must_use]
pub fn feed_key(language: Language) -> String {
    key(language, "/feed.xml")
}

/// Where the sitemap of a page of the catalogue is kept.
#[must_use]
pub fn sitemap_key(name: Option<&str>) -> String {
    format!("sitemaps/{}.xml", name.unwrap_or("head"))
}

fn key(language: Language, path: &str) -> String {
    language.address(path).trim_start_matches('/').to_owned()
}

/// What the head of a page says of its own address: the one that counts, and the same page in each language.
pub(crate) fn canonical(language: Language, origin: &SiteOrigin, path: &str) -> Markup {
    html! {
        link rel="canonical" href=(origin.address(language, path));
        @for other in Language::ALL {
            link rel="alternate" hreflang=(other.tag()) href=(origin.address(*other, path));
        }
    }
}

/// What the head of a page says of the feed.
pub(crate) fn feed_link(language: Language) -> Markup {
    html! {
        link rel="alternate" type="application/atom+xml" title=(language.messages().feed_title) href=(language.address("/feed.xml"));
    }
}

/// Has the browser ask the API at once for what the page's script is going to ask for: on a slow network that is one round
/// trip less. The script's request is answered by it, so that there is still one.
pub(crate) fn asked_early(path: &str) -> Markup {
    html! { link rel="preload" as="fetch" crossorigin="anonymous" href=(path); }
}

/// A link of a page of the catalogue to another.
pub(crate) fn neighbour_address(language: Language, neighbour: &Neighbour) -> String {
    language.address(&neighbour.path())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_can_be_read_and_typed() {
        for (title, expected) in [
            ("Opera, row 3", "opera-row-3"),
            ("  Ænima — Łódź, Straße 7 ", "aenima-lodz-strasse-7"),
            ("¡Olé! Beyoncé", "ole-beyonce"),
            ("東京ドーム", ""),
            ("東京 Dome", "dome"),
        ] {
            assert_eq!(slug(title), expected, "{title}");
        }
        let long = slug(&"word ".repeat(40));
        assert!(long.len() <= SLUG_MAX_CHARS && !long.ends_with('-'), "{long}");
    }

    #[test]
    fn a_ticket_has_one_place_and_an_address_with_its_title() {
        let id: TicketId = "0199a1b2-0000-7000-8000-000000000001".parse().unwrap();
        let path = |title| ticket_path(id, &Title::parse(title).unwrap());
        assert_eq!(path("Opera"), format!("/tickets/opera-{id}/"));
        assert_eq!(path("東京"), format!("/tickets/{id}/"));
        assert_eq!(ticket_key(Language::ALL[0], id), format!("tickets/{id}/index.html"));
        assert_eq!(ticket_key(Language::tagged("de"), id), format!("de/tickets/{id}/index.html"));
        assert_eq!(catalogue_key(Language::tagged("de"), None), "de/index.html");
        assert_eq!(catalogue_key(Language::ALL[0], Some("7")), "tickets/page/7/index.html");
    }

    #[test]
    fn an_origin_has_no_path() {
        for right in ["https://tickets.example", "http://localhost:8080", "https://[::1]:8080"] {
            assert!(SiteOrigin::parse(right).is_ok(), "{right}");
        }
        for wrong in ["", "tickets.example", "https://", "https://tickets.example/", "https://a\"b", "ftp://a"] {
            assert!(SiteOrigin::parse(wrong).is_err(), "{wrong}");
        }
    }
}
