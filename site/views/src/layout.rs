//! The document that all pages share.

use maud::{DOCTYPE, Markup, html};

use crate::page::{Audience, Page, PageAssets};

/// A knot in a ring, drawn in the accent colour; a data address saves a request.
const ICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E\
    %3Crect width='32' height='32' rx='7' fill='%23075e54'/%3E\
    %3Cpath d='M10 7v18M22 7v18M10 16h12' stroke='%23fff' stroke-width='4' stroke-linecap='round'/%3E%3C/svg%3E";

const NAVIGATION: [(&str, &str); 4] =
    [("/", "Tickets"), ("/sell/", "Sell"), ("/my-tickets/", "My tickets"), ("/orders/", "My orders")];

/// The whole document of a page.
pub(crate) fn document(page: &Page, assets: &PageAssets) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            (head(page, assets))
            body {
                a.skip href="#main" { "Skip to content" }
                (header(page))
                main #main tabindex="-1" {
                    p.notice #notice role="status" hidden {}
                    (page.main)
                }
                footer.foot {
                    p { "Holdfast: a ticket that one buyer holds is not sold to another." }
                }
            }
        }
    }
}

fn head(page: &Page, assets: &PageAssets) -> Markup {
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
            link rel="icon" href=(ICON);
            link rel="stylesheet" href=(assets.stylesheet);
            @for address in &assets.preloads {
                link rel="modulepreload" href=(address);
            }
            script type="module" src=(assets.script) {}
            @if let Some(stripe) = &page.stripe {
                // After the page's own module, which thereby hears whether it came.
                script #stripe-script src=(stripe.address()) defer {}
            }
        }
    }
}

fn header(page: &Page) -> Markup {
    html! {
        header.top {
            a.brand href="/" { "Holdfast" }
            div.account {
                span #account-guest {
                    a href="/sign-in/" { "Sign in" }
                    a href="/sign-up/" { "Sign up" }
                }
                span #account-user hidden {
                    span.account-name #account-name {}
                    button.plain #sign-out type="button" { "Sign out" }
                }
            }
            nav aria-label="Main" {
                @for (path, label) in NAVIGATION {
                    a href=(path) aria-current=[(path == page.path).then_some("page")] { (label) }
                }
            }
        }
    }
}
