//! One ticket, and the button that holds it.

use maud::{Markup, html};

use crate::page::{Audience, Page};
use crate::parts;

pub(crate) fn page() -> Page {
    Page {
        path: "/ticket/",
        title: "Ticket",
        description: "A ticket on Holdfast.",
        script: "ticket",
        audience: Audience::Public,
        stripe: None,
        main: html! {
            p { a href="/" { "All tickets" } }
            (parts::region("ticket", "Loading the ticket…", &empty(), &ready()))
        },
    }
}

fn empty() -> Markup {
    html! {
        h1 { "This ticket is not here" }
        p { "Its seller may have taken it back, or the address is incomplete." }
        p.actions { a.button href="/" { "See all tickets" } }
    }
}

fn ready() -> Markup {
    html! {
        article.sheet {
            p.badge #state {}
            h1 #title { "Ticket" }
            p.price #price {}
            dl.facts-list {
                div { dt { "When" } dd #when {} }
                div { dt { "Where" } dd #venue {} }
                div { dt { "Sold by" } dd #seller {} }
            }
            p.prose #description hidden {}
            div.problem #refusal role="alert" hidden {
                p #refusal-text {}
                p.actions hidden { a.button #refusal-link href="/my-tickets/" {} }
            }
            div #offer-listed hidden {
                button #hold type="button" { "Hold this ticket" }
                p.hint { "Nobody else can take it while you hold it. Holding costs nothing." }
            }
            div #offer-held hidden {
                p { "It is held for another buyer. If they let it go, it is listed again." }
                button.quiet #check-again type="button" { "Check again" }
            }
            p #offer-mine hidden {
                "You are holding this ticket. "
                a #my-order href="/orders/" { "Go to your order" }
            }
            p #offer-sold hidden { "This ticket is sold." }
        }
    }
}
