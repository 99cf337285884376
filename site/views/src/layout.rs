//! The document that all pages share.

use maud::{DOCTYPE, Markup, html};

use crate::language::{Language, Messages};
use crate::page::{Audience, Page};
use crate::pages::account;

/// Two turns of a rope around a post, in the colours of the head; a data address saves a request.
const ICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E\
    %3Crect width='32' height='32' rx='7' fill='%230f2f38'/%3E\
    %3Cpath d='M10 6v20M22 6v20' stroke='%23f7f1e3' stroke-width='4' stroke-linecap='round'/%3E\
    %3Cpath d='M6 19l20-6' stroke='%23f2a33a' stroke-width='5' stroke-linecap='round'/%3E%3C/svg%3E";

fn navigation(messages: &'static Messages) -> [(&'static str, &'static str); 4] {
    [
        ("/", messages.nav_tickets),
        ("/sell/", messages.nav_sell),
        ("/my-tickets/", messages.nav_my_tickets),
        ("/orders/", messages.nav_orders),
    ]
}

/// The whole document of a page.
pub(crate) fn document(page: &Page, stylesheet: &str, script: &str) -> Markup {
    let messages = page.messages();
    html! {
        (DOCTYPE)
        html lang=(page.language.tag()) {
            (head(page, stylesheet, script))
            body {
                a.skip href="#main" { (messages.skip_to_content) }
                (header(page))
                main #main tabindex="-1" {
                    p.notice #notice role="status" hidden {}
                    (page.main)
                }
                (footer(page))
            }
        }
    }
}

fn head(page: &Page, stylesheet: &str, script: &str) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            title { (page.title) " · Holdfast" }
            meta name="description" content=(page.description);
            @if page.audience == Audience::Private {
                meta name="robots" content="noindex";
            }
            meta name="color-scheme" content="light dark";
            meta name="theme-color" content="#0f2f38";
            link rel="icon" href=(ICON);
            link rel="stylesheet" href=(stylesheet);
            script type="module" src=(script) blocking=[page.waits_for_script.then_some("render")] {}
            @if let Some(stripe) = &page.stripe {
                // After the page's own script, which thereby hears whether it came.
                script #stripe-script src=(stripe.address()) defer {}
            }
            (page.head)
        }
    }
}

/// What a link says of itself when it leads to the page on which it stands.
fn current(page: &Page, path: &str) -> Option<&'static str> {
    (path == page.path).then_some("page")
}

fn header(page: &Page) -> Markup {
    let messages = page.messages();
    let address = |path: &str| page.language.address(path);
    html! {
        header.top {
            a.brand href=(address("/")) { span.knot aria-hidden="true" {} "Holdfast" }
            div.account {
                span #account-guest {
                    a href=(address("/sign-in/")) { (messages.sign_in_link) }
                    a href=(address("/sign-up/")) { (messages.sign_up_link) }
                }
                span #account-user hidden {
                    a href=(address(account::PATH)) aria-current=[current(page, account::PATH)] {
                        span.visually-hidden { (messages.account_title) ": " }
                        span.account-name #account-name {}
                    }
                    button.plain #sign-out type="button" { (messages.sign_out_button) }
                }
            }
            nav aria-label=(messages.nav_main) {
                @for (path, label) in navigation(messages) {
                    a href=(address(path)) aria-current=[current(page, path)] { (label) }
                }
            }
        }
    }
}

fn footer(page: &Page) -> Markup {
    let messages = page.messages();
    let address = |path: &str| page.language.address(path);
    // A page that is not in every language sends to the catalogue of the others.
    let path = if page.in_every_language { page.path.as_str() } else { "/" };
    let others = Language::ALL.iter().filter(|language| **language != page.language);
    html! {
        footer.foot {
            p { (messages.brand_line) }
            nav aria-label=(messages.nav_footer) {
                a href=(address("/about/")) { (messages.foot_about) }
                a href=(address("/terms/")) { (messages.foot_terms) }
                a href=(address("/feed.xml")) type="application/atom+xml" { (messages.foot_feed) }
                @for language in others {
                    a data-language=(language.tag()) lang=(language.tag()) hreflang=(language.tag()) href=(language.address(path)) {
                        (language.messages().language_name)
                    }
                }
            }
        }
    }
}
