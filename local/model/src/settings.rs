//! The explorations: which settings are explored to the end, and in which each fault must be found.

#[cfg(feature = "faults")]
use holdfast_domain::fault::Fault;

use crate::run::Job;
use crate::setting::{
    ABANDONED, BOTH_PAID, CANCELLED, DEARER, GONE, PAID, RAN_OUT, Setting, TAKEN_OVER, TOO_LATE, jobs_of,
};

/// No limit: holds are not even counted.
const UNLIMITED: u8 = u8::MAX;

/// Whether a run of minutes is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// A minute.
    Short,
    /// As long as it takes.
    Long,
}

fn plain(name: &'static str) -> Setting {
    Setting {
        name,
        number: 0,
        tickets: 1,
        jobs: vec![Job::SweepHold { ticket: 0 }],
        slots: 2,
        last_moment: 3,
        bank: false,
        anew: false,
        versions: false,
        limit: UNLIMITED,
        fault: None,
        reaches: &[PAID, CANCELLED, RAN_OUT, ABANDONED],
    }
}

/// One buyer who does everything, and a bank and a Stripe that fail.
fn one_buyer() -> Setting {
    let mut setting = plain("one ticket, one buyer");
    setting.jobs.extend(jobs_of(0, 0, 0, UNLIMITED));
    Setting { bank: true, anew: true, ..setting }
}

/// Two buyers after one ticket.
fn two_buyers() -> Setting {
    let mut setting = plain("one ticket, two buyers");
    setting.jobs.extend(jobs_of(0, 0, 0, UNLIMITED));
    setting.jobs.extend(jobs_of(1, 1, 0, UNLIMITED));
    Setting { reaches: &[PAID, CANCELLED, RAN_OUT, ABANDONED, TOO_LATE, TAKEN_OVER], ..setting }
}

/// A seller who changes and deletes what a buyer is after.
fn seller() -> Setting {
    let mut setting = plain("one ticket, a buyer, its seller");
    setting.jobs.extend(jobs_of(0, 0, 0, UNLIMITED));
    setting.jobs.extend([Job::ChangePrice { ticket: 0 }, Job::Delete { ticket: 0 }]);
    Setting { versions: true, reaches: &[PAID, CANCELLED, RAN_OUT, ABANDONED, GONE, DEARER], ..setting }
}

/// One key for two tickets.
fn one_key() -> Setting {
    let mut setting = plain("two tickets, one key for both");
    setting.jobs.extend(jobs_of(0, 0, 0, UNLIMITED));
    setting.jobs.extend([Job::Place { order: 0, buyer: 0, ticket: 1, limit: UNLIMITED }, Job::SweepHold { ticket: 1 }]);
    Setting { tickets: 2, ..setting }
}

/// Two tickets, and two buyers who pay for one each.
fn two_tickets() -> Setting {
    let mut setting = plain("two tickets, two buyers");
    for number in 0..2 {
        let (order, buyer, ticket) = (number, number, number);
        setting.jobs.push(Job::Place { order, buyer, ticket, limit: UNLIMITED });
        setting.jobs.extend([Job::Start { order, buyer }, Job::Reconcile { order, buyer }]);
    }
    setting.jobs.extend([Job::Place { order: 0, buyer: 0, ticket: 1, limit: UNLIMITED }, Job::SweepHold { ticket: 1 }]);
    Setting { tickets: 2, last_moment: 2, reaches: &[PAID, BOTH_PAID], ..setting }
}

/// One buyer who may hold one ticket and is after two.
fn capped() -> Setting {
    let mut setting = plain("two tickets, one buyer, one hold allowed");
    for number in 0..2 {
        let (order, buyer, ticket, limit) = (number, 0, number, 1);
        setting.jobs.push(Job::Place { order, buyer, ticket, limit });
        setting.jobs.extend([Job::Cancel { order, buyer }, Job::Expire { order, buyer }]);
        setting.jobs.extend([Job::Start { order, buyer }, Job::Reconcile { order, buyer }]);
    }
    setting.jobs.push(Job::SweepHold { ticket: 1 });
    Setting { tickets: 2, limit: 1, last_moment: 2, reaches: &[PAID, CANCELLED, RAN_OUT], ..setting }
}

/// What is explored to the end.
pub(crate) fn to_the_end(length: Length) -> Vec<Setting> {
    let short = vec![one_buyer(), two_buyers(), seller(), one_key(), two_tickets(), capped()];
    let long = || {
        vec![
            Setting { name: "one ticket, one buyer, three runs", slots: 3, ..one_buyer() },
            Setting { name: "one ticket, a buyer, its seller, three runs", slots: 3, ..seller() },
            Setting { name: "one ticket, two buyers, three runs", slots: 3, ..two_buyers() },
        ]
    };
    match length {
        Length::Short => short,
        Length::Long => short.into_iter().chain(long()).collect(),
    }
}

/// A correction that is taken away, and what follows.
#[cfg(feature = "faults")]
#[derive(Debug)]
pub(crate) struct Removed {
    /// Its number in the protocol.
    pub(crate) number: &'static str,
    pub(crate) fault: Fault,
    pub(crate) setting: Setting,
    /// Whether anything goes wrong without it.
    pub(crate) matters: bool,
}

/// Each correction, taken away one at a time.
#[cfg(feature = "faults")]
pub(crate) fn removed() -> Vec<Removed> {
    let one = one_buyer;
    let faults = [
        ("1", Fault::OrderBeforeTicket, one()),
        ("2", Fault::NoHoldNumber, Setting { slots: 3, ..seller() }),
        ("3", Fault::ExpiryOfOrder, one()),
        ("4", Fault::MomentAfterPayment, one()),
        ("5a", Fault::TakeOverFromItself, one()),
        ("5b", Fault::ExtendedAgain, one()),
        ("6", Fault::NoSweepOfHolds, one()),
        ("7", Fault::DueDroppedOnClosing, one()),
        ("8", Fault::CommitForgotten, one()),
        ("9", Fault::NoRowForVanished, one()),
        ("10a", Fault::UnconditionalRecord, one()),
        ("10b", Fault::UnconditionalIntent, one()),
        ("10c", Fault::SecretBeforeStored, one()),
        ("11", Fault::ReleaseOfAnybody, two_buyers()),
        ("11'", Fault::ReleaseByNumberAlone, two_buyers()),
    ];
    let removed = faults.into_iter().map(|(number, fault, setting)| Removed {
        number,
        fault,
        setting: Setting { fault: Some(fault), ..setting },
        matters: fault != Fault::ReleaseByNumberAlone,
    });
    removed.collect()
}
