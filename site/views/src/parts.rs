//! Pieces that several pages use: form fields, regions that a script fills, dialogs.

use holdfast_domain::limits;
use maud::{Markup, html};

use crate::format::{price_text, utc_text};
use crate::language::{Language, Messages, fill};
use crate::links::ticket_path;
use crate::listing::Card;

/// What a field takes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Input {
    /// One line, with its `type`.
    Line(&'static str),
    /// Several lines.
    Lines(u8),
}

/// One labelled field of a form. The place of its error is there from the start, so that the script only fills it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field<'a> {
    /// The texts of the page's language.
    pub(crate) messages: &'static Messages,
    /// Its name on the wire.
    pub(crate) name: &'static str,
    /// What people call it.
    pub(crate) label: &'static str,
    /// What helps to fill it, or nothing.
    pub(crate) hint: &'a str,
    /// What it takes.
    pub(crate) input: Input,
    /// What a browser may fill in.
    pub(crate) autocomplete: &'static str,
    /// Whether it must be filled.
    pub(crate) required: bool,
    /// Fewest characters; 0 when there is no such limit.
    pub(crate) min: usize,
    /// Most characters; 0 when there is no such limit.
    pub(crate) max: usize,
}

impl Field<'_> {
    /// A required line of text.
    pub(crate) const fn line(messages: &'static Messages, name: &'static str, label: &'static str) -> Self {
        Self {
            messages,
            name,
            label,
            hint: "",
            input: Input::Line("text"),
            autocomplete: "off",
            required: true,
            min: 0,
            max: 0,
        }
    }

    /// The markup of the field.
    pub(crate) fn markup(&self) -> Markup {
        let name = self.name;
        html! {
            div.field {
                label for=(name) {
                    (self.label)
                    @if !self.required { span.optional { " " (self.messages.optional) } }
                }
                @if !self.hint.is_empty() { p.hint id={ (name) "-hint" } { (self.hint) } }
                (self.control())
                (error_place(name))
            }
        }
    }

    /// The limits are data attributes: `maxlength` would cut a pasted password or barcode short without a word, and
    /// counts in other units than the API does.
    fn control(&self) -> Markup {
        let (min, max) = ((self.min > 0).then_some(self.min), (self.max > 0).then_some(self.max));
        let described = described_by(self.name, !self.hint.is_empty());
        match self.input {
            Input::Line(kind) => html! {
                input id=(self.name) name=(self.name) type=(kind) autocomplete=(self.autocomplete)
                    required[self.required] data-min-chars=[min] data-max-chars=[max] aria-describedby=(described);
            },
            Input::Lines(rows) => html! {
                textarea id=(self.name) name=(self.name) rows=(rows) autocomplete=(self.autocomplete)
                    required[self.required] data-min-chars=[min] data-max-chars=[max] aria-describedby=(described) {}
            },
        }
    }
}

/// The address of whoever has an account, or wants one.
pub(crate) fn email(messages: &'static Messages) -> Field<'static> {
    Field {
        input: Input::Line("email"),
        autocomplete: "username",
        max: limits::EMAIL_MAX_CHARS,
        ..Field::line(messages, "email", messages.email_label)
    }
}

/// The password that an account has.
pub(crate) fn current_password(messages: &'static Messages, name: &'static str, label: &'static str) -> Field<'static> {
    Field {
        input: Input::Line("password"),
        autocomplete: "current-password",
        max: limits::PASSWORD_MAX_CHARS,
        ..Field::line(messages, name, label)
    }
}

/// The password that an account is to have, with the rules for it.
pub(crate) fn new_password(messages: &'static Messages, name: &'static str, label: &'static str) -> Markup {
    let hint = fill(messages.password_hint, &[("min", &limits::PASSWORD_MIN_CHARS.to_string())]);
    Field {
        hint: &hint,
        autocomplete: "new-password",
        min: limits::PASSWORD_MIN_CHARS,
        ..current_password(messages, name, label)
    }
    .markup()
}

/// Whose password it is, for whatever keeps somebody's passwords: the script fills it, and it is never sent.
pub(crate) fn owner() -> Markup {
    html! { input type="text" autocomplete="username" hidden; }
}

/// The ids that describe a field: its hint, if it has one, and its error.
pub(crate) fn described_by(name: &str, has_hint: bool) -> String {
    if has_hint { format!("{name}-hint {name}-error") } else { format!("{name}-error") }
}

/// Where the script writes what is wrong with a field.
pub(crate) fn error_place(name: &str) -> Markup {
    html! { p.field-error id={ (name) "-error" } hidden {} }
}

/// Where the script writes what is wrong with a form as a whole.
pub(crate) fn form_error() -> Markup {
    html! { p.problem data-form-error role="alert" hidden {} }
}

/// Where the script writes what was done.
pub(crate) fn done() -> Markup {
    html! { p.notice data-done role="status" hidden {} }
}

/// A part of the page that a script fills from the API. It is loading, failed (with a way to try again), empty, or
/// ready; exactly one of the four is shown.
pub(crate) fn region(messages: &Messages, id: &str, loading: &str, empty: &Markup, ready: &Markup) -> Markup {
    html! {
        div.region id=(id) {
            p.loading data-when="loading" role="status" { (loading) }
            div.problem data-when="failed" role="alert" hidden {
                p data-reason {}
                button type="button" data-retry { (messages.try_again) }
            }
            div.empty data-when="empty" hidden { (empty) }
            div data-when="ready" hidden { (ready) }
            (needs_script(messages))
        }
    }
}

/// What people without JavaScript read instead of a part that cannot work.
pub(crate) fn needs_script(messages: &Messages) -> Markup {
    html! { noscript { p.problem { (messages.needs_script) } } }
}

/// A list with its "more" button; rows are clones of the template. The role is said because Safari takes it from a list
/// that shows no bullets.
pub(crate) fn list(messages: &Messages, id: &str, row: &Markup) -> Markup {
    html! {
        p.hint data-count role="status" {}
        ul.rows id=(id) role="list" {}
        template id={ (id) "-row" } { (row) }
        p.problem data-more-error role="alert" hidden {}
        button.quiet data-more type="button" hidden { (messages.show_more) }
    }
}

/// What stands in a row of tickets: the facts on the left, the price on the stub that is torn off.
pub(crate) fn row(language: Language, further: &Markup) -> Markup {
    html! {
        li.card {
            div.card-main {
                h2 { a data-slot="link" href=(language.address("/")) { span data-slot="title" {} } }
                p.facts { span data-slot="when" {} span data-slot="venue" {} }
                (further)
            }
            p.stub data-slot="price" {}
        }
    }
}

/// The same, whole, for a ticket of the catalogue.
pub(crate) fn card(language: Language, card: &Card) -> Markup {
    let facts = &card.facts;
    let address = language.address(&ticket_path(card.id, &facts.title));
    html! {
        li.card data-ticket=(card.id) {
            div.card-main {
                h2 { a data-slot="link" href=(address) { span data-slot="title" { (facts.title.as_str()) } } }
                p.facts {
                    @if let Some(moment) = facts.starts_at { span { (time(language, moment)) } }
                    @if let Some(venue) = &facts.venue { span data-slot="venue" { (venue.as_str()) } }
                }
                p.badge data-slot="state" hidden {}
            }
            p.stub data-slot="price" { (price_text(language, facts.price)) }
        }
    }
}

/// A moment, in UTC until the page's script knows where its reader is.
pub(crate) fn time(language: Language, moment: holdfast_domain::Timestamp) -> Markup {
    html! { time datetime=(moment.to_string()) { (utc_text(language, moment)) } }
}

/// How long a ticket is still held. The time left is a timer, which assistive technology does not read out as it changes;
/// the status beside it is read, and the script writes to it at a few thresholds only.
pub(crate) fn hold_box(messages: &Messages) -> Markup {
    html! {
        div.hold #hold hidden {
            p { (messages.held_for_you_for) }
            p.timer #timer role="timer" aria-label=(messages.time_left_label) {}
            p.hint #until {}
        }
        (announcement())
    }
}

/// Where a script says what assistive technology is to read out.
pub(crate) fn announcement() -> Markup {
    html! { p.visually-hidden #announcement role="status" {} }
}

/// What stands in the place of an order that is not there, or not for this reader.
pub(crate) fn no_order(language: Language) -> Markup {
    let messages = language.messages();
    html! {
        h1 { (messages.order_missing) }
        p { (messages.order_missing_text) }
        p.actions { a.button href=(language.address("/orders/")) { (messages.orders_title) } }
    }
}

/// The question before an order is cancelled.
pub(crate) fn cancel_dialog(messages: &Messages) -> Markup {
    confirmation(
        "cancel-dialog",
        messages.cancel_question,
        messages.cancel_text,
        messages.cancel_keep,
        messages.cancel_order,
    )
}

/// A dialog that asks before something is given up.
pub(crate) fn confirmation(id: &str, title: &str, text: &str, keep: &str, go_on: &str) -> Markup {
    html! {
        dialog id=(id) aria-labelledby={ (id) "-title" } aria-describedby={ (id) "-text" } {
            form method="dialog" {
                h2 id={ (id) "-title" } { (title) }
                p id={ (id) "-text" } { (text) }
                div.actions {
                    button.quiet type="submit" value="keep" { (keep) }
                    button.danger type="submit" value="go-on" { (go_on) }
                }
            }
        }
    }
}
