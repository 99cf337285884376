//! Asking for a mail that sets a new password.

use maud::html;

use crate::language::Language;
use crate::page::Page;
use crate::parts;

pub(crate) fn page(language: Language) -> Page {
    let messages = language.messages();
    let main = html! {
        h1 { (messages.forgot_title) }
        p { (messages.forgot_text) }
        form.sheet #form novalidate method="post" {
            (parts::form_error())
            (parts::done())
            (parts::email(messages).markup())
            button type="submit" { (messages.forgot_button) }
        }
        (parts::needs_script(messages))
    };
    Page::new(language, "/forgot-password/", "forgot-password", main)
        .titled(messages.forgot_title, messages.forgot_description)
        .public()
}
