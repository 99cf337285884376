//! The site through the edge, as a browser gets it: the distribution's behaviours, functions, policies and error pages.

use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::redirect::Policy;
use reqwest::{Client, Method, Response, StatusCode};
use serde_json::{Value, json};
use tests::{Aws, Call, Stack, eventually};
use uuid::Uuid;

const PAGE: &str = "public, max-age=0, s-maxage=10, stale-while-revalidate=60";
/// How long it may take until a new ticket has its page, while other tests keep the machine busy.
const SOON: Duration = Duration::from_mins(2);

/// A browser that shows every answer as it came: redirects are not followed, nothing is decompressed.
struct Viewer {
    stack: Stack,
    http: Client,
}

impl Viewer {
    fn new() -> Self {
        let http = Client::builder().no_proxy().redirect(Policy::none()).build().expect("a client");
        Self { stack: Stack::get(), http }
    }

    async fn ask(&self, method: Method, path: &str, headers: &[(&str, &str)]) -> Response {
        let mut request = self.http.request(method, format!("{}{path}", self.stack.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.expect("an answer")
    }

    async fn get(&self, path: &str) -> Response {
        self.ask(Method::GET, path, &[]).await
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_else(|| panic!("no {name} in {headers:?}"))
}

/// The address of something below `/assets/` that a page names.
fn asset(page: &str, suffix: &str) -> String {
    let named = page.split('"').find(|text| text.starts_with("/assets/") && text.ends_with(suffix));
    named.unwrap_or_else(|| panic!("no {suffix} in {page}")).to_owned()
}

#[tokio::test]
async fn every_page_has_its_policies_and_says_for_how_long_it_is_kept() {
    let viewer = Viewer::new();
    for path in ["/", "/de/", "/sell/", "/de/sell/", "/about/", "/search/?q=opera"] {
        let answer = viewer.get(path).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        let headers = answer.headers();
        assert_eq!(header(headers, "cache-control"), PAGE, "{path}");
        assert_eq!(header(headers, "content-type"), "text/html; charset=utf-8", "{path}");
        let policy = header(headers, "content-security-policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; "), "{path}: {policy}");
        assert!(policy.ends_with("require-trusted-types-for 'script'"), "{path}: {policy}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "strict-origin-when-cross-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("strict-transport-security", "max-age=63072000; includeSubDomains"),
        ] {
            assert_eq!(header(headers, name), value, "{path}");
        }
        assert!(header(headers, "permissions-policy").contains("camera=()"), "{path}");
    }
}

#[tokio::test]
async fn only_the_checkout_may_load_what_stripe_needs() {
    let viewer = Viewer::new();
    for path in ["/checkout/", "/de/checkout/", "/checkout/?order=1"] {
        let answer = viewer.get(path).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        let policy = header(answer.headers(), "content-security-policy");
        assert!(policy.contains("connect-src 'self' https://api.stripe.com;"), "{path}: {policy}");
        assert!(policy.starts_with("default-src 'none'; ") && !policy.contains("trusted-types"), "{path}: {policy}");
        assert_eq!(header(answer.headers(), "x-frame-options"), "DENY", "{path}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_a_404_with_a_page() {
    let viewer = Viewer::new();
    let page = viewer.get("/404.html").await.text().await.expect("a page");
    let ticket = format!("/tickets/none-{}/", Uuid::new_v4());
    for path in ["/nothing/", "/de/nothing/", "/nothing.html", "/assets/none.js", "/checkout/none/", &ticket] {
        let answer = viewer.get(path).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
        assert!(answer.headers().contains_key("content-security-policy"), "{path}");
        assert_eq!(answer.text().await.expect("a page"), page, "{path}");
    }
    let head = viewer.ask(Method::HEAD, "/nothing/", &[]).await;
    assert_eq!(head.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_page_has_one_address_with_a_slash_at_its_end() {
    let viewer = Viewer::new();
    for (asked, led) in [
        ("/sell", "/sell/"),
        ("/de", "/de/"),
        ("/search?q=opera&sort=soonest", "/search/?q=opera&sort=soonest"),
        ("//elsewhere.example/x", "/elsewhere.example/x/"),
    ] {
        let answer = viewer.get(asked).await;
        assert_eq!(answer.status(), StatusCode::MOVED_PERMANENTLY, "{asked}");
        assert_eq!(header(answer.headers(), "location"), led);
    }
}

#[tokio::test]
async fn a_ticket_has_one_page_whatever_its_address_says() {
    let viewer = Viewer::new();
    let seller = viewer.stack.person("edge").await;
    let title = format!("Seen through the edge {}", Uuid::new_v4().simple());
    let id = seller.list_ticket(&title).await;
    let plain = format!("/tickets/{id}/");
    let page = eventually(&format!("the page of {id}"), SOON, || async {
        let answer = viewer.get(&plain).await;
        (answer.status() == StatusCode::OK).then_some(answer)
    })
    .await;
    assert_eq!(header(page.headers(), "cache-control"), PAGE);
    let tag = header(page.headers(), "etag").to_owned();
    assert!(page.text().await.expect("a page").contains(&title));
    for slug in ["any-words-at-all", "t%C3%BCr", "-", "a.b"] {
        let answer = viewer.get(&format!("/tickets/{slug}-{id}/")).await;
        assert_eq!((answer.status(), header(answer.headers(), "etag")), (StatusCode::OK, tag.as_str()), "{slug}");
    }
    let without = viewer.get(&format!("/tickets/words-{id}")).await;
    assert_eq!(header(without.headers(), "location"), format!("/tickets/words-{id}/"));
}

#[tokio::test]
async fn assets_are_kept_for_ever_and_travel_compressed() {
    let viewer = Viewer::new();
    let page = viewer.get("/sell/").await.text().await.expect("a page");
    for (suffix, kind) in [(".css", "text/css; charset=utf-8"), (".js", "text/javascript; charset=utf-8")] {
        let path = asset(&page, suffix);
        let plain = viewer.get(&path).await;
        assert_eq!(plain.status(), StatusCode::OK, "{path}");
        assert_eq!(header(plain.headers(), "cache-control"), "public, max-age=31536000, immutable", "{path}");
        assert_eq!(header(plain.headers(), "content-type"), kind, "{path}");
        assert!(!plain.headers().contains_key("content-encoding"), "{path}");
        let tag = header(plain.headers(), "etag").to_owned();
        let length = plain.bytes().await.expect("a body").len();
        for (accepted, encoding) in [("gzip, deflate, br, zstd", "br"), ("gzip", "gzip")] {
            let answer = viewer.ask(Method::GET, &path, &[("accept-encoding", accepted)]).await;
            assert_eq!(header(answer.headers(), "content-encoding"), encoding, "{path}");
            assert_eq!(header(answer.headers(), "etag"), format!("W/{tag}"), "{path}");
            assert_eq!(header(answer.headers(), "vary"), "Accept-Encoding", "{path}");
            assert!(answer.bytes().await.expect("a body").len() < length, "{path}");
        }
        let known = viewer.ask(Method::GET, &path, &[("if-none-match", &format!("W/{tag}"))]).await;
        assert_eq!(known.status(), StatusCode::NOT_MODIFIED, "{path}");
    }
}

#[tokio::test]
async fn errors_of_the_api_pass_as_they_are() {
    let viewer = Viewer::new();
    let stack = &viewer.stack;
    stack.ticket(&Uuid::new_v4().to_string()).await.expect_problem(404, "not-found");
    stack.send(Call::new("GET", "/api/orders")).await.expect_problem(401, "no-session");
    let (seller, buyer, other) = (stack.person("s").await, stack.person("b").await, stack.person("o").await);
    let ticket = seller.list_ticket("Errors pass").await;
    buyer.place_order(&ticket).await.expect(201);
    let lost = other.place_order(&ticket).await;
    assert_eq!((lost.status, lost.header("content-type")), (409, Some("application/problem+json")));
    assert_eq!(lost.body["status"], json!(409));
}

#[tokio::test]
async fn only_what_everybody_may_see_travels_compressed() {
    let viewer = Viewer::new();
    let seller = viewer.stack.person("long").await;
    for number in 0..6 {
        seller.list_ticket(&format!("One of several {number}")).await;
    }
    let ask = |path| viewer.ask(Method::GET, path, &[("accept-encoding", "br")]);
    eventually("a catalogue that is long enough to be compressed", SOON, || async {
        let answer = ask("/api/tickets?limit=24").await;
        (header(answer.headers(), "cache-control").contains("s-maxage=2")
            && answer.headers().get("content-encoding").is_some_and(|encoding| encoding == "br"))
        .then_some(())
    })
    .await;
    let mine = seller.send(Call::new("GET", "/api/me/tickets").header("accept-encoding", "br")).await.expect(200);
    assert!(mine.body.to_string().len() > 1000, "long enough to be worth it");
    assert_eq!(mine.header("content-encoding"), None);
}

#[tokio::test]
async fn nobody_reads_the_bucket_beside_the_distribution() {
    let viewer = Viewer::new();
    let bucket = viewer.stack.output("SiteBucket");
    let emulator = Aws::endpoint();
    for path in ["/index.html", "/assets/manifest.json", "/nothing.html", "?list-type=2", ""] {
        let answer = viewer.http.get(format!("{emulator}/{bucket}{path}")).send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{path}");
    }
    let write = viewer.http.put(format!("{emulator}/{bucket}/index.html")).body("x").send().await.expect("an answer");
    assert_eq!(write.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn the_document_of_the_api_is_served_as_it_is_committed() {
    let answer = Viewer::new().get("/openapi.json").await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(header(answer.headers(), "content-type"), "application/json");
    let served: Value = answer.json().await.expect("JSON");
    let committed: Value = serde_json::from_str(include_str!("../../../docs/openapi.json")).expect("JSON");
    assert_eq!(served, committed);
}
