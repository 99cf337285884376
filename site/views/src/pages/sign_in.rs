//! Signing in.

use maud::html;

use crate::language::Language;
use crate::page::Page;
use crate::parts;

pub(crate) fn page(language: Language) -> Page {
    let messages = language.messages();
    let main = html! {
        h1 { (messages.sign_in_title) }
        p { (messages.new_here) " " a data-keep-next href=(language.address("/sign-up/")) { (messages.sign_up_link) } }
        form.sheet #form novalidate method="post" {
            (parts::form_error())
            (parts::email(messages).markup())
            (parts::current_password(messages, "password", messages.password_label).markup())
            button type="submit" { (messages.sign_in_button) }
        }
        p.section { a href=(language.address("/forgot-password/")) { (messages.forgot_link) } }
        (parts::needs_script(messages))
    };
    Page::new(language, "/sign-in/", "sign-in", main)
        .titled(messages.sign_in_title, messages.sign_in_description)
        .public()
}
