//! Where this process runs: the same for every line that it writes.

use std::sync::OnceLock;

static PLACE: OnceLock<Place> = OnceLock::new();

/// Which function this is, and of which stage.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// The function's name in the cloud.
    pub function: String,
    /// The stage.
    pub stage: String,
}

impl Place {
    /// Makes this the place of the process. The first call counts: a process does not move.
    pub(crate) fn settle(self) {
        PLACE.get_or_init(|| self);
    }
}

/// Whether logging was started.
pub(crate) fn is_known() -> bool {
    PLACE.get().is_some()
}

/// Where this process runs; without names before logging was started, as in a test.
#[must_use]
pub fn place() -> &'static Place {
    static NOWHERE: Place = Place { function: String::new(), stage: String::new() };
    PLACE.get().unwrap_or(&NOWHERE)
}
