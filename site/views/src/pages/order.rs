//! One order: the hold that runs out, what became of it, and the receipt of a paid one.

use maud::{Markup, html};

use crate::language::{Language, Messages};
use crate::page::Page;
use crate::parts;

pub(crate) fn page(language: Language) -> Page {
    let messages = language.messages();
    let ready = ready(language);
    let main = html! {
        p.back.screen-only { a href=(language.address("/orders/")) { (messages.orders_title) } }
        (parts::region(messages, "order", messages.loading_order, &parts::no_order(language), &ready))
        (parts::cancel_dialog(messages))
    };
    Page::new(language, "/order/", "order", main).titled(messages.order_title, messages.order_description)
}

fn ready(language: Language) -> Markup {
    let messages = language.messages();
    html! {
        article.sheet.ticket {
            div.ticket-main {
                p.badge #state {}
                h1 #title { (messages.order_title) }
                p #outcome hidden {}
                (credential(messages))
                (facts(messages))
            }
            div.tear {
                p.price #price {}
                (parts::hold_box(messages))
                p.problem #order-error role="alert" hidden {}
                div.actions {
                    a.button #pay href=(language.address("/checkout/")) hidden { (messages.pay_button) }
                    button.quiet #check-again type="button" hidden { (messages.check_again) }
                    button.quiet #print type="button" hidden { (messages.print_receipt) }
                    a.quiet.button #ticket-link href=(language.address("/")) hidden { (messages.see_ticket) }
                    button.danger #cancel type="button" hidden { (messages.cancel_order) }
                }
            }
        }
    }
}

fn facts(messages: &Messages) -> Markup {
    html! {
        dl.facts-list {
            div { dt { (messages.when_label) } dd #when {} }
            div { dt { (messages.where_label) } dd #venue {} }
            div hidden { dt { (messages.seller_label) } dd #seller {} }
            div { dt { (messages.ordered_label) } dd #ordered {} }
            div hidden { dt { (messages.paid_label) } dd #paid {} }
            div hidden { dt { (messages.paid_with_label) } dd #card {} }
            div hidden { dt { (messages.refunded_label) } dd #refunded {} }
            div { dt { (messages.order_id_label) } dd #number {} }
        }
    }
}

/// What the buyer has bought, in fact: it comes before everything that merely describes it.
fn credential(messages: &Messages) -> Markup {
    html! {
        section.credential #credential aria-labelledby="credential-title" hidden {
            h2 #credential-title { (messages.your_ticket) }
            pre #credential-text hidden {}
            p.hint #credential-hint {}
        }
    }
}
