//! SES.

use aws_config::SdkConfig;
use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::config::http::HttpResponse;
use aws_sdk_sesv2::error::{ProvideErrorMetadata as _, SdkError};
use aws_sdk_sesv2::operation::send_email::SendEmailError;
use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message};
use holdfast_domain::EmailAddress;

use crate::text::Mail;

/// What recipients see beside the sender's address.
const SENDER_NAME: &str = "Holdfast";
const CHARSET: &str = "UTF-8";

/// Why a mail was not sent. Nothing of it names the recipient: it is logged.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// SES refused it, for the reason that it calls so.
    #[error("SES refused the mail: {0}")]
    Refused(String),
    /// SES did not answer.
    #[error("SES cannot be reached")]
    Unreachable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It could not be written down for SES.
    #[error("the mail cannot be written")]
    Mail(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Sends mails from one address.
#[derive(Debug, Clone)]
pub struct Mailer {
    client: Client,
    from: String,
}

impl Mailer {
    /// A mailer with the address that recipients see.
    #[must_use]
    pub fn open(sdk: &SdkConfig, from: &EmailAddress) -> Self {
        Self::new(Client::new(sdk), from)
    }

    fn new(client: Client, from: &EmailAddress) -> Self {
        Self { client, from: format!("{SENDER_NAME} <{}>", from.as_str()) }
    }

    /// Sends a mail. Once SES has taken it, what becomes of it is between SES and the mailbox.
    ///
    /// # Errors
    /// [`SendError`]; sending again is right, and at worst brings the mail twice.
    pub async fn send(&self, to: &EmailAddress, mail: &Mail) -> Result<(), SendError> {
        let content = |text: &str| Content::builder().data(text).charset(CHARSET).build();
        let subject = content(mail.subject()).map_err(|error| SendError::Mail(error.into()))?;
        let text = content(mail.body()).map_err(|error| SendError::Mail(error.into()))?;
        let message = Message::builder().subject(subject).body(Body::builder().text(text).build()).build();
        let sending = self
            .client
            .send_email()
            .from_email_address(&self.from)
            .destination(Destination::builder().to_addresses(to.as_str()).build())
            .content(EmailContent::builder().simple(message).build());
        sending.send().await.map(drop).map_err(refusal)
    }
}

/// SES's words for a refusal name addresses: only its code is kept.
fn refusal(error: SdkError<SendEmailError, HttpResponse>) -> SendError {
    match error.as_service_error() {
        Some(refused) => SendError::Refused(refused.code().unwrap_or("no code").to_owned()),
        None => SendError::Unreachable(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use aws_sdk_sesv2::operation::send_email::SendEmailOutput;
    use aws_sdk_sesv2::types::error::MessageRejected;
    use aws_smithy_mocks::{RuleMode, mock, mock_client};
    use holdfast_auth::LinkToken;
    use holdfast_domain::{DisplayName, MailLanguage, MailPurpose};
    use holdfast_views::SiteOrigin;

    use super::*;

    fn address(text: &str) -> EmailAddress {
        EmailAddress::parse(text).unwrap()
    }

    fn mail() -> Mail {
        let user = "018f3e5c-6d2a-4c31-9a55-1f2e3d4c5b6a".parse().unwrap();
        let (name, site) = (DisplayName::parse("Ada").unwrap(), SiteOrigin::parse("https://tickets.example").unwrap());
        Mail::new(MailPurpose::VerifyEmail, MailLanguage::De, &name, &site, &LinkToken::draw(user).unwrap())
    }

    #[tokio::test]
    async fn each_part_of_a_mail_is_a_field_of_its_own() {
        let sent = mail();
        let expected = sent.clone();
        let rule = mock!(Client::send_email)
            .match_requests(move |request| {
                let message = request.content().unwrap().simple().unwrap();
                let text = message.body().unwrap().text().unwrap();
                request.from_email_address() == Some("Holdfast <no-reply@tickets.example>")
                    && request.destination().unwrap().to_addresses() == ["ada@example.org"]
                    && request.destination().unwrap().cc_addresses().is_empty()
                    && request.destination().unwrap().bcc_addresses().is_empty()
                    && message.subject().unwrap().data() == expected.subject()
                    && (text.data(), text.charset()) == (expected.body(), Some("UTF-8"))
                    && message.body().unwrap().html().is_none()
            })
            .then_output(|| SendEmailOutput::builder().message_id("1").build());
        let client = mock_client!(aws_sdk_sesv2, RuleMode::MatchAny, [&rule]);
        let mailer = Mailer::new(client, &address("no-reply@tickets.example"));
        mailer.send(&address("ada@example.org"), &sent).await.unwrap();
        assert_eq!(rule.num_calls(), 1);
    }

    #[tokio::test]
    async fn a_refusal_names_its_reason_and_no_address() {
        let rule = mock!(Client::send_email).then_error(|| {
            let meta = aws_sdk_sesv2::error::ErrorMetadata::builder().code("MessageRejected").build();
            let words = "Email address is not verified: ada@example.org";
            SendEmailError::MessageRejected(MessageRejected::builder().message(words).meta(meta).build())
        });
        let client = mock_client!(aws_sdk_sesv2, RuleMode::MatchAny, [&rule]);
        let error = Mailer::new(client, &address("no-reply@tickets.example"));
        let error = error.send(&address("ada@example.org"), &mail()).await.unwrap_err();
        assert_eq!(error.to_string(), "SES refused the mail: MessageRejected");
        assert!(error.source().is_none() && !format!("{error:?}").contains("ada@"), "{error:?}");
    }
}
