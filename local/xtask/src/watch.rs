//! Notices changed sources by their modification times: a few hundred files, looked at twice a second.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use crate::project::Project;

const WATCHED: [&str; 9] = [
    "functions",
    "shared",
    "site",
    "local/edge",
    "local/fake_stripe",
    "Cargo.toml",
    "template.yaml",
    "samconfig.toml",
    "Makefile",
];
const IGNORED: [&str; 4] = ["node_modules", "target", "e2e", "assets-test"];
const INTERVAL: Duration = Duration::from_millis(500);
/// Far more than there are: a link into somewhere huge must not keep this busy.
const MAX_FILES: usize = 20_000;

type Times = BTreeMap<PathBuf, SystemTime>;

/// The sources as they were when they were last looked at.
#[derive(Debug)]
pub(crate) struct Sources {
    roots: Vec<PathBuf>,
    applied: Times,
    latest: Times,
    looked: Instant,
}

impl Sources {
    /// Begins with the sources as they are.
    pub(crate) fn watch(project: &Project) -> Self {
        Self::of(WATCHED.iter().map(|name| project.root().join(name)).collect())
    }

    fn of(roots: Vec<PathBuf>) -> Self {
        let applied = scan(&roots);
        Self { roots, latest: applied.clone(), applied, looked: Instant::now() }
    }

    /// Whether the sources have changed since the last time this was true, and have come to rest.
    pub(crate) fn changed(&mut self) -> bool {
        if self.looked.elapsed() < INTERVAL {
            return false;
        }
        self.looked = Instant::now();
        self.look()
    }

    fn look(&mut self) -> bool {
        let now = scan(&self.roots);
        let at_rest = now == self.latest;
        self.latest = now;
        if at_rest && self.latest != self.applied {
            self.applied.clone_from(&self.latest);
            return true;
        }
        false
    }
}

fn scan(roots: &[PathBuf]) -> Times {
    let mut times = Times::new();
    let mut pending = roots.to_vec();
    while let Some(path) = pending.pop() {
        if times.len() >= MAX_FILES {
            break;
        }
        let Ok(details) = path.symlink_metadata() else {
            continue;
        };
        if details.is_dir() {
            let entries = std::fs::read_dir(&path).into_iter().flatten();
            let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
            pending.extend(paths.filter(|path| !is_ignored(path)));
        } else if let Ok(modified) = details.modified() {
            times.insert(path, modified);
        }
    }
    times
}

/// Other programs' folders, and the hidden files that editors keep while one types.
fn is_ignored(path: &Path) -> bool {
    path.file_name()
        .and_then(|name| name.to_str())
        .is_none_or(|name| IGNORED.contains(&name) || name.starts_with('.') || name.ends_with('~'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_told_once_and_when_it_has_come_to_rest() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("lib.rs");
        std::fs::write(&file, "one").expect("written");
        let mut sources = Sources::of(vec![folder.path().to_owned()]);
        assert!(!sources.look());
        std::fs::write(folder.path().join("new.rs"), "two").expect("written");
        assert!(!sources.look(), "it may still be being written");
        assert!(sources.look());
        assert!(!sources.look());
        std::fs::remove_file(&file).expect("removed");
        assert!(!sources.look());
        assert!(sources.look());
    }

    #[test]
    fn what_is_not_ours_and_what_is_hidden_changes_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut sources = Sources::of(vec![folder.path().to_owned()]);
        std::fs::create_dir(folder.path().join("node_modules")).expect("made");
        std::fs::write(folder.path().join("node_modules/a.js"), "").expect("written");
        std::fs::write(folder.path().join(".lib.rs.swp"), "").expect("written");
        std::fs::write(folder.path().join("lib.rs~"), "").expect("written");
        assert!(!sources.look());
        assert!(!sources.look());
    }
}
