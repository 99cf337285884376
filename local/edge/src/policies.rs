//! Which Content-Security-Policy a page is sent with: the site's build writes it down.

use std::path::Path;

use hyper::header::HeaderValue;
use serde_json::Value;

/// The file of the site's build that says so. It is for servers, not for browsers.
pub(crate) const FILE: &str = "policies.json";

/// What a page gets when nothing is written down: nothing but what is of the site's own origin.
const STRICT: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src \
                      'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; \
                      require-trusted-types-for 'script'";

/// The policy of the page at a path. The file is read each time: a new build counts at once.
pub(crate) async fn of(site: &Path, path: &str) -> HeaderValue {
    let text = tokio::fs::read(site.join(FILE)).await.unwrap_or_default();
    let policies: Value = serde_json::from_slice(&text).unwrap_or_default();
    let own = policies["pages"][path].as_str().or_else(|| policies["default"].as_str());
    own.and_then(|policy| HeaderValue::from_str(policy).ok()).unwrap_or(HeaderValue::from_static(STRICT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_page_may_have_a_policy_of_its_own() {
        let site = tempfile::tempdir().expect("a folder");
        assert_eq!(of(site.path(), "/").await, STRICT);
        let policies =
            r#"{"default": "default-src 'none'", "pages": {"/checkout/": "script-src https://js.stripe.com"}}"#;
        std::fs::write(site.path().join(FILE), policies).expect("written");
        assert_eq!(of(site.path(), "/checkout/").await, "script-src https://js.stripe.com");
        assert_eq!(of(site.path(), "/").await, "default-src 'none'");
        std::fs::write(site.path().join(FILE), "{").expect("written");
        assert_eq!(of(site.path(), "/").await, STRICT);
    }
}
