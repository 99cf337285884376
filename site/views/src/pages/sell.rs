//! Listing a ticket, and changing one that is listed.

use holdfast_domain::{Currency, limits};
use maud::{Markup, html};

use crate::page::{Audience, Page};
use crate::parts::{self, Field, Input};

pub(crate) fn page() -> Page {
    Page {
        path: "/sell/",
        title: "Sell a ticket",
        description: "List a ticket that you cannot use.",
        script: "sell",
        audience: Audience::Private,
        stripe: None,
        main: html! {
            h1 #heading { "Sell a ticket" }
            (parts::region("editor", "Loading…", &empty(), &form()))
        },
    }
}

fn empty() -> Markup {
    html! {
        p { "This ticket cannot be changed: it is not yours, or it is not there any more." }
        p.actions { a.button href="/my-tickets/" { "My tickets" } }
    }
}

fn form() -> Markup {
    let title = Field {
        hint: "What it is for, and the seat if there is one.",
        max: limits::TITLE_MAX_CHARS,
        ..Field::line("title", "Title")
    };
    let venue = Field { required: false, max: limits::VENUE_MAX_CHARS, ..Field::line("venue", "Venue") };
    let starts_at = Field {
        hint: "In your own time zone.",
        input: Input::Line("datetime-local"),
        required: false,
        ..Field::line("starts_at", "Starts")
    };
    let description = Field {
        input: Input::Lines(5),
        required: false,
        max: limits::DESCRIPTION_MAX_CHARS,
        ..Field::line("description", "Description")
    };
    let credential = Field {
        hint: "The booking code or barcode text that admits its holder. Only you see it, and whoever has paid.",
        input: Input::Lines(2),
        required: false,
        max: limits::CREDENTIAL_MAX_CHARS,
        ..Field::line("credential", "Credential")
    };
    html! {
        form.sheet #form novalidate method="post" {
            (parts::form_error())
            (title.markup())
            (price())
            (venue.markup())
            (starts_at.markup())
            (description.markup())
            (credential.markup())
            div.actions {
                button #submit type="submit" { "List the ticket" }
                a.quiet.button href="/my-tickets/" { "My tickets" }
            }
        }
    }
}

/// The amount is text and not a number: what a number field shows and takes depends on the browser's language, and a
/// price must not pass through floating point.
fn price() -> Markup {
    html! {
        fieldset.price-fields {
            legend { "Price" }
            div.field {
                label for="amount" { "Amount" }
                input #amount name="amount" type="text" inputmode="decimal" autocomplete="off" required
                    aria-describedby=(parts::described_by("amount", true));
            }
            div.field {
                label for="currency" { "Currency" }
                select #currency name="currency" autocomplete="off" aria-describedby="currency-error" {
                    @for currency in Currency::ALL {
                        option value=(currency.code()) data-exponent=(currency.exponent())
                            data-min=(currency.minimum()) data-max=(currency.maximum()) {
                            (currency.code().to_uppercase()) " · " (currency.name())
                        }
                    }
                }
                (parts::error_place("currency"))
            }
            p.hint #amount-hint {}
            (parts::error_place("amount"))
        }
    }
}
