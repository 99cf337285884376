//! What programs read of the site: sitemaps, the feed of new tickets, and what robots are told.

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use crate::format::price_text;
use crate::language::Language;
use crate::links::{SiteOrigin, ticket_path};
use crate::listing::{Card, Shelf};

const SITEMAPS: &str = "http://www.sitemaps.org/schemas/sitemap/0.9";
const ATOM: &str = "http://www.w3.org/2005/Atom";

/// The pages that search engines may know beside the tickets and their lists.
const PUBLIC_PATHS: [&str; 3] = ["/about/", "/terms/", "/search/"];

/// The text could not be written.
#[derive(Debug, thiserror::Error)]
#[error("XML could not be written")]
pub struct OutlineError(#[from] io::Error);

type Xml = Writer<Vec<u8>>;

fn document(
    root: &str,
    namespace: &str,
    fill: impl FnOnce(&mut Xml) -> io::Result<()>,
) -> Result<String, OutlineError> {
    let mut xml = Writer::new(Vec::new());
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    xml.create_element(root).with_attribute(("xmlns", namespace)).write_inner_content(fill)?;
    let mut text = String::from_utf8(xml.into_inner()).map_err(io::Error::other)?;
    text.push('\n');
    Ok(text)
}

fn text(xml: &mut Xml, name: &str, content: &str) -> io::Result<()> {
    xml.create_element(name).write_text_content(BytesText::new(&sayable(content))).map(drop)
}

/// A text without the two characters that a title may have and XML cannot say in any way: one would keep its readers from the
/// whole document.
fn sayable(text: &str) -> String {
    text.replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}

fn link(xml: &mut Xml, relation: &str, address: &str) -> io::Result<()> {
    xml.create_element("link").with_attributes([("rel", relation), ("href", address)]).write_empty().map(drop)
}

/// The sitemap of one page of the catalogue: the page and its tickets, in every language. The one with the newest
/// tickets also names the pages that are always there.
///
/// # Errors
/// [`OutlineError`] when it cannot be written.
pub fn sitemap(origin: &SiteOrigin, shelf: &Shelf) -> Result<String, OutlineError> {
    let mut paths = vec![shelf.own().path()];
    if shelf.name.is_none() {
        paths.extend(PUBLIC_PATHS.map(str::to_owned));
    }
    paths.extend(shelf.cards.iter().map(|card| ticket_path(card.id, &card.facts.title)));
    document("urlset", SITEMAPS, |xml| {
        for path in &paths {
            for language in Language::ALL {
                xml.create_element("url")
                    .write_inner_content(|xml| text(xml, "loc", &origin.address(*language, path)))?;
            }
        }
        Ok(())
    })
}

/// The list of all sitemaps: one for the newest tickets, and one for each further page of the catalogue.
///
/// # Errors
/// [`OutlineError`] when it cannot be written.
pub fn sitemap_index(origin: &SiteOrigin, names: &[String]) -> Result<String, OutlineError> {
    document("sitemapindex", SITEMAPS, |xml| {
        for name in std::iter::once("head").chain(names.iter().map(String::as_str)) {
            let address = origin.address(Language::ALL[0], &format!("/sitemaps/{name}.xml"));
            xml.create_element("sitemap").write_inner_content(|xml| text(xml, "loc", &address))?;
        }
        Ok(())
    })
}

/// The newest tickets as an Atom feed (RFC 4287).
///
/// # Errors
/// [`OutlineError`] when it cannot be written.
pub fn feed(language: Language, origin: &SiteOrigin, cards: &[Card]) -> Result<String, OutlineError> {
    let messages = language.messages();
    let own = origin.address(language, "/feed.xml");
    // A feed must say when it last changed; one without tickets has never changed.
    let updated = cards.iter().map(|card| card.created_at).max();
    let updated = updated.map_or_else(|| "1970-01-01T00:00:00Z".to_owned(), |moment| moment.to_string());
    document("feed", ATOM, |xml| {
        text(xml, "id", &own)?;
        text(xml, "title", messages.feed_title)?;
        text(xml, "updated", &updated)?;
        link(xml, "self", &own)?;
        link(xml, "alternate", &origin.address(language, "/"))?;
        xml.create_element("author").write_inner_content(|xml| text(xml, "name", "Holdfast"))?;
        for card in cards {
            xml.create_element("entry").write_inner_content(|xml| entry(xml, language, origin, card))?;
        }
        Ok(())
    })
}

fn entry(xml: &mut Xml, language: Language, origin: &SiteOrigin, card: &Card) -> io::Result<()> {
    let messages = language.messages();
    let facts = &card.facts;
    let place = facts.venue.as_ref().map_or(messages.place_not_given, |venue| venue.as_str());
    let when = facts.starts_at.map(|moment| crate::format::utc_text(language, moment));
    let when = when.as_deref().unwrap_or(messages.date_not_given);
    text(xml, "id", &format!("urn:uuid:{}", card.id))?;
    text(xml, "title", facts.title.as_str())?;
    text(xml, "updated", &card.created_at.to_string())?;
    link(xml, "alternate", &origin.address(language, &ticket_path(card.id, &facts.title)))?;
    text(xml, "summary", &format!("{} · {when} · {place}", price_text(language, facts.price)))
}

/// What robots are told: everything may be read, and where the sitemap is. Pages that are for one person say so
/// themselves.
#[must_use]
pub fn robots(origin: &SiteOrigin) -> String {
    format!("User-agent: *\nDisallow: /api/\nSitemap: {}\n", origin.address(Language::ALL[0], "/sitemap.xml"))
}

#[cfg(test)]
mod tests {
    use holdfast_domain::{Currency, Price, TicketFacts, Timestamp, Title};

    use super::*;

    fn origin() -> SiteOrigin {
        SiteOrigin::parse("https://tickets.example").unwrap()
    }

    fn card() -> Card {
        Card {
            id: "0199a1b2-0000-7000-8000-000000000001".parse().unwrap(),
            facts: TicketFacts {
                title: Title::parse("Bach & sons <live>").unwrap(),
                price: Price::new(1250, Currency::Eur).unwrap(),
                venue: None,
                starts_at: None,
            },
            created_at: Timestamp::from_millis(1_763_856_000_000).unwrap(),
        }
    }

    #[test]
    fn a_feed_escapes_what_people_write() {
        let feed = feed(Language::tagged("de"), &origin(), &[card()]).unwrap();
        assert!(
            feed.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?><feed xmlns=\"http://www.w3.org/2005/Atom\">")
        );
        assert!(feed.contains("<title>Bach &amp; sons &lt;live&gt;</title>"), "{feed}");
        assert!(feed.contains("<updated>2025-11-23T00:00:00Z</updated>"));
        assert!(feed.contains(
            "href=\"https://tickets.example/de/tickets/bach-sons-live-0199a1b2-0000-7000-8000-000000000001/\""
        ));
        assert!(feed.contains("<summary>12,50\u{a0}€ · Ohne Datum · Ohne Ort</summary>"), "{feed}");
    }

    #[test]
    fn a_title_that_xml_cannot_say_leaves_the_feed_readable() {
        let mut card = card();
        card.facts.title = Title::parse("Opera\u{fffe}\u{ffff}").unwrap();
        let feed = feed(Language::tagged("en"), &origin(), &[card]).unwrap();
        assert!(feed.contains("<title>Opera\u{fffd}\u{fffd}</title>"), "{feed}");
    }

    #[test]
    fn the_newest_page_s_sitemap_names_what_is_always_there() {
        let mut shelf = Shelf { cards: vec![card()], name: None, newer: None, older: None, cursor: None };
        let head = sitemap(&origin(), &shelf).unwrap();
        for path in ["/", "/de/", "/about/", "/de/terms/"] {
            assert!(head.contains(&format!("<loc>https://tickets.example{path}</loc>")), "{path}");
        }
        shelf.name = Some("k3".to_owned());
        let other = sitemap(&origin(), &shelf).unwrap();
        assert!(other.contains("/tickets/page/k3/</loc>") && !other.contains("/about/"));
        assert_eq!(other.matches("<url>").count(), 2 * Language::ALL.len(), "a page and a ticket in every language");
        let index = sitemap_index(&origin(), &["k3".to_owned()]).unwrap();
        assert!(index.contains("/sitemaps/head.xml</loc>") && index.contains("/sitemaps/k3.xml</loc>"));
    }
}
