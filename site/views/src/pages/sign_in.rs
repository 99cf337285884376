//! Signing in.

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
    let password = Field {
        input: Input::Line("password"),
        autocomplete: "current-password",
        max: limits::PASSWORD_MAX_CHARS,
        ..Field::line("password", "Password")
    };
    Page {
        path: "/sign-in/",
        title: "Sign in",
        description: "Sign in to Holdfast.",
        script: "sign-in",
        audience: Audience::Public,
        stripe: None,
        main: html! {
            h1 { "Sign in" }
            p { "New here? " a data-keep-next href="/sign-up/" { "Sign up" } }
            form.sheet #form novalidate method="post" {
                (parts::form_error())
                (email.markup())
                (password.markup())
                button type="submit" { "Sign in" }
            }
            (parts::needs_script())
        },
    }
}
