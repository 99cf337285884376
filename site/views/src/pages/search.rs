//! Searching the catalogue by words and dates.

use maud::{Markup, html};

use crate::language::{Language, Messages};
use crate::links::{SiteOrigin, canonical};
use crate::page::Page;
use crate::parts;

pub(crate) fn page(language: Language, origin: &SiteOrigin) -> Page {
    let messages = language.messages();
    let list = parts::list(messages, "ticket-list", &parts::row(language, &html! {}));
    let main = html! {
        h1 { (messages.search_heading) }
        (filters(language))
        (parts::region(messages, "tickets", messages.loading_tickets, &empty(language), &list))
    };
    Page {
        head: canonical(language, origin, "/search/"),
        ..Page::new(language, "/search/", "search", main)
            .titled(messages.search_title, messages.search_description)
            .public()
    }
}

fn filters(language: Language) -> Markup {
    let messages = language.messages();
    html! {
        form.filters #filters role="search" aria-label=(messages.search_landmark) action=(language.address("/search/")) method="get" novalidate {
            div.field.wide {
                label for="q" { (messages.search_label) }
                input #q name="q" type="search" autocomplete="off" placeholder=(messages.search_placeholder);
            }
            div.field {
                label for="sort" { (messages.sort_label) }
                select #sort name="sort" autocomplete="off" {
                    option value="newest" { (messages.sort_newest) }
                    option value="soonest" { (messages.sort_soonest) }
                }
            }
            (dates(messages))
            button type="submit" { (messages.search_button) }
        }
    }
}

fn dates(messages: &Messages) -> Markup {
    html! {
        div.field {
            label for="from" { (messages.from_label) }
            input #from name="from" type="date" autocomplete="off";
        }
        div.field {
            label for="to" { (messages.until_label) }
            input #to name="to" type="date" autocomplete="off" aria-describedby="to-error";
            (parts::error_place("to"))
        }
    }
}

fn empty(language: Language) -> Markup {
    let messages = language.messages();
    html! {
        p data-empty="all" { (messages.catalogue_empty) }
        p data-empty="filtered" hidden { (messages.no_match) }
        p.actions {
            a.button href=(language.address("/sell/")) { (messages.sell_a_ticket) }
            a.quiet.button data-empty="filtered" href=(language.address("/")) hidden { (messages.show_all_tickets) }
        }
    }
}
