//! `cargo xtask stop`.

use std::time::Duration;

use anyhow::bail;

use crate::console::{line, step};
use crate::dev::folder;
use crate::interrupt::wait_for;
use crate::project::Project;
use crate::record::Record;

/// Longer than the emulator is given to write its state down.
const LIMIT: Duration = Duration::from_mins(1);

/// Ends the system that `dev` started, wherever that was.
pub(crate) fn run() -> anyhow::Result<()> {
    let folder = folder(&Project::find()?);
    let Some(record) = Record::read(&folder) else {
        line("Nothing was started.");
        return Ok(());
    };
    if record.is_supervised() {
        let stopping = step("Stop the system");
        record.supervisor.ask_to_end();
        if wait_for(LIMIT, || Ok((!record.is_supervised()).then_some(())))?.is_none() {
            bail!("process {} does not end; end it by hand and run cargo xtask stop again", record.supervisor.pid());
        }
        stopping.done("stopped");
    } else {
        line("Nothing is running.");
    }
    // A supervisor that was ended by force could not do this itself.
    if let Some(record) = Record::read(&folder) {
        record.stop_left_behind();
    }
    Ok(())
}
