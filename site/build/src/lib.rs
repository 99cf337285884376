#![doc = include_str!("../README.md")]

mod assets;
mod options;

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use holdfast_views::{Language, Page, UnknownAsset, all_pages, robots};

pub use assets::AssetError;
pub use options::{InvalidArguments, Options};

/// What pages that are rendered later are made of. They name their scripts in it, too, so that every script is built.
const RENDERED_LATER: [&str; 1] = ["ticket"];

/// Why the site was not written.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The arguments were wrong.
    #[error(transparent)]
    Arguments(#[from] InvalidArguments),
    /// The assets were not made.
    #[error(transparent)]
    Assets(#[from] AssetError),
    /// A page has no script.
    #[error(transparent)]
    Page(#[from] UnknownAsset),
    /// The list of assets could not be put into words.
    #[error("the manifest cannot be written")]
    Manifest(#[from] serde_json::Error),
    /// A file could not be written.
    #[error("{} cannot be written", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Reads the arguments, writes the site and says how many files it has.
pub fn run(arguments: impl Iterator<Item = String>) -> ExitCode {
    let result = Options::parse(arguments).map_err(BuildError::from).and_then(|options| {
        let files = build(&options)?;
        Ok(format!("{files} files in {}", options.out.display()))
    });
    match result {
        Ok(summary) => {
            // A reader who has gone away does not make the site any less written.
            let _ = writeln!(io::stdout(), "{summary}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            let mut text = error.to_string();
            let mut source = std::error::Error::source(&error);
            while let Some(cause) = source {
                text = format!("{text}: {cause}");
                source = cause.source();
            }
            let _ = writeln!(io::stderr(), "site: {text}");
            ExitCode::FAILURE
        }
    }
}

/// The API's document, for whoever writes a client.
const API: &str = include_str!("../../../docs/openapi.json");

/// Writes every asset, then the list of them, then every page, so that nothing names what is not there yet. Answers the
/// number of files.
///
/// # Errors
/// [`BuildError`] when the assets do not fit together or a file cannot be written.
pub fn build(options: &Options) -> Result<usize, BuildError> {
    let pages: Vec<Page> =
        Language::ALL.iter().flat_map(|language| all_pages(*language, &options.origin, &options.stripe)).collect();
    let scripts: BTreeSet<&str> = pages.iter().map(Page::script).chain(RENDERED_LATER).collect();
    let bundled = assets::bundle(options, &scripts)?;
    let write = |key: &str, content: &[u8]| write_if_changed(&options.out.join(key), content);
    for (address, content) in &bundled.files {
        write(address.trim_start_matches('/'), content)?;
    }
    write("assets/manifest.json", &serde_json::to_vec_pretty(&bundled.addresses)?)?;
    for page in &pages {
        write(&page.key(), page.render(&bundled.addresses)?.as_bytes())?;
    }
    write("robots.txt", robots(&options.origin).as_bytes())?;
    write("openapi.json", API.as_bytes())?;
    // The manifest, robots.txt and the API's document are the three that are neither an asset nor a page.
    Ok(bundled.files.len() + pages.len() + 3)
}

/// Leaves a file alone that is right already, so that its time says when it last changed.
fn write_if_changed(path: &Path, content: &[u8]) -> Result<(), BuildError> {
    if fs::read(path).is_ok_and(|old| old == content) {
        return Ok(());
    }
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(path, content))
        .map_err(|source| BuildError::Write { path: path.to_owned(), source })
}
