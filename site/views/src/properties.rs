//! Whatever sellers write, programs and people read it as it was written, and prices to the last minor unit.

use holdfast_domain::{Currency, Price, TicketFacts, TicketId, Timestamp, Title, Venue, Version};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::TestCaseResult;
use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::Value;
use uuid::Uuid;

use crate::format::{decimal, price_text};
use crate::links::ticket_path;
use crate::{Card, Language, Listing, Shelf, SiteOrigin, feed, sitemap, ticket_page};

fn origin() -> SiteOrigin {
    SiteOrigin::parse("https://tickets.example").unwrap()
}

fn prices() -> impl Strategy<Value = Price> {
    (select(Currency::ALL), any::<Index>()).prop_map(|(currency, at)| {
        let above = usize::try_from(currency.maximum() - currency.minimum()).unwrap() + 1;
        Price::new(currency.minimum() + u64::try_from(at.index(above)).unwrap(), currency).unwrap()
    })
}

/// Texts that a title or a venue may be.
fn lines() -> impl Strategy<Value = String> {
    prop_oneof!["[ -~ß🎫]{1,40}", "[<>&'\"{}\\]a\u{fffe}\u{ffff}\u{fdd0}]{1,12}", "(?s:.){1,40}"]
        .prop_filter("a title", |text| Title::parse(text).is_ok())
}

fn cards() -> impl Strategy<Value = Card> {
    let moment = || (0..=253_402_300_799_999_i64).prop_map(|millis| Timestamp::from_millis(millis).unwrap());
    (any::<u128>(), lines(), prices(), prop::option::of(lines()), prop::option::of(moment()), moment()).prop_map(
        |(id, title, price, venue, starts_at, created_at)| Card {
            id: TicketId::from_uuid(Uuid::from_u128(id)),
            facts: TicketFacts {
                title: Title::parse(&title).unwrap(),
                price,
                venue: venue.map(|venue| Venue::parse(&venue).unwrap()),
                starts_at,
            },
            created_at,
        },
    )
}

/// A character that XML 1.0 admits at all.
fn is_of_xml(letter: char) -> bool {
    matches!(letter, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

/// Whether a program that reads XML gets through to the end.
fn is_well_formed(xml: &str) -> TestCaseResult {
    prop_assert!(xml.chars().all(is_of_xml), "a character that no document may have: {xml:?}");
    let mut reader = Reader::from_str(xml);
    let mut depth = 0_usize;
    loop {
        match reader.read_event() {
            Ok(Event::Start(_)) => depth += 1,
            Ok(Event::End(_)) => depth -= 1,
            Ok(Event::Eof) => break,
            Ok(_) => {}
            Err(error) => return Err(TestCaseError::fail(format!("{error}: {xml}"))),
        }
    }
    prop_assert_eq!(depth, 0);
    Ok(())
}

/// The texts of all elements of a name.
fn texts(xml: &str, name: &str) -> Vec<String> {
    let plain = |text: &str| {
        let entities = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")];
        entities.iter().fold(text.to_owned(), |text, (entity, letter)| text.replace(entity, letter))
    };
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    xml.split(&open).skip(1).map(|rest| plain(rest.split(&close).next().unwrap())).collect()
}

proptest! {
    #[test]
    fn a_feed_is_read_to_its_end_and_names_every_ticket(cards in prop::collection::vec(cards(), 0..4), language in select(Language::ALL)) {
        let feed = feed(language, &origin(), &cards).unwrap();
        is_well_formed(&feed)?;
        let readable = |text: &str| text.replace(|letter: char| !is_of_xml(letter), "\u{fffd}");
        let titles: Vec<String> = cards.iter().map(|card| readable(card.facts.title.as_str())).collect();
        prop_assert_eq!(&texts(&feed, "title")[1..], titles);
        let shelf = Shelf { cards, name: None, newer: None, older: None, cursor: None };
        is_well_formed(&sitemap(&origin(), &shelf).unwrap())?;
    }

    #[test]
    fn programs_read_of_a_ticket_what_its_seller_wrote(card in cards(), language in select(Language::ALL)) {
        let facts = card.facts.clone();
        let (seller, created_at) = ("Ada".to_owned(), card.created_at);
        let listing = Listing { id: card.id, facts: card.facts, description: None, seller, created_at, version: Version::FIRST };
        let head = ticket_page(language, &origin(), &listing).head.into_string();
        let (_, data) = head.split_once("<script type=\"application/ld+json\">").unwrap();
        let (data, rest) = data.split_once("</script>").unwrap();
        prop_assert!(!rest.contains("script") && !data.contains('<'));
        let data: Value = serde_json::from_str(data).unwrap();
        prop_assert_eq!(&data["name"], facts.title.as_str());
        prop_assert_eq!(&data["offers"]["price"], &decimal(facts.price));
    }

    #[test]
    fn no_price_loses_a_minor_unit_wherever_it_is_written(price in prices(), language in select(Language::ALL)) {
        let digits = |text: &str| -> u64 { text.chars().filter(char::is_ascii_digit).collect::<String>().parse().unwrap() };
        let written = decimal(price);
        prop_assert_eq!(digits(&written), price.amount());
        let behind_the_point = written.split_once('.').map_or(0, |(_, fraction)| fraction.len());
        prop_assert_eq!(behind_the_point, usize::from(price.currency().exponent()));
        prop_assert_eq!(digits(&price_text(language, price)), price.amount());
    }

    #[test]
    fn every_title_makes_an_address_that_finds_its_ticket(title in lines(), id in any::<u128>()) {
        let id = TicketId::from_uuid(Uuid::from_u128(id));
        let path = ticket_path(id, &Title::parse(&title).unwrap());
        let name = path.strip_prefix("/tickets/").and_then(|rest| rest.strip_suffix('/')).unwrap();
        prop_assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'), "{name}");
        prop_assert_eq!(&name[name.len() - 36..], id.to_string());
        prop_assert!(name.len() <= 36 + 1 + 61 && !name.starts_with('-') && !name.contains("--"), "{name}");
    }
}
