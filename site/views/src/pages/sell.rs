//! Listing a ticket, and changing one that is listed.

use holdfast_domain::{Currency, limits};
use maud::{Markup, html};

use crate::format::currency_name;
use crate::language::{Language, Messages};
use crate::page::Page;
use crate::parts::{self, Field, Input};

pub(crate) fn page(language: Language) -> Page {
    let messages = language.messages();
    let empty = html! {
        p { (messages.cannot_change) }
        p.actions { a.button href=(language.address("/my-tickets/")) { (messages.my_tickets_title) } }
    };
    let editor = html! {
        div.editor { (form(language)) (preview(messages)) }
    };
    let main = html! {
        h1 #heading { (messages.sell_title) }
        (parts::region(messages, "editor", messages.loading, &empty, &editor))
    };
    Page::new(language, "/sell/", "sell", main).titled(messages.sell_title, messages.sell_description)
}

fn form(language: Language) -> Markup {
    let messages = language.messages();
    html! {
        form.sheet #form novalidate method="post" {
            (parts::form_error())
            @let [title, venue, starts_at, description, credential] = fields(messages);
            (title.markup())
            (price(language))
            (venue.markup())
            (starts_at.markup())
            (description.markup())
            (credential.markup())
            div.actions {
                button #submit type="submit" { (messages.list_button) }
                a.quiet.button href=(language.address("/my-tickets/")) { (messages.my_tickets_title) }
            }
        }
    }
}

fn fields(messages: &'static Messages) -> [Field<'static>; 5] {
    let optional = |name, label| Field { required: false, ..Field::line(messages, name, label) };
    [
        Field {
            hint: messages.title_hint,
            max: limits::TITLE_MAX_CHARS,
            ..Field::line(messages, "title", messages.title_label)
        },
        Field { max: limits::VENUE_MAX_CHARS, ..optional("venue", messages.venue_label) },
        Field {
            hint: messages.starts_hint,
            input: Input::Line("datetime-local"),
            ..optional("starts_at", messages.starts_label)
        },
        Field {
            input: Input::Lines(5),
            max: limits::DESCRIPTION_MAX_CHARS,
            ..optional("description", messages.description_label)
        },
        Field {
            hint: messages.credential_hint,
            input: Input::Lines(2),
            max: limits::CREDENTIAL_MAX_CHARS,
            ..optional("credential", messages.credential_label)
        },
    ]
}

/// The card of the catalogue as it will look; the script fills it as one types.
fn preview(messages: &Messages) -> Markup {
    html! {
        section.preview aria-labelledby="preview-heading" {
            h2 #preview-heading { (messages.preview_heading) }
            div.rows {
                article.card #preview {
                    div.card-main {
                        h3 data-slot="title" { (messages.preview_title) }
                        p.facts { span data-slot="when" {} span data-slot="venue" {} }
                    }
                    p.stub data-slot="price" {}
                }
            }
        }
    }
}

/// The amount is text and not a number: what a number field shows and takes depends on the browser's language, and a
/// price must not pass through floating point.
fn price(language: Language) -> Markup {
    let messages = language.messages();
    html! {
        fieldset.price-fields {
            legend { (messages.price_legend) }
            div.field {
                label for="amount" { (messages.amount_label) }
                input #amount name="amount" type="text" inputmode="decimal" autocomplete="off" required
                    aria-describedby=(parts::described_by("amount", true));
            }
            div.field {
                label for="currency" { (messages.currency_label) }
                select #currency name="currency" autocomplete="off" aria-describedby="currency-error" {
                    @for &currency in Currency::ALL {
                        option value=(currency.code()) data-exponent=(currency.exponent())
                            data-min=(currency.minimum()) data-max=(currency.maximum()) {
                            (currency.code().to_uppercase()) " · " (currency_name(language, currency))
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
