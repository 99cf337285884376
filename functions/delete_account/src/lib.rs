#![doc = include_str!("../README.md")]

use std::error::Error;

use holdfast_auth::{cleared_device_cookie, cleared_session_cookie};
use holdfast_events::{ErasurePass, ErasureQueue, ErasureRequest};
use holdfast_http_api::{
    ApiError, FieldError, Gate, Limiter, Principal, Problem, Reply, Request, accepted, account_of, is_password_of,
    json_body, with_cookie,
};
use holdfast_runtime::now;
use holdfast_store::{AccountCloseError, Accounts};
use serde::Deserialize;
use validator::{Validate, ValidationError};

/// What the route works with.
#[derive(Debug)]
pub struct App {
    /// Knows who asks, and their sessions.
    pub gate: Gate,
    /// Has the account.
    pub accounts: Accounts,
    /// Counts tries.
    pub limiter: Limiter,
    /// Has everything erased that belongs to the account.
    pub erasure: ErasureQueue,
}

/// The password of the account that is to go.
// Without `Debug`: it holds a password as it was typed.
#[derive(Deserialize, Validate)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct DeletionFields {
    #[validate(required, custom(function = "valid_password"))]
    #[cfg_attr(feature = "openapi", schemars(with = "holdfast_domain::schema::TypedPassword"))]
    password: Option<String>,
}

fn valid_password(text: &str) -> Result<(), ValidationError> {
    if text.is_empty() {
        return Err(ValidationError::new("empty").with_message("must not be empty".into()));
    }
    Ok(())
}

/// The password as it was typed.
fn deletion(request: &Request) -> Result<String, ApiError> {
    let fields: DeletionFields = json_body(request)?;
    fields.password.ok_or_else(|| ApiError::internal("a deletion passed validation without a password"))
}

fn wrong_password() -> ApiError {
    let error = FieldError { field: "password".into(), message: "is not your password".into() };
    Problem::invalid_fields("Correct the field and send again.").with_errors(vec![error]).into()
}

/// Both cookies go: nothing of this account is known to the browser any more.
fn answer() -> Reply {
    with_cookie(with_cookie(accepted(), &cleared_session_cookie()), &cleared_device_cookie())
}

/// Announces, decides, and does at once what it can.
///
/// # Errors
/// 401 `no-session`, 400 `bad-origin`, 413, 415, 422 at `password`, 429 `too-many-tries`, or an outage.
pub async fn handle(app: &App, request: Request) -> Result<Reply, ApiError> {
    let now = now();
    let principal = app.gate.principal(&request, now).await?;
    let password = deletion(&request)?;
    let (account, hash) = account_of(&app.accounts, &principal).await?;
    if !is_password_of(&app.gate, &app.limiter, &principal, &password, &hash, now).await? {
        return Err(wrong_password());
    }
    app.erasure.announce(account.id).await.map_err(ApiError::unavailable)?;
    match app.accounts.account_close(&account, &hash, now).await {
        Ok(()) => {}
        Err(AccountCloseError::Changed) => {
            // By another deletion, after which there is no account, or by a new password.
            account_of(&app.accounts, &principal).await?;
            return Err(wrong_password());
        }
        Err(AccountCloseError::Store(error)) => return Err(error.into()),
    }
    hurry(app, &principal).await;
    if let Err(error) = app.gate.end_sessions_of(principal.user, now).await {
        let (_, cause) = error.into_parts();
        tracing::warn!(error = cause.as_deref().map(ToString::to_string), "sessions are left to the announced erasure");
    }
    Ok(answer())
}

/// Has erasing begin now. It is decided, and announced: what fails here comes later by itself.
async fn hurry(app: &App, principal: &Principal) {
    let request = ErasureRequest::beginning(principal.user, ErasurePass::First);
    if let Err(error) = app.erasure.send(&request).await {
        tracing::warn!(error = &error as &dyn Error, "the erasure waits for its announcement");
    }
}

#[cfg(test)]
mod tests {
    use holdfast_http_api::Body;

    use super::*;

    fn refused(body: &str) -> String {
        let mut request = Request::new(Body::Text(body.to_owned()));
        request.headers_mut().insert("content-type", "application/json".parse().unwrap());
        let reply = deletion(&request).unwrap_err().into_parts().0.into_reply();
        format!("{} {}", reply.status().as_u16(), String::from_utf8_lossy(reply.body()))
    }

    #[test]
    fn the_password_is_asked_for_and_nothing_else() {
        insta::assert_snapshot!(refused("{}"), @r#"422 {"type":"invalid-fields","title":"Some fields are not valid","status":422,"detail":"Correct the fields and send again.","errors":[{"field":"password","message":"is required"}]}"#);
        insta::assert_snapshot!(refused(r#"{"password":"","reason":"none"}"#), @r#"422 {"type":"invalid-fields","title":"Some fields are not valid","status":422,"detail":"Correct the fields and send again.","errors":[{"field":"password","message":"must not be empty"},{"field":"reason","message":"is not a field of this request"}]}"#);
    }

    #[test]
    fn the_browser_forgets_everything() {
        let reply = answer();
        assert_eq!(reply.status(), 202);
        let cookies: Vec<_> =
            reply.headers().get_all("set-cookie").iter().map(|value| value.to_str().unwrap()).collect();
        assert_eq!(
            cookies,
            [
                "__Host-session=; Path=/; HttpOnly; Secure; SameSite=Lax; Max-Age=0",
                "__Host-device=; Path=/; HttpOnly; Secure; SameSite=Lax; Max-Age=0",
            ]
        );
    }

    #[test]
    fn the_sample_is_what_it_says() {
        let sample = include_str!("../../../events/delete_account/wrong_password.json");
        assert!(!deletion(&lambda_http::request::from_str(sample).unwrap()).unwrap().is_empty());
    }
}
