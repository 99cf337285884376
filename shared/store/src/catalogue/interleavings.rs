//! Every order in which projectors of one ticket can take their steps, with deaths at any of them: what is there when nobody
//! has anything left to do?
//!
//! The steps are those of `Market::catalogue_project`; what is written comes from the same functions as there. Each change
//! of the ticket is delivered once, at any later moment; whoever dies is delivered again. Rows are put and removed one after
//! another: of two projectors that both go through the same rows, each can be the last at each of them.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::tests::{id, millis, sold, ticket};
use super::{CatalogueOrder, Entry, Ticket, Written, difference};
use crate::keys::{self, Item, PK, SK};

/// An entry, by its number among those that were met.
type Number = usize;
/// A row's key, and what the row says: the title of the one by age, the words and the date of the others.
type Row = ((String, String), Option<String>);
/// The places of keys, and the rows that are put there.
type Writes = Vec<(usize, Number)>;

/// The life of a ticket, and what its projectors can meet in it, each thing once: a moment is made of numbers.
struct Life {
    /// What the ticket is after each change; `None` once it is deleted.
    tickets: Vec<Option<Ticket>>,
    entries: Vec<Written>,
    rows: Vec<Row>,
    wanted: HashMap<(usize, Option<Number>), Number>,
    writes: HashMap<(Number, Vec<Number>), Writes>,
}

/// The number of a value in a list, where it is put if it is new.
fn numbered<T: PartialEq>(list: &mut Vec<T>, value: T) -> Number {
    list.iter().position(|known| *known == value).unwrap_or_else(|| {
        list.push(value);
        list.len() - 1
    })
}

fn key_of(item: &Item) -> (String, String) {
    (keys::text(item, PK).unwrap().to_owned(), keys::text(item, SK).unwrap().to_owned())
}

fn said(item: &Item) -> String {
    let words = || format!("{:?} {:?}", item["words"], item.get("starts_at"));
    keys::text(item, "title").map_or_else(|_| words(), str::to_owned)
}

impl Life {
    fn of(tickets: Vec<Option<Ticket>>) -> Self {
        let (wanted, writes) = (HashMap::new(), HashMap::new());
        Self { tickets, entries: Vec::new(), rows: Vec::new(), wanted, writes }
    }

    /// The entry that is wanted after so many changes over another.
    fn wanted(&mut self, version: usize, before: Option<Number>) -> Number {
        if let Some(known) = self.wanted.get(&(version, before)) {
            return *known;
        }
        let wanted = Written::wanted(self.tickets[version].as_ref(), before.map(|before| &self.entries[before]));
        let number = numbered(&mut self.entries, wanted);
        self.wanted.insert((version, before), number);
        number
    }

    /// What is put and removed for an entry that stands: places of keys, and rows or that there is none.
    fn writes(&mut self, standing: Number, put: &[Number]) -> Writes {
        if let Some(known) = self.writes.get(&(standing, put.to_vec())) {
            return known.clone();
        }
        let entry = &self.entries[standing];
        let is_of = |ticket: &&Ticket| ticket.version.number() == entry.version;
        let ticket = self.tickets.iter().flatten().find(is_of);
        let others: Vec<Entry> = put.iter().filter_map(|put| self.entries[*put].entry.clone()).collect();
        let (puts, removed) = difference(id(), ticket, entry, &others).unwrap();
        let puts = puts.iter().map(|row| (key_of(row), Some(said(row))));
        let mut writes: Vec<Row> = puts.chain(removed.iter().map(|key| (key_of(key), None))).collect();
        writes.sort_unstable();
        let numbers: Vec<_> = writes.into_iter().map(|row| self.row(row)).collect();
        self.writes.insert((standing, put.to_vec()), numbers.clone());
        numbers
    }

    /// The place of a row's key, which is that of the row that is none, and the number of the row.
    fn row(&mut self, (key, row): Row) -> (usize, Number) {
        (numbered(&mut self.rows, (key.clone(), None)), numbered(&mut self.rows, (key, row)))
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Step {
    ReadEntry,
    ReadTicket { before: Option<Number> },
    WriteEntry { before: Option<Number>, version: usize },
    WriteRows { standing: Number, written: usize },
    Look { standing: Number },
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Projector {
    step: Step,
    /// The entries whose rows it has put and then found to be old.
    put: Vec<Number>,
}

/// Everything that there is at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct World {
    /// How many changes there were after the listing.
    version: usize,
    /// Deliveries that nobody has begun with.
    delivered: usize,
    projectors: Vec<Projector>,
    entry: Option<Number>,
    rows: BTreeMap<usize, Number>,
    deaths: usize,
}

/// How projectors work.
#[derive(Debug, Clone, Copy)]
struct Rules {
    /// They look at the entry again after their rows, as they have to.
    looks: bool,
    deaths: usize,
}

impl World {
    fn new() -> Self {
        let (entry, rows) = (None, BTreeMap::new());
        Self { version: 0, delivered: 1, projectors: Vec::new(), entry, rows, deaths: 0 }
    }

    fn is_over(&self, life: &Life) -> bool {
        self.version + 1 == life.tickets.len() && self.delivered == 0 && self.projectors.is_empty()
    }

    /// All that can happen next.
    fn next(&self, life: &mut Life, rules: Rules) -> Vec<Self> {
        let mut next = Vec::new();
        if self.version + 1 < life.tickets.len() {
            next.push(Self { version: self.version + 1, delivered: self.delivered + 1, ..self.clone() });
        }
        if self.delivered > 0 {
            let mut begun = Self { delivered: self.delivered - 1, ..self.clone() };
            begun.projectors.push(Projector { step: Step::ReadEntry, put: Vec::new() });
            next.push(begun);
        }
        for at in 0..self.projectors.len() {
            let mut moved = self.clone();
            let projector = moved.projectors.remove(at);
            if self.deaths < rules.deaths {
                next.push(Self { deaths: self.deaths + 1, delivered: self.delivered + 1, ..moved.clone() });
            }
            let after = moved.advance(projector, life, rules);
            moved.projectors.extend(after);
            next.push(moved);
        }
        for world in &mut next {
            // Who is who does not matter.
            world.projectors.sort_unstable();
        }
        next
    }

    /// One step of one projector; `None` when it was the last.
    fn advance(&mut self, Projector { step, mut put }: Projector, life: &mut Life, rules: Rules) -> Option<Projector> {
        let rows_of = |standing| Step::WriteRows { standing, written: 0 };
        let step = match step {
            Step::ReadEntry => Step::ReadTicket { before: self.entry },
            Step::ReadTicket { before } => {
                let wanted = life.wanted(self.version, before);
                match before {
                    Some(before) if life.entries[before].gone || before == wanted => rows_of(before),
                    before => Step::WriteEntry { before, version: self.version },
                }
            }
            Step::WriteEntry { before, version } => {
                let read =
                    |entry: Option<Number>| entry.map(|entry| &life.entries[entry]).map(|at| (at.version, at.gone));
                if read(self.entry) == read(before) {
                    let wanted = life.wanted(version, before);
                    self.entry = Some(wanted);
                    rows_of(wanted)
                } else {
                    Step::ReadEntry
                }
            }
            Step::WriteRows { standing, written } => {
                let writes = life.writes(standing, &put);
                if let Some((place, row)) = writes.get(written) {
                    // A row that is none is the place of its key.
                    if place == row {
                        self.rows.remove(place)
                    } else {
                        self.rows.insert(*place, *row)
                    };
                }
                if written + 1 < writes.len() {
                    Step::WriteRows { standing, written: written + 1 }
                } else if life.entries[standing].entry.is_none() || !rules.looks {
                    return None;
                } else {
                    Step::Look { standing }
                }
            }
            Step::Look { standing } if self.entry == Some(standing) => return None,
            Step::Look { standing } => {
                put.push(standing);
                Step::ReadEntry
            }
        };
        Some(Projector { step, put })
    }

    /// What is wrong once everything is over.
    fn wrong(&self, life: &mut Life) -> Option<String> {
        let last = life.wanted(self.version, None);
        let mut wanted: BTreeMap<usize, Number> = life.writes(last, &[]).into_iter().collect();
        wanted.retain(|place, row| place != row);
        if let Some((_, row)) = wanted.iter().find(|(place, row)| self.rows.get(place) != Some(row)) {
            return Some(format!("{:?} is not there", life.rows[*row]));
        }
        let by_age = CatalogueOrder::Newest.partition();
        let left = self.rows.iter().filter(|(place, _)| !wanted.contains_key(place)).map(|(_, row)| &life.rows[*row]);
        // Of who died after stalling over two changes, a row by a word or a date may be left.
        let mut left = left.filter(|((partition, _), _)| self.deaths == 0 || self.version < 2 || *partition == by_age);
        left.next().map(|row| format!("{row:?} is left"))
    }
}

/// What is wrong after some order of the steps, and how many moments were gone through.
fn explore(life: &mut Life, rules: Rules) -> (Option<String>, usize) {
    let (mut known, mut open) = (HashSet::from([World::new()]), vec![World::new()]);
    while let Some(world) = open.pop() {
        if world.is_over(life)
            && let Some(wrong) = world.wrong(life)
        {
            return (Some(format!("{wrong}: {world:?}")), known.len());
        }
        for next in world.next(life, rules) {
            if known.insert(next.clone()) {
                open.push(next);
            }
        }
    }
    (None, known.len())
}

/// Other words and back, another date, other letters of the same words, sold, deleted.
fn lives() -> Vec<Life> {
    let (magic, flute, date) = (ticket(1, "Magic", None), ticket(2, "Flute", None), Some(millis(9_000)));
    let (sold, dated) = (sold(ticket(3, "Flute", None)), ticket(1, "Magic", date));
    let lives = [
        vec![Some(magic.clone()), Some(flute.clone()), Some(ticket(3, "Magic", None))],
        vec![Some(magic.clone()), Some(flute), Some(sold)],
        vec![Some(magic), Some(ticket(2, "magic", None)), None],
        vec![Some(dated.clone()), Some(ticket(2, "Magic", None))],
        vec![Some(dated), None],
    ];
    lives.into_iter().map(Life::of).collect()
}

#[test]
fn whatever_the_order_and_whoever_dies_the_rows_are_those_of_the_ticket() {
    for mut life in lives() {
        let (wrong, moments) = explore(&mut life, Rules { looks: true, deaths: 1 });
        assert_eq!(wrong, None);
        assert!(moments > 1_000, "{moments}");
    }
}

/// The search finds what it is for: rows of an older state that were put last.
#[test]
fn without_the_second_look_an_older_row_can_stay() {
    let wrong = lives().iter_mut().filter_map(|life| explore(life, Rules { looks: false, deaths: 0 }).0).count();
    assert_eq!(wrong, lives().len());
}
