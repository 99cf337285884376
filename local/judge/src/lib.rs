#![doc = include_str!("../README.md")]

mod answers;
mod events;
mod evidence;
mod figures;
mod holds;
mod item;
mod kept;
mod keys;
mod money;
mod rest;
mod sale;
#[cfg(test)]
mod tests;

use std::fmt;

pub use evidence::{Aggregate, Change, Event, Evidence, Payment, Request, Run};
pub use figures::{Figures, too_little};
pub use item::{Item, plain};

/// A promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Promise {
    /// No answer says that the fault is ours: what fails around us is an outage.
    Answers,
    /// At most one paid order a ticket, ever.
    OneSale,
    /// Money is captured if and only if the order is paid, for exactly its price.
    Money,
    /// No ticket is stuck.
    Rest,
    /// Every decided change becomes an event at least once, and is applied once in effect.
    Events,
    /// A released ticket is only released by the order that held it.
    Holds,
    /// An acknowledged write is never lost.
    Kept,
    /// A retry under the same key has one effect and the same answer.
    Keys,
}

impl fmt::Display for Promise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Answers => "P0",
            Self::OneSale => "P1",
            Self::Money => "P2",
            Self::Rest => "P3",
            Self::Events => "P4",
            Self::Holds => "P5",
            Self::Kept => "P6",
            Self::Keys => "P7",
        })
    }
}

/// A promise that was not kept, with what shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which one.
    pub promise: Promise,
    /// What shows it.
    pub evidence: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.promise, self.evidence)
    }
}

/// Every violation that the evidence shows.
#[must_use]
pub fn judge(evidence: &Evidence) -> Vec<Violation> {
    let judged: [(Promise, Vec<String>); 8] = [
        (Promise::Answers, answers::violations(evidence)),
        (Promise::OneSale, sale::violations(evidence)),
        (Promise::Money, money::violations(evidence)),
        (Promise::Rest, rest::violations(evidence)),
        (Promise::Events, events::violations(evidence)),
        (Promise::Holds, holds::violations(evidence)),
        (Promise::Kept, kept::violations(evidence)),
        (Promise::Keys, keys::violations(evidence)),
    ];
    let each = |(promise, found): (Promise, Vec<String>)| {
        found.into_iter().map(move |evidence| Violation { promise, evidence })
    };
    judged.into_iter().flat_map(each).collect()
}
