//! Where the link of a mail leads that sets a new password. The script finds the link's token in the address.

use maud::html;

use crate::language::Language;
use crate::page::Page;
use crate::parts;

pub(crate) fn page(language: Language) -> Page {
    let messages = language.messages();
    let main = html! {
        h1 { (messages.reset_title) }
        form.sheet #form novalidate method="post" hidden {
            (parts::form_error())
            (parts::new_password(messages, "new_password", messages.new_password_label))
            button type="submit" { (messages.reset_button) }
        }
        div #broken tabindex="-1" role="status" hidden {
            p.problem { (messages.problem_link_not_valid) }
            p.actions { a.button href=(language.address("/forgot-password/")) { (messages.reset_again) } }
        }
        (parts::needs_script(messages))
    };
    Page::new(language, "/reset-password/", "reset-password", main)
        .titled(messages.reset_title, messages.reset_description)
}
