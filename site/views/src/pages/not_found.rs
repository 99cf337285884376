//! What is answered for an address that leads nowhere, in all languages at once: there is one such page for the whole
//! distribution. At the address of a ticket its script asks what became of that: a sold one has no page of its own, and one
//! that was listed a moment ago has none yet.

use maud::{Markup, html};

use crate::language::Language;
use crate::page::Page;

pub(crate) fn page(language: Language) -> Page {
    let messages = language.messages();
    let main = html! {
        @for of in Language::ALL { (at_ticket(*of)) }
        div #missing {
            h1 { (messages.missing_heading) }
            p { (messages.missing_text) }
            p.actions { a.button href=(language.address("/")) { (messages.see_all_tickets) } }
            @for other in Language::ALL.iter().filter(|other| **other != language) {
                @let messages = other.messages();
                section.other-language lang=(other.tag()) {
                    h2 { (messages.missing_heading) }
                    p { (messages.missing_text) }
                    p.actions { a.quiet.button href=(other.address("/")) { (messages.see_all_tickets) } }
                }
            }
        }
    };
    Page {
        in_every_language: false,
        waits_for_script: true,
        ..Page::new(language, "/404.html", "not-found", main)
            .titled(messages.missing_title, messages.missing_description)
    }
}

/// What there is to say at the address of a ticket; the script shows it in the language of the address. The texts stand
/// here, because the script has those of one language only.
fn at_ticket(language: Language) -> Markup {
    let messages = language.messages();
    html! {
        div lang=(language.tag()) data-prefix=(language.prefix()) data-locale=(messages.language_locale) {
            p.loading role="status" data-when="loading" hidden { (messages.loading) }
            p.notice role="status" data-when="being-made" hidden { (messages.being_made) }
            div data-when="sold" hidden {
                h1 { (messages.sold_heading) }
                article.sheet.ticket {
                    div.ticket-main {
                        h2 data-slot="title" {}
                        p.facts { span data-slot="when" {} span data-slot="venue" {} }
                    }
                    div.tear {
                        p.price data-slot="price" {}
                        p.actions {
                            a.button href=(language.address("/")) { (messages.see_all_tickets) }
                            a.quiet.button data-slot="link" href=(language.address("/search/")) { (messages.sold_search) }
                        }
                    }
                }
            }
        }
    }
}
