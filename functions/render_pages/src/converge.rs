//! Writing objects until they are what the state says, without ever undoing what a later reader wrote.

use std::collections::HashMap;

use holdfast_domain::Timestamp;
use holdfast_pages::{ETag, Guarded, PagesError, SiteBucket};
use holdfast_store::crash::crash_point;
use tokio::task::JoinSet;

use crate::wanted::{Subject, wanted};
use crate::{App, RenderError};

/// Rounds in which something may be written; one more must find nothing to write.
const WRITING_ROUNDS: u32 = 5;
/// Calls to the bucket at the same time.
const AT_ONCE: usize = 16;

/// One object to be written or removed.
#[derive(Debug)]
struct Change {
    key: String,
    seen: Option<ETag>,
    body: Option<String>,
}

/// Brings the objects of the subjects up to date. How many were written or removed.
///
/// Each round reads the `ETag`s first, then the state. A write over an `ETag` that still holds comes from a reader at
/// least as late as whoever wrote before. That alone would leave one hole: objects that were removed, or changed and
/// changed back, since they were read, look as if nothing had happened. So whatever was written is looked at once more.
pub(crate) async fn converge(app: &App, mut subjects: Vec<Subject>, now: Timestamp) -> Result<usize, RenderError> {
    let mut written = 0;
    for _ in 0..=WRITING_ROUNDS {
        let keys: Vec<Vec<String>> = subjects.iter().map(|subject| subject.keys()).collect();
        let seen = etags(&app.bucket, keys.iter().flatten().cloned().collect()).await?;
        let assets = app.assets.current(&app.bucket).await?;
        let wanted = wanted(app, &subjects, &assets, now).await?;
        let mut unsettled: Vec<bool> = wanted.iter().map(|wanted| wanted.again).collect();
        let mut changes = Vec::new();
        for (subject, (keys, wanted)) in keys.into_iter().zip(wanted).enumerate() {
            for (key, body) in keys.into_iter().zip(wanted.bodies) {
                let seen = seen.get(&key).cloned().flatten();
                if seen != body.as_ref().map(|body| ETag::of(body.as_bytes())) {
                    unsettled[subject] = true;
                    changes.push(Change { key, seen, body });
                }
            }
        }
        written += make(&app.bucket, changes).await?;
        let mut rest = unsettled.into_iter();
        subjects.retain(|_| rest.next().unwrap_or(false));
        if subjects.is_empty() {
            return Ok(written);
        }
    }
    Err(RenderError::Contended(subjects.len()))
}

async fn etags(bucket: &SiteBucket, keys: Vec<String>) -> Result<HashMap<String, Option<ETag>>, PagesError> {
    let mut found = HashMap::with_capacity(keys.len());
    for chunk in keys.chunks(AT_ONCE) {
        let mut calls = JoinSet::new();
        for key in chunk.iter().cloned() {
            let bucket = bucket.clone();
            calls.spawn(async move { bucket.etag(&key).await.map(|etag| (key, etag)) });
        }
        for answer in calls.join_all().await {
            let (key, etag) = answer?;
            found.insert(key, etag);
        }
    }
    Ok(found)
}

/// Makes the changes that nobody else was faster with; how many.
async fn make(bucket: &SiteBucket, changes: Vec<Change>) -> Result<usize, PagesError> {
    let mut made = 0;
    let mut changes = changes.into_iter().peekable();
    while changes.peek().is_some() {
        let mut calls = JoinSet::new();
        for change in changes.by_ref().take(AT_ONCE) {
            let bucket = bucket.clone();
            calls.spawn(async move {
                match (change.body, change.seen) {
                    (Some(body), seen) => bucket.write(&change.key, body.into_bytes(), seen.as_ref()).await,
                    (None, Some(seen)) => bucket.remove(&change.key, &seen).await,
                    (None, None) => Ok(Guarded::Done),
                }
            });
        }
        for outcome in calls.join_all().await {
            made += usize::from(outcome? == Guarded::Done);
        }
        crash_point("page_write");
    }
    Ok(made)
}
