//! What someone holds and has bought.

use maud::html;

use crate::language::Language;
use crate::links::asked_early;
use crate::page::Page;
use crate::parts;

pub(crate) fn page(language: Language) -> Page {
    let messages = language.messages();
    let empty = html! {
        p { (messages.no_orders_yet) }
        p.actions { a.button href=(language.address("/")) { (messages.see_all_tickets) } }
    };
    let row = parts::row(
        language,
        &html! {
            p.badge data-slot="state" {}
            p.hint data-slot="note" {}
        },
    );
    let list = parts::list(messages, "order-list", &row);
    let main = html! {
        h1 { (messages.orders_title) }
        (parts::region(messages, "orders", messages.loading_orders, &empty, &list))
    };
    Page {
        head: asked_early("/api/orders"),
        ..Page::new(language, "/orders/", "orders", main).titled(messages.orders_title, messages.orders_description)
    }
}
