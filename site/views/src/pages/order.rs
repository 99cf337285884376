//! One order: the hold that runs out, what became of it, and the receipt of a paid one.

use maud::{Markup, html};

use crate::page::{Audience, Page};
use crate::parts;

pub(crate) fn page() -> Page {
    Page {
        path: "/order/",
        title: "Order",
        description: "Your order.",
        script: "order",
        audience: Audience::Private,
        stripe: None,
        main: html! {
            p.screen-only { a href="/orders/" { "My orders" } }
            (parts::region("order", "Loading your order…", &parts::no_order(), &ready()))
            (parts::cancel_dialog())
        },
    }
}

fn ready() -> Markup {
    html! {
        article.sheet {
            p.badge #state {}
            h1 #title { "Order" }
            p.price #price {}
            p #outcome hidden {}
            (credential())
            dl.facts-list {
                div { dt { "When" } dd #when {} }
                div { dt { "Where" } dd #venue {} }
                div hidden { dt { "Sold by" } dd #seller {} }
                div { dt { "Ordered" } dd #ordered {} }
                div hidden { dt { "Paid" } dd #paid {} }
                div hidden { dt { "Paid with" } dd #card {} }
                div hidden { dt { "Refunded" } dd #refunded {} }
                div { dt { "Order ID" } dd #number {} }
            }
            (parts::hold_box())
            p.problem #order-error role="alert" hidden {}
            div.actions {
                a.button #pay href="/checkout/" hidden { "Pay" }
                button.quiet #check-again type="button" hidden { "Check again" }
                button.quiet #print type="button" hidden { "Print the receipt" }
                a.quiet.button #ticket-link href="/ticket/" hidden { "See the ticket" }
                button.danger #cancel type="button" hidden { "Cancel the order" }
            }
        }
    }
}

/// What the buyer has bought, in fact: it comes before everything that merely describes it.
fn credential() -> Markup {
    html! {
        section.credential #credential aria-labelledby="credential-title" hidden {
            h2 #credential-title { "Your ticket" }
            pre #credential-text hidden {}
            p.hint #credential-hint {}
        }
    }
}
