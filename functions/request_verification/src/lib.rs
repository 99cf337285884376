#![doc = include_str!("../README.md")]

use holdfast_domain::{MailLanguage, MailPurpose};
use holdfast_http_api::{
    ApiError, Gate, Limiter, NetworkUse, Problem, Reply, Request, accepted, json_body, no_content,
};
use holdfast_runtime::{Mails, now};
use holdfast_store::Accounts;
use serde::Deserialize;
use validator::Validate;

/// What the route works with.
#[derive(Debug)]
pub struct App {
    /// Knows who asks.
    pub gate: Gate,
    /// Knows their address.
    pub accounts: Accounts,
    /// Counts tries.
    pub limiter: Limiter,
    /// Asks for the mail.
    pub mails: Mails,
}

/// In which language the mail is written.
#[derive(Debug, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct VerificationFields {
    language: Option<MailLanguage>,
}

fn language(request: &Request) -> Result<MailLanguage, ApiError> {
    Ok(json_body::<VerificationFields>(request)?.language.unwrap_or_default())
}

/// Asks for the mail.
///
/// # Errors
/// 401 `no-session`, 400 `bad-origin`, 503 `mail-not-configured`, 413, 415, 422 with one entry a wrong field, 429
/// `too-many-tries`, or an outage.
pub async fn handle(app: &App, request: Request) -> Result<Reply, ApiError> {
    let now = now();
    let principal = app.gate.principal(&request, now).await?;
    let language = language(&request)?;
    app.mails.check()?;
    let keys = app.gate.session_keys().await?;
    let _of_network = app.limiter.take_for_network(&keys, &request, NetworkUse::Reset, now).await?;
    let gone = || Problem::no_session("There is no session, or it has ended.");
    let account = app.accounts.account_read(principal.user).await?.ok_or_else(gone)?;
    if account.verified_at.is_some() {
        return Ok(no_content());
    }
    let purpose = MailPurpose::VerifyEmail;
    let _of_mailbox = app.limiter.take_for_mail(&keys, &account.email, purpose, now).await?;
    app.mails.ask(purpose, Some(account.id), language, now).await?;
    Ok(accepted())
}

#[cfg(test)]
mod tests {
    use holdfast_http_api::Body;

    use super::*;

    fn asked(body: &str) -> Result<MailLanguage, String> {
        let mut request = Request::new(Body::Text(body.to_owned()));
        request.headers_mut().insert("content-type", "application/json".parse().unwrap());
        let body = |error: ApiError| String::from_utf8_lossy(error.into_parts().0.into_reply().body()).into_owned();
        language(&request).map_err(body)
    }

    #[test]
    fn the_language_is_english_unless_another_is_named() {
        assert_eq!(asked("{}"), Ok(MailLanguage::En));
        assert_eq!(asked(r#"{"language":"de"}"#), Ok(MailLanguage::De));
        insta::assert_snapshot!(asked(r#"{"language":"fr","to":"x"}"#).unwrap_err(), @r#"{"type":"invalid-fields","title":"Some fields are not valid","status":422,"detail":"Correct the fields and send again.","errors":[{"field":"language","message":"must be `en` or `de`"},{"field":"to","message":"is not a field of this request"}]}"#);
    }

    #[test]
    fn the_sample_is_what_it_says() {
        let sample = include_str!("../../../events/request_verification/valid.json");
        let request = lambda_http::request::from_str(sample).unwrap();
        assert_eq!(language(&request).unwrap(), MailLanguage::De);
    }
}
