//! The catalogue: what is on the market.

use maud::{Markup, html};

use crate::page::{Audience, Page};
use crate::parts;

pub(crate) fn page() -> Page {
    Page {
        path: "/",
        title: "Tickets",
        description: "Tickets from people who cannot go. Hold one, and nobody else can take it while you decide.",
        script: "catalogue",
        audience: Audience::Public,
        stripe: None,
        main: html! {
            h1 { "Tickets" }
            p.lead { "From people who cannot go. Hold one, and nobody else can take it from you." }
            (filters())
            (parts::region("tickets", "Loading tickets…", &empty(), &parts::list("ticket-list", &row())))
        },
    }
}

fn filters() -> Markup {
    html! {
        form.filters #filters role="search" aria-label="Tickets" action="/" method="get" novalidate {
            div.field.wide {
                label for="q" { "Search" }
                input #q name="q" type="search" autocomplete="off" placeholder="Artist, team or place";
            }
            div.field {
                label for="sort" { "Order" }
                select #sort name="sort" autocomplete="off" {
                    option value="newest" { "Newest first" }
                    option value="soonest" { "Soonest first" }
                }
            }
            div.field {
                label for="from" { "From" }
                input #from name="from" type="date" autocomplete="off";
            }
            div.field {
                label for="to" { "Until" }
                input #to name="to" type="date" autocomplete="off" aria-describedby="to-error";
                (parts::error_place("to"))
            }
            button type="submit" { "Search" }
        }
    }
}

fn empty() -> Markup {
    html! {
        p data-empty="all" { "Nothing is for sale at the moment." }
        p data-empty="filtered" hidden { "No ticket matches. Try fewer words or other dates." }
        p.actions {
            a.button href="/sell/" { "Sell a ticket" }
            a.quiet.button data-empty="filtered" href="/" hidden { "Show all tickets" }
        }
    }
}

fn row() -> Markup {
    html! {
        li.card {
            div.card-main {
                h2 { a data-slot="link" href="/ticket/" { span data-slot="title" {} } }
                p.facts { span data-slot="when" {} span data-slot="venue" {} }
            }
            p.price data-slot="price" {}
        }
    }
}
