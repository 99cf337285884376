//! The explorations: which settings are explored to the end, and in which each fault must be found.

#[cfg(feature = "faults")]
use holdfast_domain::fault::Fault;

use crate::run::Job;
use crate::setting::{
    ABANDONED, BOTH_PAID, CANCELLED, DEARER, GONE, Lost, PAID, RAN_OUT, Setting, TAKEN_OVER, TOO_LATE, UNLIMITED, buys,
    jobs_of,
};

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
        lost: Lost::Dies,
        last_moment: 2,
        bank: false,
        anew: false,
        limit: UNLIMITED,
        fault: None,
        reaches: &[PAID, CANCELLED, RAN_OUT, ABANDONED],
    }
}

/// A buyer who does everything.
fn lone_buyer() -> Setting {
    let mut setting = plain("one ticket, one buyer");
    setting.jobs.extend(jobs_of(0, 0, 0, UNLIMITED));
    setting
}

/// The same, and calls are made again.
fn repeated_calls() -> Setting {
    Setting { name: "one ticket, one buyer, repeated calls", lost: Lost::Repeated, ..lone_buyer() }
}

/// The same, and calls that were made again arrive late, one run at a time.
fn late_calls() -> Setting {
    let setting = Setting { name: "one ticket, one buyer, late calls", slots: 1, lost: Lost::Late, ..failing_bank() };
    Setting { last_moment: 3, ..setting }
}

/// A buyer whose bank and whose Stripe fail.
fn failing_bank() -> Setting {
    Setting { name: "one ticket, one buyer, bank and Stripe fail", bank: true, anew: true, ..lone_buyer() }
}

/// Two buyers after one ticket.
fn two_buyers() -> Setting {
    let mut setting = plain("one ticket, two buyers");
    setting.jobs = buys(0, 0, 0);
    setting.jobs.extend(buys(1, 1, 0));
    Setting { reaches: &[PAID, RAN_OUT, ABANDONED, TOO_LATE, TAKEN_OVER], ..setting }
}

/// Two buyers after one ticket, of whom one does everything.
fn rivals() -> Setting {
    let mut setting = plain("one ticket, two buyers, one gives up");
    setting.jobs.extend(jobs_of(0, 0, 0, UNLIMITED));
    setting.jobs.extend(buys(1, 1, 0));
    let reaches = &[PAID, CANCELLED, RAN_OUT, ABANDONED, TOO_LATE, TAKEN_OVER];
    Setting { last_moment: 1, reaches, ..setting }
}

/// The same, one run at a time, and calls that were made again arrive late.
fn late_rivals() -> Setting {
    Setting { name: "one ticket, two buyers, late calls", slots: 1, lost: Lost::Late, ..rivals() }
}

/// A seller who changes and deletes what a buyer is after.
fn seller() -> Setting {
    let mut setting = plain("one ticket, a buyer, its seller");
    setting.jobs = buys(0, 0, 0);
    setting.jobs.push(Job::Cancel { order: 0, buyer: 0 });
    setting.jobs.extend([Job::ChangePrice { ticket: 0 }, Job::Delete { ticket: 0 }]);
    Setting { reaches: &[PAID, CANCELLED, RAN_OUT, ABANDONED, GONE, DEARER], ..setting }
}

/// One key for two tickets.
fn one_key() -> Setting {
    let mut setting = plain("two tickets, one key for both");
    setting.jobs.extend(buys(0, 0, 0));
    setting.jobs.push(Job::Cancel { order: 0, buyer: 0 });
    setting.jobs.extend([Job::Place { order: 0, buyer: 0, ticket: 1, limit: UNLIMITED }, Job::SweepHold { ticket: 1 }]);
    Setting { tickets: 2, last_moment: 1, ..setting }
}

/// Two tickets, and two buyers who pay for one each while no time passes.
fn two_tickets() -> Setting {
    let mut setting = plain("two tickets, two buyers");
    setting.jobs.extend(buys(0, 0, 0));
    setting.jobs.extend(buys(1, 1, 1));
    setting.jobs.push(Job::Place { order: 0, buyer: 0, ticket: 1, limit: UNLIMITED });
    Setting { tickets: 2, last_moment: 0, reaches: &[PAID, BOTH_PAID], ..setting }
}

/// One buyer who may hold one ticket, is after two, and pays for none.
fn capped() -> Setting {
    let mut setting = plain("two tickets, one buyer, one hold allowed");
    setting.jobs = vec![
        Job::Place { order: 0, buyer: 0, ticket: 0, limit: 1 },
        Job::Place { order: 1, buyer: 0, ticket: 1, limit: 1 },
        Job::Cancel { order: 0, buyer: 0 },
        Job::Expire { order: 1, buyer: 0 },
    ];
    Setting { tickets: 2, limit: 1, last_moment: 1, reaches: &[CANCELLED, RAN_OUT, ABANDONED], ..setting }
}

/// The same buyer, who does one thing at a time, and pays.
fn capped_buyer() -> Setting {
    let mut setting = plain("two tickets, one buyer, one hold allowed, paid");
    for number in 0..2 {
        let (order, buyer, ticket, limit) = (number, 0, number, 1);
        setting.jobs.push(Job::Place { order, buyer, ticket, limit });
        setting.jobs.extend([Job::Cancel { order, buyer }, Job::Expire { order, buyer }]);
        setting.jobs.extend([Job::Start { order, buyer }, Job::Reconcile { order, buyer }]);
    }
    let setting = Setting { slots: 1, lost: Lost::Repeated, last_moment: 1, ..setting };
    Setting { tickets: 2, limit: 1, reaches: &[PAID, CANCELLED, RAN_OUT], ..setting }
}

/// What is explored to the end.
pub(crate) fn to_the_end(length: Length) -> Vec<Setting> {
    let short = vec![
        repeated_calls(),
        late_calls(),
        failing_bank(),
        two_buyers(),
        rivals(),
        late_rivals(),
        seller(),
        one_key(),
        two_tickets(),
        capped(),
        capped_buyer(),
    ];
    let long = || {
        vec![
            Setting { name: "one ticket, one buyer, longer", last_moment: 3, lost: Lost::Repeated, ..failing_bank() },
            Setting { name: "one ticket, two buyers, longer", last_moment: 2, ..rivals() },
            Setting { name: "two tickets, two buyers, longer", last_moment: 1, ..two_tickets() },
            Setting { name: "two tickets, one buyer, one hold allowed, longer", last_moment: 2, ..capped() },
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
    let one = lone_buyer;
    let faults = [
        ("1", Fault::OrderBeforeTicket, one()),
        ("2", Fault::NoHoldNumber, seller()),
        ("3", Fault::ExpiryOfOrder, one()),
        ("4", Fault::MomentAfterPayment, one()),
        ("5a", Fault::TakeOverFromItself, one()),
        ("5b", Fault::ExtendedAgain, one()),
        ("6", Fault::NoSweepOfHolds, one()),
        ("7", Fault::DueDroppedOnClosing, one()),
        ("8", Fault::CommitForgotten, one()),
        ("9", Fault::NoRowForVanished, failing_bank()),
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

#[cfg(test)]
mod tests;
