//! Making an account.

use holdfast_domain::limits;
use maud::html;

use crate::page::{Audience, Page};
use crate::parts::{self, Field, Input};

pub(crate) fn page() -> Page {
    let email = Field {
        input: Input::Line("email"),
        autocomplete: "username",
        max: limits::EMAIL_MAX_CHARS,
        ..Field::line("email", "E-mail address")
    };
    let name = Field {
        hint: "Other people see it beside the tickets that you sell. Without it, they see a number.",
        autocomplete: "nickname",
        required: false,
        max: limits::DISPLAY_NAME_MAX_CHARS,
        ..Field::line("display_name", "Name")
    };
    let password_hint = format!("At least {} characters. Several words make a good one.", limits::PASSWORD_MIN_CHARS);
    let password = Field {
        hint: &password_hint,
        input: Input::Line("password"),
        autocomplete: "new-password",
        min: limits::PASSWORD_MIN_CHARS,
        max: limits::PASSWORD_MAX_CHARS,
        ..Field::line("password", "Password")
    };
    Page {
        path: "/sign-up/",
        title: "Sign up",
        description: "Make an account to hold and to sell tickets.",
        script: "sign-up",
        audience: Audience::Public,
        stripe: None,
        main: html! {
            h1 { "Sign up" }
            p { "You have an account? " a data-keep-next href="/sign-in/" { "Sign in" } }
            form.sheet #form novalidate method="post" {
                (parts::form_error())
                (email.markup())
                (name.markup())
                (password.markup())
                button type="submit" { "Make an account" }
            }
            (parts::needs_script())
        },
    }
}
