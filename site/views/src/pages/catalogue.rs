//! The catalogue: what is on the market, as whole pages of stable ranges.

use maud::{Markup, html};

use crate::language::Language;
use crate::links::{SiteOrigin, canonical, feed_link, neighbour_address};
use crate::listing::Shelf;
use crate::page::Page;
use crate::parts;

/// One page of the catalogue; the one without a name is the site's first page.
#[must_use]
pub fn catalogue_page(language: Language, origin: &SiteOrigin, shelf: &Shelf) -> Page {
    let messages = language.messages();
    let path = shelf.own().path();
    let is_head = shelf.name.is_none();
    let main = html! {
        @if is_head { (welcome(language)) } @else {
            p.back { a href=(language.address("/")) { (messages.all_tickets) } }
            h1 { (messages.catalogue_older_heading) }
        }
        (tickets(language, shelf))
        (neighbours(language, shelf))
    };
    let title = if is_head { messages.catalogue_title } else { messages.catalogue_older_title };
    let head = html! {
        (canonical(language, origin, &path))
        (feed_link(language))
        @if is_head {
            meta property="og:type" content="website";
            meta property="og:title" content=(title);
            meta property="og:description" content=(messages.catalogue_description);
            meta property="og:url" content=(origin.address(language, &path));
        }
    };
    Page {
        head,
        // Another language has the same pages: they are ranges of the same tickets.
        ..Page::new(language, &path, "catalogue", main).titled(title, messages.catalogue_description).public()
    }
}

fn welcome(language: Language) -> Markup {
    let messages = language.messages();
    html! {
        div.welcome {
            h1 { (messages.catalogue_heading) }
            p.lead { (messages.catalogue_lead) }
            form.search role="search" action=(language.address("/search/")) method="get" {
                label.visually-hidden for="q" { (messages.search_label) }
                input #q name="q" type="search" autocomplete="off" placeholder=(messages.search_placeholder);
                button type="submit" { (messages.search_button) }
            }
        }
        h2.section { (messages.catalogue_newest) }
    }
}

fn tickets(language: Language, shelf: &Shelf) -> Markup {
    let messages = language.messages();
    html! {
        @if shelf.cards.is_empty() {
            div.empty {
                p { (messages.catalogue_empty) }
                p.actions { a.button href=(language.address("/sell/")) { (messages.sell_a_ticket) } }
            }
        } @else {
            ul.rows #ticket-list role="list" data-limit=(shelf.cards.len()) data-cursor=[shelf.cursor.as_deref()] {
                @for card in &shelf.cards { (parts::card(language, card)) }
            }
            noscript { p.hint { (messages.times_are_utc) } }
        }
    }
}

fn neighbours(language: Language, shelf: &Shelf) -> Markup {
    let messages = language.messages();
    html! {
        @if shelf.newer.is_some() || shelf.older.is_some() {
            nav.pages aria-label=(messages.catalogue_pages) {
                @if let Some(newer) = &shelf.newer {
                    a.quiet.button rel="prev" href=(neighbour_address(language, newer)) { (messages.catalogue_newer) }
                }
                @if let Some(older) = &shelf.older {
                    a.quiet.button rel="next" href=(neighbour_address(language, older)) { (messages.catalogue_older) }
                }
            }
        }
    }
}
