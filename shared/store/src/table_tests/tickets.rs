//! What sellers do with their tickets, and reading them.

use std::time::Duration;

use holdfast_domain::{Credential, Description, DisplayName, IdempotencyKey, Ticket, TicketFacts, TicketId, Version};

use super::fixture::{
    SELLER, Table, at, details, facts, held, listed, listed_as, market, placed, stored, ticket, user,
};
use crate::keys::{listing_key, n};
use crate::{
    Created, Market, NewTicket, StoreError, TicketChange, TicketChangeError, TicketDetails, TicketWithDetails,
};

fn credential(text: &str) -> Credential {
    Credential::parse(text).unwrap()
}

fn described(text: &str) -> TicketDetails {
    TicketDetails { description: Some(Description::parse(text).unwrap()), ..details() }
}

fn whole(facts: TicketFacts) -> NewTicket {
    NewTicket { ticket: ticket(facts, 0), details: described("Row 7"), credential: Some(credential("ABC-123")) }
}

fn change(ticket: &Ticket, facts: TicketFacts) -> TicketChange {
    let (seller, version) = (ticket.seller, ticket.version);
    TicketChange { id: ticket.id, seller, version, facts, details: details(), credential: None }
}

async fn shown(market: &Market, id: TicketId) -> TicketWithDetails {
    market.ticket_show_to_seller(id, user(SELLER)).await.unwrap().unwrap()
}

/// The parts of a ticket that are there.
async fn parts(table: &Table, id: TicketId) -> Vec<String> {
    table.sort_keys(&format!("T#{id}")).await
}

#[tokio::test]
async fn a_ticket_is_put_on_the_market_with_all_that_belongs_to_it() {
    let (market, table) = market().await;
    let new = whole(facts("Opera"));
    market.ticket_create(&new).await.unwrap();
    let id = new.ticket.id;
    let mine = shown(&market, id).await;
    assert_eq!((&mine.ticket, &mine.details, &mine.credential), (&new.ticket, &new.details, &new.credential));
    let public = market.ticket_show(id).await.unwrap().unwrap();
    assert_eq!((public.ticket, public.details, public.credential), (new.ticket.clone(), new.details.clone(), None));
    assert!(market.ticket_show_to_seller(id, user(9)).await.unwrap().is_none(), "somebody else's");
    assert_eq!(parts(&table, id).await, ["D", "T", "X"]);
    let bare = listed(&market).await;
    assert_eq!(parts(&table, bare.id).await, ["D", "T"]);
    assert_eq!(shown(&market, bare.id).await.details.description, None);
    let never = ticket(facts("Never listed"), 0).id;
    assert!(market.ticket_show(never).await.unwrap().is_none() && market.ticket_read(never).await.unwrap().is_none());
}

#[tokio::test]
async fn an_id_that_is_taken_is_refused() {
    let (market, _) = market().await;
    let new = whole(facts("Opera"));
    market.ticket_create(&new).await.unwrap();
    let again = NewTicket { ticket: Ticket { facts: facts("Ballet"), ..new.ticket.clone() }, ..new.clone() };
    let refused = market.ticket_create(&again).await;
    assert!(matches!(refused, Err(StoreError::Refused(_))), "{refused:?}");
    assert_eq!(stored(&market, new.ticket.id).await, new.ticket);
}

#[tokio::test]
async fn under_one_key_a_ticket_is_listed_once() {
    let (market, table) = market().await;
    let key = IdempotencyKey::parse("key").unwrap();
    let (first, second) = (whole(facts("Opera")), whole(facts("Opera")));
    assert_eq!(market.ticket_create_once(&first, &key).await.unwrap(), Created::Now);
    assert_eq!(market.ticket_create_once(&second, &key).await.unwrap(), Created::Before(first.ticket.id));
    assert_eq!(market.ticket_read(second.ticket.id).await.unwrap(), None, "nothing of the second is there");
    assert_eq!(parts(&table, second.ticket.id).await, Vec::<String>::new());
    let noted = table.item(listing_key(user(SELLER), &key)).await.unwrap();
    assert_eq!(noted["ttl"], n(at(0).plus(Duration::from_hours(24)).as_seconds()), "a day");
    let others = NewTicket { ticket: Ticket { seller: user(1), ..second.ticket }, ..second };
    assert_eq!(market.ticket_create_once(&others, &key).await.unwrap(), Created::Now, "a key is its seller's");
    // Its id is taken, and by no ticket under this key.
    let refused = market.ticket_create_once(&first, &IdempotencyKey::parse("other").unwrap()).await;
    assert!(matches!(refused, Err(StoreError::Refused(_))), "{refused:?}");
}

#[tokio::test]
async fn a_change_replaces_all_that_the_seller_says() {
    let (market, table) = market().await;
    let new = whole(facts("Opera"));
    market.ticket_create(&new).await.unwrap();
    let less = TicketFacts { venue: None, starts_at: None, ..facts("Ballet") };
    market.ticket_change(&change(&new.ticket, less.clone())).await.unwrap();
    let now = shown(&market, new.ticket.id).await;
    let expected = Ticket { facts: less, version: Version::from_number(2), ..new.ticket.clone() };
    assert_eq!((&now.ticket, &now.details, now.credential), (&expected, &details(), None));
    assert_eq!(parts(&table, new.ticket.id).await, ["D", "T"], "what admits is gone with its text");
    let more = TicketChange {
        details: described("Row 9"),
        credential: Some(credential("XYZ-789")),
        ..change(&now.ticket, facts("Opera"))
    };
    market.ticket_change(&more).await.unwrap();
    let now = shown(&market, new.ticket.id).await;
    let expected = Ticket { version: Version::from_number(3), ..new.ticket };
    assert_eq!((now.ticket, now.details, now.credential), (expected, described("Row 9"), Some(credential("XYZ-789"))));
}

#[tokio::test]
async fn a_seller_changes_and_deletes_what_they_have_read_and_is_theirs_and_listed() {
    let (market, table) = market().await;
    let new = whole(facts("Opera"));
    market.ticket_create(&new).await.unwrap();
    let ticket = new.ticket;
    let refused = |ticket: Ticket| {
        let market = &market;
        async move {
            let changed = market.ticket_change(&change(&ticket, facts("Ballet"))).await;
            assert!(matches!(changed, Err(TicketChangeError::Changed)), "{ticket:?}: {changed:?}");
            let deleted = market.ticket_delete(ticket.id, ticket.seller, ticket.version).await;
            assert!(matches!(deleted, Err(TicketChangeError::Changed)), "{ticket:?}: {deleted:?}");
        }
    };
    refused(Ticket { seller: user(1), ..ticket.clone() }).await;
    refused(Ticket { version: ticket.version.next(), ..ticket.clone() }).await;
    refused(Ticket { id: super::fixture::ticket(facts("Never"), 0).id, ..ticket.clone() }).await;
    held(&market, 1, ticket.id, 0).await;
    refused(ticket.clone()).await;
    let holding = stored(&market, ticket.id).await;
    refused(holding.clone()).await;
    assert_eq!(shown(&market, ticket.id).await.details, described("Row 7"), "half of a change is never seen");
    assert_eq!(parts(&table, ticket.id).await, ["D", "T", "X"]);
    assert_eq!(stored(&market, ticket.id).await, holding);
}

#[tokio::test]
async fn a_deleted_ticket_is_gone_with_all_that_belonged_to_it() {
    let (market, table) = market().await;
    let new = whole(facts("Opera"));
    market.ticket_create(&new).await.unwrap();
    market.ticket_delete(new.ticket.id, new.ticket.seller, new.ticket.version).await.unwrap();
    assert_eq!(parts(&table, new.ticket.id).await, Vec::<String>::new());
    let bare = listed(&market).await;
    market.ticket_delete(bare.id, bare.seller, bare.version).await.unwrap();
    assert_eq!(parts(&table, bare.id).await, Vec::<String>::new());
    let again = market.ticket_delete(bare.id, bare.seller, bare.version).await;
    assert!(matches!(again, Err(TicketChangeError::Changed)));
}

#[tokio::test]
async fn a_seller_lists_their_tickets_in_every_state_newest_first() {
    let (market, _) = market().await;
    let mut tickets = Vec::new();
    for minute in 0..5 {
        let new = NewTicket { ticket: ticket(facts("Opera"), minute), ..whole(facts("Opera")) };
        market.ticket_create(&new).await.unwrap();
        tickets.push(new.ticket.id);
    }
    let others = Ticket { seller: user(7), ..ticket(facts("Opera"), 9) };
    listed_as(&market, others).await;
    let sold = placed(&market, 1, tickets[2], 10).await;
    market.ticket_commit(tickets[2], sold.id, sold.hold).await.unwrap();
    market.ticket_sell(tickets[2], sold.id, sold.hold, at(11)).await.unwrap();
    held(&market, 2, tickets[4], 10).await;
    tickets.reverse();
    let (mut walked, mut locks, mut after) = (Vec::new(), Vec::new(), None);
    loop {
        let page = market.ticket_list_by_seller(user(SELLER), 2, after).await.unwrap();
        assert!(page.items.len() <= 2 && page.items.iter().all(|item| item.credential == Some(credential("ABC-123"))));
        walked.extend(page.items.iter().map(|item| item.ticket.id));
        let of_locks = market.lock_list_by_seller(user(SELLER), 2, after).await.unwrap();
        let mut ids: Vec<_> = of_locks.items.iter().map(|lock| lock.id).collect();
        ids.sort_by_key(|id| tickets.iter().position(|known| known == id));
        locks.extend(ids);
        assert_eq!(of_locks.next, page.next);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!((&walked, &locks), (&tickets, &tickets));
    let whole = market.ticket_list_by_seller(user(SELLER), 50, None).await.unwrap();
    assert_eq!(whole.items.iter().map(|item| item.ticket.id).collect::<Vec<_>>(), tickets);
    assert!(whole.next.is_none());
}

/// One call reads a hundred keys at most.
#[tokio::test]
async fn more_tickets_than_one_call_reads_are_read_all_the_same() {
    let (market, _) = market().await;
    let there = [listed(&market).await.id, listed(&market).await.id];
    let mut wanted: Vec<_> = (0..250).map(|_| ticket(facts("Never listed"), 0).id).collect();
    (wanted[0], wanted[249]) = (there[0], there[1]);
    let mut found: Vec<_> = market.tickets_read(&wanted).await.unwrap().into_iter().map(|ticket| ticket.id).collect();
    found.sort_by_key(|id| there.iter().position(|known| known == id));
    assert_eq!(found, there);
    let shown = market.tickets_show(&wanted).await.unwrap();
    assert_eq!(shown.iter().map(|shown| shown.ticket.id).collect::<Vec<_>>(), there);
}

#[tokio::test]
async fn a_sellers_name_is_replaced_once_and_a_ticket_that_is_gone_stays_gone() {
    let (market, table) = market().await;
    let ticket = listed(&market).await;
    for _ in 0..2 {
        market.ticket_forget_seller(ticket.id).await.unwrap();
        let details = shown(&market, ticket.id).await.details;
        assert_eq!(details.seller_name, DisplayName::parse(crate::FORMER_MEMBER).unwrap());
    }
    assert_eq!(stored(&market, ticket.id).await, ticket, "the lock is not touched");
    market.ticket_delete(ticket.id, ticket.seller, ticket.version).await.unwrap();
    market.ticket_forget_seller(ticket.id).await.unwrap();
    assert_eq!(parts(&table, ticket.id).await, Vec::<String>::new());
}
