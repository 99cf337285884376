#![doc = include_str!("../README.md")]

use holdfast_auth::{LinkToken, Password, PasswordHash, hash_password, verify_password};
use holdfast_domain::{MailPurpose, Timestamp};
use holdfast_http_api::{
    ApiError, FieldError, Gate, Limiter, NetworkUse, Problem, Reply, Request, json_body, link_not_valid, link_token,
    valid,
};
use holdfast_runtime::now;
use holdfast_store::{Account, Accounts, LinkState, LinkUseError};
use holdfast_telemetry::{Subject, note};
use serde::Deserialize;
use validator::{Validate, ValidationError};

/// What the route works with.
#[derive(Debug)]
pub struct App {
    /// Ends sessions and starts one.
    pub gate: Gate,
    /// Has the links, and the password's hash.
    pub accounts: Accounts,
    /// Counts tries.
    pub limiter: Limiter,
}

/// What the link of a mail has behind its `#`, and the password that an account is to have.
// Without `Debug`: it holds a link's token, and a password as it was typed.
#[derive(Deserialize, Validate)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct ResetFields {
    #[validate(required)]
    #[cfg_attr(feature = "openapi", schemars(with = "holdfast_domain::schema::LinkToken"))]
    token: Option<String>,
    #[validate(required, custom(function = "valid_new"))]
    #[cfg_attr(feature = "openapi", schemars(with = "holdfast_domain::schema::NewPassword"))]
    new_password: Option<String>,
}

fn valid_new(text: &str) -> Result<(), ValidationError> {
    valid(Password::check(text))
}

/// The link and the password as it was typed.
fn reset(request: &Request) -> Result<(LinkToken, String), ApiError> {
    let fields: ResetFields = json_body(request)?;
    let unvalidated = || ApiError::internal("a reset passed validation without a field");
    let (token, new) = fields.token.zip(fields.new_password).ok_or_else(unvalidated)?;
    Ok((link_token(&token)?, new))
}

/// Not made of the owner's address, which the request does not have.
fn chosen(text: &str, owner: &Account) -> Result<Password, ApiError> {
    Password::parse(text, &owner.email).map_err(|error| {
        let error = FieldError { field: "new_password".into(), message: error.to_string() };
        Problem::invalid_fields("Correct the fields and send again.").with_errors(vec![error]).into()
    })
}

/// Sets the password and signs its owner in.
///
/// # Errors
/// 400 `bad-origin`, 413, 415, 422 with one entry a wrong field, 429 `too-many-tries`, 409 `link-not-valid`, or an
/// outage.
pub async fn handle(app: &App, request: Request) -> Result<Reply, ApiError> {
    app.gate.check_origin(&request).await?;
    let (token, new) = reset(&request)?;
    let (keys, now) = (app.gate.session_keys().await?, now());
    let of_network = app.limiter.take_for_network(&keys, &request, NetworkUse::Reset, now).await?;
    let user = token.user();
    let link = app.accounts.link_read(user, MailPurpose::ResetPassword, &token.hash(), now).await?;
    let link = link.ok_or_else(link_not_valid)?;
    note(Subject::User(user));
    let (account, hash) = account_of(app, &token).await?;
    let set = match link {
        LinkState::Open => replaced(app, &account, &token, &chosen(&new, &account)?, now).await?,
        // The same request again, after one that died half-way.
        LinkState::Used if verify_password(&new, Some(&hash)) => hash,
        LinkState::Used => return Err(link_not_valid()),
    };
    app.gate.end_sessions_of(user, now).await?;
    let started = app.gate.start_session(&request, &account, now).await?;
    // Another change of the password may have listed the sessions before this one was recorded.
    let still = app.accounts.account_by_email(&account.email).await?;
    let Some((account, _)) = still.filter(|(owner, current)| owner.id == user && *current == set) else {
        app.gate.abandon_session(started).await?;
        return Err(link_not_valid());
    };
    app.limiter.give_back(of_network, now).await;
    Ok(started.into_reply(201, &account))
}

/// Whose link it is, with the hash of their password.
async fn account_of(app: &App, token: &LinkToken) -> Result<(Account, PasswordHash), ApiError> {
    let account = app.accounts.account_read(token.user()).await?.ok_or_else(link_not_valid)?;
    let found = app.accounts.account_by_email(&account.email).await?;
    found.filter(|(owner, _)| owner.id == token.user()).ok_or_else(link_not_valid)
}

/// Uses the link; the hash of the new password.
async fn replaced(
    app: &App,
    account: &Account,
    token: &LinkToken,
    new: &Password,
    now: Timestamp,
) -> Result<PasswordHash, ApiError> {
    let hash = hash_password(new).map_err(ApiError::internal)?;
    match app.accounts.password_reset(account, &token.hash(), &hash, now).await {
        Ok(()) => Ok(hash),
        Err(LinkUseError::NotValid) => Err(link_not_valid()),
        Err(LinkUseError::Store(error)) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use holdfast_http_api::Body;

    use super::*;

    fn refused(body: &str) -> String {
        let mut request = Request::new(Body::Text(body.to_owned()));
        request.headers_mut().insert("content-type", "application/json".parse().unwrap());
        let Err(error) = reset(&request) else { panic!("not refused: {body}") };
        let reply = error.into_parts().0.into_reply();
        format!("{} {}", reply.status().as_u16(), String::from_utf8_lossy(reply.body()))
    }

    #[test]
    fn each_wrong_field_is_named_once() {
        insta::assert_snapshot!(refused("{}"), @r#"422 {"type":"invalid-fields","title":"Some fields are not valid","status":422,"detail":"Correct the fields and send again.","errors":[{"field":"new_password","message":"is required"},{"field":"token","message":"is required"}]}"#);
        insta::assert_snapshot!(refused(r#"{"token":"x","new_password":"password1234"}"#), @r#"422 {"type":"invalid-fields","title":"Some fields are not valid","status":422,"detail":"Correct the fields and send again.","errors":[{"field":"new_password","message":"is too easily guessed: choose other or more words, and none of your address"}]}"#);
        insta::assert_snapshot!(refused(r#"{"token":"x","new_password":"correct horse battery"}"#), @r#"409 {"type":"link-not-valid","title":"The link is not valid any more","status":409,"detail":"It was used, has run out, or a newer one was sent. Ask for a new one."}"#);
    }

    #[test]
    fn the_sample_is_what_it_says() {
        let sample = include_str!("../../../events/reset_password/valid.json");
        let (token, new) = reset(&lambda_http::request::from_str(sample).unwrap()).unwrap();
        assert_eq!(token.user().to_string(), "018f3e5c-6d2a-4c31-9a55-1f2e3d4c5b6a");
        assert_eq!(new, "correct horse battery");
    }
}
