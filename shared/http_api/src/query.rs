//! The query of the lists that belong to one person.

use holdfast_domain::limits::{PAGE_DEFAULT, PAGE_MAX};
use holdfast_store::OwnerCursor;
use lambda_http::Request;

use crate::problem::{ApiError, FieldError, Problem};
use crate::request::query_pairs;

/// Which page of one's own list is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnerQuery {
    /// Items on the page: 1 to 50.
    pub limit: u32,
    /// Where it begins; `None` for the first.
    pub after: Option<OwnerCursor>,
}

/// Reads a page's size.
///
/// # Errors
/// What is wrong with it.
pub fn page_limit(text: &str) -> Result<u32, String> {
    let limit = text.parse().ok().filter(|limit| (1..=PAGE_MAX).contains(limit));
    limit.ok_or_else(|| format!("must be a whole number from 1 to {PAGE_MAX}"))
}

/// Reads `limit` and `cursor`; any other parameter is refused.
///
/// # Errors
/// 400 `bad-query` with one entry a wrong parameter.
pub fn owner_query(request: &Request) -> Result<OwnerQuery, ApiError> {
    let mut query = OwnerQuery { limit: PAGE_DEFAULT, after: None };
    let mut errors = Vec::new();
    for (name, value) in query_pairs(request) {
        let outcome = match name.as_str() {
            // A form sends an empty field, too.
            "limit" | "cursor" if value.is_empty() => Ok(()),
            "limit" => page_limit(&value).map(|limit| query.limit = limit),
            "cursor" => value.parse().map(|cursor| query.after = Some(cursor)).map_err(|error| format!("{error}")),
            _ => Err("is not a parameter of this list".to_owned()),
        };
        if let Err(message) = outcome {
            errors.push(FieldError { field: name, message });
        }
    }
    if errors.is_empty() { Ok(query) } else { Err(bad_query(errors)) }
}

/// 400 `bad-query`, with what is wrong with each parameter.
#[must_use]
pub fn bad_query(errors: Vec<FieldError>) -> ApiError {
    Problem::bad_query("Correct the query and ask again.").with_errors(errors).into()
}

#[cfg(test)]
mod tests {
    use lambda_http::Body;

    use super::*;

    fn asked(query: &str) -> Result<OwnerQuery, String> {
        let mut request = Request::new(Body::Empty);
        *request.uri_mut() = format!("https://tickets.example/api/orders?{query}").parse().unwrap();
        let body = |error: ApiError| String::from_utf8_lossy(error.into_parts().0.into_reply().body()).into_owned();
        owner_query(&request).map_err(body)
    }

    #[test]
    fn a_page_has_a_size_and_a_place() {
        assert_eq!(asked("").unwrap().limit, 24);
        assert_eq!(asked("limit=&cursor="), asked(""));
        let cursor = "1700000000000.00000000000000000000000000000007";
        let query = asked(&format!("limit=50&cursor={cursor}")).unwrap();
        assert_eq!((query.limit, query.after.unwrap().to_string()), (50, cursor.to_owned()));
    }

    #[test]
    fn every_wrong_parameter_is_named() {
        insta::assert_snapshot!(asked("limit=0&cursor=x&colour=red").unwrap_err(), @r#"{"type":"bad-query","title":"The query is not valid","status":400,"detail":"Correct the query and ask again.","errors":[{"field":"limit","message":"must be a whole number from 1 to 50"},{"field":"cursor","message":"is not a cursor of this list"},{"field":"colour","message":"is not a parameter of this list"}]}"#);
    }
}
