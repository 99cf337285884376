//! Bundles and stylesheet, under names that change with their content.
//!
//! esbuild bundles, minifies and leaves out what a page does not use. Each page and language gets one script: over a
//! network on which a request takes longer than the bytes in it, one request is worth more than what two pages could
//! share.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, io};

use holdfast_views::{Assets, Language};
use sha2::{Digest, Sha256};

use crate::options::Options;

/// Browsers of the last three years: what they understand needs no rewriting.
const TARGET: &str = "--target=es2022,chrome120,firefox121,safari17.5";

/// Why the assets were not made.
#[derive(Debug, thiserror::Error)]
pub enum AssetError {
    /// The bundler is not there, or cannot be started.
    #[error("{} cannot be run: npm ci in the folder of the site installs it", program.display())]
    NoBundler {
        /// Its program.
        program: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There is no place for what the bundler writes.
    #[error("no temporary folder can be made")]
    NoFolder(#[source] io::Error),
    /// The bundler refuses the modules or the stylesheet.
    #[error("esbuild: {0}")]
    Refused(String),
    /// What it wrote cannot be read.
    #[error("{} cannot be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// The finished assets: their contents by address, and which address a page names.
#[derive(Debug)]
pub(crate) struct Bundled {
    /// Address to content.
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    /// Where the pages find them.
    pub(crate) addresses: Assets,
}

/// Bundles a script for each name and language, and the stylesheet.
///
/// # Errors
/// [`AssetError`] when the bundler is missing or refuses its input.
pub(crate) fn bundle(options: &Options, scripts: &BTreeSet<&str>) -> Result<Bundled, AssetError> {
    let folder = tempfile::tempdir().map_err(AssetError::NoFolder)?;
    let folder = folder.path();
    let mut bundled = Bundled { files: BTreeMap::new(), addresses: Assets::default() };
    for language in Language::ALL {
        let folder = folder.join(language.tag());
        bundle_scripts(options, *language, scripts, &folder)?;
        let mut addresses = BTreeMap::new();
        for script in scripts {
            let address =
                bundled.take(&folder.join(format!("{script}.js")), &format!("{script}.{}", language.tag()))?;
            addresses.insert((*script).to_owned(), address);
        }
        bundled.addresses.scripts.insert(language.tag().to_owned(), addresses);
    }
    run(options, folder, [options.sources.join("assets/site.css")], &[])?;
    bundled.addresses.stylesheet = bundled.take(&folder.join("site.css"), "site")?;
    Ok(bundled)
}

fn bundle_scripts(
    options: &Options,
    language: Language,
    scripts: &BTreeSet<&str>,
    folder: &Path,
) -> Result<(), AssetError> {
    let modules = scripts.iter().map(|script| options.sources.join(format!("assets/{script}.js")));
    // The bundler takes an alias that is a path for one of its own only when it begins at the root.
    let messages = options.sources.join(format!("messages/{}.json", language.tag()));
    let messages = messages.canonicalize().map_err(|source| AssetError::Read { path: messages, source })?;
    run(options, folder, modules, &["--format=esm".to_owned(), format!("--alias:#messages={}", messages.display())])
}

fn run(
    options: &Options,
    folder: &Path,
    inputs: impl IntoIterator<Item = PathBuf>,
    further: &[String],
) -> Result<(), AssetError> {
    let output = Command::new(&options.esbuild)
        .args(["--bundle", "--minify", "--log-level=warning", "--charset=utf8", TARGET])
        .arg(format!("--outdir={}", folder.display()))
        .args(further)
        .args(inputs)
        .output()
        .map_err(|source| AssetError::NoBundler { program: options.esbuild.clone(), source })?;
    // A warning of the bundler is a fault in the making: a name that no module exports, a property that CSS has not.
    if output.status.success() && output.stderr.is_empty() {
        return Ok(());
    }
    Err(AssetError::Refused(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
}

impl Bundled {
    /// Reads a finished file and gives it its address.
    fn take(&mut self, path: &Path, stem: &str) -> Result<String, AssetError> {
        let content = fs::read(path).map_err(|source| AssetError::Read { path: path.to_owned(), source })?;
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        let address = format!("/assets/{stem}.{}.{ending}", fingerprint(&content));
        self.files.insert(address.clone(), content);
        Ok(address)
    }
}

/// 48 bits of SHA-256 tell the few versions of one file apart.
fn fingerprint(content: &[u8]) -> String {
    let hash = Sha256::digest(content).iter().take(6).fold(0_u64, |hash, &byte| (hash << 8) | u64::from(byte));
    format!("{hash:012x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_follows_from_the_content() {
        assert_eq!(fingerprint(b"a"), "ca978112ca1b");
        assert_ne!(fingerprint(b"a"), fingerprint(b"b"));
    }
}
