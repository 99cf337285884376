//! The catalogue's rows: what is written of a ticket, and what is found.

use std::sync::Arc;
use std::time::Duration;

use holdfast_domain::{Ticket, TicketFacts, TicketId, Timestamp, Venue};

use super::fixture::{Table, at, details, facts, held, listed_as, market, placed, stored, ticket};
use crate::keys::{key, n};
use crate::{CatalogueOrder, CataloguePlace, CatalogueQuery, Market, PlaceRange, Placed, Projected, TicketChange};

const NEWEST: CatalogueOrder = CatalogueOrder::Newest;
const SOONEST: CatalogueOrder = CatalogueOrder::Soonest;

fn query(order: CatalogueOrder, words: &[&str]) -> CatalogueQuery {
    let words = words.iter().map(|word| (*word).to_owned()).collect();
    CatalogueQuery { order, words, from: None, to: None }
}

fn begins(title: &str, starts_at: Option<Timestamp>) -> TicketFacts {
    TicketFacts { starts_at, ..facts(title) }
}

/// Lists a ticket at a minute and writes its rows.
async fn shown(market: &Market, facts: TicketFacts, minute: u64) -> Ticket {
    let ticket = listed_as(market, ticket(facts, minute)).await;
    assert_eq!(project(market, ticket.id).await, Projected::Written);
    ticket
}

async fn project(market: &Market, id: TicketId) -> Projected {
    market.catalogue_project(id, at(500)).await.unwrap()
}

async fn found(market: &Market, query: &CatalogueQuery) -> Vec<TicketId> {
    let page = market.catalogue_list(query, None, 50).await.unwrap();
    assert_eq!(page.next, None);
    page.places.iter().map(|place| place.ticket).collect()
}

async fn change(market: &Market, ticket: &Ticket, facts: TicketFacts) {
    let change = TicketChange {
        id: ticket.id,
        seller: ticket.seller,
        version: ticket.version,
        facts,
        details: details(),
        credential: None,
    };
    market.ticket_change(&change).await.unwrap();
}

/// How many rows there are in the partitions of the words that these tests use.
async fn rows(table: &Table) -> usize {
    let mut rows = 0;
    let words = ["opera", "ballet", "hall", "arena"].map(|word| [format!("W#{word}#N"), format!("W#{word}#D")]);
    for partition in ["C#NEWEST".to_owned(), "C#DATE".to_owned()].into_iter().chain(words.into_iter().flatten()) {
        rows += table.partition(&partition).await.len();
    }
    rows
}

#[tokio::test]
async fn a_listed_ticket_is_found_by_age_by_date_and_by_its_words() {
    let (market, table) = market().await;
    let opera = shown(&market, begins("Opera", Some(at(900))), 1).await;
    let ballet = shown(&market, begins("Ballet", Some(at(800))), 2).await;
    let undated = shown(&market, begins("Opera Ballet", None), 3).await;
    let all = [&undated, &ballet, &opera].map(|ticket| ticket.id);
    assert_eq!(found(&market, &query(NEWEST, &[])).await, all);
    assert_eq!(found(&market, &query(SOONEST, &[])).await, [ballet.id, opera.id]);
    assert_eq!(found(&market, &query(NEWEST, &["opera"])).await, [undated.id, opera.id]);
    assert_eq!(found(&market, &query(SOONEST, &["opera"])).await, [opera.id]);
    assert_eq!(found(&market, &query(NEWEST, &["opera", "ballet"])).await, [undated.id], "all words, not one");
    assert_eq!(found(&market, &query(NEWEST, &["hall", "ballet"])).await, [undated.id, ballet.id]);
    assert_eq!(found(&market, &query(SOONEST, &["hall", "opera"])).await, [opera.id]);
    assert_eq!(found(&market, &query(NEWEST, &["circus"])).await, []);
    let row = &table.partition("W#opera#D").await[0];
    assert_eq!(row["ttl"], n(at(900).as_seconds()), "a row vanishes when the event begins");
}

#[tokio::test]
async fn dates_bound_what_is_found_and_belong_to_it() {
    let (market, _) = market().await;
    let mut tickets = Vec::new();
    for minute in [600, 700, 800] {
        tickets.push(shown(&market, begins("Opera", Some(at(minute))), minute - 600).await.id);
    }
    shown(&market, begins("Opera", None), 300).await;
    for order in [NEWEST, SOONEST] {
        let between = |from: Option<u64>, to: Option<u64>| {
            let (market, query) = (&market, CatalogueQuery { from: from.map(at), to: to.map(at), ..query(order, &[]) });
            async move {
                let mut ids = found(market, &query).await;
                ids.sort_by_key(TicketId::to_string);
                ids
            }
        };
        assert_eq!(between(Some(700), None).await, tickets[1..], "{order:?}");
        assert_eq!(between(None, Some(700)).await, tickets[..2], "{order:?}");
        assert_eq!(between(Some(700), Some(700)).await, tickets[1..2], "{order:?}");
        assert_eq!(between(Some(701), Some(799)).await, [], "{order:?}");
        assert_eq!(between(Some(800), Some(700)).await, [], "{order:?}");
    }
}

#[tokio::test]
async fn the_catalogue_is_read_a_page_at_a_time() {
    let (market, _) = market().await;
    let mut tickets = Vec::new();
    for minute in 0..5 {
        // Every other one has a word more.
        let title = if minute % 2 == 0 { "Opera Ballet" } else { "Opera" };
        tickets.push(shown(&market, begins(title, Some(at(900 + minute))), minute).await.id);
    }
    let newest: Vec<_> = tickets.iter().rev().copied().collect();
    let filtered = vec![tickets[4], tickets[2], tickets[0]];
    let by_date = vec![tickets[0], tickets[2], tickets[4]];
    for (query, expected) in [
        (query(NEWEST, &[]), newest.clone()),
        (query(NEWEST, &["opera"]), newest),
        (query(SOONEST, &[]), tickets.clone()),
        (query(NEWEST, &["hall", "opera", "ballet"]), filtered),
        (query(SOONEST, &["opera", "ballet"]), by_date),
    ] {
        let (mut walked, mut after, mut pages) = (Vec::new(), None, 0);
        loop {
            let page = market.catalogue_list(&query, after, 2).await.unwrap();
            assert!(page.places.len() <= 2, "{query:?}");
            walked.extend(page.places.iter().map(|place| place.ticket));
            after = page.next;
            pages += 1;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(walked, expected, "{query:?}");
        assert!(pages >= walked.len().div_ceil(2), "{query:?}");
    }
    let whole = market.catalogue_list(&query(NEWEST, &["opera", "ballet"]), None, 3).await.unwrap();
    assert_eq!((whole.places.len(), whole.next), (3, None), "a full page that is the last one");
}

#[tokio::test]
async fn a_change_moves_the_rows_and_what_is_written_already_stays() {
    let (market, table) = market().await;
    let ticket = shown(&market, begins("Opera", Some(at(900))), 1).await;
    assert_eq!(rows(&table).await, 6);
    assert_eq!(project(&market, ticket.id).await, Projected::Unchanged);
    let arena = TicketFacts { venue: Some(Venue::parse("Arena").unwrap()), ..begins("Ballet", None) };
    change(&market, &ticket, arena).await;
    assert_eq!(project(&market, ticket.id).await, Projected::Written);
    assert_eq!(rows(&table).await, 3, "no date, and two other words");
    assert_eq!(found(&market, &query(NEWEST, &["arena"])).await, [ticket.id]);
    assert_eq!(found(&market, &query(NEWEST, &["opera"])).await, []);
    assert_eq!(found(&market, &query(SOONEST, &[])).await, []);
    // A change of the price alone is another version, and the same rows.
    let ticket = stored(&market, ticket.id).await;
    change(&market, &ticket, ticket.facts.clone()).await;
    assert_eq!(project(&market, ticket.id).await, Projected::Written);
    assert_eq!(rows(&table).await, 3);
}

#[tokio::test]
async fn rows_that_whoever_wrote_the_entry_did_not_get_to_are_written_by_the_next_delivery() {
    let (market, table) = market().await;
    let ticket = shown(&market, begins("Opera", Some(at(900))), 1).await;
    for partition in ["W#opera#N", "C#NEWEST"] {
        let row = table.partition(partition).await.remove(0);
        table.remove(key(partition.to_owned(), row["sk"].as_s().unwrap())).await;
    }
    assert_eq!(found(&market, &query(NEWEST, &["opera"])).await, []);
    assert_eq!(project(&market, ticket.id).await, Projected::Unchanged);
    assert_eq!(rows(&table).await, 6);
    assert_eq!(found(&market, &query(NEWEST, &["opera"])).await, [ticket.id]);
    // And those that were to go.
    let before = table.partition("W#opera#N").await;
    change(&market, &ticket, begins("Ballet", Some(at(900)))).await;
    assert_eq!(project(&market, ticket.id).await, Projected::Written);
    table.put_all(before).await;
    assert_eq!(rows(&table).await, 7);
    assert_eq!(project(&market, ticket.id).await, Projected::Unchanged);
    assert_eq!(rows(&table).await, 6);
}

#[tokio::test]
async fn a_held_ticket_keeps_its_rows_and_a_sold_one_loses_them() {
    let (market, table) = market().await;
    let ticket = shown(&market, begins("Opera", Some(at(900))), 1).await;
    let order = placed(&market, 1, ticket.id, 2).await;
    project(&market, ticket.id).await;
    assert_eq!(found(&market, &query(NEWEST, &[])).await, [ticket.id]);
    market.ticket_commit(ticket.id, order.id, order.hold).await.unwrap();
    project(&market, ticket.id).await;
    assert_eq!(rows(&table).await, 6);
    market.ticket_sell(ticket.id, order.id, order.hold, at(3)).await.unwrap();
    assert_eq!(project(&market, ticket.id).await, Projected::Written);
    assert_eq!(rows(&table).await, 0);
}

#[tokio::test]
async fn a_deleted_ticket_leaves_no_row_and_never_gets_one_again() {
    let (market, table) = market().await;
    let ticket = shown(&market, begins("Opera", Some(at(900))), 1).await;
    market.ticket_delete(ticket.id, ticket.seller, ticket.version).await.unwrap();
    assert_eq!(project(&market, ticket.id).await, Projected::Written);
    assert_eq!(rows(&table).await, 0);
    assert_eq!(project(&market, ticket.id).await, Projected::Unchanged);
    let tombstone = table.item(key(format!("T#{}", ticket.id), "P")).await.unwrap();
    assert_eq!(tombstone["ttl"], n(at(500).plus(Duration::from_hours(15 * 24)).as_seconds()));
    let stood = Placed { place: CataloguePlace { moment: at(1), ticket: ticket.id }, is_gone: true };
    assert_eq!(market.tickets_placed(&[ticket.id]).await.unwrap(), [stood], "where it stood is still known");
    // A ticket that never was is noted as gone, too: its event may overtake all others.
    let never = super::fixture::ticket(facts("Never listed"), 0).id;
    assert_eq!(project(&market, never).await, Projected::Written);
    assert_eq!(project(&market, never).await, Projected::Unchanged);
    assert_eq!(market.tickets_placed(&[never]).await.unwrap(), []);
    let listed_late = Ticket { id: never, ..super::fixture::ticket(facts("Opera"), 0) };
    listed_as(&market, listed_late).await;
    assert_eq!(project(&market, never).await, Projected::Unchanged, "what is gone stays gone");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_projectors_at_the_same_time_one_writes() {
    let (market, table) = market().await;
    let market = Arc::new(market);
    let ticket = shown(&market, begins("Opera", Some(at(900))), 1).await;
    for title in ["Ballet", "Opera", "Ballet"] {
        let before = stored(&market, ticket.id).await;
        change(&market, &before, begins(title, Some(at(900)))).await;
        let mut running = tokio::task::JoinSet::new();
        for _ in 0..3 {
            let (market, id) = (Arc::clone(&market), ticket.id);
            running.spawn(async move { project(&market, id).await });
        }
        let wrote = running.join_all().await;
        assert_eq!(wrote.iter().filter(|wrote| **wrote == Projected::Written).count(), 1, "{wrote:?}");
        assert_eq!(rows(&table).await, 6);
        assert_eq!(found(&market, &query(NEWEST, &[&title.to_lowercase()])).await, [ticket.id]);
    }
}

fn place(ticket: &Ticket) -> CataloguePlace {
    CataloguePlace { moment: ticket.created_at, ticket: ticket.id }
}

#[tokio::test]
async fn a_range_has_its_lower_end_and_not_its_upper_and_no_event_that_has_begun() {
    let (market, _) = market().await;
    let mut tickets = Vec::new();
    for minute in 0..5 {
        tickets.push(shown(&market, begins("Opera", Some(at(900 + minute))), minute).await);
    }
    let undated = shown(&market, begins("Opera", None), 5).await;
    tickets.push(undated);
    let places: Vec<_> = tickets.iter().map(place).collect();
    let range = |from: Option<usize>, before: Option<usize>| PlaceRange {
        from: from.map(|at| places[at]),
        before: before.map(|at| places[at]),
    };
    let read = |range, newest_first, limit, minute| {
        let market = &market;
        async move { market.catalogue_range(range, newest_first, limit, at(minute)).await.unwrap() }
    };
    assert_eq!(read(PlaceRange::default(), false, 50, 0).await, places);
    assert_eq!(read(range(Some(1), Some(4)), false, 50, 0).await, places[1..4]);
    assert_eq!(read(range(None, Some(2)), false, 50, 0).await, places[..2]);
    assert_eq!(read(range(Some(4), None), false, 50, 0).await, places[4..]);
    assert_eq!(read(PlaceRange::default(), false, 2, 0).await, places[..2]);
    let newest: Vec<_> = places.iter().rev().take(3).copied().collect();
    assert_eq!(read(PlaceRange::default(), true, 3, 0).await, newest);
    let begun = read(PlaceRange::default(), false, 50, 902).await;
    assert_eq!(begun, places[3..], "it begins at that moment, and what has no date never does");
}

/// One call of a range looks at a hundred rows.
#[tokio::test]
async fn a_range_goes_on_behind_rows_that_it_drops() {
    let (market, table) = market().await;
    let old = super::fixture::ticket(facts("Opera"), 0);
    let row = |minute| {
        let place = CataloguePlace { moment: at(minute), ..place(&old) };
        let mut row = key("C#NEWEST".to_owned(), place.to_string());
        row.insert("starts_at".to_owned(), n(at(400).as_millis()));
        row
    };
    table.put_all((0..150).map(row).collect()).await;
    let last = shown(&market, begins("Opera", Some(at(900))), 300).await;
    let read = market.catalogue_range(PlaceRange::default(), false, 10, at(500)).await.unwrap();
    assert_eq!(read, [place(&last)]);
    let before = market.catalogue_range(PlaceRange::default(), false, 120, at(399)).await.unwrap();
    assert_eq!(before.len(), 120);
}

#[tokio::test]
async fn cards_say_what_their_rows_say_and_rows_that_say_nothing_what_their_tickets_say() {
    let (market, table) = market().await;
    let by_row = shown(&market, begins("Opera", Some(at(900))), 1).await;
    let bare = shown(&market, begins("Ballet", Some(at(901))), 2).await;
    let sold = shown(&market, begins("Concert", Some(at(902))), 3).await;
    // Rows of a version that wrote the place alone; one of them is of a ticket that has been sold meanwhile.
    for ticket in [&bare, &sold] {
        let mut row = key("C#NEWEST".to_owned(), place(ticket).to_string());
        row.insert("starts_at".to_owned(), n(at(901).as_millis()));
        table.put_all(vec![row]).await;
    }
    let order = placed(&market, 1, sold.id, 4).await;
    market.ticket_commit(sold.id, order.id, order.hold).await.unwrap();
    market.ticket_sell(sold.id, order.id, order.hold, at(5)).await.unwrap();
    // Changed since its row was written, and not projected again.
    change(&market, &by_row, begins("Operetta", Some(at(900)))).await;
    let cards = market.catalogue_shown(PlaceRange::default(), true, 50, at(0)).await.unwrap();
    let said: Vec<_> = cards.iter().map(|card| (card.place, &card.facts)).collect();
    assert_eq!(said, [(place(&bare), &bare.facts), (place(&by_row), &by_row.facts)]);
    let oldest = market.catalogue_shown(PlaceRange::default(), false, 1, at(0)).await.unwrap();
    assert_eq!(oldest.iter().map(|card| card.place).collect::<Vec<_>>(), [place(&by_row)]);
}

#[tokio::test]
async fn tickets_are_shown_as_they_are_with_their_places_in_the_order_asked_for() {
    let (market, _) = market().await;
    let first = shown(&market, facts("Opera"), 1).await;
    let second = listed_as(&market, ticket(facts("Ballet"), 2)).await;
    held(&market, 1, first.id, 3).await;
    let at_its_place = |ticket| Placed { place: place(ticket), is_gone: false };
    let placed = market.tickets_placed(&[second.id, first.id]).await.unwrap();
    assert_eq!(placed, [at_its_place(&first)], "the second was not projected yet");
    project(&market, second.id).await;
    let placed = market.tickets_placed(&[second.id, first.id]).await.unwrap();
    assert_eq!(placed, [&second, &first].map(at_its_place));
    let shown = market.tickets_show(&[second.id, first.id]).await.unwrap();
    assert_eq!((&shown[0].ticket, &shown[1].ticket), (&second, &stored(&market, first.id).await));
    assert!(shown.iter().all(|shown| shown.credential.is_none()));
}
