//! A page before it is rendered, and the addresses that rendering needs.

use std::collections::BTreeMap;

use maud::{Markup, html};
use serde::{Deserialize, Serialize};

use crate::language::{Language, Messages};
use crate::layout;
use crate::policy::StripeScript;

/// Where the assets are. Their names carry a hash of their content, so that only whoever wrote them knows; they are
/// written down in the site's `assets/manifest.json`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assets {
    /// The address of the one stylesheet.
    pub stylesheet: String,
    /// The address of each page's script, by the language's tag and the script's name.
    pub scripts: BTreeMap<String, BTreeMap<String, String>>,
}

/// A page names a script that the assets do not have: they are of another release.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the assets have no script {script} in the language {language}")]
pub struct UnknownAsset {
    /// The script's name.
    script: &'static str,
    /// The language's tag.
    language: &'static str,
}

impl Assets {
    fn script(&self, language: Language, script: &'static str) -> Result<&str, UnknownAsset> {
        let found = self.scripts.get(language.tag()).and_then(|scripts| scripts.get(script));
        found.map(String::as_str).ok_or(UnknownAsset { script, language: language.tag() })
    }
}

/// Who a page is for: search engines are kept from what means something to one person only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Audience {
    /// Everyone, search engines included.
    Public,
    /// One person, or nobody in particular.
    Private,
}

/// A page: where it is, what it is called and what it shows.
#[derive(Debug, Clone)]
pub struct Page {
    pub(crate) language: Language,
    /// The path that all languages share: `/sell/`.
    pub(crate) path: String,
    /// Where it is kept, when that does not follow from the path: a ticket's address has its title, its place has not.
    pub(crate) stored_at: Option<String>,
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) script: &'static str,
    pub(crate) audience: Audience,
    /// Whether it stands at the same path in every language.
    pub(crate) in_every_language: bool,
    /// Whether its script decides what it says, so that browsers which know how show nothing before that has run. Without
    /// scripts the page is shown as it is.
    pub(crate) waits_for_script: bool,
    /// The script of Stripe, where one pays.
    pub(crate) stripe: Option<StripeScript>,
    /// What else its head says: addresses and data for those who link to it.
    pub(crate) head: Markup,
    pub(crate) main: Markup,
}

impl Page {
    /// A page that means something to one person only; the fields of any other kind are set from here.
    pub(crate) fn new(language: Language, path: &str, script: &'static str, main: Markup) -> Self {
        Self {
            language,
            path: path.to_owned(),
            stored_at: None,
            title: String::new(),
            description: String::new(),
            script,
            audience: Audience::Private,
            in_every_language: true,
            waits_for_script: false,
            stripe: None,
            head: html! {},
            main,
        }
    }

    pub(crate) fn titled(self, title: &str, description: &str) -> Self {
        Self { title: title.to_owned(), description: description.to_owned(), ..self }
    }

    pub(crate) fn public(self) -> Self {
        Self { audience: Audience::Public, ..self }
    }

    pub(crate) fn messages(&self) -> &'static Messages {
        self.language.messages()
    }

    /// The path of its address: `/de/sell/`, or `/404.html`.
    #[must_use]
    pub fn address(&self) -> String {
        self.language.address(&self.path)
    }

    /// The key under which the site keeps it: `de/sell/index.html`.
    #[must_use]
    pub fn key(&self) -> String {
        let path = self.language.address(self.stored_at.as_deref().unwrap_or(&self.path));
        let path = path.trim_start_matches('/');
        if path.is_empty() || path.ends_with('/') { format!("{path}index.html") } else { path.to_owned() }
    }

    /// The name of its script, without language, hash and ending.
    #[must_use]
    pub fn script(&self) -> &'static str {
        self.script
    }

    /// The whole document.
    ///
    /// # Errors
    /// [`UnknownAsset`] when the assets are of a release that does not know the page's script.
    pub fn render(&self, assets: &Assets) -> Result<String, UnknownAsset> {
        let script = assets.script(self.language, self.script)?;
        Ok(layout::document(self, &assets.stylesheet, script).into_string())
    }
}
