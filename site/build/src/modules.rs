//! Which module imports which.

use std::collections::BTreeMap;

/// Why the modules do not fit together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModuleError {
    /// An import leads nowhere.
    #[error("{module} imports {import}, which is not there")]
    Missing {
        /// The module.
        module: String,
        /// What it imports.
        import: String,
    },
    /// A module imports itself in the end, so that no name could carry a hash of both.
    #[error("{0} imports itself, directly or not")]
    Cycle(String),
    /// A text over several lines, in which a line that looks like a comment would not be one.
    #[error("{module} has a text over several lines: {line}")]
    TextOverLines {
        /// The module.
        module: String,
        /// The line on which the text begins or ends.
        line: String,
    },
}

/// The modules of the same folder that a module imports, in their order. Only statements count, which begin a line or
/// end a list of names over several lines; comments may name types in much the same words.
pub(crate) fn imports_of(name: &str, source: &str) -> Vec<String> {
    if !is_module(name) {
        return Vec::new();
    }
    let is_statement = |line: &&str| ["import ", "export ", "} from "].iter().any(|start| line.starts_with(start));
    let import = |line: &str| {
        let (_, rest) = line.split_once("from \"./").or_else(|| line.split_once("import \"./"))?;
        Some(rest.split_once('"')?.0.to_owned())
    };
    source.lines().filter(is_statement).filter_map(import).collect()
}

/// The module without what only its readers need: lines of comment, and indentation. A quarter of what is sent.
///
/// # Errors
/// [`ModuleError::TextOverLines`] when the lines cannot be judged one by one.
pub(crate) fn without_comments(name: &str, source: &str) -> Result<String, ModuleError> {
    let mut served = String::with_capacity(source.len());
    let mut in_comment = false;
    for line in source.lines().map(str::trim) {
        let begins = !in_comment && line.starts_with("/**");
        if in_comment || begins {
            // What follows a comment on its line is code: such a line stays whole.
            in_comment = !line.contains("*/");
            if in_comment || line.ends_with("*/") {
                continue;
            }
        }
        if line.is_empty() || line.starts_with("//") {
            continue;
        }
        if line.matches('`').count() % 2 == 1 {
            return Err(ModuleError::TextOverLines { module: name.to_owned(), line: line.to_owned() });
        }
        served.push_str(line);
        served.push('\n');
    }
    Ok(served)
}

pub(crate) fn is_module(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, ending)| ending == "js")
}

/// All names, each after everything that it imports.
///
/// # Errors
/// [`ModuleError`] when an import leads nowhere or in a circle.
pub(crate) fn in_order_of_import(sources: &BTreeMap<String, String>) -> Result<Vec<String>, ModuleError> {
    let mut order = Vec::new();
    for name in sources.keys() {
        visit(name, sources, &mut Vec::new(), &mut order)?;
    }
    Ok(order)
}

/// `path` is the way from the start to here: whatever stands on it imports `name`.
fn visit(
    name: &str,
    sources: &BTreeMap<String, String>,
    path: &mut Vec<String>,
    order: &mut Vec<String>,
) -> Result<(), ModuleError> {
    if order.iter().any(|done| done == name) {
        return Ok(());
    }
    if path.iter().any(|above| above == name) {
        return Err(ModuleError::Cycle(name.to_owned()));
    }
    path.push(name.to_owned());
    for import in imports_of(name, &sources[name]) {
        if !sources.contains_key(&import) {
            return Err(ModuleError::Missing { module: name.to_owned(), import });
        }
        visit(&import, sources, path, order)?;
    }
    path.pop();
    order.push(name.to_owned());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_on_types_are_no_imports() {
        let source = "/** @import {A} from \"./a.d.ts\" */\n/** @typedef {import(\"./types.js\").A} A */\n\
            import {\n  b,\n} from \"./b.js\";\nimport \"./c.js\";\nexport const d = 1;";
        assert_eq!(imports_of("a.js", source), ["b.js", "c.js"]);
        assert!(imports_of("a.css", source).is_empty());
    }

    #[test]
    fn readers_keep_their_comments_to_themselves() {
        let source = "// About.\n\n/** @type {A} */\nlet a;\n/**\n * Long.\n */\n\
            export function b() {\n  // Why.\n  return `/** ${a} */`; // stays\n}\n/** @type {B} */ (a).c();\n";
        let served = "let a;\nexport function b() {\nreturn `/** ${a} */`; // stays\n}\n/** @type {B} */ (a).c();\n";
        assert_eq!(without_comments("a.js", source).unwrap(), served);
    }

    #[test]
    fn a_text_over_lines_is_an_error() {
        let error = without_comments("a.js", "const a = `one\n// two`;").unwrap_err();
        assert_eq!(error.to_string(), "a.js has a text over several lines: const a = `one");
    }

    #[test]
    fn a_circle_is_an_error() {
        let sources = [("a.js", "import \"./b.js\";"), ("b.js", "import \"./a.js\";")];
        let sources = sources.map(|(name, text)| (name.to_owned(), text.to_owned())).into();
        assert_eq!(in_order_of_import(&sources), Err(ModuleError::Cycle("a.js".to_owned())));
    }
}
