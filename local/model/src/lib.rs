#![doc = include_str!("../README.md")]

mod call;
mod explore;
mod interned;
mod judge;
mod names;
mod protocol;
mod replay;
mod rest;
mod run;
mod setting;
mod settings;
mod trace;
mod world;

pub use explore::{Explored, Violation};
pub use settings::Length;

/// Explores every setting of the protocol as it is to the end, and hands each on when it is done.
pub fn explore_protocol(length: Length, name: &str, threads: usize, mut each: impl FnMut(&Explored)) -> bool {
    let mut sound = true;
    for (number, setting) in settings::to_the_end(length).into_iter().enumerate() {
        if setting.name.contains(name) {
            let explored = explore::explore(&setting::Setting { number, ..setting }, threads);
            sound &= explored.is_sound();
            each(&explored);
        }
    }
    sound
}

/// A correction that was taken away, and what the model made of it.
#[cfg(feature = "faults")]
#[derive(Debug)]
pub struct Removal {
    /// The fault's number in the protocol.
    pub number: &'static str,
    /// What was put back.
    pub fault: String,
    /// Whether something goes wrong then. One correction is of no consequence, and must stay so.
    pub matters: bool,
    /// What was found.
    pub explored: Explored,
}

#[cfg(feature = "faults")]
impl Removal {
    /// Whether the model found what is to be found, and nothing where there is nothing.
    #[must_use]
    pub fn is_as_expected(&self) -> bool {
        self.explored.violation.is_some() == self.matters
    }
}

/// Takes each correction of the protocol away, one at a time, and hands on what the model finds.
#[cfg(feature = "faults")]
pub fn explore_faults(name: &str, threads: usize, mut each: impl FnMut(&Removal)) -> bool {
    /// The runs of faulty code are told from the others by these.
    const FIRST: usize = 1_000;
    let mut as_expected = true;
    for (index, removed) in settings::removed().into_iter().enumerate() {
        let fault = format!("{:?}", removed.fault);
        if fault.contains(name) {
            let setting = setting::Setting { number: FIRST + index, ..removed.setting };
            let explored = explore::explore(&setting, threads);
            let removal = Removal { number: removed.number, fault, matters: removed.matters, explored };
            as_expected &= removal.is_as_expected();
            each(&removal);
        }
    }
    as_expected
}
