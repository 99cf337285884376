//! What tells a server which policy each page is sent with.

use std::fmt::Write as _;

use holdfast_views::{OWN_POLICY, Page};

/// The file, relative to the site's root.
pub(crate) const FILE: &str = "policies.json";

/// The ordinary policy, and the paths of the pages that have another.
pub(crate) fn text(pages: &[Page]) -> String {
    let mut text = format!("{{\n  \"default\": \"{OWN_POLICY}\",\n  \"pages\": {{");
    let mut separator = "\n";
    for page in pages.iter().filter(|page| page.content_security_policy() != OWN_POLICY) {
        // Neither paths nor policies hold anything that JSON escapes; the test reads it back.
        let _ = write!(text, "{separator}    \"{}\": \"{}\"", page.path(), page.content_security_policy());
        separator = ",\n";
    }
    text.push_str(if separator == "\n" { "}\n}\n" } else { "\n  }\n}\n" });
    text
}

#[cfg(test)]
mod tests {
    use holdfast_views::{StripeScript, all_pages};
    use serde_json::{Value, json};

    use super::*;

    fn policies(stripe: &StripeScript) -> Value {
        serde_json::from_str(&text(&all_pages(stripe))).unwrap()
    }

    #[test]
    fn only_the_page_with_stripes_own_script_has_another_policy() {
        let policies = policies(&StripeScript::default());
        assert_eq!(policies["default"], OWN_POLICY);
        let pages = policies["pages"].as_object().unwrap();
        assert_eq!(pages.keys().collect::<Vec<_>>(), ["/checkout/"]);
        assert!(pages["/checkout/"].as_str().unwrap().contains("connect-src 'self' https://api.stripe.com"));
    }

    #[test]
    fn with_a_script_of_the_same_origin_all_pages_are_alike() {
        let local = policies(&StripeScript::parse("/stripe.js").unwrap());
        assert_eq!(local, json!({ "default": OWN_POLICY, "pages": {} }));
    }
}
