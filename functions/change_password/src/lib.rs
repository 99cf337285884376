#![doc = include_str!("../README.md")]

use holdfast_auth::{Password, PasswordHash, hash_password};
use holdfast_domain::{EmailAddress, MailPurpose, Timestamp};
use holdfast_http_api::{
    ApiError, FieldError, Gate, Limiter, Principal, Problem, Reply, Request, account_of, is_password_of, json_body,
    no_content, valid,
};
use holdfast_runtime::now;
use holdfast_store::{Accounts, PasswordReplaceError};
use serde::Deserialize;
use validator::{Validate, ValidationError};

/// What the route works with.
#[derive(Debug)]
pub struct App {
    /// Knows who asks, and their sessions.
    pub gate: Gate,
    /// Has the password's hash.
    pub accounts: Accounts,
    /// Counts tries.
    pub limiter: Limiter,
}

/// The password that an account has, and the one that it is to have.
// Without `Debug`: it holds passwords as they were typed.
#[derive(Deserialize, Validate)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct ChangeFields {
    #[validate(required, custom(function = "valid_current"))]
    #[cfg_attr(feature = "openapi", schemars(with = "holdfast_domain::schema::TypedPassword"))]
    current_password: Option<String>,
    #[validate(required, custom(function = "valid_new"))]
    #[cfg_attr(feature = "openapi", schemars(with = "holdfast_domain::schema::NewPassword"))]
    new_password: Option<String>,
}

fn valid_current(text: &str) -> Result<(), ValidationError> {
    if text.is_empty() {
        return Err(ValidationError::new("empty").with_message("must not be empty".into()));
    }
    Ok(())
}

fn valid_new(text: &str) -> Result<(), ValidationError> {
    valid(Password::check(text))
}

/// Both passwords as they were typed.
fn change(request: &Request) -> Result<(String, String), ApiError> {
    let fields: ChangeFields = json_body(request)?;
    let unvalidated = || ApiError::internal("a change of a password passed validation without one");
    fields.current_password.zip(fields.new_password).ok_or_else(unvalidated)
}

fn wrong(field: &str, message: impl Into<String>) -> ApiError {
    let error = FieldError { field: field.into(), message: message.into() };
    Problem::invalid_fields("Correct the fields and send again.").with_errors(vec![error]).into()
}

fn wrong_current() -> ApiError {
    wrong("current_password", "is not your password")
}

fn chosen(text: &str, owner: &EmailAddress) -> Result<Password, ApiError> {
    Password::parse(text, owner).map_err(|error| wrong("new_password", error.to_string()))
}

/// Replaces the password.
///
/// # Errors
/// 401 `no-session`, 400 `bad-origin`, 413, 415, 422 with one entry a wrong field, 429 `too-many-tries`, or an outage.
pub async fn handle(app: &App, request: Request) -> Result<Reply, ApiError> {
    let now = now();
    let principal = app.gate.principal(&request, now).await?;
    let (current, new) = change(&request)?;
    let (account, hash) = account_of(&app.accounts, &principal).await?;
    let chosen = chosen(&new, &account.email)?;
    if is_password(app, &principal, &current, &hash, now).await? {
        let replacement = hash_password(&chosen).map_err(ApiError::internal)?;
        app.accounts.password_replace(&account, &hash, &replacement).await.map_err(|error| match error {
            PasswordReplaceError::Changed => wrong_current(),
            PasswordReplaceError::Store(error) => error.into(),
        })?;
    } else if !is_password(app, &principal, &new, &hash, now).await? {
        // It is not the same request again either, after one that died half-way.
        return Err(wrong_current());
    }
    // Whoever has asked for a link with the old password in mind has no use for it now.
    app.accounts.link_drop(principal.user, MailPurpose::ResetPassword).await?;
    app.gate.end_other_sessions(&principal, now).await?;
    Ok(no_content())
}

/// Whether `text` is the caller's password. Costs a try, which comes back if it is.
async fn is_password(
    app: &App,
    principal: &Principal,
    text: &str,
    hash: &PasswordHash,
    now: Timestamp,
) -> Result<bool, ApiError> {
    is_password_of(&app.gate, &app.limiter, principal, text, hash, now).await
}

#[cfg(test)]
mod tests {
    use holdfast_http_api::Body;

    use super::*;

    /// Status and body of the refusal.
    fn shown(error: ApiError) -> String {
        let reply = error.into_parts().0.into_reply();
        format!("{} {}", reply.status().as_u16(), String::from_utf8_lossy(reply.body()))
    }

    fn refused(body: &str) -> String {
        let mut request = Request::new(Body::Text(body.to_owned()));
        request.headers_mut().insert("content-type", "application/json".parse().unwrap());
        shown(change(&request).unwrap_err())
    }

    #[test]
    fn each_wrong_field_is_named_once() {
        insta::assert_snapshot!(refused("{}"), @r#"422 {"type":"invalid-fields","title":"Some fields are not valid","status":422,"detail":"Correct the fields and send again.","errors":[{"field":"current_password","message":"is required"},{"field":"new_password","message":"is required"}]}"#);
        insta::assert_snapshot!(refused(r#"{"current_password":"","new_password":"password1234"}"#), @r#"422 {"type":"invalid-fields","title":"Some fields are not valid","status":422,"detail":"Correct the fields and send again.","errors":[{"field":"current_password","message":"must not be empty"},{"field":"new_password","message":"is too easily guessed: choose other or more words, and none of your address"}]}"#);
    }

    #[test]
    fn a_password_of_the_own_address_is_refused_at_its_field() {
        let owner = EmailAddress::parse("ada.lovelace@example.org").unwrap();
        insta::assert_snapshot!(shown(chosen("ada.lovelace@example.org", &owner).unwrap_err()), @r#"422 {"type":"invalid-fields","title":"Some fields are not valid","status":422,"detail":"Correct the fields and send again.","errors":[{"field":"new_password","message":"is too easily guessed: choose other or more words, and none of your address"}]}"#);
    }

    #[test]
    fn the_sample_is_what_it_says() {
        let sample = include_str!("../../../events/change_password/valid.json");
        let (current, new) = change(&lambda_http::request::from_str(sample).unwrap()).unwrap();
        assert_ne!(current, new);
    }
}
