//! What the objects of the site have to be, by the state that is read now.

use holdfast_domain::{Ticket, TicketId, TicketState, Timestamp};
use holdfast_http_api::write_cursor;
use holdfast_store::{
    CatalogueOrder, CataloguePlace, CatalogueQuery, PageId, PageLayout, PlaceRange, Shown, TicketWithDetails,
};
use holdfast_views::{Assets, Card, Language, Listing, Neighbour, Page, Shelf, SiteOrigin, UnknownAsset};
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
    /// A ticket's page in each language, until it is sold.
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
    let shown = app.market.tickets_show(&ids).await?;
    let mut wanted = Vec::with_capacity(subjects.len());
    for subject in subjects {
        wanted.push(match subject {
            Subject::Ticket(id) => {
                Wanted::of(ticket(&app.origin, shown.iter().find(|shown| shown.ticket.id == *id), assets)?)
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

/// What is sold has no pages: to remove them costs nothing, they would pile up for ever with their seller's words, and search
/// engines forget what is not there. The page for what is missing asks, and says that it is sold.
fn ticket(
    origin: &SiteOrigin,
    shown: Option<&TicketWithDetails>,
    assets: &Assets,
) -> Result<Vec<Option<String>>, UnknownAsset> {
    let Some(TicketWithDetails { ticket, details, .. }) = shown.filter(|shown| !is_sold(&shown.ticket)) else {
        return Ok(each(|_| None));
    };
    let listing = Listing {
        id: ticket.id,
        facts: ticket.facts.clone(),
        description: details.description.clone(),
        seller: details.seller_name.as_str().to_owned(),
        created_at: ticket.created_at,
        version: ticket.version,
    };
    rendered(&each(|language| ticket_page(language, origin, &listing)), assets)
}

fn rendered(pages: &[Page], assets: &Assets) -> Result<Vec<Option<String>>, UnknownAsset> {
    pages.iter().map(|page| page.render(assets).map(Some)).collect()
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use holdfast_domain::{Currency, DisplayName, HoldRequest, OrderId, Price, TicketFacts, Title, UserId};
    use holdfast_store::TicketDetails;

    use super::*;

    fn now() -> Timestamp {
        Timestamp::parse("2026-11-22T12:00:00Z").unwrap()
    }

    fn assets() -> Assets {
        let address = |script: &str| (script.to_owned(), format!("/assets/{script}.js"));
        let scripts = |language: &Language| (language.tag().to_owned(), [address("ticket")].into());
        Assets { stylesheet: "/assets/site.css".to_owned(), scripts: Language::ALL.iter().map(scripts).collect() }
    }

    fn pages(ticket: Ticket) -> Vec<Option<String>> {
        let details = TicketDetails { seller_name: DisplayName::parse("Ada").unwrap(), description: None };
        let shown = TicketWithDetails { ticket, details, credential: None };
        super::ticket(&SiteOrigin::parse("https://tickets.example").unwrap(), Some(&shown), &assets()).unwrap()
    }

    #[test]
    fn a_ticket_has_a_page_in_each_language_until_it_is_sold() {
        let order: OrderId = "0199a1b2-0000-7000-8000-000000000002".parse().unwrap();
        let user = |id: &str| id.parse::<UserId>().unwrap();
        let (seller, buyer) =
            (user("0199a1b2-0000-7000-8000-000000000003"), user("0199a1b2-0000-7000-8000-000000000004"));
        let price = Price::new(4500, Currency::Eur).unwrap();
        let facts = TicketFacts { title: Title::parse("Opera").unwrap(), price, venue: None, starts_at: None };
        let listed = Ticket::list("0199a1b2-0000-7000-8000-000000000001".parse().unwrap(), seller, facts, now());
        let request = HoldRequest { order, buyer, now: now(), expires_at: now().plus(Duration::from_mins(15)) };
        let taken = listed.clone().hold(request).unwrap();
        let TicketState::Held(hold) = taken.state else { panic!("not held") };
        let committed = taken.clone().commit(order, hold.number).unwrap();
        let sold = committed.clone().sell(order, hold.number, now()).unwrap();
        for ticket in [listed, taken, committed] {
            let pages = pages(ticket);
            assert_eq!(pages.len(), Language::ALL.len());
            assert!(pages.iter().flatten().all(|page| page.contains("Opera") && page.contains("Ada")), "{pages:?}");
            assert!(pages.iter().all(Option::is_some));
        }
        assert_eq!(pages(sold), each(|_| None));
    }
}
