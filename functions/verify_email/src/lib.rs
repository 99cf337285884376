#![doc = include_str!("../README.md")]

use holdfast_auth::LinkToken;
use holdfast_http_api::{ApiError, Gate, Reply, Request, json_body, link_not_valid, link_token, no_content};
use holdfast_runtime::now;
use holdfast_store::{Accounts, LinkUseError};
use holdfast_telemetry::{Subject, note};
use serde::Deserialize;
use validator::Validate;

/// What the route works with.
#[derive(Debug)]
pub struct App {
    /// Checks where the request comes from.
    pub gate: Gate,
    /// Has the links.
    pub accounts: Accounts,
}

/// What the link of a mail has behind its `#`.
// Without `Debug`: it holds a link's token.
#[derive(Deserialize, Validate)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct VerifyFields {
    #[validate(required)]
    #[cfg_attr(feature = "openapi", schemars(with = "holdfast_domain::schema::LinkToken"))]
    token: Option<String>,
}

fn token(request: &Request) -> Result<LinkToken, ApiError> {
    let fields: VerifyFields = json_body(request)?;
    link_token(fields.token.as_deref().unwrap_or_default())
}

/// Verifies the address.
///
/// # Errors
/// 400 `bad-origin`, 413, 415, 422 with one entry a wrong field, 409 `link-not-valid`, or an outage.
pub async fn handle(app: &App, request: Request) -> Result<Reply, ApiError> {
    app.gate.check_origin(&request).await?;
    let token = token(&request)?;
    app.accounts.email_verify(token.user(), &token.hash(), now()).await.map_err(|error| match error {
        LinkUseError::NotValid => link_not_valid(),
        LinkUseError::Store(error) => error.into(),
    })?;
    note(Subject::User(token.user()));
    Ok(no_content())
}

#[cfg(test)]
mod tests {
    use holdfast_http_api::Body;

    use super::*;

    fn refused(body: &str) -> String {
        let mut request = Request::new(Body::Text(body.to_owned()));
        request.headers_mut().insert("content-type", "application/json".parse().unwrap());
        let reply = token(&request).unwrap_err().into_parts().0.into_reply();
        format!("{} {}", reply.status().as_u16(), String::from_utf8_lossy(reply.body()))
    }

    #[test]
    fn a_link_that_was_cut_off_is_not_valid_and_none_is_a_wrong_field() {
        insta::assert_snapshot!(refused(r#"{"token":"018f3e5c-6d2a-4c31-9a55-1f2e3d4c5b6a.AAAA"}"#), @r#"409 {"type":"link-not-valid","title":"The link is not valid any more","status":409,"detail":"It was used, has run out, or a newer one was sent. Ask for a new one."}"#);
        insta::assert_snapshot!(refused(r#"{"link":"x"}"#), @r#"422 {"type":"invalid-fields","title":"Some fields are not valid","status":422,"detail":"Correct the fields and send again.","errors":[{"field":"link","message":"is not a field of this request"},{"field":"token","message":"is required"}]}"#);
        insta::assert_snapshot!(refused(r#"{"token":7}"#), @r#"422 {"type":"invalid-fields","title":"Some fields are not valid","status":422,"detail":"Correct the fields and send again.","errors":[{"field":"token","message":"must be a string"}]}"#);
    }

    #[test]
    fn the_sample_has_a_token() {
        let sample = include_str!("../../../events/verify_email/valid.json");
        let request = lambda_http::request::from_str(sample).unwrap();
        assert_eq!(token(&request).unwrap().user().to_string(), "018f3e5c-6d2a-4c31-9a55-1f2e3d4c5b6a");
    }
}
