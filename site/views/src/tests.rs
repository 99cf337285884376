//! What must hold on every page.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_domain::{Currency, Description, Price, TicketFacts, Timestamp, Title, Venue, Version};
use maud::html;

use crate::page::Audience;
use crate::{
    Assets, Card, Language, Listing, Neighbour, Page, Shelf, SiteOrigin, StripeScript, all_pages, catalogue_page,
    ticket_page,
};

const HOSTILE: &str = "</script><script>alert(1)</script> & \"quotes\"";

fn assets(pages: &[Page]) -> Assets {
    let mut scripts = BTreeMap::<_, BTreeMap<_, _>>::new();
    for page in pages {
        let address = format!("/assets/{}.js", page.script());
        scripts.entry(page.language.tag().to_owned()).or_default().insert(page.script().to_owned(), address);
    }
    Assets { stylesheet: "/assets/site.css".to_owned(), scripts }
}

fn origin() -> SiteOrigin {
    SiteOrigin::parse("https://tickets.example").unwrap()
}

fn facts() -> TicketFacts {
    TicketFacts {
        title: Title::parse(HOSTILE).unwrap(),
        price: Price::new(123_450, Currency::Eur).unwrap(),
        venue: Some(Venue::parse("Hall <3>").unwrap()),
        starts_at: Some(Timestamp::from_millis(1_935_775_800_000).unwrap()),
    }
}

fn listing() -> Listing {
    Listing {
        id: "0199a1b2-0000-7000-8000-000000000001".parse().unwrap(),
        facts: facts(),
        description: Some(Description::parse(HOSTILE).unwrap()),
        seller: "Ada <b>".to_owned(),
        created_at: Timestamp::from_millis(1_763_856_000_000).unwrap(),
        version: Version::FIRST,
    }
}

fn shelf(name: Option<&str>) -> Shelf {
    let listing = listing();
    Shelf {
        cards: vec![Card { id: listing.id, facts: listing.facts, created_at: listing.created_at }],
        name: name.map(str::to_owned),
        newer: name.map(|_| Neighbour::Head),
        older: Some(Neighbour::Page("a1".to_owned())),
        cursor: name.map(|_| "cursor".to_owned()),
    }
}

fn every_page() -> Vec<Page> {
    let of = |&language: &Language| {
        let mut pages = all_pages(language, &origin(), &StripeScript::default());
        pages.push(ticket_page(language, &origin(), &listing()));
        pages.push(catalogue_page(language, &origin(), &shelf(None)));
        pages.push(catalogue_page(language, &origin(), &shelf(Some("b2"))));
        pages
    };
    Language::ALL.iter().flat_map(of).collect()
}

fn rendered() -> Vec<(Page, String)> {
    let pages = every_page();
    let assets = assets(&pages);
    pages.into_iter().map(|page| (page.clone(), page.render(&assets).unwrap())).collect()
}

/// The values of an attribute, in the order of the document.
fn attribute<'a>(html: &'a str, name: &str) -> Vec<&'a str> {
    let opening = format!(" {name}=\"");
    html.split(&opening).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[test]
fn every_page_says_its_language_title_and_purpose_and_can_be_skipped_into() {
    for (page, html) in rendered() {
        let path = page.address();
        assert!(html.starts_with(&format!("<!DOCTYPE html><html lang=\"{}\">", page.language.tag())), "{path}");
        assert!(html.contains(" · Holdfast</title>") && !html.contains("<title> "), "{path}");
        assert!(!attribute(&html, "content").contains(&""), "{path}: a description is empty");
        assert_eq!(html.matches("<main id=\"main\"").count(), 1, "{path}");
        assert!(html.contains("<body><a class=\"skip\" href=\"#main\">"), "{path}");
        assert!(html.contains("<h1"), "{path}");
    }
}

#[test]
fn no_page_carries_an_inline_script_or_style_but_data() {
    for (page, html) in rendered() {
        let path = page.address();
        for (script, _) in html.split("<script").skip(1).map(|rest| rest.split_once("</script>").unwrap()) {
            let is_own = script.contains(" src=\"/assets/") && script.ends_with('>');
            let is_stripes = page.path == "/checkout/" && script.contains(" src=\"https://js.stripe.com/v3/\" defer>");
            let is_data = page.script() == "ticket" && script.starts_with(" type=\"application/ld+json\">{");
            assert!(is_own || is_stripes || is_data, "{path}: {script}");
        }
        assert!(!html.contains("<style") && !html.contains(" style=\""), "{path}");
        for handler in [" onclick=", " onload=", " onsubmit=", " onerror=", "javascript:"] {
            assert!(!html.contains(handler), "{path}: {handler}");
        }
    }
}

#[test]
fn data_for_programs_is_an_event_with_an_offer_and_cannot_be_broken_out_of() {
    let pages = [ticket_page(Language::tagged("de"), &origin(), &listing())];
    let html = pages[0].render(&assets(&pages)).unwrap();
    let data = html.split("<script type=\"application/ld+json\">").nth(1).unwrap().split("</script>").next().unwrap();
    assert!(!data.contains('<'), "{data}");
    let data: serde_json::Value = serde_json::from_str(data).unwrap();
    assert_eq!(data["name"], HOSTILE);
    assert_eq!(data["@type"], "Event");
    assert_eq!(data["startDate"], "2031-05-05T19:30:00Z");
    assert_eq!(data["offers"]["price"], "1234.50");
    assert_eq!(data["offers"]["priceCurrency"], "EUR");
    assert_eq!(data["offers"]["availability"], "https://schema.org/InStock");
}

#[test]
fn a_ticket_s_page_is_whole_and_offers_nothing_before_the_api_has_spoken() {
    let pages = [ticket_page(Language::ALL[0], &origin(), &listing())];
    let html = pages[0].render(&assets(&pages)).unwrap();
    assert!(html.contains("<p class=\"price\" id=\"price\">€1,234.50</p>"), "{html}");
    assert!(html.contains("Mon, 5 May 2031, 19:30 UTC</time>"), "{html}");
    assert!(html.contains("<div id=\"offer-listed\" hidden>"));
    assert!(html.contains("Ada &lt;b&gt;"));
    assert_eq!(pages[0].key(), "tickets/0199a1b2-0000-7000-8000-000000000001/index.html");
    let path = "/tickets/script-script-alert-1-script-quotes-0199a1b2-0000-7000-8000-000000000001/";
    assert_eq!(pages[0].address(), path);
    for (tag, prefix) in [("en", ""), ("de", "/de")] {
        let link =
            format!("<link rel=\"alternate\" hreflang=\"{tag}\" href=\"https://tickets.example{prefix}{path}\">");
        assert!(html.contains(&link), "{link}");
    }
}

#[test]
fn what_is_missing_says_so_by_itself_and_a_sold_ticket_in_the_language_of_its_address() {
    let (_, html) = rendered().into_iter().find(|(page, _)| page.path == "/404.html").unwrap();
    for part in html.split(" data-when=\"").skip(1) {
        assert!(part.split('>').next().unwrap().ends_with(" hidden"), "only its script shows {part}");
    }
    assert!(html.contains("<div id=\"missing\"><h1>There is no page here</h1>"), "{html}");
    let part = html.split("<div lang=\"de\" data-prefix=\"/de\" data-locale=\"de-DE\">").nth(1).unwrap();
    let part = part.split("<div lang=").next().unwrap().split("<div id=\"missing\">").next().unwrap();
    for said in ["<h1>Dieses Ticket ist verkauft</h1>", "href=\"/de/\"", "data-slot=\"link\" href=\"/de/search/\""] {
        assert!(part.contains(said), "{said}: {part}");
    }
}

#[test]
fn a_page_of_the_catalogue_leads_to_its_neighbours() {
    let pages = [catalogue_page(Language::tagged("de"), &origin(), &shelf(Some("b2")))];
    let html = pages[0].render(&assets(&pages)).unwrap();
    assert_eq!(pages[0].key(), "de/tickets/page/b2/index.html");
    assert!(html.contains("rel=\"prev\" href=\"/de/\""), "{html}");
    assert!(html.contains("rel=\"next\" href=\"/de/tickets/page/a1/\""), "{html}");
    assert!(html.contains("data-limit=\"1\" data-cursor=\"cursor\""), "{html}");
}

#[test]
fn only_where_one_pays_is_stripe_met() {
    for (page, html) in rendered() {
        assert_eq!(html.contains("stripe.com"), page.path == "/checkout/", "{}", page.address());
    }
}

#[test]
fn the_script_runs_before_the_one_of_stripe_and_so_hears_of_its_failure() {
    let (_, html) = rendered().into_iter().find(|(page, _)| page.path == "/checkout/").unwrap();
    assert!(html.find("/assets/checkout.js").unwrap() < html.find("https://js.stripe.com/v3/").unwrap());
}

#[test]
fn ids_are_unique_and_whatever_refers_to_one_finds_it() {
    for (page, html) in rendered() {
        let path = page.address();
        let ids = attribute(&html, "id");
        let known: BTreeSet<_> = ids.iter().copied().collect();
        assert_eq!(ids.len(), known.len(), "{path}: an id stands twice");
        for name in ["for", "aria-describedby", "aria-labelledby"] {
            for id in attribute(&html, name).iter().flat_map(|value| value.split(' ')) {
                assert!(known.contains(id), "{path}: {name} names {id}, which is not there");
            }
        }
    }
}

#[test]
fn links_stay_in_the_language_but_for_those_to_others() {
    for (page, html) in rendered().into_iter().filter(|(page, _)| page.in_every_language) {
        let prefix = page.language.prefix();
        for link in html.split("<a ").skip(1).map(|rest| rest.split_once('>').unwrap().0) {
            let target = link.split("href=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
            let is_switch = link.contains("data-language");
            let leaves = |other: &Language| {
                *other != page.language && !other.prefix().is_empty() && target.starts_with(other.prefix())
            };
            let stays = target.starts_with('#') || target.starts_with(prefix) && !Language::ALL.iter().any(leaves);
            assert!(stays != is_switch, "{}: {link}", page.address());
        }
    }
}

#[test]
fn the_current_page_is_marked_and_private_pages_stay_out_of_search_engines() {
    for (page, html) in rendered() {
        let marked = html.contains(&format!("<a href=\"{}\" aria-current=\"page\">", page.address()));
        let in_navigation = ["/", "/sell/", "/my-tickets/", "/orders/", "/account/"].contains(&page.path.as_str());
        assert_eq!(marked, in_navigation, "{}", page.address());
        assert_eq!(html.contains("noindex"), page.audience == Audience::Private, "{}", page.address());
    }
}

#[test]
fn text_is_escaped() {
    let page = Page::new(Language::ALL[0], "/x/", "plain", html! { p { "<b>" } })
        .titled("<script>alert(1)</script>", "\"><img src=x>");
    let html = page.render(&assets(std::slice::from_ref(&page))).unwrap();
    assert!(html.contains("<title>&lt;script&gt;alert(1)&lt;/script&gt; · Holdfast</title>"));
    assert!(html.contains("content=\"&quot;&gt;&lt;img src=x&gt;\""));
    assert!(html.contains("<p>&lt;b&gt;</p>"));
}

#[test]
fn forms_carry_the_limits_of_the_domain() {
    let page = |path: &str| rendered().into_iter().find(|(page, _)| page.address() == path).unwrap().1;
    let sign_up = page("/sign-up/");
    assert!(sign_up.contains("data-min-chars=\"12\" data-max-chars=\"128\""));
    assert!(sign_up.contains("At least 12 characters."));
    let sell = page("/de/sell/");
    assert!(sell.contains("data-max-chars=\"2000\""));
    assert!(sell.contains(
        "<option value=\"jpy\" data-exponent=\"0\" data-min=\"50\" data-max=\"1500000\">JPY · Japanischer Yen"
    ));
}

#[test]
fn assets_of_another_release_are_refused() {
    let page = &all_pages(Language::ALL[0], &origin(), &StripeScript::default())[0];
    assert_eq!(
        page.render(&Assets::default()).unwrap_err().to_string(),
        "the assets have no script catalogue in the language en"
    );
}
