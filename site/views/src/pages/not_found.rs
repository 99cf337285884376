//! What is answered for an address that leads nowhere.

use maud::html;

use crate::page::{Audience, Page};

pub(crate) fn page() -> Page {
    Page {
        path: "/404.html",
        title: "Page not found",
        description: "There is no page at this address.",
        script: "plain",
        audience: Audience::Private,
        stripe: None,
        main: html! {
            h1 { "There is no page here" }
            p { "The address may be mistyped, or the page has moved." }
            p.actions { a.button href="/" { "See all tickets" } }
        },
    }
}
