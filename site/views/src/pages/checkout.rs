//! Paying for an order while its hold lasts.

use maud::{Markup, html};

use crate::language::{Language, Messages};
use crate::page::Page;
use crate::parts;
use crate::policy::StripeScript;

pub(crate) fn page(language: Language, stripe: StripeScript) -> Page {
    let messages = language.messages();
    let main = html! {
        p.back { a #order-link href=(language.address("/orders/")) { (messages.back_to_order) } }
        (parts::region(messages, "checkout", messages.loading_order, &parts::no_order(language), &ready(language)))
        (payment(messages))
        div.actions #ways hidden {
            button.danger #cancel type="button" { (messages.give_back) }
        }
        (parts::cancel_dialog(messages))
    };
    Page {
        stripe: Some(stripe),
        ..Page::new(language, "/checkout/", "checkout", main)
            .titled(messages.checkout_title, messages.checkout_description)
    }
}

/// What is bought, and how long it is held.
fn ready(language: Language) -> Markup {
    let messages = language.messages();
    html! {
        h1 #heading { (messages.pay_heading) }
        article.sheet.ticket {
            div.ticket-main {
                h2 #title {}
                dl.facts-list {
                    div { dt { (messages.when_label) } dd #when {} }
                    div { dt { (messages.where_label) } dd #venue {} }
                }
                p.notice #extended hidden { (messages.extended_once) }
                p #outcome hidden {}
                p.problem #order-error role="alert" hidden {}
                div.actions #closed-ways hidden {
                    a.button #see-order href=(language.address("/orders/")) { (messages.see_order) }
                    a.quiet.button #see-ticket href=(language.address("/")) { (messages.see_ticket) }
                }
            }
            div.tear {
                p.price #price {}
                (parts::hold_box(messages))
            }
        }
    }
}

/// The card's fields belong to Stripe; the form around them is the page's.
fn payment(messages: &Messages) -> Markup {
    let not_configured = html! {
        p { (messages.no_payments) }
        p { (messages.no_payments_hold) }
    };
    html! {
        section.sheet.payment #payment-section aria-labelledby="payment-title" hidden {
            h2 #payment-title { (messages.payment_heading) }
            (parts::region(messages, "payment", messages.loading_card_form, &not_configured, &form(messages)))
            p.hint { (messages.stripe_adds) }
        }
    }
}

fn form(messages: &Messages) -> Markup {
    html! {
        form #form novalidate {
            (parts::form_error())
            div #payment-element {}
            p.hint { (messages.card_hint) }
            button.wide #submit type="submit" { (messages.pay_button) }
        }
    }
}
