#![doc = include_str!("../README.md")]

use holdfast_auth::{PasswordHash, verify_password};
use holdfast_domain::EmailAddress;
use holdfast_http_api::{ApiError, Gate, Limiter, NetworkUse, Problem, Reply, Request, json_body, valid};
use holdfast_runtime::now;
use holdfast_store::{Account, Accounts};
use serde::Deserialize;
use validator::{Validate, ValidationError};

/// What the route works with.
#[derive(Debug)]
pub struct App {
    /// Checks where the request comes from and starts the session.
    pub gate: Gate,
    /// Who has which address.
    pub accounts: Accounts,
    /// Counts tries.
    pub limiter: Limiter,
}

/// Who wants to sign in.
// Without `Debug`: it holds a password as it was typed.
#[derive(Deserialize, Validate)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct SignInFields {
    #[validate(required, custom(function = "valid_email"))]
    #[cfg_attr(feature = "openapi", schemars(with = "EmailAddress"))]
    email: Option<String>,
    #[validate(required, custom(function = "valid_password"))]
    #[cfg_attr(feature = "openapi", schemars(with = "holdfast_domain::schema::TypedPassword"))]
    password: Option<String>,
}

fn valid_email(text: &str) -> Result<(), ValidationError> {
    valid(EmailAddress::parse(text))
}

fn valid_password(text: &str) -> Result<(), ValidationError> {
    if text.is_empty() {
        return Err(ValidationError::new("empty").with_message("must not be empty".into()));
    }
    Ok(())
}

/// The address and the password as it was typed.
fn sign_in(request: &Request) -> Result<(EmailAddress, String), ApiError> {
    let fields: SignInFields = json_body(request)?;
    let email = fields.email.as_deref().and_then(|text| EmailAddress::parse(text).ok());
    let unvalidated = || ApiError::internal("a sign-in passed validation with a field that does not parse");
    email.zip(fields.password).ok_or_else(unvalidated)
}

/// The account and its hash, if the password is its own. Whether there is an account shows neither in the answer nor in
/// the work.
fn authenticated(found: Option<(Account, PasswordHash)>, password: &str) -> Result<(Account, PasswordHash), ApiError> {
    let right = verify_password(password, found.as_ref().map(|(_, hash)| hash));
    found.filter(|_| right).ok_or_else(wrong_credentials)
}

fn wrong_credentials() -> ApiError {
    Problem::wrong_credentials("Check both and try again.").into()
}

/// Signs in.
///
/// # Errors
/// 400 `bad-origin`, 413, 415, 422 with one entry a wrong field, 429 `too-many-tries`, 401 `wrong-credentials`, or an
/// outage.
pub async fn handle(app: &App, request: Request) -> Result<Reply, ApiError> {
    app.gate.check_origin(&request).await?;
    let (email, password) = sign_in(&request)?;
    let (keys, now) = (app.gate.session_keys().await?, now());
    let of_network = app.limiter.take_for_network(&keys, &request, NetworkUse::SignIn, now).await?;
    let found = app.accounts.account_by_email(&email).await?;
    let user = found.as_ref().map(|(account, _)| account.id);
    let of_account = app.limiter.take_for_sign_in(&keys, &request, &email, user, now).await?;
    let (account, hash) = authenticated(found, &password)?;
    let started = app.gate.start_session(&request, &account, now).await?;
    // A password that was changed since, or an account that is gone: who did that lists the sessions afterwards, and may
    // have done so before this one was recorded. Nobody has its token yet.
    let still = app.accounts.account_by_email(&email).await?;
    if still.is_none_or(|(owner, current)| owner.id != account.id || current != hash) {
        app.gate.abandon_session(started).await?;
        return Err(wrong_credentials());
    }
    app.limiter.give_back(of_account, now).await;
    app.limiter.give_back(of_network, now).await;
    Ok(started.into_reply(201, &account))
}

#[cfg(test)]
mod tests {
    use holdfast_auth::{Password, hash_password};
    use holdfast_domain::{DisplayName, Timestamp};
    use holdfast_http_api::Body;

    use super::*;

    fn request(body: &str) -> Request {
        let mut request = Request::new(Body::Text(body.to_owned()));
        request.headers_mut().insert("content-type", "application/json".parse().unwrap());
        request
    }

    /// Status and body of the refusal.
    fn shown(error: ApiError) -> String {
        let reply = error.into_parts().0.into_reply();
        format!("{} {}", reply.status().as_u16(), String::from_utf8_lossy(reply.body()))
    }

    fn refused(body: &str) -> String {
        shown(sign_in(&request(body)).unwrap_err())
    }

    fn ada() -> (Account, PasswordHash) {
        let account = Account {
            id: "018f3e5c-6d2a-4c31-9a55-1f2e3d4c5b6a".parse().unwrap(),
            email: EmailAddress::parse("ada@example.org").unwrap(),
            display_name: DisplayName::parse("Ada").unwrap(),
            created_at: Timestamp::parse("2026-11-22T16:59:05Z").unwrap(),
            verified_at: None,
        };
        let password = Password::parse("correct horse battery", &account.email).unwrap();
        let hash = hash_password(&password).unwrap();
        (account, hash)
    }

    #[test]
    fn the_right_password_finds_the_account() {
        let found = authenticated(Some(ada()), "correct horse battery").unwrap();
        assert_eq!(found.0, ada().0);
    }

    #[test]
    fn an_unknown_address_and_a_wrong_password_are_told_the_same() {
        let wrong = shown(authenticated(Some(ada()), "correct horse batterz").unwrap_err());
        let unknown = shown(authenticated(None, "correct horse battery").unwrap_err());
        assert_eq!(wrong, unknown);
        insta::assert_snapshot!(unknown, @r#"401 {"type":"wrong-credentials","title":"Wrong e-mail address or password","status":401,"detail":"Check both and try again."}"#);
    }

    #[test]
    fn the_address_is_normalised_and_the_password_is_not() {
        let (email, password) = sign_in(&request(r#"{"email":" ADA@example.org","password":" x "}"#)).unwrap();
        assert_eq!((email.as_str(), password.as_str()), ("ada@example.org", " x "));
    }

    #[test]
    fn the_samples_are_what_they_say() {
        for sample in [
            include_str!("../../../events/sign_in/valid.json"),
            include_str!("../../../events/sign_in/wrong_password.json"),
        ] {
            let (email, _) = sign_in(&lambda_http::request::from_str(sample).unwrap()).unwrap();
            assert_eq!(email.as_str(), "buyer@example.com");
        }
    }

    #[test]
    fn each_wrong_field_is_named_once() {
        insta::assert_snapshot!(refused("{}"), @r#"422 {"type":"invalid-fields","title":"Some fields are not valid","status":422,"detail":"Correct the fields and send again.","errors":[{"field":"email","message":"is required"},{"field":"password","message":"is required"}]}"#);
        insta::assert_snapshot!(refused(r#"{"email":"ada","password":""}"#), @r#"422 {"type":"invalid-fields","title":"Some fields are not valid","status":422,"detail":"Correct the fields and send again.","errors":[{"field":"email","message":"must be an e-mail address"},{"field":"password","message":"must not be empty"}]}"#);
        insta::assert_snapshot!(refused(r#"{"email":null,"password":12,"remember":true}"#), @r#"422 {"type":"invalid-fields","title":"Some fields are not valid","status":422,"detail":"Correct the fields and send again.","errors":[{"field":"email","message":"is required"},{"field":"password","message":"must be a string"},{"field":"remember","message":"is not a field of this request"}]}"#);
        insta::assert_snapshot!(refused("correct horse"), @r#"400 {"type":"malformed-json","title":"The body is not valid JSON","status":400,"detail":"Line 1, column 1 is not JSON."}"#);
    }
}
