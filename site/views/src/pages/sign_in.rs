//! Signing in.

use holdfast_domain::limits;
use maud::html;

use crate::language::Language;
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
    let password = Field {
        input: Input::Line("password"),
        autocomplete: "current-password",
        max: limits::PASSWORD_MAX_CHARS,
        ..Field::line(messages, "password", messages.password_label)
    };
    let main = html! {
        h1 { (messages.sign_in_title) }
        p { (messages.new_here) " " a data-keep-next href=(language.address("/sign-up/")) { (messages.sign_up_link) } }
        form.sheet #form novalidate method="post" {
            (parts::form_error())
            (email.markup())
            (password.markup())
            button type="submit" { (messages.sign_in_button) }
        }
        (parts::needs_script(messages))
    };
    Page::new(language, "/sign-in/", "sign-in", main)
        .titled(messages.sign_in_title, messages.sign_in_description)
        .public()
}
