//! Paying for an order while its hold lasts.

use maud::{Markup, html};

use crate::page::{Audience, Page};
use crate::parts;
use crate::policy::StripeScript;

pub(crate) fn page(stripe: StripeScript) -> Page {
    Page {
        path: "/checkout/",
        title: "Checkout",
        description: "Pay for the ticket that you hold.",
        script: "checkout",
        audience: Audience::Private,
        stripe: Some(stripe),
        main: html! {
            p { a #order-link href="/orders/" { "Back to your order" } }
            (parts::region("checkout", "Loading your order…", &parts::no_order(), &ready()))
            (payment())
            div.actions #ways hidden {
                button.danger #cancel type="button" { "Give the ticket back" }
            }
            (parts::cancel_dialog())
        },
    }
}

/// What is bought, and how long it is held.
fn ready() -> Markup {
    html! {
        h1 #heading { "Pay for your ticket" }
        article.sheet {
            h2 #title {}
            p.price #price {}
            dl.facts-list {
                div { dt { "When" } dd #when {} }
                div { dt { "Where" } dd #venue {} }
            }
            (parts::hold_box())
            p.notice #extended hidden { "Your time was extended so that you can pay. It is extended only once." }
            p #outcome hidden {}
            p.problem #order-error role="alert" hidden {}
            div.actions #closed-ways hidden {
                a.button #see-order href="/orders/" { "See the order" }
                a.quiet.button #see-ticket href="/ticket/" { "See the ticket" }
            }
        }
    }
}

/// The card's fields belong to Stripe; the form around them is the page's.
fn payment() -> Markup {
    let not_configured = html! {
        p { "Payments are not set up here, so this ticket cannot be paid for." }
        p { "It stays held for you until the time runs out. Nothing is charged." }
    };
    html! {
        section.sheet.payment #payment-section aria-labelledby="payment-title" hidden {
            h2 #payment-title { "Payment" }
            (parts::region("payment", "Loading the card form…", &not_configured, &form()))
        }
    }
}

fn form() -> Markup {
    html! {
        form #form novalidate {
            (parts::form_error())
            div #payment-element {}
            p.hint { "Your card is charged only once the ticket is yours. Card details go to Stripe alone." }
            button.wide #submit type="submit" { "Pay" }
        }
    }
}
