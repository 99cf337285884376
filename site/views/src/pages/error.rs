//! What is answered when the site itself cannot be reached, in all languages at once.

use maud::html;

use crate::language::Language;
use crate::page::Page;

pub(crate) fn page(language: Language) -> Page {
    let messages = language.messages();
    let main = html! {
        h1 { (messages.error_heading) }
        p { (messages.error_text) }
        @for other in Language::ALL.iter().filter(|other| **other != language) {
            @let messages = other.messages();
            section.other-language lang=(other.tag()) {
                h2 { (messages.error_heading) }
                p { (messages.error_text) }
            }
        }
    };
    Page {
        in_every_language: false,
        ..Page::new(language, "/error.html", "plain", main).titled(messages.error_title, messages.error_description)
    }
}
