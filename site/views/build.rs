//! Makes a struct of the message files, one field a message: a text that a page names and no file has, or that one
//! language lacks, does not compile.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

type Messages = BTreeMap<String, String>;
type Failure = Box<dyn std::error::Error>;

#[expect(clippy::disallowed_methods, reason = "this is how cargo talks to a build script")]
fn main() -> Result<(), Failure> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../messages");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files: Vec<PathBuf> =
        fs::read_dir(&folder)?.map(|entry| Ok(entry?.path())).collect::<Result<_, Failure>>()?;
    files.retain(|file| file.extension().is_some_and(|ending| ending == "json"));
    let mut languages = Vec::new();
    for file in files {
        let messages: Messages = serde_json::from_str(&fs::read_to_string(&file)?)
            .map_err(|error| format!("{}: {error}", file.display()))?;
        languages.push((file, messages));
    }
    // The language whose pages stand at the root comes first, the others by their tag.
    languages.sort_by_key(|(_, messages)| messages.get("pathPrefix").cloned());
    let target = PathBuf::from(env::var("OUT_DIR")?).join("messages.rs");
    fs::write(target, source(&languages)?)?;
    Ok(())
}

fn source(languages: &[(PathBuf, Messages)]) -> Result<String, Failure> {
    let Some((_, first)) = languages.first() else {
        return Err("there is no message file".into());
    };
    let mut fields = String::new();
    for key in first.keys() {
        writeln!(fields, "    /// The message `{key}`.\n    pub {}: &'static str,", snake_case(key))?;
    }
    let mut values = String::new();
    for (file, messages) in languages {
        if let Some(key) = first.keys().find(|key| !messages.contains_key(*key)) {
            return Err(format!("{} lacks {key}", file.display()).into());
        }
        if let Some(key) = messages.keys().find(|key| !first.contains_key(*key)) {
            return Err(format!("{} has {key}, which the first language lacks", file.display()).into());
        }
        writeln!(values, "    Messages {{")?;
        for (key, text) in messages {
            writeln!(values, "        {}: {text:?},", snake_case(key))?;
        }
        writeln!(values, "    }},")?;
    }
    Ok(format!(
        "/// Every text of the site in one language; `site/messages` has a file for each.\n\
         #[derive(Debug)]\npub struct Messages {{\n{fields}}}\n\n\
         pub(crate) static MESSAGES: [Messages; {}] = [\n{values}];\n",
        languages.len()
    ))
}

/// `navMyTickets` is the field `nav_my_tickets`.
fn snake_case(key: &str) -> String {
    let mut name = String::new();
    for letter in key.chars() {
        if letter.is_ascii_uppercase() {
            name.push('_');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}
