//! What a page may load and talk to: its Content-Security-Policy.

/// The script of Stripe that runs on the page where one pays.
///
/// It is Stripe's own, from Stripe's host only, as Stripe asks for; or, where something stands in for Stripe, a script
/// of the site's own origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StripeScript {
    address: String,
}

/// An address at which Stripe's script cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} is neither an address below {STRIPE} nor a path of the site")]
pub struct InvalidStripeScript(String);

const STRIPE: &str = "https://js.stripe.com/";

impl StripeScript {
    /// Reads an address below `https://js.stripe.com/` or a path.
    ///
    /// # Errors
    /// [`InvalidStripeScript`] when it is anything else: the page's policy would stop it.
    pub fn parse(address: &str) -> Result<Self, InvalidStripeScript> {
        let is_path = address.starts_with('/') && !address.starts_with("//");
        let is_plain = !address.contains(|letter: char| letter.is_whitespace() || "\\\"<>".contains(letter));
        if is_plain && (is_path || address.starts_with(STRIPE)) {
            Ok(Self { address: address.to_owned() })
        } else {
            Err(InvalidStripeScript(address.to_owned()))
        }
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    fn is_stripes_own(&self) -> bool {
        self.address.starts_with(STRIPE)
    }
}

impl Default for StripeScript {
    fn default() -> Self {
        Self { address: format!("{STRIPE}v3/") }
    }
}

/// The policy of every page that loads nothing from elsewhere.
pub const OWN_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'";

/// What Stripe's script needs beyond that: its further scripts, the frames with the fields and the bank's questions, and
/// its API. It makes script elements from text, so that trusted types are not asked for.
const STRIPE_POLICY: &str = "default-src 'none'; script-src 'self' https://js.stripe.com https://*.js.stripe.com; \
    frame-src https://js.stripe.com https://*.js.stripe.com https://hooks.stripe.com; style-src 'self'; \
    img-src 'self' data:; connect-src 'self' https://api.stripe.com; form-action 'self'; base-uri 'none'; \
    frame-ancestors 'none'";

/// The policy of a page with this script of Stripe, or with none.
pub(crate) fn of(stripe: Option<&StripeScript>) -> &'static str {
    if stripe.is_some_and(StripeScript::is_stripes_own) { STRIPE_POLICY } else { OWN_POLICY }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_is_stripes_own_or_of_this_origin() {
        assert_eq!(StripeScript::default().address(), "https://js.stripe.com/v3/");
        for address in ["https://js.stripe.com/basil/stripe.js", "/_stripe/v3/stripe.js"] {
            assert_eq!(StripeScript::parse(address).unwrap().address(), address);
        }
        for address in [
            "",
            "stripe.js",
            "//elsewhere.example/",
            "https://js.stripe.com.example/",
            "http://js.stripe.com/v3/",
            "/\\x",
        ] {
            let error = StripeScript::parse(address).unwrap_err();
            assert!(error.to_string().starts_with(&format!("{address} is neither")), "{error}");
        }
    }

    #[test]
    fn only_stripes_own_script_widens_the_policy() {
        let stripe = of(Some(&StripeScript::default()));
        assert!(stripe.contains("frame-src https://js.stripe.com") && !stripe.contains("trusted-types"));
        assert_eq!(of(Some(&StripeScript::parse("/stripe.js").unwrap())), OWN_POLICY);
        assert_eq!(of(None), OWN_POLICY);
        for part in OWN_POLICY.split("; ").filter(|part| part.ends_with("'none'")) {
            assert!(stripe.contains(part), "{part}");
        }
    }
}
