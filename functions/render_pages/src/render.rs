//! What one run renders.

use holdfast_domain::{TicketId, Timestamp};
use holdfast_events::{RenderRequest, RenderWalk};
use holdfast_store::{CataloguePlace, PageId};
use holdfast_telemetry::current_trace;

use crate::converge::converge;
use crate::shelves::arrange;
use crate::walk::{page, walk};
use crate::wanted::Subject;
use crate::{App, RenderError, page_id};

/// Rounds in which other runs may leave something more to be written.
const ROUNDS: usize = 5;

/// What is asked for, each thing once.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) tickets: Vec<TicketId>,
    pages: Vec<PageId>,
    walks: Vec<(RenderWalk, Option<String>)>,
}

fn add_once<T: PartialEq>(list: &mut Vec<T>, one: T) {
    if !list.contains(&one) {
        list.push(one);
    }
}

impl Batch {
    /// Adds one request.
    pub(crate) fn add(&mut self, request: RenderRequest) -> Result<(), RenderError> {
        match request {
            RenderRequest::Ticket { ticket } => add_once(&mut self.tickets, ticket),
            RenderRequest::Page { page } => add_once(&mut self.pages, page_id(&page)?),
            RenderRequest::Walk { render, after } => add_once(&mut self.walks, (render, after)),
        }
        Ok(())
    }

    /// Renders all of it.
    pub(crate) async fn render(self, app: &App, now: Timestamp) -> Result<(), RenderError> {
        for (kind, after) in &self.walks {
            walk(app, *kind, after.as_deref(), now).await?;
        }
        if self.tickets.is_empty() && self.pages.is_empty() {
            return Ok(());
        }
        let subjects = self.tickets.iter().copied().map(Subject::Ticket).collect();
        let tickets = converge(app, subjects, now).await?;
        let mut pages = Pages { with_sitemaps: self.pages, ..Pages::default() };
        // Whoever asks for the first page by its name, once an hour and after publishing, asks for the feed, too.
        pages.feed = pages.with_sitemaps.contains(&PageId::Head);
        of_tickets(app, &self.tickets, &mut pages).await?;
        let asked = pages.with_sitemaps.len() + pages.alone.len();
        let shelves = catalogue(app, pages, now).await?;
        tracing::info!(tickets = self.tickets.len(), pages = asked, written = tickets + shelves, "rendered");
        Ok(())
    }
}

/// Pages of the catalogue, each once.
///
/// A listing and a sale change a page. What programs read of the site, its sitemaps and feeds, follows within the hour:
/// nobody waits for it, and each of them is a write of its own. Whoever follows it to a ticket that was sold meanwhile is told
/// so. A page that comes, goes or changes its range, and a ticket that was deleted, have it written at once, so that nothing
/// in it leads nowhere.
#[derive(Debug, Default)]
struct Pages {
    with_sitemaps: Vec<PageId>,
    alone: Vec<PageId>,
    feed: bool,
}

impl Pages {
    fn add(&mut self, page: PageId, with_sitemap: bool) {
        if with_sitemap {
            self.alone.retain(|known| *known != page);
            add_once(&mut self.with_sitemaps, page);
        } else if !self.with_sitemaps.contains(&page) {
            add_once(&mut self.alone, page);
        }
    }

    fn all(&self) -> Vec<PageId> {
        self.with_sitemaps.iter().chain(&self.alone).copied().collect()
    }

    fn subjects(&mut self) -> Vec<Subject> {
        let with_sitemaps = self.with_sitemaps.drain(..).map(Subject::PageAndSitemap);
        let mut subjects: Vec<Subject> = with_sitemaps.chain(self.alone.drain(..).map(Subject::Page)).collect();
        if std::mem::take(&mut self.feed) {
            subjects.push(Subject::Feed);
        }
        subjects
    }
}

/// Adds the pages of the catalogue that have or had these tickets.
async fn of_tickets(app: &App, tickets: &[TicketId], pages: &mut Pages) -> Result<(), RenderError> {
    let read = app.market.tickets_placed(tickets).await?;
    let with_sitemap = read.iter().any(|placed| placed.is_gone);
    pages.feed |= with_sitemap;
    let mut places: Vec<CataloguePlace> = read.into_iter().map(|placed| placed.place).collect();
    // From the newest down: each page that is found says from where on the next has to be looked for.
    places.sort_by_key(|place| std::cmp::Reverse(place.to_string()));
    let mut known_down_to: Option<String> = None;
    for place in places {
        if known_down_to.as_ref().is_some_and(|from| place.to_string() >= *from) {
            continue;
        }
        let page = app.market.page_of(place).await?;
        let layout = app.market.page_layout(page).await?;
        let from = layout.and_then(|layout| layout.range().from);
        known_down_to = Some(from.map_or_else(String::new, |from| from.to_string()));
        pages.add(page, with_sitemap);
    }
    Ok(())
}

/// Arranges and renders pages of the catalogue, and with them whatever else is noted to be written.
async fn catalogue(app: &App, mut pages: Pages, now: Timestamp) -> Result<usize, RenderError> {
    let mut written = 0;
    for _ in 0..ROUNDS {
        for one in pages.all() {
            if !arrange(app, one, now).await? {
                // More than one run should do: the next one goes on.
                app.queue.send(&[page(one)], Some(current_trace())).await?;
            }
        }
        let register = app.market.page_register().await?;
        for &noted in &register.unsettled {
            pages.add(noted, true);
        }
        let mut subjects = pages.subjects();
        if !register.unsettled.is_empty() {
            subjects.push(Subject::Index);
        }
        written += converge(app, subjects, now).await?;
        if register.unsettled.is_empty() || app.market.pages_settled(&register).await? {
            return Ok(written);
        }
    }
    Err(RenderError::Contended(1))
}
