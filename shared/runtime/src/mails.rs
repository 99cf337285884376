//! Asking for mails.

use holdfast_domain::{MailLanguage, MailPurpose, Timestamp, UserId};
use holdfast_events::{MailQueue, MailRequest};
use holdfast_http_api::{ApiError, Problem};
use holdfast_telemetry::current_trace;

use crate::start::Runtime;

/// Asks for mails, if this stage has a sender.
#[derive(Debug)]
pub struct Mails {
    queue: Option<MailQueue>,
}

impl Runtime {
    /// What asks for mails.
    #[must_use]
    pub fn mails(&self) -> Mails {
        Mails { queue: self.mail_queue() }
    }
}

impl Mails {
    /// Whether this stage has a sender.
    #[must_use]
    pub fn are_sent(&self) -> bool {
        self.queue.is_some()
    }

    /// Refuses what cannot be done without a sender.
    ///
    /// # Errors
    /// 503 `mail-not-configured`.
    pub fn check(&self) -> Result<(), ApiError> {
        if self.are_sent() { Ok(()) } else { Err(not_configured()) }
    }

    /// Asks for a mail to the owner of an account. Without an account it asks as well: the same call takes the same time,
    /// and `send_mail` writes to nobody.
    ///
    /// # Errors
    /// 503 `mail-not-configured`, or an outage.
    pub async fn ask(
        &self,
        purpose: MailPurpose,
        user: Option<UserId>,
        language: MailLanguage,
        now: Timestamp,
    ) -> Result<(), ApiError> {
        let queue = self.queue.as_ref().ok_or_else(not_configured)?;
        let request = MailRequest { purpose, user, language, asked_at: now };
        queue.send(&request, current_trace()).await.map_err(ApiError::unavailable)
    }
}

fn not_configured() -> ApiError {
    Problem::mail_not_configured("This stage sends no mails.").into()
}
