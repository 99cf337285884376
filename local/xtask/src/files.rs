//! Small helpers around files.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Writes a value so that a reader sees the old file or the new one, never half of it.
pub(crate) fn write_json(path: &Path, value: &impl Serialize) -> anyhow::Result<()> {
    let draft = path.with_extension("draft");
    let write = || -> anyhow::Result<()> {
        std::fs::write(&draft, serde_json::to_vec_pretty(value)?)?;
        Ok(std::fs::rename(&draft, path)?)
    };
    write().with_context(|| format!("{} cannot be written", path.display()))
}

/// Reads what [`write_json`] wrote; `None` when there is nothing that could be read.
pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> Option<T> {
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}

/// Length and modification time: cheap, and different whenever a build wrote the file again.
pub(crate) fn stamp(path: &Path) -> Option<String> {
    let details = path.metadata().ok()?;
    let modified = details.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(format!("{}-{}", details.len(), modified.as_nanos()))
}

/// Copies a file unless the copy has its length and time already. Whether anything was copied.
pub(crate) fn refresh(from: &Path, to: &Path) -> anyhow::Result<bool> {
    let copy = || -> anyhow::Result<bool> {
        if stamp(from).context("it has no length or time")? == stamp(to).unwrap_or_default() {
            return Ok(false);
        }
        let draft = to.with_extension("draft");
        std::fs::copy(from, &draft)?;
        let modified: SystemTime = from.metadata()?.modified()?;
        std::fs::File::options().write(true).open(&draft)?.set_modified(modified)?;
        std::fs::rename(&draft, to)?;
        Ok(true)
    };
    copy().with_context(|| format!("{} cannot be copied to {}", from.display(), to.display()))
}

/// A fingerprint of a text: not for secrets, only to see whether it changed.
pub(crate) fn fingerprint(text: &[u8]) -> String {
    // FNV-1a, 64 bits: the same on every machine and in every release.
    let hash = text
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3));
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_made_once_for_each_change() {
        let folder = tempfile::tempdir().expect("a folder");
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        std::fs::write(&from, "one").expect("written");
        assert!(refresh(&from, &to).expect("copied"));
        assert!(!refresh(&from, &to).expect("compared"));
        std::fs::write(&from, "three").expect("written");
        assert!(refresh(&from, &to).expect("copied"));
        assert_eq!(std::fs::read_to_string(&to).expect("read"), "three");
    }

    #[test]
    fn json_comes_back_as_it_was_written() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("value.json");
        assert_eq!(read_json::<Vec<u8>>(&path), None);
        write_json(&path, &[1, 2]).expect("written");
        assert_eq!(read_json::<Vec<u8>>(&path), Some(vec![1, 2]));
    }

    #[test]
    fn a_fingerprint_is_stable() {
        assert_eq!(fingerprint(b""), "cbf29ce484222325");
        assert_ne!(fingerprint(b"a"), fingerprint(b"b"));
    }
}
