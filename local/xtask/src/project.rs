//! Where things are.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

/// The checkout and its build folder.
#[derive(Clone, Debug)]
pub(crate) struct Project {
    root: PathBuf,
    target: PathBuf,
}

impl Project {
    /// The project that this program was built from.
    pub(crate) fn find() -> anyhow::Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize()?;
        let program = std::env::current_exe().context("this program does not know where it is")?;
        // <target>/<profile>/xtask
        let target = program.ancestors().nth(2).context("this program is not in a build folder")?.to_owned();
        Ok(Self { root, target })
    }

    /// The checkout.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Cargo's build folder.
    pub(crate) fn target(&self) -> &Path {
        &self.target
    }

    /// Where cargo puts the programs of the local profile.
    pub(crate) fn built(&self) -> PathBuf {
        self.target.join("local")
    }

    /// Where the generator puts the site.
    pub(crate) fn site(&self) -> PathBuf {
        self.target.join("site")
    }

    /// The crates under `functions/`, each one binary of the same name.
    pub(crate) fn functions(&self) -> anyhow::Result<Vec<String>> {
        let folder = self.root.join("functions");
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&folder).with_context(|| format!("{} cannot be read", folder.display()))? {
            let path = entry?.path();
            if path.join("Cargo.toml").is_file()
                && let Some(name) = path.file_name().and_then(|name| name.to_str())
            {
                names.push(name.to_owned());
            }
        }
        names.sort();
        Ok(names)
    }
}

/// The logical id of a function in the template: `place_order` is `PlaceOrder`.
pub(crate) fn logical_id(function: &str) -> String {
    function
        .split('_')
        .flat_map(|word| {
            let mut letters = word.chars();
            letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::logical_id;

    #[test]
    fn a_logical_id_is_the_crates_name_in_pascal_case() {
        assert_eq!(logical_id("place_order"), "PlaceOrder");
        assert_eq!(logical_id("sweep"), "Sweep");
        assert_eq!(logical_id("list_my_tickets"), "ListMyTickets");
    }
}
