//! What buyers and sellers agree to.

use maud::html;

use crate::language::Language;
use crate::links::{SiteOrigin, canonical};
use crate::page::Page;

pub(crate) fn page(language: Language, origin: &SiteOrigin) -> Page {
    let messages = language.messages();
    let sections = [
        (messages.terms_hold_heading, messages.terms_hold_text),
        (messages.terms_pay_heading, messages.terms_pay_text),
        (messages.terms_sell_heading, messages.terms_sell_text),
        (messages.terms_wrong_heading, messages.terms_wrong_text),
    ];
    let main = html! {
        article.text {
            h1 { (messages.terms_heading) }
            @for (heading, text) in sections {
                h2 { (heading) }
                p { (text) }
            }
        }
    };
    Page {
        head: canonical(language, origin, "/terms/"),
        ..Page::new(language, "/terms/", "plain", main)
            .titled(messages.terms_title, messages.terms_description)
            .public()
    }
}
