//! What someone sells, in every state.

use maud::{Markup, html};

use crate::page::{Audience, Page};
use crate::parts;

pub(crate) fn page() -> Page {
    Page {
        path: "/my-tickets/",
        title: "My tickets",
        description: "The tickets that you sell.",
        script: "my-tickets",
        audience: Audience::Private,
        stripe: None,
        main: html! {
            h1 { "My tickets" }
            p.actions { a.button href="/sell/" { "Sell a ticket" } }
            p.problem #action-error role="alert" hidden {}
            (parts::region("tickets", "Loading your tickets…", &empty(), &parts::list("ticket-list", &row())))
            (parts::confirmation(
                "delete-dialog",
                "Delete this ticket?",
                "It leaves the market at once. You can list it again later.",
                "Keep it",
                "Delete it",
            ))
        },
    }
}

fn empty() -> Markup {
    html! { p { "You have not listed a ticket yet." } }
}

fn row() -> Markup {
    html! {
        li.card {
            div.card-main {
                p.badge data-slot="state" {}
                h2 { a data-slot="link" href="/ticket/" { span data-slot="title" {} } }
                p.facts { span data-slot="when" {} span data-slot="venue" {} }
                p.hint data-slot="note" {}
                div.actions data-slot="actions" {
                    a.quiet.button data-slot="edit" href="/sell/" { "Change" }
                    button.quiet data-slot="delete" type="button" { "Delete" }
                }
            }
            p.price data-slot="price" {}
        }
    }
}
