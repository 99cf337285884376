//! The record: a line for everything that was asked, answered and done.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;
use tokio::sync::watch;

/// A file of lines that many write to.
#[derive(Clone, Debug)]
pub(crate) struct Lines(Arc<Mutex<File>>);

impl Lines {
    pub(crate) fn create(path: &Path) -> Self {
        Self(Arc::new(Mutex::new(File::create(path).expect("a file"))))
    }

    pub(crate) fn write(&self, line: &Value) {
        // One call a line: whoever ends this program leaves whole lines behind.
        self.0.lock().expect("no panic").write_all(format!("{line}\n").as_bytes()).expect("a disk with room");
    }
}

/// The record of a run, and how far the run has come.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    folder: PathBuf,
    lines: Lines,
    progress: watch::Sender<u64>,
}

impl Record {
    pub(crate) fn create(folder: &Path) -> Self {
        let lines = Lines::create(&folder.join("record.jsonl"));
        Self { folder: folder.to_owned(), lines, progress: watch::Sender::new(0) }
    }

    /// Writes a line.
    pub(crate) fn write(&self, line: &Value) {
        self.lines.write(line);
    }

    /// Writes what became of a request, under the next number.
    pub(crate) fn request(&self, mut line: Value) {
        self.progress.send_modify(|progress| {
            *progress += 1;
            line["number"] = Value::from(*progress);
        });
        self.lines.write(&line);
    }

    /// Requests so far, to be waited for.
    pub(crate) fn progress(&self) -> watch::Receiver<u64> {
        self.progress.subscribe()
    }

    /// Writes a whole file beside the record.
    pub(crate) fn file(&self, name: &str, text: impl AsRef<[u8]>) {
        std::fs::write(self.folder.join(name), text).expect("a disk with room");
    }

    /// Begins another file of lines beside it.
    pub(crate) fn beside(&self, name: &str) -> Lines {
        Lines::create(&self.folder.join(name))
    }
}

/// Milliseconds since 1970.
pub(crate) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock");
    u64::try_from(since.as_millis()).expect("a moment")
}
