//! Where the link of a mail leads that confirms an address. The script finds the link's token in the address.

use maud::html;

use crate::language::Language;
use crate::page::Page;
use crate::pages::account;
use crate::parts;

pub(crate) fn page(language: Language) -> Page {
    let messages = language.messages();
    let broken = html! {
        p.problem role="status" { (messages.problem_link_not_valid) " " (messages.verify_again) }
        p.actions { a.button href=(language.address(account::PATH)) { (messages.account_title) } }
    };
    let done = html! {
        p.notice role="status" { (messages.verify_done) }
        p.actions { a.button href=(language.address("/")) { (messages.see_all_tickets) } }
    };
    let main = html! {
        h1 { (messages.verify_title) }
        (parts::region(messages, "verification", messages.verifying, &broken, &done))
    };
    Page::new(language, "/verify-email/", "verify-email", main)
        .titled(messages.verify_title, messages.verify_description)
}
