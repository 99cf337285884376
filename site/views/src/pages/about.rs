//! How the marketplace works.

use maud::html;

use crate::language::Language;
use crate::links::{SiteOrigin, canonical};
use crate::page::Page;

pub(crate) fn page(language: Language, origin: &SiteOrigin) -> Page {
    let messages = language.messages();
    let main = html! {
        article.text {
            h1 { (messages.about_heading) }
            p.lead { (messages.about_lead) }
            h2 { (messages.about_buy_heading) }
            ol.steps {
                @for step in [messages.about_buy_hold, messages.about_buy_pay, messages.about_buy_go] {
                    li { p { (step) } }
                }
            }
            h2 { (messages.about_sell_heading) }
            p { (messages.about_sell_text) }
            h2 { (messages.about_data_heading) }
            p { (messages.about_data_text) }
            h2 { (messages.about_open_heading) }
            p { (messages.about_open_text) }
        }
    };
    Page {
        head: canonical(language, origin, "/about/"),
        ..Page::new(language, "/about/", "plain", main)
            .titled(messages.about_title, messages.about_description)
            .public()
    }
}
