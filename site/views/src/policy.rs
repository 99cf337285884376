//! Where the script of Stripe comes from. What a page may load at all is said by the distribution: its response headers
//! policies are the only place of the Content-Security-Policy.

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
}

impl Default for StripeScript {
    fn default() -> Self {
        Self { address: format!("{STRIPE}v3/") }
    }
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
}
