//! Writes the document and its reference into a folder.

use std::path::PathBuf;

use anyhow::Context as _;

fn main() -> anyhow::Result<()> {
    let folder = PathBuf::from(std::env::args_os().nth(1).context("name the folder to write to")?);
    let document = openapi::document();
    let text = format!("{}\n", serde_json::to_string_pretty(&document)?);
    for (name, text) in [("openapi.json", text), ("api.md", openapi::reference(&document))] {
        let path = folder.join(name);
        std::fs::write(&path, text).with_context(|| format!("{} cannot be written", path.display()))?;
    }
    Ok(())
}
