//! What the stack has mailed, as its recipients see it.

use std::time::Duration;

use crate::{Call, Stack, eventually};

/// How long a mail may take: the functions of all tests share one queue.
const DELIVERY: Duration = Duration::from_mins(1);

/// A mail in somebody's mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Its subject.
    pub subject: String,
    /// Its text.
    pub body: String,
}

impl Mail {
    /// The address that it asks to open.
    ///
    /// # Panics
    /// When it has none.
    #[must_use]
    pub fn link(&self) -> &str {
        self.body.lines().find(|line| line.starts_with("http")).unwrap_or_else(|| panic!("no link in {self:?}"))
    }

    /// What the page behind the link sends to the API.
    ///
    /// # Panics
    /// When the link has no token.
    #[must_use]
    pub fn token(&self) -> String {
        self.link().split_once('#').expect("a token").1.to_owned()
    }
}

impl Stack {
    /// The mails to an address, oldest first.
    ///
    /// # Panics
    /// When the mailbox does not answer.
    pub async fn mails_to(&self, email: &str) -> Vec<Mail> {
        let answer = self.send(Call::new("GET", format!("/_mail.json?to={email}"))).await.expect(200);
        let mut mails = answer.body.as_array().expect("a list").clone();
        mails.reverse();
        let text = |mail: &serde_json::Value, name: &str| mail[name].as_str().expect("a text").to_owned();
        mails.iter().map(|mail| Mail { subject: text(mail, "subject"), body: text(mail, "body") }).collect()
    }

    /// The last of so many mails to an address, once they have come.
    ///
    /// # Panics
    /// When they do not come, or more of them do.
    pub async fn mail_to(&self, email: &str, count: usize) -> Mail {
        eventually(&format!("mail {count} comes"), DELIVERY, || async {
            let mails = self.mails_to(email).await;
            assert!(mails.len() <= count, "{mails:?}");
            mails.get(count - 1).cloned()
        })
        .await
    }
}
