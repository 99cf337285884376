//! What a running stack writes down about itself, so that other commands find it.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::emulator::stop_left_behind;
use crate::files::{read_json, write_json};
use crate::process::Identity;

/// The processes of one stack and where it answers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) supervisor: Identity,
    pub(crate) emulator: Option<Identity>,
    pub(crate) emulator_port: u16,
    pub(crate) edge: Option<Identity>,
    #[serde(default)]
    pub(crate) stripe: Option<Identity>,
    #[serde(default)]
    pub(crate) stripe_port: u16,
    pub(crate) base_url: String,
    pub(crate) ready: bool,
}

impl Record {
    /// What a stack wrote down, whether it still runs or not.
    pub(crate) fn read(folder: &Path) -> Option<Self> {
        read_json(&path(folder))
    }

    /// Writes it down.
    pub(crate) fn write(&self, folder: &Path) -> anyhow::Result<()> {
        write_json(&path(folder), self)
    }

    /// Whether the command that started the stack still runs.
    pub(crate) fn is_supervised(&self) -> bool {
        self.supervisor.is_alive()
    }

    /// Ends what a supervisor that is gone has left running.
    pub(crate) fn stop_left_behind(&self) {
        for identity in [self.edge, self.stripe, self.emulator].into_iter().flatten() {
            stop_left_behind(identity);
        }
    }
}

fn path(folder: &Path) -> PathBuf {
    folder.join("running.json")
}
