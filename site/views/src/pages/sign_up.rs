//! Making an account.

use holdfast_domain::limits;
use maud::html;

use crate::language::{Language, fill};
use crate::page::Page;
use crate::parts::{self, Field, Input};

pub(crate) fn page(language: Language) -> Page {
    let messages = language.messages();
    let email = Field {
        input: Input::Line("email"),
        autocomplete: "username",
        max: limits::EMAIL_MAX_CHARS,
        ..Field::line(messages, "email", messages.email_label)
    };
    let name = Field {
        hint: messages.name_hint,
        autocomplete: "nickname",
        required: false,
        max: limits::DISPLAY_NAME_MAX_CHARS,
        ..Field::line(messages, "display_name", messages.name_label)
    };
    let password_hint = fill(messages.password_hint, &[("min", &limits::PASSWORD_MIN_CHARS.to_string())]);
    let password = Field {
        hint: &password_hint,
        input: Input::Line("password"),
        autocomplete: "new-password",
        min: limits::PASSWORD_MIN_CHARS,
        max: limits::PASSWORD_MAX_CHARS,
        ..Field::line(messages, "password", messages.password_label)
    };
    let main = html! {
        h1 { (messages.sign_up_title) }
        p { (messages.have_account) " " a data-keep-next href=(language.address("/sign-in/")) { (messages.sign_in_link) } }
        form.sheet #form novalidate method="post" {
            (parts::form_error())
            (email.markup())
            (name.markup())
            (password.markup())
            button type="submit" { (messages.sign_up_button) }
        }
        (parts::needs_script(messages))
    };
    Page::new(language, "/sign-up/", "sign-up", main)
        .titled(messages.sign_up_title, messages.sign_up_description)
        .public()
}
