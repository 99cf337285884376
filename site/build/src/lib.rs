#![doc = include_str!("../README.md")]

mod assets;
mod modules;
mod options;
mod policies;

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use holdfast_views::{PageAssets, all_pages};

pub use assets::{AssetError, Assets};
pub use modules::ModuleError;
pub use options::{InvalidArguments, Options};

/// Why the site was not written.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The arguments were wrong.
    #[error(transparent)]
    Arguments(#[from] InvalidArguments),
    /// The assets do not fit together.
    #[error(transparent)]
    Assets(#[from] AssetError),
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

/// Writes every asset, then every page, so that no page is there before what it names, and at last which policy each page
/// is to be sent with. Answers the number of files.
///
/// # Errors
/// [`BuildError`] when the assets do not fit together or a file cannot be written.
pub fn build(Options { out, assets, stripe }: &Options) -> Result<usize, BuildError> {
    let assets = Assets::load(assets)?;
    let pages = all_pages(stripe);
    for (address, content) in assets.files() {
        write_if_changed(&out.join(address.trim_start_matches('/')), content)?;
    }
    for page in &pages {
        let links = PageAssets {
            stylesheet: assets.stylesheet()?,
            script: assets.module(page.script())?,
            preloads: assets.preloads(page.script())?,
        };
        write_if_changed(&out.join(page.file()), &page.render(&links))?;
    }
    write_if_changed(&out.join(policies::FILE), &policies::text(&pages))?;
    Ok(assets.files().count() + pages.len() + 1)
}

/// Leaves a file alone that is right already, so that its time says when it last changed.
fn write_if_changed(path: &Path, content: &str) -> Result<(), BuildError> {
    if fs::read(path).is_ok_and(|old| old == content.as_bytes()) {
        return Ok(());
    }
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(path, content))
        .map_err(|source| BuildError::Write { path: path.to_owned(), source })
}
