//! Looking for many pages, and asking for each.

use holdfast_domain::Timestamp;
use holdfast_events::{RenderRequest, RenderWalk};
use holdfast_store::{CatalogueOrder, CataloguePlace, CatalogueQuery, PageId, PlaceRange};
use holdfast_telemetry::current_trace;

use crate::{App, RenderError};

/// Tickets that one run looks at; a market with more of them is walked through in several.
const TICKETS: u32 = 500;
/// More boundaries than there can be among so many tickets.
const BOUNDARIES: i32 = 1_000;

/// Asks for all pages of one kind, or for as many as one run should, and then for going on.
pub(crate) async fn walk(app: &App, kind: RenderWalk, after: Option<&str>, now: Timestamp) -> Result<(), RenderError> {
    let requests = match kind {
        RenderWalk::Everything => everything(app, after).await?,
        RenderWalk::Outdated => outdated(app, now).await?,
    };
    tracing::info!(?kind, after, requests = requests.len(), "asked for pages");
    Ok(app.queue.send(&requests, Some(current_trace())).await?)
}

/// Tickets and pages share one order, so that one place says where both go on.
async fn everything(app: &App, after: Option<&str>) -> Result<Vec<RenderRequest>, RenderError> {
    let after: Option<CataloguePlace> = after.map(str::parse).transpose().map_err(|_| RenderError::Place)?;
    let all = CatalogueQuery { order: CatalogueOrder::Newest, words: Vec::new(), from: None, to: None };
    let found = app.market.catalogue_list(&all, after, TICKETS).await?;
    let mut requests = Vec::new();
    if after.is_none() {
        // First of all, since it closes the pages that are missing.
        requests.push(page(PageId::Head));
    }
    requests.extend(found.places.iter().map(|place| RenderRequest::Ticket { ticket: place.ticket }));
    let mut range = PlaceRange { from: found.next, before: after };
    loop {
        let boundaries = app.market.boundaries(range, false, BOUNDARIES).await?;
        let Some(last) = boundaries.last() else { break };
        requests.extend(boundaries.iter().map(|boundary| page(boundary.page())));
        range.before = Some(last.end);
    }
    if let Some(next) = found.next {
        requests.push(RenderRequest::Walk { render: RenderWalk::Everything, after: Some(next.to_string()) });
    }
    Ok(requests)
}

async fn outdated(app: &App, now: Timestamp) -> Result<Vec<RenderRequest>, RenderError> {
    // The head has no boundary that could say when its first event begins.
    let mut requests = vec![page(PageId::Head)];
    let mut below = None;
    loop {
        let (pages, next) = app.market.pages_outdated(below, now).await?;
        requests.extend(pages.into_iter().map(page));
        below = next;
        if below.is_none() {
            return Ok(requests);
        }
    }
}

pub(crate) fn page(page: PageId) -> RenderRequest {
    RenderRequest::Page { page: page.to_string() }
}
