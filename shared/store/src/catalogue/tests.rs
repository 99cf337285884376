use holdfast_domain::{Currency, Price, Sale, TicketFacts, Title, UserId, Venue, Version};

use super::*;
use crate::keys::SK;

const SELLER: &str = "0199a1b2-0000-7000-8000-00000000000a";

pub(super) fn millis(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis).unwrap()
}

pub(super) fn id() -> TicketId {
    "0199a1b2-0000-7000-8000-000000000001".parse().unwrap()
}

pub(super) fn ticket(version: u64, title: &str, starts_at: Option<Timestamp>) -> Ticket {
    let seller: UserId = SELLER.parse().unwrap();
    let facts = TicketFacts {
        title: Title::parse(title).unwrap(),
        price: Price::new(4_500, Currency::Eur).unwrap(),
        venue: Some(Venue::parse("Opera").unwrap()),
        starts_at,
    };
    let state = TicketState::Listed;
    Ticket { id: id(), seller, facts, created_at: millis(7), version: Version::from_number(version), state }
}

/// What stands beside a ticket that was written as it is.
pub(crate) fn written_item(ticket: &Ticket) -> Item {
    Written::wanted(Some(ticket), None).item(ticket.id, millis(0)).unwrap()
}

pub(super) fn sold(listed: Ticket) -> Ticket {
    let sale = Sale {
        order: "0199a1b2-0000-5000-8000-000000000002".parse().unwrap(),
        buyer: SELLER.parse().unwrap(),
        number: holdfast_domain::HoldNumber::from_number(2),
        sold_at: millis(8),
    };
    Ticket { state: TicketState::Sold(sale), ..listed }
}

fn keys_of(items: &[Item]) -> Vec<String> {
    let mut keys: Vec<_> = items
        .iter()
        .map(|item| format!("{} {}", keys::text(item, PK).unwrap(), keys::text(item, SK).unwrap()))
        .collect();
    keys.sort_unstable();
    keys
}

/// Rows to put and keys to remove of a ticket that was written before.
fn rows_of(ticket: &Ticket, before: Option<&Written>, others: &[Entry]) -> (Vec<Item>, Vec<Item>) {
    difference(ticket.id, Some(ticket), &Written::wanted(Some(ticket), before), others).unwrap()
}

#[test]
fn a_ticket_has_rows_by_age_date_and_word() {
    let (puts, deletes) = rows_of(&ticket(1, "Magic Flute", Some(millis(9_000))), None, &[]);
    let (newest, soonest) = ("000000000000007", "000000000009000");
    let expected = [
        format!("C#DATE {soonest}#{}", id()),
        format!("C#NEWEST {newest}#{}", id()),
        format!("W#flute#D {soonest}#{}", id()),
        format!("W#flute#N {newest}#{}", id()),
        format!("W#magic#D {soonest}#{}", id()),
        format!("W#magic#N {newest}#{}", id()),
        format!("W#opera#D {soonest}#{}", id()),
        format!("W#opera#N {newest}#{}", id()),
    ];
    assert_eq!((keys_of(&puts), deletes), (expected.to_vec(), vec![]));
    assert!(puts.iter().all(|row| row["ttl"] == keys::n(9) && row["starts_at"] == keys::n(9_000)));
}

#[test]
fn a_change_puts_all_rows_and_removes_those_of_before_and_no_key_is_in_both() {
    let before = Written::wanted(Some(&ticket(1, "Magic Flute", Some(millis(9_000)))), None);
    let changed = ticket(2, "Flute", None);
    let (puts, deletes) = rows_of(&changed, Some(&before), &[]);
    assert_eq!(keys_of(&puts).len(), 3, "newest, flute and opera: their content changes");
    assert_eq!(keys_of(&deletes).len(), 5, "four by date, and magic");
    assert!(keys_of(&puts).iter().all(|key| !keys_of(&deletes).contains(key)));
    assert!(puts.iter().all(|row| !row.contains_key("ttl")));
    // What whoever writes has put itself goes, too.
    let own = Entry::of(&ticket(1, "Violin", None)).unwrap();
    let (_, deletes) = rows_of(&changed, Some(&before), &[own]);
    assert_eq!(keys_of(&deletes).len(), 6);
    assert!(keys_of(&deletes).contains(&format!("W#violin#N 000000000000007#{}", id())));
}

#[test]
fn what_is_to_leave_stays_named_until_other_rows_are() {
    let first = Written::wanted(Some(&ticket(1, "Magic", None)), None);
    let second = Written::wanted(Some(&ticket(2, "Flute", None)), Some(&first));
    assert_eq!(second.leaving, first.entry);
    let same_words = Written::wanted(Some(&ticket(3, "FLUTE", None)), Some(&second));
    assert_eq!((&same_words.leaving, same_words == second), (&first.entry, false));
    let back = Written::wanted(Some(&ticket(4, "Magic", None)), Some(&same_words));
    assert_eq!(back.leaving, second.entry);
    let (_, deletes) = rows_of(&ticket(4, "Magic", None), Some(&same_words), &[]);
    assert_eq!(keys_of(&deletes), [format!("W#flute#N 000000000000007#{}", id())]);
}

#[test]
fn the_row_by_age_alone_says_what_a_card_shows_and_reads_back() {
    let listed = ticket(1, "Magic Flute", Some(millis(9_000)));
    let (puts, _) = rows_of(&listed, None, &[]);
    let (by_age, others): (Vec<_>, Vec<_>) = puts.into_iter().partition(|row| row[PK] == keys::s("C#NEWEST"));
    assert!(others.iter().all(|row| !row.contains_key("title")));
    let facts: FactsItem = serde_dynamo::from_item(by_age[0].clone()).unwrap();
    assert_eq!(facts.into_domain().unwrap(), listed.facts);
}

#[test]
fn a_ticket_has_26_rows_at_most() {
    let words = |prefix: &str| (0..12).map(|n| format!("{prefix}{n}")).collect::<Vec<_>>().join(" ");
    let before = Written::wanted(Some(&ticket(1, &words("a"), Some(millis(1)))), None);
    let (puts, deletes) = rows_of(&ticket(2, &words("b"), Some(millis(2))), Some(&before), &[]);
    assert_eq!((puts.len(), deletes.len()), (26, 25), "its place by age stays");
}

#[test]
fn a_sold_ticket_has_no_entry_and_names_the_rows_that_leave() {
    let listed = ticket(1, "Magic Flute", None);
    let sold = sold(listed.clone());
    let before = Written::wanted(Some(&listed), None);
    let wanted = Written::wanted(Some(&sold), Some(&before));
    assert_eq!((wanted.entry.clone(), wanted.leaving.clone()), (None, Entry::of(&listed)));
    let read = Written::from_item(wanted.item(id(), millis(1)).unwrap()).unwrap();
    assert_eq!(read, wanted);
    assert_eq!(Written::wanted(Some(&sold), Some(&read)), wanted, "the next delivery finds nothing to write");
    assert_eq!(Written::wanted(None, Some(&read)).leaving, wanted.leaving);
}

#[test]
fn what_is_written_reads_back() {
    let ticket = ticket(3, "Magic Flute", Some(millis(9_000)));
    let written = Written::wanted(Some(&ticket), None);
    assert_eq!(Written::from_item(written.item(id(), millis(1)).unwrap()).unwrap(), written);
    let gone = Written::wanted(None, Some(&written));
    let item = gone.item(id(), millis(1_000)).unwrap();
    assert_eq!(item["ttl"], keys::n(1 + 15 * 24 * 60 * 60));
    let read = Written::from_item(item).unwrap();
    assert_eq!((read.version, read.gone, read.entry), (3, true, None));
    assert_eq!(read.listed_at, Some(millis(7)), "where it stood is still known");
}

#[test]
fn an_entry_of_earlier_code_says_when_its_ticket_was_listed() {
    let written = Written::wanted(Some(&ticket(3, "Magic Flute", None)), None);
    let mut item = written.item(id(), millis(1)).unwrap();
    item.remove("listed_at").unwrap();
    assert_eq!(Written::from_item(item).unwrap(), written);
}

#[test]
fn a_place_has_one_spelling_that_sorts_like_time() {
    let place = CataloguePlace { moment: millis(9_000), ticket: id() };
    assert_eq!(place.to_string().parse(), Ok(place));
    let last = CataloguePlace { moment: millis(253_402_300_799_999), ticket: id() };
    assert_eq!(last.to_string().len(), place.to_string().len());
    assert!(place.to_string() < last.to_string());
    for wrong in ["", "7", "7#", "#0199a1b2-0000-7000-8000-000000000001", "x#0199a1b2-0000-7000-8000-000000000001"] {
        assert_eq!(wrong.parse::<CataloguePlace>(), Err(InvalidPlace), "{wrong}");
    }
}
