#![doc = include_str!("../README.md")]

mod layout;
mod page;
mod pages;
mod parts;
#[cfg(test)]
mod tests;

pub use page::{Page, PageAssets};
pub use pages::all_pages;

/// The policy under which every page works. Whoever serves the site sends it as the `Content-Security-Policy` header;
/// it is no `<meta>` element, because browsers ignore `frame-ancestors` there.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
     img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; \
     require-trusted-types-for 'script'";
