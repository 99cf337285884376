//! Reading the parts of a request that are not its body.

use std::str::FromStr;

use lambda_http::{Request, RequestExt as _};
use url::form_urlencoded;

use crate::problem::{ApiError, Problem};

/// The one value of a header; `None` when it is missing, not text or given twice.
#[must_use]
pub fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    let mut values = request.headers().get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    if values.next().is_some() { None } else { Some(value) }
}

/// The id in the path. One that cannot be an id names nothing: 404.
///
/// # Errors
/// [`Problem::not_found`].
pub fn path_id<T: FromStr>(request: &Request, name: &str) -> Result<T, ApiError> {
    let parameters = request.path_parameters();
    let id = parameters.first(name).and_then(|text| text.parse().ok());
    id.ok_or_else(|| Problem::not_found("There is nothing at this address.").into())
}

/// The query's names and values in the order given, decoded once.
#[must_use]
pub fn query_pairs(request: &Request) -> Vec<(String, String)> {
    let raw = request.uri().query().unwrap_or_default();
    form_urlencoded::parse(raw.as_bytes()).into_owned().collect()
}
