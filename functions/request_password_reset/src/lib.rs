#![doc = include_str!("../README.md")]

use holdfast_domain::{EmailAddress, MailLanguage, MailPurpose};
use holdfast_http_api::{ApiError, Gate, Limiter, NetworkUse, Reply, Request, accepted, json_body, valid};
use holdfast_runtime::{Mails, now};
use holdfast_store::Accounts;
use serde::Deserialize;
use validator::{Validate, ValidationError};

/// What the route works with.
#[derive(Debug)]
pub struct App {
    /// Checks where the request comes from.
    pub gate: Gate,
    /// Who has which address.
    pub accounts: Accounts,
    /// Counts tries.
    pub limiter: Limiter,
    /// Asks for the mail.
    pub mails: Mails,
}

/// Whose password is forgotten.
// Without `Debug`: an address is not for logs.
#[derive(Deserialize, Validate)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct ResetRequestFields {
    #[validate(required, custom(function = "valid_email"))]
    #[cfg_attr(feature = "openapi", schemars(with = "EmailAddress"))]
    email: Option<String>,
    language: Option<MailLanguage>,
}

fn valid_email(text: &str) -> Result<(), ValidationError> {
    valid(EmailAddress::parse(text))
}

/// Whose password, and in which language they are written to.
fn asked(request: &Request) -> Result<(EmailAddress, MailLanguage), ApiError> {
    let fields: ResetRequestFields = json_body(request)?;
    let email = fields.email.as_deref().and_then(|text| EmailAddress::parse(text).ok());
    let unvalidated = || ApiError::internal("a reset passed validation with an address that does not parse");
    Ok((email.ok_or_else(unvalidated)?, fields.language.unwrap_or_default()))
}

/// Asks for the mail, whether the address has an account or not.
///
/// # Errors
/// 400 `bad-origin`, 503 `mail-not-configured`, 413, 415, 422 with one entry a wrong field, 429 `too-many-tries`, or an
/// outage.
pub async fn handle(app: &App, request: Request) -> Result<Reply, ApiError> {
    app.gate.check_origin(&request).await?;
    let (email, language) = asked(&request)?;
    app.mails.check()?;
    let (keys, now, purpose) = (app.gate.session_keys().await?, now(), MailPurpose::ResetPassword);
    let _of_network = app.limiter.take_for_network(&keys, &request, NetworkUse::Reset, now).await?;
    let _of_mailbox = app.limiter.take_for_mail(&keys, &email, purpose, now).await?;
    let found = app.accounts.account_by_email(&email).await?;
    app.mails.ask(purpose, found.map(|(account, _)| account.id), language, now).await?;
    Ok(accepted())
}

#[cfg(test)]
mod tests {
    use holdfast_http_api::Body;

    use super::*;

    fn refused(body: &str) -> String {
        let mut request = Request::new(Body::Text(body.to_owned()));
        request.headers_mut().insert("content-type", "application/json".parse().unwrap());
        let reply = asked(&request).unwrap_err().into_parts().0.into_reply();
        format!("{} {}", reply.status().as_u16(), String::from_utf8_lossy(reply.body()))
    }

    #[test]
    fn each_wrong_field_is_named_once() {
        insta::assert_snapshot!(refused("{}"), @r#"422 {"type":"invalid-fields","title":"Some fields are not valid","status":422,"detail":"Correct the fields and send again.","errors":[{"field":"email","message":"is required"}]}"#);
        insta::assert_snapshot!(refused(r#"{"email":"ada","language":"xx","name":"Ada"}"#), @r#"422 {"type":"invalid-fields","title":"Some fields are not valid","status":422,"detail":"Correct the fields and send again.","errors":[{"field":"email","message":"must be an e-mail address"},{"field":"language","message":"must be `en` or `de`"},{"field":"name","message":"is not a field of this request"}]}"#);
    }

    #[test]
    fn the_sample_is_what_it_says() {
        let sample = include_str!("../../../events/request_password_reset/valid.json");
        let (email, language) = asked(&lambda_http::request::from_str(sample).unwrap()).unwrap();
        assert_eq!((email.as_str(), language), ("buyer@example.com", MailLanguage::En));
    }
}
