#![doc = include_str!("../README.md")]

use holdfast_auth::{Password, SessionKeys, hash_password};
use holdfast_domain::{DisplayName, EmailAddress, MailLanguage, MailPurpose, Timestamp, UserId};
use holdfast_http_api::{
    ApiError, FieldError, Gate, Limiter, NetworkUse, Problem, Reply, Request, json_body_with, valid,
};
use holdfast_runtime::{Mails, error_chain, now};
use holdfast_store::{Account, AccountCreateError, Accounts};
use serde::Deserialize;
use uuid::Uuid;
use validator::{Validate, ValidationError};

/// What the route works with.
#[derive(Debug)]
pub struct App {
    /// Checks where the request comes from and starts the session.
    pub gate: Gate,
    /// Where the account goes.
    pub accounts: Accounts,
    /// Counts tries.
    pub limiter: Limiter,
    /// Asks for the mail that verifies the address.
    pub mails: Mails,
}

/// Who wants an account.
// Without `Debug`: it holds a password as it was typed.
#[derive(Deserialize, Validate)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct SignUpFields {
    #[validate(required, custom(function = "valid_email"))]
    #[cfg_attr(feature = "openapi", schemars(with = "EmailAddress"))]
    email: Option<String>,
    #[validate(required, custom(function = "valid_password"))]
    #[cfg_attr(feature = "openapi", schemars(with = "holdfast_domain::schema::NewPassword"))]
    password: Option<String>,
    #[validate(custom(function = "valid_display_name"))]
    #[cfg_attr(feature = "openapi", schemars(with = "Option<DisplayName>"))]
    display_name: Option<String>,
    language: Option<MailLanguage>,
}

fn valid_email(text: &str) -> Result<(), ValidationError> {
    valid(EmailAddress::parse(text))
}

fn valid_password(text: &str) -> Result<(), ValidationError> {
    valid(Password::check(text))
}

fn valid_display_name(text: &str) -> Result<(), ValidationError> {
    valid(DisplayName::parse(text))
}

/// Who wants an account.
#[derive(Debug)]
struct SignUp {
    email: EmailAddress,
    password: Password,
    display_name: Option<DisplayName>,
    language: MailLanguage,
}

/// A password must not be made of the address beside it.
fn wrong_together(fields: &SignUpFields) -> Vec<FieldError> {
    let email = fields.email.as_deref().and_then(|text| EmailAddress::parse(text).ok());
    let refused = email.zip(fields.password.as_deref()).and_then(|(email, text)| Password::parse(text, &email).err());
    refused.map(|error| FieldError { field: "password".into(), message: error.to_string() }).into_iter().collect()
}

fn sign_up(request: &Request) -> Result<SignUp, ApiError> {
    let fields: SignUpFields = json_body_with(request, wrong_together)?;
    let unvalidated = || ApiError::internal("a sign-up passed validation with a field that does not parse");
    into_sign_up(&fields).ok_or_else(unvalidated)
}

fn into_sign_up(fields: &SignUpFields) -> Option<SignUp> {
    let email = EmailAddress::parse(fields.email.as_deref()?).ok()?;
    Some(SignUp {
        password: Password::parse(fields.password.as_deref()?, &email).ok()?,
        email,
        display_name: fields.display_name.as_deref().map(DisplayName::parse).transpose().ok()?,
        language: fields.language.unwrap_or_default(),
    })
}

/// What a person is called who did not say: something of their own that tells nothing about them.
///
/// # Panics
/// Never: the name is short and plain.
fn default_display_name(id: UserId) -> DisplayName {
    let id = id.to_string();
    DisplayName::parse(&format!("Member {}", &id[id.len() - 4..])).expect("a short plain name")
}

/// Creates the account and signs its owner in.
///
/// # Errors
/// 400 `bad-origin`, 413, 415, 422 with one entry a wrong field, 429 `too-many-tries`, 409 `email-taken`, or an outage.
pub async fn handle(app: &App, request: Request) -> Result<Reply, ApiError> {
    app.gate.check_origin(&request).await?;
    let SignUp { email, password, display_name, language } = sign_up(&request)?;
    let (id, now) = (UserId::from_uuid(Uuid::new_v4()), now());
    // Never given back: a network may not make accounts without end.
    let keys = app.gate.session_keys().await?;
    let _of_network = app.limiter.take_for_network(&keys, &request, NetworkUse::SignUp, now).await?;
    let hash = hash_password(&password).map_err(ApiError::internal)?;
    let display_name = display_name.unwrap_or_else(|| default_display_name(id));
    let account = Account { id, email, display_name, created_at: now, verified_at: None };
    app.accounts.account_create(&account, &hash).await.map_err(|error| match error {
        AccountCreateError::EmailTaken => Problem::email_taken("Sign in, or use another address.").into(),
        AccountCreateError::Store(error) => ApiError::from(error),
    })?;
    let started = app.gate.start_session(&request, &account, now).await?;
    ask_for_verification(app, &keys, &account, language, now).await;
    Ok(started.into_reply(201, &account))
}

/// Asks for the mail that verifies the address. The account is there: without the mail its owner asks again on its page.
async fn ask_for_verification(
    app: &App,
    keys: &SessionKeys,
    account: &Account,
    language: MailLanguage,
    now: Timestamp,
) {
    if !app.mails.are_sent() {
        return;
    }
    let purpose = MailPurpose::VerifyEmail;
    let asked = match app.limiter.take_for_mail(keys, &account.email, purpose, now).await {
        Ok(_of_mailbox) => app.mails.ask(purpose, Some(account.id), language, now).await,
        Err(refused) => Err(refused),
    };
    if let Err(error) = asked {
        let (problem, cause) = error.into_parts();
        let cause = cause.map(|cause| error_chain(cause.as_ref())).unwrap_or_default();
        tracing::warn!(problem = problem.kind(), error = cause, "the mail that verifies the address is not asked for");
    }
}

#[cfg(test)]
mod tests {
    use holdfast_http_api::Body;

    use super::*;

    fn request(body: &str) -> Request {
        let mut request = Request::new(Body::Text(body.to_owned()));
        request.headers_mut().insert("content-type", "application/json".parse().unwrap());
        request
    }

    /// Status and body of the refusal.
    fn refused(body: &str) -> String {
        let reply = sign_up(&request(body)).unwrap_err().into_parts().0.into_reply();
        format!("{} {}", reply.status().as_u16(), String::from_utf8_lossy(reply.body()))
    }

    #[test]
    fn a_sign_up_is_normalised() {
        let body = r#"{"email":" Ada@Example.ORG ","password":"  correct horse battery  ","display_name":" Ada "}"#;
        let taken = sign_up(&request(body)).unwrap();
        assert_eq!(taken.email.as_str(), "ada@example.org");
        assert_eq!(taken.password, Password::parse("  correct horse battery  ", &taken.email).unwrap());
        assert_eq!(taken.display_name.unwrap().as_str(), "Ada");
        let hidden = format!("{:?}", sign_up(&request(body)).unwrap());
        assert!(!hidden.contains("correct") && !hidden.contains("example"), "{hidden}");
    }

    #[test]
    fn the_default_name_tells_nothing_about_the_address() {
        let body = r#"{"email":"ada@example.org","password":"correct horse battery"}"#;
        assert!(sign_up(&request(body)).unwrap().display_name.is_none());
        let id = "018f3e5c-6d2a-4c31-9a55-1f2e3d4c5b6a".parse().unwrap();
        assert_eq!(default_display_name(id).as_str(), "Member 5b6a");
    }

    #[test]
    fn each_wrong_field_is_named_once() {
        insta::assert_snapshot!(refused("{}"), @r#"422 {"type":"invalid-fields","title":"Some fields are not valid","status":422,"detail":"Correct the fields and send again.","errors":[{"field":"email","message":"is required"},{"field":"password","message":"is required"}]}"#);
        let each = r#"{"email":"ada","password":"short","display_name":" "}"#;
        insta::assert_snapshot!(refused(each), @r#"422 {"type":"invalid-fields","title":"Some fields are not valid","status":422,"detail":"Correct the fields and send again.","errors":[{"field":"display_name","message":"must not be empty"},{"field":"email","message":"must be an e-mail address"},{"field":"password","message":"must have at least 12 characters"}]}"#);
        insta::assert_snapshot!(refused(r#"{"email":"","password":""}"#), @r#"422 {"type":"invalid-fields","title":"Some fields are not valid","status":422,"detail":"Correct the fields and send again.","errors":[{"field":"email","message":"must not be empty"},{"field":"password","message":"must have at least 12 characters"}]}"#);
        let types = r#"{"email":7,"password":["correct horse"],"display_name":null}"#;
        insta::assert_snapshot!(refused(types), @r#"422 {"type":"invalid-fields","title":"Some fields are not valid","status":422,"detail":"Correct the fields and send again.","errors":[{"field":"email","message":"must be a string"},{"field":"password","message":"must be a string"}]}"#);
        let long = [("email", 255), ("password", 129), ("display_name", 61)];
        let long = long.map(|(name, length)| format!(r#""{name}":"{}""#, "a".repeat(length))).join(",");
        insta::assert_snapshot!(refused(&format!("{{{long}}}")), @r#"422 {"type":"invalid-fields","title":"Some fields are not valid","status":422,"detail":"Correct the fields and send again.","errors":[{"field":"display_name","message":"must have at most 60 characters"},{"field":"email","message":"must have at most 254 characters"},{"field":"password","message":"must have at most 128 characters"}]}"#);
    }

    #[test]
    fn a_password_of_the_address_beside_it_is_refused_at_its_field() {
        let own = r#"{"email":"ada.lovelace@example.org","password":"ada.lovelace@example.org"}"#;
        insta::assert_snapshot!(refused(own), @r#"422 {"type":"invalid-fields","title":"Some fields are not valid","status":422,"detail":"Correct the fields and send again.","errors":[{"field":"password","message":"is too easily guessed: choose other or more words, and none of your address"}]}"#);
        let common = r#"{"email":"ada","password":"password1234"}"#;
        insta::assert_snapshot!(refused(common), @r#"422 {"type":"invalid-fields","title":"Some fields are not valid","status":422,"detail":"Correct the fields and send again.","errors":[{"field":"email","message":"must be an e-mail address"},{"field":"password","message":"is too easily guessed: choose other or more words, and none of your address"}]}"#);
    }

    #[test]
    fn the_samples_are_what_they_say() {
        let valid = include_str!("../../../events/sign_up/valid.json");
        let valid = sign_up(&lambda_http::request::from_str(valid).unwrap()).unwrap();
        assert_eq!(valid.email.as_str(), "ada@example.org");
        let invalid = include_str!("../../../events/sign_up/invalid_fields.json");
        let invalid = sign_up(&lambda_http::request::from_str(invalid).unwrap()).unwrap_err();
        assert_eq!(invalid.into_parts().0.status(), 422);
    }

    #[test]
    fn what_is_not_asked_for_is_refused() {
        let unknown = r#"{"email":"ada@example.org","password":"correct horse battery","role":"admin"}"#;
        insta::assert_snapshot!(refused(unknown), @r#"422 {"type":"invalid-fields","title":"Some fields are not valid","status":422,"detail":"Correct the fields and send again.","errors":[{"field":"role","message":"is not a field of this request"}]}"#);
        insta::assert_snapshot!(refused(r#"{"email":"ada@example.org","password":"correct"#), @r#"400 {"type":"malformed-json","title":"The body is not valid JSON","status":400,"detail":"Line 1, column 46 is not JSON."}"#);
        insta::assert_snapshot!(refused(r#"["ada@example.org"]"#), @r#"422 {"type":"invalid-fields","title":"Some fields are not valid","status":422,"detail":"Correct the fields and send again.","errors":[{"field":"","message":"must be an object"}]}"#);
    }
}
