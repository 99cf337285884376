#![doc = include_str!("../README.md")]

mod buyer;
mod seller;

use holdfast_domain::{MailPurpose, Timestamp, UserId};
use holdfast_events::{
    BatchAnswer, ErasureList, ErasurePass, ErasureQueue, ErasureQueueError, ErasureRequest, QueueMessage,
    REQUESTS_END_WITHIN, RenderQueue, RenderQueueError,
};
use holdfast_runtime::error_chain;
use holdfast_store::{AccountStage, Accounts, Market, Sessions, StoreError};
use holdfast_telemetry::{Subject, note};
use serde::Deserialize;

/// What the function works with.
#[derive(Debug)]
pub struct App {
    /// Knows which accounts are closed.
    pub accounts: Accounts,
    /// Their sessions.
    pub sessions: Sessions,
    /// What they sell and have bought.
    pub market: Market,
    /// Has pages rendered that showed a name.
    pub pages: RenderQueue,
    /// Where it goes on.
    pub queue: ErasureQueue,
}

/// Why something was not erased.
#[derive(Debug, thiserror::Error)]
pub enum EraseError {
    /// A table failed.
    #[error("what belongs to the account cannot be read or erased")]
    Store(#[from] StoreError),
    /// The queue of pages failed.
    #[error("pages are not asked for")]
    Pages(#[from] RenderQueueError),
    /// The own queue failed.
    #[error("the next step is not asked for")]
    Queue(#[from] ErasureQueueError),
    /// Somebody has asked to go on after something that is no place in the list.
    #[error("a request names no place in the list")]
    Place,
}

/// Messages of the queue.
#[derive(Debug, Deserialize)]
pub struct Batch {
    #[serde(rename = "Records")]
    records: Vec<QueueMessage>,
}

/// What became of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// It is done, and whatever comes next has been asked for.
    Done,
    /// Something is not at rest: the same message has to come again.
    ComeAgain,
}

/// What is left of a list after one of its pages.
#[derive(Debug, PartialEq, Eq)]
struct Rest {
    /// Whether nothing on the page has to be looked at again.
    at_rest: bool,
    /// Where the list goes on; `None` at its end.
    next: Option<String>,
}

/// Does one step for each message. Those that have to come again are answered; one that nobody can read among them, which
/// ends in the queue for dead messages.
///
/// # Errors
/// [`EraseError`]; doing all of it again is right.
pub async fn handle(app: &App, batch: Batch, now: Timestamp) -> Result<BatchAnswer, EraseError> {
    let mut answer = BatchAnswer::default();
    for message in batch.records {
        match serde_json::from_str::<ErasureRequest>(&message.body) {
            Ok(request) => match step(app, &request, now).await? {
                Step::Done => {}
                Step::ComeAgain => answer.fail(message.id),
            },
            Err(error) => {
                let message_id = message.id;
                tracing::error!(message_id, error = error_chain(&error), "a message cannot be read");
                answer.fail(message_id);
            }
        }
    }
    Ok(answer)
}

async fn step(app: &App, request: &ErasureRequest, now: Timestamp) -> Result<Step, EraseError> {
    note(Subject::User(request.user));
    let since = match app.accounts.account_stage(request.user).await? {
        AccountStage::Closed { since } => since,
        stage @ (AccountStage::Open | AccountStage::Absent) => {
            tracing::info!(?stage, "there is nothing to erase");
            return Ok(Step::Done);
        }
    };
    if !may_begin(app, request, since, now).await? {
        tracing::info!(pass = ?request.pass, "requests of the account may be under way");
        return Ok(Step::ComeAgain);
    }
    let rest = match request.list {
        ErasureList::Orders => buyer::page(app, request, now).await?,
        ErasureList::Tickets => seller::page(app, request).await?,
    };
    if request.pass == ErasurePass::Last && !rest.at_rest {
        tracing::info!(list = ?request.list, "something is not at rest");
        return Ok(Step::ComeAgain);
    }
    go_on(app, request, rest.next).await?;
    Ok(Step::Done)
}

/// Ends all sessions, and links of mails, where a pass begins. The last pass begins when no request of them can be under way: what such a
/// request writes, the pass finds. So it is noted, before they end, until when there were any.
async fn may_begin(app: &App, request: &ErasureRequest, since: Timestamp, now: Timestamp) -> Result<bool, EraseError> {
    if !request.is_beginning() {
        return Ok(true);
    }
    let signed_in = !app.sessions.session_list(request.user, now).await?.is_empty();
    if signed_in {
        app.accounts.account_close_anew(request.user, now).await?;
    }
    app.sessions.session_delete_all(request.user).await?;
    for purpose in MailPurpose::ALL {
        app.accounts.link_drop(request.user, purpose).await?;
    }
    Ok(match request.pass {
        ErasurePass::First => true,
        ErasurePass::Last => !signed_in && since.plus(REQUESTS_END_WITHIN) <= now,
    })
}

/// Asks for the next page, the next list, or ends the pass.
async fn go_on(app: &App, request: &ErasureRequest, next: Option<String>) -> Result<(), EraseError> {
    let ErasureRequest { user, pass, list, .. } = *request;
    let following = match (next, list) {
        (Some(after), _) => ErasureRequest { user, pass, list, after: Some(after) },
        (None, ErasureList::Orders) => ErasureRequest { user, pass, list: ErasureList::Tickets, after: None },
        (None, ErasureList::Tickets) => return end(app, user, pass).await,
    };
    Ok(app.queue.send(&following).await?)
}

/// The account goes last of all: as long as it is there, something may be left.
async fn end(app: &App, user: UserId, pass: ErasurePass) -> Result<(), EraseError> {
    match pass {
        ErasurePass::First => {}
        ErasurePass::Last => app.accounts.account_remove(user).await?,
    }
    tracing::info!(?pass, "a pass has ended");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requests(sample: &str) -> Vec<Result<ErasureRequest, serde_json::Error>> {
        let batch: Batch = serde_json::from_str(sample).unwrap();
        batch.records.iter().map(|message| serde_json::from_str(&message.body)).collect()
    }

    #[test]
    fn the_samples_are_what_they_say() {
        let valid = requests(include_str!("../../../events/erase_account/valid.json"));
        assert!(valid.len() == 1 && valid.iter().all(|one| one.as_ref().is_ok_and(ErasureRequest::is_beginning)));
        let unreadable = requests(include_str!("../../../events/erase_account/unreadable.json"));
        assert!(unreadable.len() == 1 && unreadable.iter().all(Result::is_err));
    }
}
