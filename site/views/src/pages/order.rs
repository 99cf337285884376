//! One order: the hold that runs out, and what became of it.

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
        main: html! {
            p { a href="/orders/" { "My orders" } }
            (parts::region("order", "Loading your order…", &empty(), &ready()))
            (parts::confirmation(
                "cancel-dialog",
                "Cancel this order?",
                "The ticket is listed again at once, and someone else may take it.",
                "Keep holding it",
                "Cancel the order",
            ))
        },
    }
}

fn empty() -> Markup {
    html! {
        h1 { "This order is not here" }
        p { "It may belong to another account, or the address is incomplete." }
        p.actions { a.button href="/orders/" { "My orders" } }
    }
}

/// The time left is a timer, which assistive technology does not read out as it changes; the status beside it is read,
/// and the script writes to it at a few thresholds only.
fn ready() -> Markup {
    html! {
        article.sheet {
            p.badge #state {}
            h1 #title { "Order" }
            p.price #price {}
            dl.facts-list {
                div { dt { "When" } dd #when {} }
                div { dt { "Where" } dd #venue {} }
                div { dt { "Ordered" } dd #ordered {} }
            }
            div.hold #hold hidden {
                p { "The ticket is held for you for" }
                p.timer #timer role="timer" aria-label="Time left" {}
                p.hint #until {}
            }
            p.visually-hidden #announcement role="status" {}
            p #outcome hidden {}
            div #credential hidden {
                h2 { "What admits you" }
                pre #credential-text {}
            }
            p.problem #order-error role="alert" hidden {}
            div.actions {
                button.danger #cancel type="button" hidden { "Cancel the order" }
                a.quiet.button #ticket-link href="/ticket/" hidden { "See the ticket" }
            }
        }
    }
}
