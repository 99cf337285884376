//! A page before it is rendered, and the addresses that rendering needs.

use maud::Markup;

use crate::layout;
use crate::policy::{self, StripeScript};

/// Where the assets of one page are. Their names carry a hash, so only whoever wrote them knows.
#[derive(Debug, Clone)]
pub struct PageAssets {
    /// The address of the stylesheet.
    pub stylesheet: String,
    /// The address of the page's own module.
    pub script: String,
    /// The addresses of the modules that it imports, directly or not.
    pub preloads: Vec<String>,
}

/// Who a page is for: search engines are kept from what means something to one person only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Audience {
    /// Everyone, search engines included.
    Public,
    /// One person.
    Private,
}

/// A page: where it is, what it is called and what it shows.
#[derive(Debug, Clone)]
pub struct Page {
    pub(crate) path: &'static str,
    pub(crate) title: &'static str,
    pub(crate) description: &'static str,
    pub(crate) script: &'static str,
    pub(crate) audience: Audience,
    /// The script of Stripe, where one pays.
    pub(crate) stripe: Option<StripeScript>,
    pub(crate) main: Markup,
}

impl Page {
    /// The path of its address: `/sign-up/`, or `/404.html`.
    #[must_use]
    pub fn path(&self) -> &str {
        self.path
    }

    /// The file that holds it, relative to the site's root.
    #[must_use]
    pub fn file(&self) -> String {
        let path = self.path.trim_start_matches('/');
        if path.is_empty() || path.ends_with('/') { format!("{path}index.html") } else { path.to_owned() }
    }

    /// The name of its module, without the ending.
    #[must_use]
    pub fn script(&self) -> &str {
        self.script
    }

    /// The Content-Security-Policy that it must be sent with.
    #[must_use]
    pub fn content_security_policy(&self) -> &'static str {
        policy::of(self.stripe.as_ref())
    }

    /// The whole document.
    #[must_use]
    pub fn render(&self, assets: &PageAssets) -> String {
        layout::document(self, assets).into_string()
    }
}
