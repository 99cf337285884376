//! What must hold on every page.

use std::collections::BTreeSet;

use maud::html;

use crate::page::Audience;
use crate::{Page, PageAssets, StripeScript, all_pages};

fn assets() -> PageAssets {
    PageAssets {
        stylesheet: "/assets/site.css".to_owned(),
        script: "/assets/own.js".to_owned(),
        preloads: vec!["/assets/api.js".to_owned()],
    }
}

fn rendered() -> Vec<(Page, String)> {
    all_pages(&StripeScript::default()).into_iter().map(|page| (page.clone(), page.render(&assets()))).collect()
}

/// The values of an attribute, in the order of the document.
fn attribute<'a>(html: &'a str, name: &str) -> Vec<&'a str> {
    let opening = format!(" {name}=\"");
    html.split(&opening).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[test]
fn every_page_says_its_language_title_and_purpose_and_can_be_skipped_into() {
    for (page, html) in rendered() {
        let path = page.path();
        assert!(html.starts_with("<!DOCTYPE html><html lang=\"en\">"), "{path}");
        assert!(html.contains(" · Holdfast</title>"), "{path}");
        assert!(html.contains("<meta name=\"description\" content=\""), "{path}");
        assert_eq!(html.matches("<main id=\"main\"").count(), 1, "{path}");
        assert!(html.contains("<body><a class=\"skip\" href=\"#main\">"), "{path}");
        assert!(html.contains("<h1"), "{path}");
    }
}

#[test]
fn no_page_carries_an_inline_script_or_style() {
    for (page, html) in rendered() {
        let path = page.path();
        for (script, rest) in html.split("<script").skip(1).map(|rest| rest.split_once("</script>").unwrap()) {
            let is_own = script.contains(" src=\"/assets/");
            let is_stripes = path == "/checkout/" && script.contains(" src=\"https://js.stripe.com/v3/\" defer");
            assert!((is_own || is_stripes) && script.ends_with('>'), "{path}: {script} {rest}");
        }
        assert!(!html.contains("<style") && !html.contains(" style=\""), "{path}");
        assert!(!html.contains(" on") || !html.contains("=\"javascript:"), "{path}");
        for handler in [" onclick=", " onload=", " onsubmit=", " onerror=", "javascript:"] {
            assert!(!html.contains(handler), "{path}: {handler}");
        }
    }
}

#[test]
fn only_where_one_pays_is_stripe_met() {
    for (page, html) in rendered() {
        let pays = page.path() == "/checkout/";
        assert_eq!(html.contains("stripe.com"), pays, "{}", page.path());
        assert_eq!(page.content_security_policy().contains("stripe.com"), pays, "{}", page.path());
    }
}

#[test]
fn the_module_runs_before_the_script_of_stripe_and_so_hears_of_its_failure() {
    let (_, html) = rendered().into_iter().find(|(page, _)| page.path() == "/checkout/").unwrap();
    assert!(html.find("/assets/own.js").unwrap() < html.find("https://js.stripe.com/v3/").unwrap());
}

#[test]
fn ids_are_unique_and_whatever_refers_to_one_finds_it() {
    for (page, html) in rendered() {
        let path = page.path();
        let ids = attribute(&html, "id");
        let known: BTreeSet<_> = ids.iter().copied().collect();
        assert_eq!(ids.len(), known.len(), "{path}: an id stands twice");
        for name in ["for", "aria-describedby", "aria-labelledby"] {
            for id in attribute(&html, name).iter().flat_map(|value| value.split(' ')) {
                assert!(known.contains(id), "{path}: {name} names {id}, which is not there");
            }
        }
    }
}

#[test]
fn the_current_page_is_marked_and_private_pages_stay_out_of_search_engines() {
    for (page, html) in rendered() {
        let marked = html.contains(&format!("<a href=\"{}\" aria-current=\"page\">", page.path()));
        assert_eq!(marked, ["/", "/sell/", "/my-tickets/", "/orders/"].contains(&page.path()), "{}", page.path());
        assert_eq!(html.contains("noindex"), page.audience == Audience::Private, "{}", page.path());
    }
}

#[test]
fn text_is_escaped() {
    let page = Page {
        path: "/x/",
        title: "<script>alert(1)</script>",
        description: "\"><img src=x>",
        script: "plain",
        audience: Audience::Public,
        stripe: None,
        main: html! { p { "<b>" } },
    };
    let html = page.render(&assets());
    assert!(html.contains("<title>&lt;script&gt;alert(1)&lt;/script&gt; · Holdfast</title>"));
    assert!(html.contains("content=\"&quot;&gt;&lt;img src=x&gt;\""));
    assert!(html.contains("<p>&lt;b&gt;</p>"));
}

#[test]
fn forms_carry_the_limits_of_the_domain() {
    let page = |path: &str| rendered().into_iter().find(|(page, _)| page.path() == path).unwrap().1;
    let sign_up = page("/sign-up/");
    assert!(sign_up.contains("data-min-chars=\"12\" data-max-chars=\"128\""));
    assert!(sign_up.contains("At least 12 characters."));
    let sell = page("/sell/");
    assert!(sell.contains("data-max-chars=\"2000\""));
    assert!(sell.contains("<option value=\"jpy\" data-exponent=\"0\" data-min=\"50\" data-max=\"1500000\">"));
}

#[test]
fn files_follow_from_paths() {
    let files: Vec<_> = all_pages(&StripeScript::default()).iter().map(Page::file).collect();
    for file in ["index.html", "sign-up/index.html", "404.html"] {
        assert!(files.iter().any(|found| found == file), "{file}");
    }
}
