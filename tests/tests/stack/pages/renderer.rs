//! The renderer on a market that is the test's alone: ranges, neighbours, and renderers that cross each other.

use std::collections::BTreeSet;
use std::time::Duration;

use holdfast_domain::{TicketId, Timestamp};
use holdfast_http_api::{read_cursor, write_cursor};
use holdfast_pages::{ETag, Guarded, SiteBucket};
use holdfast_store::{CatalogueOrder, CataloguePlace, CatalogueQuery, PageId};
use serde_json::json;
use uuid::Uuid;

use super::own::{Own, batch, linked, list_attribute, neighbour, now, older, run};

/// The moment of the nth listing: a minute before now at the latest, in the order of the numbers.
fn listed_at(number: u32) -> Timestamp {
    now().minus(Duration::from_hours(24)).plus(Duration::from_secs(u64::from(number)))
}

impl Own {
    /// Lists so many tickets, the oldest first.
    async fn fill(&self, count: u32) -> Vec<TicketId> {
        let mut ids = Vec::new();
        for number in 0..count {
            ids.push(self.list(&format!("Seat {number}"), listed_at(number), None).await);
        }
        ids
    }

    /// The pages of the catalogue from the newest on, by their links: key and text of each.
    async fn walk(&self) -> Vec<(String, String)> {
        let mut pages: Vec<(String, String)> = Vec::new();
        let mut key = Some("index.html".to_owned());
        while let Some(next) = key {
            let page = self.object(&next).await.unwrap_or_else(|| panic!("{next} is linked and not there"));
            let newer = neighbour(&page, "prev").unwrap_or_default();
            let expected = pages.last().map(|(key, _)| key.clone()).unwrap_or_default();
            assert_eq!(newer, expected, "{next} links back");
            assert!(pages.len() < 100, "the links have no end");
            key = older(&page);
            pages.push((next, page));
        }
        pages
    }

    /// The numbers of tickets on the pages from the newest on, once every page and what belongs to it was compared with
    /// the market: `ids`, the oldest first.
    async fn check(&self, ids: &[TicketId]) -> Vec<usize> {
        let pages = self.walk().await;
        let newest_first: Vec<_> = ids.iter().rev().copied().collect();
        let shown: Vec<_> = pages.iter().flat_map(|(_, page)| linked(page)).collect();
        assert_eq!(shown, newest_first, "every ticket stands on one page, in order");
        // Sitemaps and feeds follow within the hour, and change no page.
        self.render_all(&json!({"render": "outdated"}), now()).await;
        assert_eq!(self.walk().await, pages);
        let index = self.object("sitemap.xml").await.expect("the list of sitemaps");
        assert_eq!(index.matches("<sitemap>").count(), pages.len());
        for (key, page) in &pages {
            let german = self.object(&format!("de/{key}")).await.expect("the page in German");
            assert_eq!(linked(&german), linked(page), "{key}");
            let name = key.strip_prefix("tickets/page/").and_then(|rest| rest.strip_suffix("/index.html"));
            let sitemap = format!("sitemaps/{}.xml", name.unwrap_or("head"));
            assert!(index.contains(&format!("https://tickets.example/{sitemap}<")), "{sitemap} is in {index}");
            let sitemap = self.object(&sitemap).await.expect("the page's sitemap");
            assert_eq!(linked(&sitemap), linked(page), "{key}");
            self.check_range(page).await;
        }
        let feed = self.object("feed.xml").await.expect("the feed");
        assert_eq!(linked(&feed), newest_first[..newest_first.len().min(30)]);
        // Pages with their sitemaps, tickets, two feeds, the list of sitemaps, and the assets' list.
        let expected = pages.len() * 3 + ids.len() * 2 + 4;
        let keys = self.keys().await;
        assert_eq!(keys.len(), expected, "nothing is left over: {keys:?}");
        pages.iter().map(|(_, page)| linked(page).len()).collect()
    }

    /// The cursor and the limit of a page ask the API's list for exactly the page's tickets.
    async fn check_range(&self, page: &str) {
        let query = CatalogueQuery { order: CatalogueOrder::Newest, words: Vec::new(), from: None, to: None };
        let Some(limit) = list_attribute(page, "data-limit") else {
            assert_eq!(linked(page), [], "an empty page asks for nothing");
            return;
        };
        let cursor = list_attribute(page, "data-cursor");
        let after = cursor.map(|cursor| read_cursor(&query, &cursor).expect("a cursor of the list"));
        let found = self.market.catalogue_list(&query, after, limit.parse().expect("a number")).await.expect("a list");
        assert_eq!(found.places.iter().map(|place| place.ticket).collect::<Vec<_>>(), linked(page));
    }
}

#[tokio::test]
async fn a_thousand_tickets_stand_on_pages_of_twenty_four() {
    let own = Own::new().await;
    let ids = own.fill(1_000).await;
    own.render_all(&json!({"render": "everything"}), now()).await;
    let counts = own.check(&ids).await;
    assert!((12..=36).contains(&counts[0]), "{counts:?}");
    assert!(counts[1..].iter().all(|count| *count == 24), "{counts:?}");
    assert!(own.writes() >= 2_000, "every ticket has a page in two languages");

    let mut ids = ids;
    ids.push(own.list("One more", listed_at(1_001), None).await);
    own.render(&ids[1_000..]).await;
    // Ticket and head in two languages, however many pages there are; within the hour the feeds and the head's sitemap.
    assert_eq!(own.writes(), 4);
    own.check(&ids).await;
    assert_eq!(own.writes(), 3);
    // A ticket that is sold leaves a page in the middle, and its own go: the page, and within the hour its sitemap.
    let gone = ids.remove(500);
    own.sell(gone).await;
    own.writes();
    own.render(&[gone]).await;
    assert_eq!(own.writes(), 2 + 2, "two are written, and two are removed");
    own.render_all(&json!({"render": "outdated"}), now()).await;
    assert_eq!(own.writes(), 1);
    own.render_all(&json!({"render": "outdated"}), now()).await;
    assert_eq!(own.writes(), 0, "once");
    own.check(&ids).await;
    // One that is deleted is in nothing any more, at once.
    let gone = ids.remove(400);
    own.delete(gone).await;
    own.writes();
    own.render(&[gone]).await;
    let left = own.writes();
    own.render_all(&json!({"render": "outdated"}), now()).await;
    assert_eq!((left, own.writes()), (2 + 2 + 1, 0), "its pages go, its page of the catalogue and the sitemap change");
}

#[tokio::test]
async fn a_new_release_is_on_every_page_and_nothing_is_written_twice() {
    let own = Own::new().await;
    let ids = own.fill(70).await;
    own.render_all(&json!({"render": "everything"}), now()).await;
    own.check(&ids).await;
    own.writes();
    own.render_all(&json!({"render": "everything"}), now()).await;
    assert_eq!(own.writes(), 0, "what is right is not written again");
    own.publish("/assets/site.2.css").await;
    own.render_all(&json!({"render": "everything"}), now()).await;
    for (key, page) in own.walk().await {
        assert!(page.contains("/assets/site.2.css") && !page.contains("/assets/site.1.css"), "{key}");
    }
    for id in ids {
        assert!(own.ticket_page(id).await.expect("a page").contains("/assets/site.2.css"));
    }
}

/// The renderer relies on the bucket for it: a write or a removal is lost when the object is not the one that was seen.
#[tokio::test]
async fn the_bucket_takes_no_write_that_does_not_know_what_it_replaces() {
    let own = Own::new().await;
    let bucket = SiteBucket::new(own.s3.clone(), own.bucket.clone());
    let write = async |body: &str, seen: Option<&ETag>| {
        bucket.write("index.html", body.as_bytes().to_vec(), seen).await.expect("an answer")
    };
    let (first, second) = (ETag::of(b"first"), ETag::of(b"second"));
    assert_eq!(write("first", Some(&first)).await, Guarded::Lost, "there is nothing to be replaced");
    assert_eq!(write("first", None).await, Guarded::Done);
    assert_eq!(bucket.etag("index.html").await.expect("an answer"), Some(first.clone()));
    assert_eq!(write("second", None).await, Guarded::Lost);
    assert_eq!(write("second", Some(&first)).await, Guarded::Done);
    assert_eq!(write("third", Some(&first)).await, Guarded::Lost);
    assert_eq!(bucket.remove("index.html", &first).await.expect("an answer"), Guarded::Lost);
    assert_eq!(own.object("index.html").await.as_deref(), Some("second"));
    assert_eq!(bucket.remove("index.html", &second).await.expect("an answer"), Guarded::Done);
    assert_eq!(bucket.remove("index.html", &second).await.expect("an answer"), Guarded::Lost);
    assert_eq!(own.object("index.html").await, None);
}

#[tokio::test]
async fn pages_close_empty_and_go_and_are_taken_back() {
    let own = Own::new().await;
    own.render_all(&json!({"page": "head"}), now()).await;
    own.check(&[]).await;
    let mut ids = own.fill(36).await;
    own.render(&ids).await;
    assert_eq!(own.check(&ids).await, [36]);
    ids.push(own.list("The thirty-seventh", listed_at(100), None).await);
    own.render(&ids[36..]).await;
    assert_eq!(own.check(&ids).await, [13, 24]);
    for number in 0..24 {
        ids.push(own.list(&format!("More {number}"), listed_at(200 + number), None).await);
    }
    own.render(&ids[37..]).await;
    assert_eq!(own.check(&ids).await, [13, 24, 24]);

    // The page in the middle is sold out: its neighbours link to each other.
    let sold: Vec<_> = ids.drain(24..48).collect();
    for id in &sold[..23] {
        own.delete(*id).await;
    }
    own.render(&sold[..23]).await;
    let mut left = ids.clone();
    left.insert(24, sold[23]);
    assert_eq!(own.check(&left).await, [13, 1, 24]);
    own.delete(sold[23]).await;
    own.render(&sold[23..]).await;
    assert_eq!(own.check(&ids).await, [13, 24]);

    // The head runs low: it takes the next page back.
    let gone: Vec<_> = ids.drain(30..).collect();
    for id in &gone {
        own.delete(*id).await;
    }
    own.render(&gone).await;
    assert_eq!(own.check(&ids).await, [30]);
}

#[tokio::test]
async fn a_ticket_that_is_projected_late_finds_its_page_and_closes_it_if_it_is_full() {
    let own = Own::new().await;
    let mut ids = own.fill(60).await;
    own.render(&ids).await;
    assert_eq!(own.check(&ids).await, [36, 24]);
    // Thirteen that belong between the tenth and the eleventh.
    let between = listed_at(9);
    for number in 0..13 {
        let moment = between.plus(Duration::from_millis(number + 1));
        let at = 10 + usize::try_from(number).expect("a number");
        ids.insert(at, own.list(&format!("Late {number}"), moment, None).await);
    }
    own.render(&ids[10..23]).await;
    assert_eq!(own.check(&ids).await, [36, 13, 24]);
}

#[tokio::test]
async fn what_a_renderer_that_died_has_left_is_written_by_the_next() {
    let own = Own::new().await;
    let mut ids = own.fill(36).await;
    own.render(&ids).await;
    own.check(&ids).await;
    ids.push(own.list("The thirty-seventh", listed_at(100), None).await);
    let (app, mut gate) = own.gated();
    let dying = tokio::spawn(async move { run(&app, &json!({"page": "head"}), now()).await });
    gate.arrival().await;
    let register = own.market.page_register().await.expect("the register");
    assert_eq!(register.unsettled.len(), 2, "a page was closed, and neither it nor the head is written");
    dying.abort();
    assert!(dying.await.expect_err("it has died").is_cancelled());
    // A run about something else entirely.
    own.render_all(&json!({"ticket": Uuid::new_v4()}), now()).await;
    assert_eq!(own.market.page_register().await.expect("the register").unsettled, []);
    assert_eq!(own.walk().await.iter().map(|(_, page)| linked(page).len()).collect::<Vec<_>>(), [13, 24]);
    own.render(&ids[36..]).await;
    own.check(&ids).await;
}

#[tokio::test]
async fn a_stale_renderer_does_not_undo_a_later_one() {
    let own = Own::new().await;
    let id = own.list("Before", listed_at(0), None).await;
    let (app, mut gate) = own.gated();
    let request = batch(&[id]);
    let stale = tokio::spawn(async move { run(&app, &request, now()).await });
    gate.arrival().await;
    own.change(id, "After").await;
    own.render(&[id]).await;
    gate.open();
    stale.await.expect("a run");
    let page = own.ticket_page(id).await.expect("a page");
    assert!(page.contains("After") && !page.contains("Before"), "{page}");
    own.check(&[id]).await;
}

#[tokio::test]
async fn a_stale_renderer_does_not_bring_back_a_ticket_that_was_deleted_or_sold() {
    let own = Own::new().await;
    for is_sold in [false, true] {
        let id = own.list("Soon gone", listed_at(0), None).await;
        let (app, mut gate) = own.gated();
        let request = batch(&[id]);
        let stale = tokio::spawn(async move { run(&app, &request, now()).await });
        gate.arrival().await;
        // It has seen that there is no page. Now there is one, and then there is none again: nothing looks different.
        own.render(&[id]).await;
        assert!(own.ticket_page(id).await.is_some());
        if is_sold {
            own.sell(id).await;
        } else {
            own.delete(id).await;
        }
        own.render(&[id]).await;
        assert!(own.ticket_page(id).await.is_none());
        gate.open();
        stale.await.expect("a run");
        own.check(&[]).await;
    }
}

#[tokio::test]
async fn renderers_at_once_agree_whatever_happens_meanwhile() {
    let own = Own::new().await;
    let mut ids = own.fill(30).await;
    for round in 0..4 {
        let request = batch(&ids);
        let runs: Vec<_> = (0..3)
            .map(|_| {
                let (app, request) = (std::sync::Arc::clone(&own.app), request.clone());
                tokio::spawn(async move {
                    let work = serde_json::from_value(request).expect("work");
                    // Whoever is always slower gives up, and the queue delivers again.
                    drop(render_pages::handle(&app, work, now()).await);
                })
            })
            .collect();
        let gone = ids.remove(3);
        own.delete(gone).await;
        own.change(ids[0], &format!("Round {round}")).await;
        let new = own.list("New meanwhile", listed_at(100 + round), None).await;
        for run in runs {
            run.await.expect("a run");
        }
        own.render(&[gone, ids[0], new]).await;
        ids.push(new);
        own.check(&ids).await;
        assert!(own.ticket_page(ids[0]).await.expect("a page").contains(&format!("Round {round}")));
    }
}

#[tokio::test]
async fn begun_events_leave_the_catalogue_within_the_hour() {
    let own = Own::new().await;
    let mut ids = own.fill(60).await;
    let begins = now().plus(Duration::from_hours(1));
    let old = own.list("Early show", listed_at(9).plus(Duration::from_millis(1)), Some(begins)).await;
    ids.insert(10, old);
    own.render(&ids).await;
    let counts = own.check(&ids).await;
    own.writes();
    own.render_all(&json!({"render": "outdated"}), now()).await;
    assert_eq!(own.writes(), 0, "nothing has begun yet");
    // The row is still there: the table removes it within days.
    own.render_all(&json!({"render": "outdated"}), begins).await;
    let shown: Vec<_> = own.walk().await.iter().flat_map(|(_, page)| linked(page)).collect();
    ids.retain(|id| *id != old);
    assert_eq!(shown, ids.iter().rev().copied().collect::<Vec<_>>());
    assert_eq!(counts.iter().sum::<usize>(), 61);
    assert!(own.ticket_page(old).await.is_some(), "its page stays: somebody may hold it");
    own.writes();
    own.render_all(&json!({"render": "outdated"}), begins).await;
    assert_eq!(own.writes(), 0, "the page knows when it is out of date next");
}

#[tokio::test]
async fn a_page_is_found_by_every_place_on_it_and_by_no_other() {
    let own = Own::new().await;
    let ids = own.fill(61).await;
    own.render(&ids).await;
    assert_eq!(own.check(&ids).await, [13, 24, 24]);
    let mut pages = BTreeSet::new();
    for (number, id) in (0_u32..).zip(&ids) {
        let place = CataloguePlace { moment: listed_at(number), ticket: *id };
        let page = own.market.page_of(place).await.expect("a page");
        assert_eq!(page == PageId::Head, number >= 48, "{number}");
        pages.insert((number / 24, page.to_string()));
        let layout = own.market.page_layout(page).await.expect("a read").expect("a page");
        let within = own.market.catalogue_range(layout.range(), true, 100, now()).await.expect("places");
        assert!(within.contains(&place), "{number} is on {page}");
        let query = CatalogueQuery { order: CatalogueOrder::Newest, words: Vec::new(), from: None, to: None };
        assert_eq!(read_cursor(&query, &write_cursor(&query, place)), Ok(place));
    }
    assert_eq!(pages.len(), 3, "{pages:?}");
}

#[tokio::test]
async fn without_a_published_site_nothing_is_rendered_and_the_request_comes_again() {
    let own = Own::new().await;
    let id = own.list("Too early", listed_at(0), None).await;
    own.s3.delete_object().bucket(&own.bucket).key("assets/manifest.json").send().await.expect("a deletion");
    let work = serde_json::from_value(batch(&[id])).expect("work");
    let error = render_pages::handle(&own.app, work, now()).await.expect_err("no site");
    assert_eq!(error.to_string(), "the site has not been published: it has no assets/manifest.json");
    assert_eq!(own.keys().await, Vec::<String>::new());
}
