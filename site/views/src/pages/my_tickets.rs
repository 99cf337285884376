//! What someone sells, in every state, and what it came to.

use maud::{Markup, html};

use crate::language::Language;
use crate::links::asked_early;
use crate::page::Page;
use crate::parts;

pub(crate) fn page(language: Language) -> Page {
    let messages = language.messages();
    let list = html! {
        p.sums #sums hidden {}
        (parts::list(messages, "ticket-list", &row(language)))
    };
    let main = html! {
        h1 { (messages.my_tickets_title) }
        p.actions { a.button href=(language.address("/sell/")) { (messages.sell_a_ticket) } }
        p.problem #action-error role="alert" hidden {}
        (parts::region(messages, "tickets", messages.loading_my_tickets, &html! { p { (messages.no_tickets_yet) } }, &list))
        (parts::confirmation(
            "delete-dialog",
            messages.delete_question,
            messages.delete_text,
            messages.delete_keep,
            messages.delete_go,
        ))
    };
    Page {
        head: asked_early("/api/me/tickets"),
        ..Page::new(language, "/my-tickets/", "my-tickets", main)
            .titled(messages.my_tickets_title, messages.my_tickets_description)
    }
}

fn row(language: Language) -> Markup {
    let messages = language.messages();
    parts::row(
        language,
        &html! {
            p.badge data-slot="state" {}
            p.hint data-slot="note" {}
            div.actions data-slot="actions" {
                a.quiet.button data-slot="edit" href=(language.address("/sell/")) { (messages.change_button_short) }
                button.quiet data-slot="delete" type="button" { (messages.delete_button_short) }
            }
        },
    )
}
