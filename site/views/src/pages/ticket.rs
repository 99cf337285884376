//! One ticket, whole without a script, and the button that holds it.

use maud::{Markup, PreEscaped, html};
use serde_json::{Value, json};

use crate::format::{decimal, price_text};
use crate::language::{Language, fill};
use crate::links::{SiteOrigin, asked_early, canonical, feed_link, ticket_path};
use crate::listing::Listing;
use crate::page::Page;
use crate::parts;

/// The page of one ticket. Whether it can be held now is asked by the page's script: until the API has said so, nothing
/// is offered.
#[must_use]
pub fn ticket_page(language: Language, origin: &SiteOrigin, listing: &Listing) -> Page {
    let messages = language.messages();
    let path = ticket_path(listing.id, &listing.facts.title);
    let price = price_text(language, listing.facts.price);
    let title = listing.facts.title.as_str();
    let description = fill(messages.ticket_description, &[("title", title), ("price", &price)]);
    let main = html! {
        p.back { a href=(language.address("/")) { (messages.all_tickets) } }
        (article(language, listing))
    };
    let head = html! {
        (asked_early(&format!("/api/tickets/{}", listing.id)))
        (canonical(language, origin, &path))
        (feed_link(language))
        meta property="og:type" content="product";
        meta property="og:title" content=(title);
        meta property="og:description" content=(description);
        meta property="og:url" content=(origin.address(language, &path));
        meta property="og:site_name" content="Holdfast";
        script type="application/ld+json" { (PreEscaped(data(language, origin, listing, &path))) }
    };
    Page {
        stored_at: Some(format!("/tickets/{}/", listing.id)),
        head,
        ..Page::new(language, &path, "ticket", main).titled(title, &description).public()
    }
}

fn article(language: Language, listing: &Listing) -> Markup {
    let messages = language.messages();
    let facts = &listing.facts;
    html! {
        article.sheet.ticket #ticket data-ticket=(listing.id) data-version=(listing.version.number())
            data-starts-at=[facts.starts_at.map(|moment| moment.to_string())] {
            div.ticket-main {
                p.badge #state data-state="listed" tabindex="-1" { (messages.state_listed) }
                h1 #title { (facts.title.as_str()) }
                dl.facts-list {
                    div {
                        dt { (messages.when_label) }
                        dd #when {
                            @match facts.starts_at {
                                Some(moment) => (parts::time(language, moment)),
                                None => (messages.date_not_given),
                            }
                        }
                    }
                    div {
                        dt { (messages.where_label) }
                        dd #venue { (facts.venue.as_ref().map_or(messages.place_not_given, |venue| venue.as_str())) }
                    }
                    div { dt { (messages.seller_label) } dd #seller { (listing.seller) } }
                }
                p.prose #description hidden[listing.description.is_none()] {
                    @if let Some(description) = &listing.description { (description.as_str()) }
                }
            }
            div.tear {
                p.price #price { (price_text(language, facts.price)) }
                (offer(language))
            }
        }
        (parts::announcement())
    }
}

/// What can be done about the ticket, by its state; the script shows one of these.
fn offer(language: Language) -> Markup {
    let messages = language.messages();
    html! {
        div.problem #refusal role="alert" hidden {
            p #refusal-text {}
            p.actions hidden { a.button #refusal-link href=(language.address("/my-tickets/")) {} }
        }
        p.scripted #offer-unknown { (messages.offer_unknown) }
        div #offer-listed hidden {
            button.wide #hold type="button" { (messages.hold_button) }
            p.hint { (messages.hold_hint) }
        }
        div #offer-held hidden {
            p { (messages.offer_held) }
            button.quiet #check-again type="button" { (messages.check_again) }
        }
        p #offer-mine hidden {
            (messages.offer_mine) " "
            a #my-order href=(language.address("/orders/")) { (messages.go_to_your_order) }
        }
        p #offer-sold hidden { (messages.offer_sold) }
        p #offer-begun hidden { (messages.offer_begun) }
        p #offer-gone hidden { (messages.offer_gone) }
        div.problem #offer-failed role="alert" hidden {
            p data-reason {}
            button type="button" data-retry { (messages.try_again) }
        }
        noscript { p.problem { (messages.offer_needs_script) } p.hint { (messages.times_are_utc) } }
    }
}

/// The same for programs: an event of schema.org and the offer to get in. A `<` is escaped, so that no text can end the
/// element that it stands in.
fn data(language: Language, origin: &SiteOrigin, listing: &Listing, path: &str) -> String {
    let facts = &listing.facts;
    let address = origin.address(language, path);
    let mut event = json!({
        "@context": "https://schema.org",
        "@type": "Event",
        "name": facts.title.as_str(),
        "url": address,
        "offers": {
            "@type": "Offer",
            "url": address,
            "price": decimal(facts.price),
            "priceCurrency": facts.price.currency().code().to_uppercase(),
            "availability": "https://schema.org/InStock",
            "validFrom": listing.created_at.to_string(),
            "seller": {"@type": "Person", "name": listing.seller},
        },
    });
    if let Some(moment) = facts.starts_at {
        event["startDate"] = Value::from(moment.to_string());
        event["offers"]["validThrough"] = Value::from(moment.to_string());
    }
    if let Some(venue) = &facts.venue {
        event["location"] = json!({"@type": "Place", "name": venue.as_str(), "address": venue.as_str()});
    }
    if let Some(description) = &listing.description {
        event["description"] = Value::from(description.as_str());
    }
    event.to_string().replace('<', "\\u003c")
}
