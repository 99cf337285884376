//! What a function's memory buys it: Lambda gives the processor in proportion.
//!
//! At 1,769 MB a function has one processor, and less of it with less memory
//! (<https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html>); while it starts it has a whole one
//! (<https://serverlessland.com/content/service/lambda/guides/effectively-running-java-on-serverless/init-heavy-lifting>).
//! So a process starts freely here, and is put into a control group with its share before its first event.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};

use crate::process::{Process, Program};
use crate::run::{Events, Work, in_turn};
use crate::statistics::Sample;
use crate::world::World;

/// Memory of a function that has one processor, in MB.
const ONE_PROCESSOR: u32 = 1_769;
/// The sizes that are compared, in MB.
const SIZES: [u32; 5] = [128, 256, 512, 1_024, ONE_PROCESSOR];
/// Within it a group may use its share, in microseconds. AWS does not say what its own is; those who measured it found
/// 20 ms.
const PERIOD: u32 = 20_000;
/// Warm invocations for each start.
const WARM: usize = 20;
const GROUPS: &str = "/sys/fs/cgroup";

/// A control group whose processes have a share of a processor together.
#[derive(Debug)]
struct Share {
    folder: PathBuf,
}

impl Share {
    /// # Errors
    /// When the machine has no control groups that this user may make.
    fn of(memory: u32) -> anyhow::Result<Self> {
        let name = format!("holdfast-bench-{}-{memory}", std::process::id());
        let quota = PERIOD * memory / ONE_PROCESSOR;
        let groups = Path::new(GROUPS);
        // The second version has one tree, the first one for each of what it controls.
        let (parent, settings) = if groups.join("cgroup.controllers").exists() {
            (groups.to_owned(), vec![("cpu.max", format!("{quota} {PERIOD}"))])
        } else {
            let settings = [("cpu.cfs_period_us", PERIOD), ("cpu.cfs_quota_us", quota)];
            (groups.join("cpu"), settings.map(|(name, value)| (name, value.to_string())).to_vec())
        };
        let folder = parent.join(name);
        fs::create_dir(&folder).with_context(|| format!("no control group can be made in {}", parent.display()))?;
        let share = Self { folder };
        for (name, value) in settings {
            let path = share.folder.join(name);
            fs::write(&path, value).with_context(|| format!("{} cannot be written", path.display()))?;
        }
        Ok(share)
    }

    /// Puts a process with all its threads into it.
    fn take(&self, process: &Process) -> anyhow::Result<()> {
        Ok(fs::write(self.folder.join("cgroup.procs"), process.id().to_string())?)
    }

    /// How often its processes had to wait for the next period.
    fn waits(&self) -> anyhow::Result<u64> {
        let text = fs::read_to_string(self.folder.join("cpu.stat"))?;
        let waits = text.lines().find_map(|line| line.strip_prefix("nr_throttled ")?.trim().parse().ok());
        waits.context("cpu.stat says nothing of nr_throttled")
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        // Its processes have ended before it; a group that stays costs nothing.
        let _ = fs::remove_dir(&self.folder);
    }
}

/// What was measured of one program at one size.
#[derive(Debug, Default)]
struct Measured {
    first: Sample,
    warm: Sample,
    waits: u64,
    invocations: u64,
}

/// Starts each program `spawns` times at each size; a table of milliseconds.
pub(crate) async fn compare(world: &mut World, programs: &[(Program, Work)], spawns: usize) -> anyhow::Result<String> {
    if spawns == 0 {
        bail!("nothing is measured by no starts");
    }
    let mut text = format!(
        "{:>14}  {:>6}  {:>16}  {:>16}  {:>22}\n",
        "", "MB", "first, ms (p90)", "warm, ms (p90)", "waits an invocation"
    );
    for (program, work) in programs {
        let mut measured: Vec<Measured> = SIZES.iter().map(|_| Measured::default()).collect();
        let mut events = Events::make(world, *work, spawns * SIZES.len() * (1 + WARM)).await?;
        for round in 0..spawns {
            for index in in_turn(SIZES.len(), round) {
                one(program, SIZES[index], &mut events, &mut measured[index]).await?;
            }
        }
        for (size, measured) in SIZES.iter().zip(&measured) {
            let both = |sample: &Sample| format!("{:.1} ({:.1})", sample.median(), sample.quantile(0.9));
            #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
            let waits = measured.waits as f64 / measured.invocations as f64;
            let (first, warm) = (both(&measured.first), both(&measured.warm));
            writeln!(text, "{:>14}  {size:>6}  {first:>16}  {warm:>16}  {waits:>22.2}", program.name)?;
        }
    }
    Ok(text)
}

async fn one(program: &Program, size: u32, events: &mut Events, measured: &mut Measured) -> anyhow::Result<()> {
    let share = Share::of(size)?;
    let (mut process, _) = Process::start(program).await?;
    share.take(&process)?;
    // Lambda freezes a process in between; its share of a period is whole when it is thawed.
    let period = Duration::from_micros(u64::from(PERIOD));
    for invocation in 0..=WARM {
        tokio::time::sleep(period).await;
        let (time, _) = events.invoke(&mut process).await?;
        let sample = if invocation == 0 { &mut measured.first } else { &mut measured.warm };
        sample.add(time);
        process.idle().await?;
        measured.invocations += 1;
    }
    measured.waits += share.waits()?;
    Ok(())
}
