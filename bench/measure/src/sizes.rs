//! What a function weighs as it is uploaded.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use anyhow::Context as _;
use flate2::Compression;
use flate2::write::DeflateEncoder;

/// Headers of a ZIP archive with the one file `bootstrap`: local, central and the end's.
const HEADERS: u64 = 30 + 46 + 22 + 2 * "bootstrap".len() as u64;

/// Counts what is written.
#[derive(Debug, Default)]
struct Length(u64);

impl Write for Length {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Bytes of a ZIP archive with the program in it, deflated as `sam deploy` does it.
pub(crate) fn zipped(program: &Path) -> anyhow::Result<u64> {
    let mut file = File::open(program).with_context(|| format!("{} cannot be read", program.display()))?;
    let mut encoder = DeflateEncoder::new(Length::default(), Compression::new(6));
    io::copy(&mut file, &mut encoder)?;
    Ok(encoder.finish()?.0 + HEADERS)
}
