//! One exploration from its beginning to its end, and the way to what is wrong, if anything is.

use std::time::{Duration, Instant};

use stateright::{Checker as _, HasDiscoveries, Model as _, Path};

use crate::protocol::{Action, Protocol, RESTS, SOUND, State};
use crate::setting::Setting;
use crate::trace;

/// What an exploration found.
#[derive(Debug)]
pub struct Explored {
    /// The setting's name.
    pub name: &'static str,
    /// States that differ.
    pub states: usize,
    /// Steps that lead to one.
    pub steps: usize,
    /// The longest of the shortest ways to a state.
    pub depth: usize,
    /// How long it took.
    pub took: Duration,
    /// What is wrong, and the way to it.
    pub violation: Option<Violation>,
    /// What should have been seen to happen and was not.
    pub never_reached: Vec<&'static str>,
}

/// Something wrong.
#[derive(Debug)]
pub struct Violation {
    /// What.
    pub what: String,
    /// Who did what, a line each.
    pub trace: Vec<String>,
}

impl Explored {
    /// Whether everything was reached and nothing was wrong.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.violation.is_none() && self.never_reached.is_empty()
    }
}

/// Explores a setting until nothing is new or something is wrong.
pub(crate) fn explore(setting: &Setting, threads: usize) -> Explored {
    let began = Instant::now();
    let finish = HasDiscoveries::AnyFailures;
    let checker = Protocol::new(setting.clone()).checker().threads(threads).finish_when(finish).spawn_bfs().join();
    let discoveries = checker.discoveries();
    let model = checker.model();
    let violation = [SOUND, RESTS].into_iter().find_map(|property| discoveries.get(property)).map(|path| {
        let path: Path<State, Action> = path.clone();
        let last = path.last_state().clone();
        let what = last.wrong.or_else(|| model.unrest(&last)).map_or_else(String::new, |what| (*what).clone());
        Violation { what, trace: trace::lines(model, path) }
    });
    let missing = |name: &&&'static str| !discoveries.contains_key(**name);
    let never_reached = match violation {
        None => setting.reaches.iter().filter(missing).copied().collect(),
        Some(_) => Vec::new(),
    };
    Explored {
        name: setting.name,
        states: checker.unique_state_count(),
        steps: checker.state_count(),
        depth: checker.max_depth(),
        took: began.elapsed(),
        violation,
        never_reached,
    }
}
