#![doc = include_str!("../README.md")]

use holdfast_auth::{LinkToken, SecretError};
use holdfast_domain::{EmailAddress, MAIL_TOO_LATE_AFTER, MailPurpose, Timestamp};
use holdfast_events::{MailRequest, QueueMessage};
use holdfast_mail::{Mail, Mailer, SendError};
use holdfast_runtime::{ConfigError, Runtime};
use holdfast_store::{Accounts, LinkStored, StoreError};
use holdfast_telemetry::{Subject, follow, note};
use holdfast_views::SiteOrigin;
use serde::Deserialize;

/// What the function works with.
#[derive(Debug)]
pub struct App {
    accounts: Accounts,
    /// None where the stage has no sender.
    mailer: Option<Mailer>,
    site: SiteOrigin,
}

impl App {
    /// What the function works with, from its configuration.
    ///
    /// # Errors
    /// [`ConfigError`] when `ACCOUNTS_TABLE` or `SITE_ORIGIN` is missing or wrong, or `MAIL_FROM` is no address.
    pub fn of(runtime: &Runtime) -> Result<Self, ConfigError> {
        let site = runtime.config.text("SITE_ORIGIN")?;
        let site = SiteOrigin::parse(&site).map_err(|_| ConfigError::Invalid("SITE_ORIGIN"))?;
        let mailer = match runtime.config.text("MAIL_FROM") {
            Ok(from) => {
                let from = EmailAddress::parse(&from).map_err(|_| ConfigError::Invalid("MAIL_FROM"))?;
                Some(Mailer::open(&runtime.sdk, &from))
            }
            Err(_) => None,
        };
        Ok(Self { accounts: runtime.accounts()?, mailer, site })
    }
}

/// Why a mail was not sent.
#[derive(Debug, thiserror::Error)]
pub enum SendMailError {
    /// The message asks for no mail.
    #[error("a message of the mail queue cannot be read")]
    Message(#[source] serde_json::Error),
    /// The stage has no sender any more.
    #[error("this stage has no sender of mails")]
    NotConfigured,
    /// The table failed.
    #[error("the account or its link cannot be read or written")]
    Store(#[from] StoreError),
    /// No secret.
    #[error("no link was drawn")]
    Secret(#[from] SecretError),
    /// SES failed.
    #[error("the mail was not sent")]
    Send(#[from] SendError),
}

/// What the queue's mapping hands over: one message, as the template says.
#[derive(Debug, Deserialize)]
pub struct Batch {
    /// The messages.
    #[serde(rename = "Records")]
    records: Vec<QueueMessage>,
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Sent,
    /// Nobody is named, or their account is gone.
    NobodyToWriteTo,
    TooLate,
    VerifiedAlready,
    /// A newer link was stored meanwhile, or the account went.
    Outdated,
}

/// Sends what is asked for.
///
/// # Errors
/// [`SendMailError`]; the message comes again.
pub async fn handle(app: &App, batch: Batch, now: Timestamp) -> Result<(), SendMailError> {
    for message in batch.records {
        follow(message.trace());
        let request: MailRequest = serde_json::from_str(&message.body).map_err(SendMailError::Message)?;
        let outcome = send(app, &request, now).await?;
        tracing::info!(purpose = request.purpose.as_str(), ?outcome, "looked at a request for a mail");
    }
    Ok(())
}

async fn send(app: &App, request: &MailRequest, now: Timestamp) -> Result<Outcome, SendMailError> {
    let Some(user) = request.user else { return Ok(Outcome::NobodyToWriteTo) };
    note(Subject::User(user));
    if is_too_late(request, now) {
        return Ok(Outcome::TooLate);
    }
    let mailer = app.mailer.as_ref().ok_or(SendMailError::NotConfigured)?;
    let Some(account) = app.accounts.account_read(user).await? else { return Ok(Outcome::NobodyToWriteTo) };
    match request.purpose {
        MailPurpose::VerifyEmail if account.verified_at.is_some() => return Ok(Outcome::VerifiedAlready),
        MailPurpose::VerifyEmail | MailPurpose::ResetPassword => {}
    }
    let token = LinkToken::draw(user)?;
    match app.accounts.link_store(&account, request.purpose, &token.hash(), now).await? {
        LinkStored::Yes => {}
        LinkStored::Outdated => return Ok(Outcome::Outdated),
    }
    let mail = Mail::new(request.purpose, request.language, &account.display_name, &app.site, &token);
    mailer.send(&account.email, &mail).await?;
    Ok(Outcome::Sent)
}

fn is_too_late(request: &MailRequest, now: Timestamp) -> bool {
    now.since(request.asked_at) > MAIL_TOO_LATE_AFTER
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use holdfast_domain::MailLanguage;

    use super::*;

    #[test]
    fn the_samples_are_requests() {
        let samples = [
            (include_str!("../../../events/send_mail/valid.json"), MailPurpose::VerifyEmail, true),
            (include_str!("../../../events/send_mail/nobody.json"), MailPurpose::ResetPassword, false),
        ];
        for (sample, purpose, somebody) in samples {
            let batch: Batch = serde_json::from_str(sample).unwrap();
            let [message] = batch.records.as_slice() else { panic!("one message") };
            let request: MailRequest = serde_json::from_str(&message.body).unwrap();
            assert_eq!((request.purpose, request.user.is_some()), (purpose, somebody));
            assert!(message.trace().is_some());
        }
    }

    #[test]
    fn a_mail_that_was_held_up_for_more_than_a_day_is_not_sent() {
        let asked_at = Timestamp::parse("2026-11-22T16:59:05Z").unwrap();
        let request =
            MailRequest { purpose: MailPurpose::ResetPassword, user: None, language: MailLanguage::En, asked_at };
        let day = asked_at.plus(MAIL_TOO_LATE_AFTER);
        assert!(!is_too_late(&request, asked_at) && !is_too_late(&request, day));
        assert!(is_too_late(&request, day.plus(Duration::from_millis(1))));
    }
}
