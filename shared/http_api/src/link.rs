//! Links of mails, as the site sends them back.

use holdfast_auth::LinkToken;

use crate::problem::{ApiError, Problem};

/// The token of a link. A text that is none is a link that was cut off or changed.
///
/// # Errors
/// 409 `link-not-valid`.
pub fn link_token(text: &str) -> Result<LinkToken, ApiError> {
    LinkToken::parse(text).map_err(|_| link_not_valid())
}

/// The answer to a link that does nothing any more. It does not say why: the same for all, it tells a stranger nothing.
#[must_use]
pub fn link_not_valid() -> ApiError {
    Problem::link_not_valid("It was used, has run out, or a newer one was sent. Ask for a new one.").into()
}
