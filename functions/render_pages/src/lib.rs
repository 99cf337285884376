#![doc = include_str!("../README.md")]

mod assets;
mod converge;
mod render;
mod shelves;
mod walk;
mod wanted;

use holdfast_domain::{TicketId, Timestamp};
use holdfast_events::{BatchAnswer, QueueMessage, RenderQueue, RenderQueueError, RenderRequest};
use holdfast_pages::{PagesError, SiteBucket};
use holdfast_runtime::{ConfigError, Runtime, error_chain};
use holdfast_store::{Market, PageId, StoreError};
use holdfast_views::{OutlineError, SiteOrigin, UnknownAsset};
use serde::Deserialize;

use crate::assets::PublishedAssets;
use crate::render::Batch;

/// What the function works with.
#[derive(Debug)]
pub struct App {
    market: Market,
    bucket: SiteBucket,
    queue: RenderQueue,
    origin: SiteOrigin,
    assets: PublishedAssets,
}

impl App {
    /// What the function works with, from its configuration.
    ///
    /// # Errors
    /// [`ConfigError`] when `MARKET_TABLE`, `SITE_BUCKET`, `RENDER_QUEUE_URL` or `SITE_ORIGIN` is missing or wrong.
    pub fn of(runtime: &Runtime) -> Result<Self, ConfigError> {
        let origin = runtime.config.text("SITE_ORIGIN")?;
        let origin = SiteOrigin::parse(&origin).map_err(|_| ConfigError::Invalid("SITE_ORIGIN"))?;
        let bucket = SiteBucket::open(&runtime.sdk, runtime.config.text("SITE_BUCKET")?);
        Ok(Self::new(runtime.market()?, bucket, runtime.render_queue()?, origin))
    }

    /// What the function works with.
    #[must_use]
    pub fn new(market: Market, bucket: SiteBucket, queue: RenderQueue, origin: SiteOrigin) -> Self {
        Self { market, bucket, queue, origin, assets: PublishedAssets::default() }
    }
}

/// Why pages were not rendered.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// There is no list of assets.
    #[error("the site has not been published: it has no assets/manifest.json")]
    NotPublished,
    /// The list of assets is none.
    #[error("assets/manifest.json cannot be read")]
    Manifest(#[source] serde_json::Error),
    /// The list of assets is of another release than this function.
    #[error("the published site is of another release")]
    OtherRelease(#[from] UnknownAsset),
    /// The table failed.
    #[error("the state of pages cannot be read or noted")]
    Store(#[from] StoreError),
    /// The bucket failed.
    #[error("pages cannot be read or written")]
    Pages(#[from] PagesError),
    /// The queue failed.
    #[error("pages cannot be asked for")]
    Queue(#[from] RenderQueueError),
    /// A feed or a sitemap could not be written.
    #[error("a feed or a sitemap cannot be rendered")]
    Outline(#[from] OutlineError),
    /// Others were always faster.
    #[error("{0} pages were changed by others again and again")]
    Contended(usize),
    /// Somebody has asked for something that is no page.
    #[error("a request names no page of the catalogue")]
    Page,
    /// Somebody has asked to go on after something that is no place.
    #[error("a request names no place in the catalogue")]
    Place,
}

/// What the function is invoked with.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Work {
    /// Messages of the render queue.
    Batch {
        /// The messages, in any order.
        #[serde(rename = "Records")]
        records: Vec<QueueMessage>,
    },
    /// One request: from the schedule, or from whoever publishes the site.
    Request(RenderRequest),
}

/// Renders what is asked for.
///
/// A message that nobody can read fails alone: the others of its batch are rendered, and it goes to the queue for dead
/// messages. Anything else that fails makes the whole batch come again.
///
/// # Errors
/// [`RenderError`]; rendering again is right.
pub async fn handle(app: &App, work: Work, now: Timestamp) -> Result<BatchAnswer, RenderError> {
    let (mut batch, mut answer, mut traced) = (Batch::default(), BatchAnswer::default(), Vec::new());
    match work {
        Work::Request(request) => batch.add(request)?,
        Work::Batch { records } => {
            for message in records {
                match read(&mut batch, &message.body) {
                    Ok(ticket) => traced.extend(message.trace().zip(ticket)),
                    Err(error) => {
                        let message_id = message.id;
                        tracing::error!(message_id, error = error_chain(error.as_ref()), "a message cannot be read");
                        answer.fail(message_id);
                    }
                }
            }
        }
    }
    batch.render(app, now).await?;
    // One run renders for many requests: each of them finds its own line.
    for (trace, ticket) in traced {
        tracing::info!(trace_id = %trace, ticket_id = %ticket, "the ticket's pages are right");
    }
    Ok(answer)
}

/// Adds what a message asks for; its ticket, if it is about one.
fn read(batch: &mut Batch, body: &str) -> Result<Option<TicketId>, Box<dyn std::error::Error>> {
    let request: RenderRequest = serde_json::from_str(body)?;
    let ticket = match request {
        RenderRequest::Ticket { ticket } => Some(ticket),
        RenderRequest::Page { .. } | RenderRequest::Walk { .. } => None,
    };
    batch.add(request)?;
    Ok(ticket)
}

fn page_id(text: &str) -> Result<PageId, RenderError> {
    text.parse().map_err(|_| RenderError::Page)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn work(sample: &str) -> Work {
        serde_json::from_str(sample).unwrap()
    }

    #[test]
    fn the_samples_are_batches_and_requests() {
        let Work::Batch { records } = work(include_str!("../../../events/render_pages/valid.json")) else {
            panic!("a batch")
        };
        let mut batch = Batch::default();
        let readable = records.iter().filter(|message| read(&mut batch, &message.body).is_ok()).count();
        assert_eq!((records.len(), readable), (3, 2), "the last one is no request");
        let traces: Vec<Option<String>> = records.iter().map(|message| message.trace().map(String::from)).collect();
        assert_eq!(traces, [Some("5759e988bd862e3fe1be46a994272793".to_owned()), None, None], "some have no trace");
        for sample in [
            include_str!("../../../events/render_pages/everything.json"),
            include_str!("../../../events/render_pages/outdated.json"),
        ] {
            assert!(matches!(work(sample), Work::Request(RenderRequest::Walk { after: None, .. })), "{sample}");
        }
    }

    #[test]
    fn a_request_for_no_page_is_refused_and_doubles_count_once() {
        let mut batch = Batch::default();
        let id = "0199a1b2-0000-7000-8000-000000000001";
        for body in [format!(r#"{{"ticket":"{id}"}}"#), format!(r#"{{"ticket":"{id}"}}"#)] {
            read(&mut batch, &body).unwrap();
        }
        for wrong in [r#"{"page":"7"}"#, r#"{"ticket":7}"#, "ticket", ""] {
            read(&mut batch, wrong).unwrap_err();
        }
        assert_eq!(batch.tickets.len(), 1);
    }
}
