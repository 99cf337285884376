//! Making an account.

use holdfast_domain::limits;
use maud::html;

use crate::language::Language;
use crate::page::Page;
use crate::parts::{self, Field};

pub(crate) fn page(language: Language) -> Page {
    let messages = language.messages();
    let name = Field {
        hint: messages.name_hint,
        autocomplete: "nickname",
        required: false,
        max: limits::DISPLAY_NAME_MAX_CHARS,
        ..Field::line(messages, "display_name", messages.name_label)
    };
    let main = html! {
        h1 { (messages.sign_up_title) }
        p { (messages.have_account) " " a data-keep-next href=(language.address("/sign-in/")) { (messages.sign_in_link) } }
        form.sheet #form novalidate method="post" {
            (parts::form_error())
            (parts::email(messages).markup())
            (name.markup())
            (parts::new_password(messages, "password", messages.password_label))
            button type="submit" { (messages.sign_up_button) }
        }
        (parts::needs_script(messages))
    };
    Page::new(language, "/sign-up/", "sign-up", main)
        .titled(messages.sign_up_title, messages.sign_up_description)
        .public()
}
