//! What the objects of the site have to be, by the state that is read now.

use holdfast_domain::{Ticket, TicketId, TicketState, Timestamp};
use holdfast_http_api::write_cursor;
use holdfast_store::{
    CatalogueOrder, CataloguePlace, CatalogueQuery, PageId, PageLayout, PlaceRange, Shown, TicketWithDetails,
};
use holdfast_views::{Assets, Card, Language, Listing, Neighbour, Page, Shelf};
use holdfast_views::{catalogue_key, catalogue_page, feed, feed_key, sitemap, sitemap_index, sitemap_key};
use holdfast_views::{ticket_key, ticket_page};

use crate::shelves::FULL;
use crate::{App, RenderError};

const SITEMAP_INDEX: &str = "sitemap.xml";
/// Tickets of the feed.
const FEED: usize = 30;
/// Boundaries that are read at once for the list of sitemaps.
const BOUNDARIES: i32 = 1_000;

/// Objects that show one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Subject {
    /// A ticket's page in each language.
    Ticket(TicketId),
    /// A page of the catalogue in each language.
    Page(PageId),
    /// The same, and its sitemap.
    PageAndSitemap(PageId),
    /// The list of sitemaps.
    Index,
    /// The newest tickets in each language, for feed readers.
    Feed,
}

/// What the objects of a subject have to be, in the order of its keys; `None` where there must be none.
#[derive(Debug)]
pub(crate) struct Wanted {
    pub(crate) bodies: Vec<Option<String>>,
    /// What was read has changed while it was read: look again in any case.
    pub(crate) again: bool,
}

impl Wanted {
    fn of(bodies: Vec<Option<String>>) -> Self {
        Self { bodies, again: false }
    }
}

impl Subject {
    /// Where its objects are.
    pub(crate) fn keys(self) -> Vec<String> {
        match self {
            Self::Ticket(id) => each(|language| ticket_key(language, id)),
            Self::Page(page) => each(|language| catalogue_key(language, name(page).as_deref())),
            Self::PageAndSitemap(page) => {
                let mut keys = Self::Page(page).keys();
                keys.push(sitemap_key(name(page).as_deref()));
                keys
            }
            Self::Index => vec![SITEMAP_INDEX.to_owned()],
            Self::Feed => each(feed_key),
        }
    }
}

fn each<T>(of: impl Fn(Language) -> T) -> Vec<T> {
    Language::ALL.iter().map(|language| of(*language)).collect()
}

fn name(page: PageId) -> Option<String> {
    page.name().map(|name| name.to_string())
}

/// Reads the present state of the subjects and renders it.
pub(crate) async fn wanted(
    app: &App,
    subjects: &[Subject],
    assets: &Assets,
    now: Timestamp,
) -> Result<Vec<Wanted>, RenderError> {
    let ids: Vec<TicketId> = subjects
        .iter()
        .filter_map(|subject| match subject {
            Subject::Ticket(id) => Some(*id),
            Subject::Page(_) | Subject::PageAndSitemap(_) | Subject::Index | Subject::Feed => None,
        })
        .collect();
    let mut tickets = app.market.tickets_placed(&ids).await?.into_iter();
    let mut wanted = Vec::with_capacity(subjects.len());
    for subject in subjects {
        wanted.push(match subject {
            Subject::Ticket(_) => {
                Wanted::of(ticket(app, tickets.next().and_then(|placed| placed.shown).as_ref(), assets)?)
            }
            Subject::Page(page) => catalogue(app, *page, false, assets, now).await?,
            Subject::PageAndSitemap(page) => catalogue(app, *page, true, assets, now).await?,
            Subject::Index => Wanted::of(vec![Some(index(app).await?)]),
            Subject::Feed => {
                let newest = app.market.catalogue_shown(PlaceRange::default(), true, FEED, now).await?;
                let cards: Vec<_> = newest.into_iter().map(card).collect();
                let feeds = each(|language| feed(language, &app.origin, &cards)).into_iter();
                Wanted::of(feeds.map(|text| text.map(Some)).collect::<Result<_, _>>()?)
            }
        });
    }
    Ok(wanted)
}

fn ticket(app: &App, shown: Option<&TicketWithDetails>, assets: &Assets) -> Result<Vec<Option<String>>, RenderError> {
    let Some(TicketWithDetails { ticket, details, .. }) = shown else {
        return Ok(each(|_| None));
    };
    let listing = Listing {
        id: ticket.id,
        facts: ticket.facts.clone(),
        description: details.description.clone(),
        seller: details.seller_name.as_str().to_owned(),
        created_at: ticket.created_at,
        version: ticket.version,
        is_sold: is_sold(ticket),
    };
    rendered(&each(|language| ticket_page(language, &app.origin, &listing)), assets)
}

fn rendered(pages: &[Page], assets: &Assets) -> Result<Vec<Option<String>>, RenderError> {
    pages.iter().map(|page| Ok(Some(page.render(assets)?))).collect()
}

fn is_sold(ticket: &Ticket) -> bool {
    match ticket.state {
        TicketState::Sold(_) => true,
        // Its hold may end, and its payment may fail: it comes back then, without anybody rendering anything.
        TicketState::Listed | TicketState::Held(_) | TicketState::Committed(_) => false,
    }
}

/// A page shows what its rows say: whoever changes one of them asks for the page after that.
async fn catalogue(
    app: &App,
    page: PageId,
    with_sitemap: bool,
    assets: &Assets,
    now: Timestamp,
) -> Result<Wanted, RenderError> {
    let Some(layout) = app.market.page_layout(page).await? else {
        let subject = if with_sitemap { Subject::PageAndSitemap(page) } else { Subject::Page(page) };
        return Ok(Wanted::of(subject.keys().iter().map(|_| None).collect()));
    };
    let tickets = app.market.catalogue_shown(layout.range(), true, FULL, now).await?;
    let begins = tickets.iter().filter_map(|ticket| ticket.facts.starts_at).min();
    // Without its sitemap the page is as good as out of date: the next hourly run looks at it.
    let known_outdated = layout.own.and_then(|own| own.earliest).filter(|earliest| *earliest <= now);
    let earliest = if with_sitemap { begins } else { known_outdated.or(Some(now)) };
    let shelf = Shelf {
        cards: tickets.into_iter().map(card).collect(),
        name: name(page),
        newer: layout.newer.map(neighbour),
        older: layout.older.map(|older| neighbour(older.page())),
        cursor: layout.own.map(|own| cursor(own.end)),
    };
    let again = !note_earliest(app, &layout, earliest).await?;
    let mut bodies = rendered(&each(|language| catalogue_page(language, &app.origin, &shelf)), assets)?;
    if with_sitemap {
        bodies.push(Some(sitemap(&app.origin, &shelf)?));
    }
    Ok(Wanted { bodies, again })
}

/// Keeps the boundary's word on when its page is out of date. `false` when another renderer has changed it meanwhile.
async fn note_earliest(app: &App, layout: &PageLayout, earliest: Option<Timestamp>) -> Result<bool, RenderError> {
    match layout.own {
        Some(own) if own.earliest != earliest => Ok(app.market.boundary_note_earliest(&own, earliest).await?),
        Some(_) | None => Ok(true),
    }
}

fn card(shown: Shown) -> Card {
    Card { id: shown.place.ticket, facts: shown.facts, created_at: shown.place.moment }
}

fn neighbour(page: PageId) -> Neighbour {
    name(page).map_or(Neighbour::Head, Neighbour::Page)
}

/// Where the API's list begins with the tickets below a place.
fn cursor(end: CataloguePlace) -> String {
    let newest = CatalogueQuery { order: CatalogueOrder::Newest, words: Vec::new(), from: None, to: None };
    write_cursor(&newest, end)
}

async fn index(app: &App) -> Result<String, RenderError> {
    let (mut names, mut range) = (Vec::new(), PlaceRange::default());
    loop {
        let boundaries = app.market.boundaries(range, false, BOUNDARIES).await?;
        let Some(last) = boundaries.last() else { break };
        names.extend(boundaries.iter().map(|boundary| boundary.name.to_string()));
        range.before = Some(last.end);
    }
    Ok(sitemap_index(&app.origin, &names)?)
}
