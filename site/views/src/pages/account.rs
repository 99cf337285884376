//! One's own account: its address, its password, where it is signed in, what is kept about it, and its end.

use maud::{Markup, html};

use crate::language::{Language, Messages};
use crate::links::asked_early;
use crate::page::Page;
use crate::parts;

/// The address of the page, in the language of whoever links to it.
pub(crate) const PATH: &str = "/account/";

pub(crate) fn page(language: Language) -> Page {
    let messages = language.messages();
    let ready = html! {
        div.parts {
            (address(messages))
            (password(messages))
            (sessions(messages))
            (export(messages))
            (deletion(messages))
        }
    };
    let main = html! {
        h1 { (messages.account_title) }
        (parts::region(messages, "account", messages.loading_account, &html! {}, &ready))
        (parts::confirmation(
            "end-sessions-dialog",
            messages.end_sessions_question,
            messages.end_sessions_text,
            messages.end_sessions_keep,
            messages.end_sessions_button,
        ))
        (parts::confirmation(
            "delete-dialog",
            messages.delete_account_question,
            messages.delete_account_text,
            messages.delete_account_keep,
            messages.delete_account_go,
        ))
    };
    Page {
        head: html! { (asked_early("/api/session")) (asked_early("/api/sessions")) },
        ..Page::new(language, PATH, "my-account", main).titled(messages.account_title, messages.account_description)
    }
}

fn section(id: &str, title: &str, content: &Markup) -> Markup {
    html! {
        section.sheet aria-labelledby={ (id) "-title" } {
            h2 id={ (id) "-title" } tabindex="-1" { (title) }
            (content)
        }
    }
}

fn address(messages: &Messages) -> Markup {
    section(
        "about",
        messages.account_heading,
        &html! {
            dl.facts-list {
                div { dt { (messages.name_label) } dd #name {} }
                div {
                    dt { (messages.email_label) }
                    dd {
                        span #email {} " "
                        span.badge #confirmed data-state="paid" hidden { (messages.address_confirmed) }
                    }
                }
            }
            (parts::form_error())
            (parts::done())
            div #unconfirmed hidden {
                p.badge data-state="held" { (messages.address_unconfirmed) }
                p { (messages.address_unconfirmed_text) }
                button.quiet #send-mail type="button" { (messages.mail_again) }
            }
        },
    )
}

fn password(messages: &'static Messages) -> Markup {
    let current = parts::current_password(messages, "current_password", messages.current_password_label);
    section(
        "password",
        messages.password_heading,
        &html! {
            form #password-form novalidate method="post" {
                (parts::form_error())
                (parts::done())
                (parts::owner())
                (current.markup())
                (parts::new_password(messages, "new_password", messages.new_password_label))
                button type="submit" { (messages.change_password_button) }
            }
        },
    )
}

fn sessions(messages: &Messages) -> Markup {
    section(
        "sessions",
        messages.sessions_heading,
        &html! {
            (parts::form_error())
            (parts::done())
            ul.sessions #sessions role="list" {}
            template #session-row {
                li {
                    div {
                        strong data-slot="browser" {} " "
                        span.badge data-slot="current" data-state="paid" { (messages.session_here) }
                        p.hint data-slot="since" {}
                    }
                    button.quiet data-slot="end" type="button" { (messages.sign_out_button) }
                }
            }
            button.quiet #end-sessions type="button" { (messages.end_sessions_button) }
        },
    )
}

fn export(messages: &Messages) -> Markup {
    section(
        "export",
        messages.export_heading,
        &html! {
            p { (messages.export_text) }
            (parts::form_error())
            (parts::done())
            button.quiet #export type="button" { (messages.export_button) }
        },
    )
}

fn deletion(messages: &'static Messages) -> Markup {
    section(
        "delete",
        messages.delete_account_heading,
        &html! {
            h3 { (messages.delete_account_goes_heading) }
            p { (messages.delete_account_goes) }
            h3 { (messages.delete_account_stays_heading) }
            p { (messages.delete_account_stays) }
            form #delete-form novalidate method="post" {
                (parts::form_error())
                (parts::owner())
                (parts::current_password(messages, "password", messages.password_label).markup())
                button.danger type="submit" { (messages.delete_account_button) }
            }
        },
    )
}
