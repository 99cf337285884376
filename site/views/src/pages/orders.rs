//! What someone holds and has bought.

use maud::{Markup, html};

use crate::page::{Audience, Page};
use crate::parts;

pub(crate) fn page() -> Page {
    Page {
        path: "/orders/",
        title: "My orders",
        description: "The tickets that you hold and have bought.",
        script: "orders",
        audience: Audience::Private,
        stripe: None,
        main: html! {
            h1 { "My orders" }
            (parts::region("orders", "Loading your orders…", &empty(), &parts::list("order-list", &row())))
        },
    }
}

fn empty() -> Markup {
    html! {
        p { "You have not ordered a ticket yet." }
        p.actions { a.button href="/" { "See all tickets" } }
    }
}

fn row() -> Markup {
    html! {
        li.card {
            div.card-main {
                p.badge data-slot="state" {}
                h2 { a data-slot="link" href="/order/" { span data-slot="title" {} } }
                p.facts { span data-slot="when" {} span data-slot="venue" {} }
                p.hint data-slot="note" {}
            }
            p.price data-slot="price" {}
        }
    }
}
