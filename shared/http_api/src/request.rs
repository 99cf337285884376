//! Reading the parts of a request that are not its body.

use std::str::FromStr;

use holdfast_domain::IdempotencyKey;
use lambda_http::{Request, RequestExt as _};
use url::form_urlencoded;

use crate::problem::{ApiError, Problem};

const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// The one value of a header; `None` when it is missing, not text or given twice.
#[must_use]
pub fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    let mut values = request.headers().get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    if values.next().is_some() { None } else { Some(value) }
}

/// The header `Idempotency-Key`; `None` when it was not sent. One that cannot be read is not none: whoever sent it counts on
/// it when they try again.
///
/// # Errors
/// 400 `idempotency-key-required` for a key that is not one, or two.
pub fn idempotency_key(request: &Request) -> Result<Option<IdempotencyKey>, ApiError> {
    if !request.headers().contains_key(IDEMPOTENCY_KEY) {
        return Ok(None);
    }
    let key = IdempotencyKey::parse(header(request, IDEMPOTENCY_KEY).unwrap_or_default());
    key.map(Some)
        .map_err(|error| Problem::idempotency_key_required(format!("The header Idempotency-Key {error}.")).into())
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

#[cfg(test)]
mod tests {
    use lambda_http::Body;
    use lambda_http::http::HeaderValue;

    use super::*;

    fn key_of(values: &[&[u8]]) -> Result<Option<IdempotencyKey>, ApiError> {
        let mut request = Request::new(Body::Empty);
        for value in values {
            request.headers_mut().append(IDEMPOTENCY_KEY, HeaderValue::from_bytes(value).unwrap());
        }
        idempotency_key(&request)
    }

    #[test]
    fn a_key_that_cannot_be_used_is_refused_and_not_taken_for_none() {
        assert!(key_of(&[]).unwrap().is_none());
        assert_eq!(key_of(&[b"a-key"]).unwrap(), IdempotencyKey::parse("a-key").ok());
        for values in [&[b"\xd7\xf8\x9b".as_slice()][..], &[b""], &[b"two words"], &[b"one", b"another"]] {
            assert_eq!(key_of(values).unwrap_err().into_parts().0.into_reply().status(), 400, "{values:?}");
        }
    }
}
