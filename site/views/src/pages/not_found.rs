//! What is answered for an address that leads nowhere, in all languages at once: there is one such page for the whole
//! distribution.

use maud::html;

use crate::language::Language;
use crate::page::Page;

pub(crate) fn page(language: Language) -> Page {
    let messages = language.messages();
    let main = html! {
        p.notice #being-made role="status" hidden { (messages.being_made) }
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
    };
    Page {
        in_every_language: false,
        ..Page::new(language, "/404.html", "not-found", main)
            .titled(messages.missing_title, messages.missing_description)
    }
}
