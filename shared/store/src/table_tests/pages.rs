//! The ranges of rendered pages.

use std::sync::Arc;

use holdfast_domain::TicketId;

use super::fixture::{Table, at, market};
use crate::keys::{key, n};
use crate::{Boundary, CataloguePlace, Market, PageId, PageLayout, PlaceRange};

fn place(minute: u64) -> CataloguePlace {
    let ticket: TicketId = "0199a1b2-0000-7000-8000-000000000001".parse().unwrap();
    CataloguePlace { moment: at(minute), ticket }
}

async fn put(market: &Market, minutes: &[u64]) {
    let register = market.page_register().await.unwrap();
    let ends: Vec<_> = minutes.iter().map(|minute| place(*minute)).collect();
    assert!(market.boundaries_put(&register, &ends, &[]).await.unwrap());
}

/// All boundaries, the lowest first.
async fn boundaries(market: &Market) -> Vec<Boundary> {
    market.boundaries(PlaceRange::default(), true, 100).await.unwrap()
}

/// Boundaries at the minutes 10, 20 and 30.
async fn three(market: &Market) -> [Boundary; 3] {
    put(market, &[10, 20, 30]).await;
    let found = boundaries(market).await;
    assert_eq!(
        found.iter().map(|boundary| (boundary.end, boundary.name)).collect::<Vec<_>>(),
        [(place(10), 1), (place(20), 2), (place(30), 3)]
    );
    [found[0], found[1], found[2]]
}

#[tokio::test]
async fn before_anything_was_written_there_is_one_page_and_it_is_to_be_written() {
    let (market, _) = market().await;
    let register = market.page_register().await.unwrap();
    assert_eq!(register.unsettled, [PageId::Head]);
    assert_eq!(market.page_of(place(5)).await.unwrap(), PageId::Head);
    let head = market.page_layout(PageId::Head).await.unwrap().unwrap();
    assert_eq!(head, PageLayout { own: None, newer: None, older: None });
    assert_eq!(head.range(), PlaceRange::default());
    assert_eq!(boundaries(&market).await, []);
}

#[tokio::test]
async fn a_boundary_divides_what_is_below_it_from_what_begins_there() {
    let (market, _) = market().await;
    let [low, middle, high] = three(&market).await;
    for (minute, page) in [(5, low.page()), (10, middle.page()), (15, middle.page()), (29, high.page())] {
        assert_eq!(market.page_of(place(minute)).await.unwrap(), page, "{minute}");
    }
    for minute in [30, 99] {
        assert_eq!(market.page_of(place(minute)).await.unwrap(), PageId::Head, "{minute}");
    }
    let layout = |page| {
        let market = &market;
        async move { market.page_layout(page).await.unwrap() }
    };
    let head = layout(PageId::Head).await.unwrap();
    assert_eq!(head, PageLayout { own: None, newer: None, older: Some(high) });
    assert_eq!(head.range(), PlaceRange { from: Some(place(30)), before: None });
    let of_high = layout(high.page()).await.unwrap();
    assert_eq!(of_high, PageLayout { own: Some(high), newer: Some(PageId::Head), older: Some(middle) });
    let of_middle = layout(middle.page()).await.unwrap();
    assert_eq!(of_middle, PageLayout { own: Some(middle), newer: Some(high.page()), older: Some(low) });
    assert_eq!(of_middle.range(), PlaceRange { from: Some(place(10)), before: Some(place(20)) });
    let of_low = layout(low.page()).await.unwrap();
    assert_eq!(of_low, PageLayout { own: Some(low), newer: Some(middle.page()), older: None });
    for gone in [
        PageId::Closed { end: place(20), name: 9 },
        PageId::Closed { end: place(25), name: 2 },
        PageId::Closed { end: place(5), name: 1 },
    ] {
        assert_eq!(layout(gone).await, None, "{gone}");
    }
}

#[tokio::test]
async fn boundaries_of_a_range_are_those_within_it() {
    let (market, _) = market().await;
    let [low, middle, high] = three(&market).await;
    let read = |from: Option<u64>, before: Option<u64>, lowest_first, limit| {
        let range = PlaceRange { from: from.map(place), before: before.map(place) };
        let market = &market;
        async move { market.boundaries(range, lowest_first, limit).await.unwrap() }
    };
    assert_eq!(read(None, None, true, 10).await, [low, middle, high]);
    assert_eq!(read(None, None, false, 2).await, [high, middle]);
    assert_eq!(read(Some(10), Some(30), true, 10).await, [low, middle], "not its upper end");
    assert_eq!(read(Some(11), Some(31), true, 10).await, [middle, high]);
    assert_eq!(read(Some(31), None, true, 10).await, []);
}

#[tokio::test]
async fn whoever_has_read_an_old_register_changes_nothing() {
    let (market, table) = market().await;
    let old = market.page_register().await.unwrap();
    let [_, middle, _] = three(&market).await;
    let refused = async |market: &Market, register| {
        assert!(!market.boundaries_put(register, &[place(99)], &[]).await.unwrap());
        assert!(!market.boundary_remove(register, &middle, &[]).await.unwrap());
        assert!(!market.pages_settled(register).await.unwrap());
    };
    refused(&market, &old).await;
    let read = market.page_register().await.unwrap();
    assert_eq!(read.unsettled.len(), 4, "the head and the three");
    assert!(market.pages_settled(&read).await.unwrap());
    refused(&market, &read).await;
    let settled = market.page_register().await.unwrap();
    assert_eq!(settled.unsettled, []);
    assert_eq!(boundaries(&market).await.len(), 3);
    assert_eq!(table.sort_keys("PAGES#REGISTER").await.len(), 1);
    // The first of all registers is written once, too.
    let (fresh, _) = super::fixture::market().await;
    let nothing = fresh.page_register().await.unwrap();
    assert!(fresh.boundaries_put(&nothing, &[place(1)], &[]).await.unwrap());
    assert!(!fresh.boundaries_put(&nothing, &[place(2)], &[]).await.unwrap());
}

#[tokio::test]
async fn a_boundary_is_put_where_none_is_and_its_name_is_never_given_again() {
    let (market, _) = market().await;
    let [low, middle, high] = three(&market).await;
    let read = market.page_register().await.unwrap();
    assert!(!market.boundaries_put(&read, &[place(20)], &[]).await.unwrap(), "one is there");
    assert!(market.boundary_remove(&read, &middle, &[high.page()]).await.unwrap());
    let read = market.page_register().await.unwrap();
    assert_eq!(read.unsettled, [PageId::Head, low.page(), middle.page(), high.page()]);
    assert!(market.pages_settled(&read).await.unwrap());
    let read = market.page_register().await.unwrap();
    assert!(market.boundaries_put(&read, &[place(20)], &[low.page()]).await.unwrap());
    let again = boundaries(&market).await[1];
    assert_eq!((again.end, again.name), (place(20), 4));
    let read = market.page_register().await.unwrap();
    assert_eq!(read.unsettled, [again.page(), low.page()]);
    assert!(!market.boundary_remove(&read, &middle, &[]).await.unwrap(), "it is another page now");
    assert_eq!(boundaries(&market).await, [low, again, high]);
    assert_eq!(market.page_layout(middle.page()).await.unwrap(), None);
    assert!(market.boundary_remove(&read, &again, &[high.page()]).await.unwrap());
    assert_eq!(market.page_register().await.unwrap().unsettled, [again.page(), low.page(), high.page()]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_changes_at_the_same_time_one_wins() {
    let (market, _) = market().await;
    three(&market).await;
    let (market, read) = (Arc::new(market.clone()), Arc::new(market.page_register().await.unwrap()));
    let mut running = tokio::task::JoinSet::new();
    for minute in 40..48 {
        let (market, read) = (Arc::clone(&market), Arc::clone(&read));
        running.spawn(async move { market.boundaries_put(&read, &[place(minute)], &[]).await.unwrap() });
    }
    let winners = running.join_all().await.into_iter().filter(|won| *won).count();
    assert_eq!((winners, boundaries(&market).await.len()), (1, 4));
}

#[tokio::test]
async fn when_the_first_event_of_a_page_begins_is_noted_on_the_boundary_that_was_read() {
    let (market, _) = market().await;
    let [low, middle, _] = three(&market).await;
    assert!(market.boundary_note_earliest(&low, Some(at(60))).await.unwrap());
    assert!(!market.boundary_note_earliest(&low, Some(at(61))).await.unwrap(), "it is not as it was read");
    let noted = boundaries(&market).await[0];
    assert_eq!(noted, Boundary { earliest: Some(at(60)), ..low });
    assert!(market.boundary_note_earliest(&noted, Some(at(70))).await.unwrap());
    assert!(!market.boundary_note_earliest(&noted, None).await.unwrap());
    let noted = boundaries(&market).await[0];
    assert!(market.boundary_note_earliest(&noted, None).await.unwrap());
    assert_eq!(boundaries(&market).await[0], low);
    for gone in [Boundary { name: 9, ..middle }, Boundary { end: place(25), ..middle }] {
        assert!(!market.boundary_note_earliest(&gone, Some(at(60))).await.unwrap(), "{gone:?}");
    }
    assert_eq!(boundaries(&market).await.len(), 3);
}

#[tokio::test]
async fn pages_are_out_of_date_from_the_moment_at_which_an_event_of_theirs_begins() {
    let (market, _) = market().await;
    let [low, middle, high] = three(&market).await;
    for (boundary, minute) in [(low, 100), (high, 60)] {
        assert!(market.boundary_note_earliest(&boundary, Some(at(minute))).await.unwrap());
    }
    let outdated = |below, minute| {
        let market = &market;
        async move { market.pages_outdated(below, at(minute)).await.unwrap() }
    };
    assert_eq!(outdated(None, 59).await, (vec![], None));
    assert_eq!(outdated(None, 60).await, (vec![high.page()], None));
    assert_eq!(outdated(None, 100).await, (vec![high.page(), low.page()], None));
    assert_eq!(outdated(Some(high), 100).await, (vec![low.page()], None), "below it, and not itself");
    assert_eq!(outdated(Some(middle), 100).await, (vec![low.page()], None));
}

/// Stores as many boundaries as a very large catalogue has.
async fn boundaries_stored(table: &Table, number: u64) {
    let boundary = |minute| {
        let mut item = key("PAGES".to_owned(), place(minute).to_string());
        item.insert("name".to_owned(), n(minute + 1));
        item.insert("earliest".to_owned(), n(at(1).as_millis()));
        item
    };
    table.put_all((0..number).map(boundary).collect()).await;
}

#[tokio::test]
async fn more_pages_than_one_call_reads_are_gone_through_call_by_call() {
    let (market, table) = market().await;
    boundaries_stored(&table, 1_001).await;
    let (first, next) = market.pages_outdated(None, at(1)).await.unwrap();
    assert_eq!((first.len(), first[0].name(), next.map(|next| next.name)), (1_000, Some(1_001), Some(2)));
    let (rest, end) = market.pages_outdated(next, at(1)).await.unwrap();
    assert_eq!((rest.len(), rest[0].name(), end), (1, Some(1), None));
}
