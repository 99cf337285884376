//! Assets under names that change with their content.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use sha2::{Digest, Sha256};

use crate::modules::{self, ModuleError};

/// The one stylesheet.
const STYLESHEET: &str = "site.css";

/// Why the assets cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AssetError {
    /// The folder, or a file in it, cannot be read.
    #[error("{} cannot be read", path.display())]
    Read {
        /// The folder or the file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A page or a module names something that is not there.
    #[error("there is no asset {0}")]
    Missing(String),
    /// The modules do not fit together.
    #[error(transparent)]
    Modules(#[from] ModuleError),
}

/// The assets as they are written: addresses, contents, and which module imports which.
#[derive(Debug, Default)]
pub struct Assets {
    /// Name in the folder of sources to the finished file.
    finished: BTreeMap<String, Finished>,
}

#[derive(Debug)]
struct Finished {
    address: String,
    content: String,
    /// The names of everything that this module imports, directly or not.
    imports: Vec<String>,
}

impl Assets {
    /// Reads `site.css` and every module of the folder.
    ///
    /// # Errors
    /// [`AssetError`] when one cannot be read, imports what is not there, or imports itself.
    pub fn load(folder: &Path) -> Result<Self, AssetError> {
        let unreadable = |path: &Path| {
            let path = path.to_owned();
            move |source| AssetError::Read { path, source }
        };
        let mut sources = BTreeMap::new();
        for entry in fs::read_dir(folder).map_err(unreadable(folder))? {
            let path = entry.map_err(unreadable(folder))?.path();
            let is_asset = path.extension().is_some_and(|ending| ending == "js" || ending == "css");
            if let (true, Some(name)) = (is_asset, path.file_name().and_then(|name| name.to_str())) {
                sources.insert(name.to_owned(), fs::read_to_string(&path).map_err(unreadable(&path))?);
            }
        }
        Self::from_sources(&sources)
    }

    fn from_sources(sources: &BTreeMap<String, String>) -> Result<Self, AssetError> {
        let mut assets = Self::default();
        for name in modules::in_order_of_import(sources)? {
            let source = sources.get(&name).ok_or_else(|| AssetError::Missing(name.clone()))?;
            assets.finish(name, source)?;
        }
        Ok(assets)
    }

    /// Takes a file all of whose imports are finished.
    fn finish(&mut self, name: String, source: &str) -> Result<(), AssetError> {
        let mut content =
            if modules::is_module(&name) { modules::without_comments(&name, source)? } else { source.to_owned() };
        let mut imports: Vec<String> = Vec::new();
        for import in modules::imports_of(&name, source) {
            let imported = self.get(&import)?;
            let new_name = imported.address.trim_start_matches("/assets/");
            content = content.replace(&format!(" \"./{import}\""), &format!(" \"./{new_name}\""));
            for further in imported.imports.iter().cloned().chain([import]) {
                if !imports.contains(&further) {
                    imports.push(further);
                }
            }
        }
        let address = address(&name, &content);
        self.finished.insert(name, Finished { address, content, imports });
        Ok(())
    }

    fn get(&self, name: &str) -> Result<&Finished, AssetError> {
        self.finished.get(name).ok_or_else(|| AssetError::Missing(name.to_owned()))
    }

    /// Every file's address and content, sorted by name.
    pub fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.finished.values().map(|file| (file.address.as_str(), file.content.as_str()))
    }

    /// The address of the stylesheet.
    ///
    /// # Errors
    /// [`AssetError::Missing`] when there is none.
    pub fn stylesheet(&self) -> Result<String, AssetError> {
        Ok(self.get(STYLESHEET)?.address.clone())
    }

    /// The address of a module, named without its ending.
    ///
    /// # Errors
    /// [`AssetError::Missing`] when there is none of that name.
    pub fn module(&self, name: &str) -> Result<String, AssetError> {
        Ok(self.get(&format!("{name}.js"))?.address.clone())
    }

    /// The addresses of all that a module imports, directly or not: a browser that knows them early asks for all at once.
    ///
    /// # Errors
    /// [`AssetError::Missing`] when there is no module of that name.
    pub fn preloads(&self, name: &str) -> Result<Vec<String>, AssetError> {
        let imports = &self.get(&format!("{name}.js"))?.imports;
        imports.iter().map(|import| Ok(self.get(import)?.address.clone())).collect()
    }
}

/// `/assets/<stem>.<hash>.<ending>`: 48 bits of SHA-256 tell the few versions of one file apart.
fn address(name: &str, content: &str) -> String {
    let hash = Sha256::digest(content).iter().take(6).fold(0_u64, |hash, &byte| (hash << 8) | u64::from(byte));
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
    format!("/assets/{stem}.{hash:012x}.{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(files: &[(&str, &str)]) -> BTreeMap<String, String> {
        files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    }

    fn assets(api: &str) -> Assets {
        let files = [
            ("site.css", "body {}"),
            ("page.js", "import { a } from \"./api.js\";\nimport \"./header.js\";"),
            ("header.js", "import { a } from \"./api.js\";\nexport const h = a;"),
            ("api.js", api),
        ];
        Assets::from_sources(&sources(&files)).unwrap()
    }

    #[test]
    fn imports_name_the_finished_files() {
        let assets = assets("export const a = 1;");
        let api = assets.module("api").unwrap();
        let page = assets.get("page.js").unwrap();
        assert!(page.content.contains(&format!("from \".{}\"", api.trim_start_matches("/assets"))), "{}", page.content);
        assert_eq!(assets.preloads("page").unwrap(), [api, assets.module("header").unwrap()]);
    }

    #[test]
    fn a_change_shows_in_the_names_of_all_that_import_it_and_in_no_other() {
        let (before, after) = (assets("export const a = 1;"), assets("export const a = 2;"));
        for module in ["api", "header", "page"] {
            assert_ne!(before.module(module).unwrap(), after.module(module).unwrap(), "{module}");
        }
        assert_eq!(before.stylesheet().unwrap(), after.stylesheet().unwrap());
    }

    #[test]
    fn what_is_not_there_is_an_error() {
        let missing = Assets::from_sources(&sources(&[("a.js", "import { b } from \"./b.js\";")])).unwrap_err();
        assert_eq!(missing.to_string(), "a.js imports b.js, which is not there");
        assert!(matches!(assets("").module("nothing"), Err(AssetError::Missing(_))));
    }
}
