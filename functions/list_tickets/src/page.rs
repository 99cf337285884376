//! Filling a page: places from the catalogue, then the tickets themselves.

use std::collections::HashMap;

use holdfast_domain::{Ticket, TicketId, Timestamp};
use holdfast_store::{CatalogueOrder, CataloguePage, CataloguePlace, CatalogueQuery, Market, StoreError};

use crate::query::ListQuery;

/// Reads of the catalogue for one page; after them it stays short.
const READS: u32 = 4;

/// Tickets that can be bought now, and the place after which the next page begins.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) tickets: Vec<Ticket>,
    pub(crate) next: Option<CataloguePlace>,
}

/// Reads a page.
pub(crate) async fn read(market: &Market, query: &ListQuery, now: Timestamp) -> Result<Page, StoreError> {
    let filter = still_to_come(&query.filter, now);
    let wanted = usize::try_from(query.limit).unwrap_or(usize::MAX);
    let mut page = Page { tickets: Vec::new(), next: query.after };
    for _ in 0..READS {
        let found = market.catalogue_list(&filter, page.next, query.limit).await?;
        let tickets = read_tickets(market, &found.places).await?;
        page.next = take(&filter, found, tickets, wanted, now, &mut page.tickets);
        if page.next.is_none() || page.tickets.len() == wanted {
            break;
        }
    }
    Ok(page)
}

/// By date, events that have begun stand before all others: they are not read at all.
fn still_to_come(filter: &CatalogueQuery, now: Timestamp) -> CatalogueQuery {
    let from = match filter.order {
        CatalogueOrder::Newest => filter.from,
        CatalogueOrder::Soonest => filter.from.max(Some(now)),
    };
    CatalogueQuery { from, ..filter.clone() }
}

async fn read_tickets(market: &Market, places: &[CataloguePlace]) -> Result<HashMap<TicketId, Ticket>, StoreError> {
    // A ticket whose date moves while the catalogue is read can be met twice; a batch refuses a key that is given twice.
    let mut ids: Vec<TicketId> = places.iter().map(|place| place.ticket).collect();
    ids.sort_unstable();
    ids.dedup();
    let tickets = market.tickets_read(&ids).await?;
    Ok(tickets.into_iter().map(|ticket| (ticket.id, ticket)).collect())
}

/// Moves tickets on the market to the page until it is full; gives the place after which to go on.
fn take(
    filter: &CatalogueQuery,
    found: CataloguePage,
    mut tickets: HashMap<TicketId, Ticket>,
    wanted: usize,
    now: Timestamp,
    page: &mut Vec<Ticket>,
) -> Option<CataloguePlace> {
    let last = found.places.last().copied();
    for place in found.places {
        // A ticket that moves while it is read can be met twice: at its place it counts.
        let is_asked_for = |ticket: &Ticket| filter.finds(place, ticket) && can_be_bought(ticket, now);
        if tickets.get(&place.ticket).is_some_and(is_asked_for) {
            page.extend(tickets.remove(&place.ticket));
        }
        if page.len() == wanted && Some(place) != last {
            return Some(place);
        }
    }
    found.next
}

fn can_be_bought(ticket: &Ticket, now: Timestamp) -> bool {
    ticket.is_on_market(now) && ticket.facts.starts_at.is_none_or(|starts_at| starts_at > now)
}

#[cfg(test)]
mod tests {
    use holdfast_domain::{Currency, Hold, HoldNumber, Price, TicketFacts, TicketState, Title, Version};

    use super::*;

    fn moment(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis).unwrap()
    }

    fn id(number: u8) -> TicketId {
        format!("0199a1b2-0000-7000-8000-0000000000{number:02}").parse().unwrap()
    }

    fn place(number: u8) -> CataloguePlace {
        CataloguePlace { moment: moment(7), ticket: id(number) }
    }

    fn ticket(number: u8, state: TicketState, starts_at: Option<Timestamp>) -> (TicketId, Ticket) {
        let ticket = Ticket {
            id: id(number),
            seller: "0199a1b2-0000-7000-8000-00000000000a".parse().unwrap(),
            facts: TicketFacts {
                title: Title::parse("Flute").unwrap(),
                price: Price::new(500, Currency::Eur).unwrap(),
                venue: None,
                starts_at,
            },
            created_at: moment(7),
            version: Version::FIRST,
            state,
        };
        (ticket.id, ticket)
    }

    fn held_until(expires_at: i64) -> TicketState {
        TicketState::Held(Hold {
            order: "0199a1b2-0000-5000-8000-000000000002".parse().unwrap(),
            buyer: "0199a1b2-0000-7000-8000-00000000000b".parse().unwrap(),
            number: HoldNumber::from_number(2),
            expires_at: moment(expires_at),
            extended: false,
        })
    }

    fn asked(order: CatalogueOrder, from: Option<i64>) -> CatalogueQuery {
        CatalogueQuery { order, words: vec![], from: from.map(moment), to: None }
    }

    fn taken(places: &[u8], next: Option<u8>, wanted: usize) -> (Vec<TicketId>, Option<CataloguePlace>) {
        let tickets = HashMap::from([
            ticket(1, TicketState::Listed, None),
            ticket(2, held_until(101), None),
            ticket(3, held_until(100), Some(moment(101))),
            ticket(4, TicketState::Listed, Some(moment(100))),
            ticket(6, TicketState::Listed, None),
        ]);
        let found = CataloguePage { places: places.iter().copied().map(place).collect(), next: next.map(place) };
        let (mut page, everything) = (Vec::new(), asked(CatalogueOrder::Newest, None));
        let next = take(&everything, found, tickets, wanted, moment(100), &mut page);
        (page.iter().map(|ticket| ticket.id).collect(), next)
    }

    #[test]
    fn held_begun_and_missing_tickets_are_dropped_in_order() {
        assert_eq!(taken(&[1, 2, 3, 4, 5, 6], None, 9), (vec![id(1), id(3), id(6)], None));
    }

    #[test]
    fn a_full_page_goes_on_behind_its_last_ticket() {
        assert_eq!(taken(&[1, 2, 3, 4, 5, 6], Some(9), 2), (vec![id(1), id(3)], Some(place(3))));
        assert_eq!(taken(&[1, 2, 3], Some(9), 2), (vec![id(1), id(3)], Some(place(9))), "all places were looked at");
        assert_eq!(taken(&[1, 3], None, 2), (vec![id(1), id(3)], None));
    }

    #[test]
    fn a_ticket_that_is_met_twice_shows_once() {
        assert_eq!(taken(&[1, 6, 1], None, 9), (vec![id(1), id(6)], None));
    }

    #[test]
    fn rows_of_an_older_state_find_nothing() {
        let found = |query: CatalogueQuery, millis: i64| {
            let place = CataloguePlace { moment: moment(millis), ticket: id(1) };
            let found = CataloguePage { places: vec![place], next: None };
            let tickets = HashMap::from([ticket(1, TicketState::Listed, Some(moment(200)))]);
            let mut page = Vec::new();
            take(&query, found, tickets, 9, moment(100), &mut page);
            page.len()
        };
        let by_age = || asked(CatalogueOrder::Newest, None);
        assert_eq!((found(by_age(), 7), found(by_age(), 8)), (1, 0), "it is listed at 7");
        let by_date = || asked(CatalogueOrder::Soonest, Some(150));
        assert_eq!((found(by_date(), 200), found(by_date(), 190)), (1, 0), "it begins at 200");
        let to = |to| CatalogueQuery { to: Some(moment(to)), ..by_age() };
        assert_eq!((found(to(200), 7), found(to(199), 7)), (1, 0));
        assert_eq!(
            (found(asked(CatalogueOrder::Newest, Some(200)), 7), found(asked(CatalogueOrder::Newest, Some(201)), 7)),
            (1, 0)
        );
        let word = |word: &str| CatalogueQuery { words: vec![word.to_owned()], ..by_age() };
        assert_eq!((found(word("flute"), 7), found(word("magic"), 7)), (1, 0));
    }

    #[test]
    fn by_date_the_past_is_not_read() {
        let from = |order, from| still_to_come(&asked(order, from), moment(100)).from;
        assert_eq!(from(CatalogueOrder::Soonest, None), Some(moment(100)));
        assert_eq!(from(CatalogueOrder::Soonest, Some(50)), Some(moment(100)));
        assert_eq!(from(CatalogueOrder::Soonest, Some(150)), Some(moment(150)));
        assert_eq!(from(CatalogueOrder::Newest, Some(50)), Some(moment(50)));
        assert_eq!(from(CatalogueOrder::Newest, None), None);
    }
}
