//! Everything that is stored, and the journal that brings it back after a crash.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::model::{Delivery, Event, Intent, Refund, Saved};

/// Seconds since 1970.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// Bytes as Stripe writes them in ids and signatures.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// What a line of the journal may say. A line holds all that one request has changed.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Entry {
    Seed(String),
    Counter(u64),
    Intent(Box<Intent>),
    Refund(Box<Refund>),
    Saved(Box<Saved>),
    Event(Box<Event>),
    Delivery { event: String, delivery: Delivery },
}

/// The account. Changes are kept in memory and, by [`State::commit`], in the journal.
#[derive(Debug)]
pub(crate) struct State {
    seed: String,
    counter: u64,
    intents: BTreeMap<String, Intent>,
    refunds: BTreeMap<String, Refund>,
    saved: HashMap<String, Saved>,
    in_progress: HashSet<String>,
    events: Vec<Event>,
    request: (Option<String>, Option<String>),
    fresh: Vec<String>,
    changes: Vec<Entry>,
    journal: Option<File>,
}

impl State {
    /// An empty account, or what the journal tells. `seed` makes the ids of an empty one repeatable.
    pub(crate) fn open(path: Option<&Path>, seed: Option<String>) -> io::Result<Self> {
        let mut state = Self {
            seed: seed.unwrap_or_else(|| uuid::Uuid::new_v4().simple().to_string()),
            counter: 0,
            intents: BTreeMap::new(),
            refunds: BTreeMap::new(),
            saved: HashMap::new(),
            in_progress: HashSet::new(),
            events: Vec::new(),
            request: (None, None),
            fresh: Vec::new(),
            changes: Vec::new(),
            journal: None,
        };
        let Some(path) = path else { return Ok(state) };
        let known = match std::fs::read(path) {
            Ok(bytes) => state.replay(&bytes)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            Err(error) => return Err(error),
        };
        let mut journal = OpenOptions::new().create(true).truncate(false).write(true).open(path)?;
        // The end of a line that a crash has cut off is nobody's.
        journal.set_len(known)?;
        io::Seek::seek(&mut journal, io::SeekFrom::Start(known))?;
        state.journal = Some(journal);
        if known == 0 {
            state.changes.push(Entry::Seed(state.seed.clone()));
            state.commit()?;
        }
        Ok(state)
    }

    /// Reads whole lines and returns how many bytes they are.
    fn replay(&mut self, bytes: &[u8]) -> io::Result<u64> {
        let mut known = 0;
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            if line.last() != Some(&b'\n') {
                break;
            }
            let entries: Vec<Entry> = serde_json::from_slice(line)?;
            for entry in entries {
                self.apply(entry);
            }
            known += line.len() as u64;
        }
        Ok(known)
    }

    fn apply(&mut self, entry: Entry) {
        match entry {
            Entry::Seed(seed) => self.seed = seed,
            Entry::Counter(counter) => self.counter = counter,
            Entry::Intent(intent) => drop(self.intents.insert(intent.id.clone(), *intent)),
            Entry::Refund(refund) => drop(self.refunds.insert(refund.id.clone(), *refund)),
            Entry::Saved(saved) => drop(self.saved.insert(saved.key.clone(), *saved)),
            Entry::Event(event) => self.events.push(*event),
            Entry::Delivery { event, delivery } => {
                if let Some(event) = self.events.iter_mut().rev().find(|one| one.id == event) {
                    event.delivery = delivery;
                }
            }
        }
    }

    /// Writes down what has changed, whole or not at all, and returns the events that have happened.
    pub(crate) fn commit(&mut self) -> io::Result<Vec<String>> {
        let changes = std::mem::take(&mut self.changes);
        self.request = (None, None);
        if let Some(journal) = &mut self.journal
            && !changes.is_empty()
        {
            let mut line = serde_json::to_vec(&changes)?;
            line.push(b'\n');
            journal.write_all(&line)?;
        }
        Ok(std::mem::take(&mut self.fresh))
    }

    /// Names the request that the next events come from.
    pub(crate) fn on_behalf_of(&mut self, request_id: &str, key: Option<&str>) {
        self.request = (Some(request_id.to_owned()), key.map(str::to_owned));
    }

    /// A number that was not given before.
    pub(crate) fn serial(&mut self) -> u64 {
        self.counter += 1;
        self.changes.push(Entry::Counter(self.counter));
        self.counter
    }

    /// An id that was not given before.
    pub(crate) fn id(&mut self, prefix: &str) -> String {
        let serial = self.serial();
        let digest = Sha256::digest(format!("{}:{serial}", self.seed));
        format!("{prefix}_{}", hex(&digest[..12]))
    }

    pub(crate) fn intent(&self, id: &str) -> Option<&Intent> {
        self.intents.get(id)
    }

    /// All intents, the newest first.
    pub(crate) fn intents(&self) -> Vec<&Intent> {
        let mut all: Vec<&Intent> = self.intents.values().collect();
        all.sort_by_key(|intent| std::cmp::Reverse(intent.serial));
        all
    }

    pub(crate) fn put_intent(&mut self, intent: &Intent) {
        self.intents.insert(intent.id.clone(), intent.clone());
        self.changes.push(Entry::Intent(Box::new(intent.clone())));
    }

    pub(crate) fn refund(&self, id: &str) -> Option<&Refund> {
        self.refunds.get(id)
    }

    /// All refunds, the newest first.
    pub(crate) fn refunds(&self) -> Vec<&Refund> {
        let mut all: Vec<&Refund> = self.refunds.values().collect();
        all.sort_by_key(|refund| std::cmp::Reverse(refund.serial));
        all
    }

    pub(crate) fn put_refund(&mut self, refund: &Refund) {
        self.refunds.insert(refund.id.clone(), refund.clone());
        self.changes.push(Entry::Refund(Box::new(refund.clone())));
    }

    pub(crate) fn saved(&self, key: &str) -> Option<&Saved> {
        self.saved.get(key)
    }

    pub(crate) fn put_saved(&mut self, saved: Saved) {
        self.changes.push(Entry::Saved(Box::new(saved.clone())));
        self.saved.insert(saved.key.clone(), saved);
    }

    /// Marks a key as being worked on; false if it is already.
    pub(crate) fn occupy(&mut self, key: &str) -> bool {
        self.in_progress.insert(key.to_owned())
    }

    pub(crate) fn vacate(&mut self, key: &str) {
        self.in_progress.remove(key);
    }

    /// Something has happened; it is told once the change is written down.
    pub(crate) fn happened(&mut self, kind: &str, object: Value) {
        let id = self.id("evt");
        let event = Event {
            id: id.clone(),
            serial: self.counter,
            created: now(),
            kind: kind.to_owned(),
            object,
            request_id: self.request.0.clone(),
            idempotency_key: self.request.1.clone(),
            delivery: Delivery::None,
        };
        self.changes.push(Entry::Event(Box::new(event.clone())));
        self.events.push(event);
        self.fresh.push(id);
    }

    pub(crate) fn events(&self) -> &[Event] {
        &self.events
    }

    pub(crate) fn event(&self, id: &str) -> Option<&Event> {
        self.events.iter().rev().find(|event| event.id == id)
    }

    pub(crate) fn put_delivery(&mut self, event: &str, delivery: Delivery) {
        let entry = Entry::Delivery { event: event.to_owned(), delivery };
        self.apply(Entry::Delivery { event: event.to_owned(), delivery });
        self.changes.push(entry);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_committed_is_there_again_and_a_torn_line_is_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("state");
        let mut state = State::open(Some(&path), None).expect("opened");
        let first = state.id("pi");
        state.happened("payment_intent.created", json!({"id": first}));
        let events = state.commit().expect("written");
        state.put_delivery(&events[0], Delivery::Delivered);
        state.commit().expect("written");
        drop(state);
        let whole = std::fs::metadata(&path).expect("there").len();
        let mut file = OpenOptions::new().append(true).open(&path).expect("opened");
        file.write_all(b"[{\"counter\":9").expect("written");

        let mut again = State::open(Some(&path), None).expect("opened");
        assert_eq!(std::fs::metadata(&path).expect("there").len(), whole);
        assert_eq!(again.event(&events[0]).expect("the event").delivery, Delivery::Delivered);
        assert_ne!(again.id("pi"), first);
        again.commit().expect("written");
        State::open(Some(&path), None).expect("every line is whole");
    }

    #[test]
    fn a_seed_makes_ids_repeatable() {
        let id = || State::open(None, Some("1".to_owned())).expect("opened").id("pi");
        assert_eq!(id(), id());
    }
}
