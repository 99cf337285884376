//! What is claimed about the repository: `docs/security.md` leaves no requirement out and names real tests, and no test is
//! where none is run.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// All requirements of levels 1 and 2 of OWASP ASVS 5.0.0.
const LEVEL_2: &str = "1.1.1-2, 1.2.1-9, 1.3.1-11, 1.4.1-3, 1.5.1-2, 2.1.1-3, 2.2.1-3, 2.3.1-4, 2.4.1, 3.2.1-2, \
    3.3.1-4, 3.4.1-6, 3.5.1-5, 3.7.1-2, 4.1.1-3, 4.2.1, 4.3.1-2, 4.4.1-4, 5.1.1, 5.2.1-3, 5.3.1-2, 5.4.1-3, 6.1.1-3, \
    6.2.1-12, 6.3.1-4, 6.4.1-4, 6.5.1-5, 6.6.1-3, 6.8.1-4, 7.1.1-3, 7.2.1-4, 7.3.1-2, 7.4.1-5, 7.5.1-2, 7.6.1-2, \
    8.1.1-2, 8.2.1-3, 8.3.1, 8.4.1, 9.1.1-3, 9.2.1-4, 10.1.1-2, 10.2.1-2, 10.3.1-4, 10.4.1-11, 10.5.1-5, 10.6.1-2, \
    10.7.1-3, 11.1.1-2, 11.2.1-3, 11.3.1-3, 11.4.1-4, 11.5.1, 11.6.1, 12.1.1-3, 12.2.1-2, 12.3.1-4, 13.1.1, 13.2.1-5, \
    13.3.1-2, 13.4.1-5, 14.1.1-2, 14.2.1-4, 14.3.1-3, 15.1.1-3, 15.2.1-3, 15.3.1-7, 16.1.1, 16.2.1-5, 16.3.1-4, \
    16.4.1-3, 16.5.1-3, 17.1.1, 17.2.1-4, 17.3.1-2";
/// How many those are.
const COUNT: usize = 253;
const STATES: [&str; 5] = ["Yes", "Platform", "None", "Gap", "Open"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn security() -> String {
    std::fs::read_to_string(root().join("docs/security.md")).expect("docs/security.md")
}

/// `1.2.3-5, 1.2.7` is four requirements.
fn expanded(list: &str) -> Vec<String> {
    let mut numbers = Vec::new();
    for item in list.split(',').map(str::trim) {
        let (section, range) = item.rsplit_once('.').unwrap_or_else(|| panic!("{item} is no number"));
        let (from, to) = range.split_once('-').unwrap_or((range, range));
        let bound = |text: &str| text.parse::<u32>().unwrap_or_else(|_| panic!("{item} is no range"));
        numbers.extend((bound(from)..=bound(to)).map(|number| format!("{section}.{number}")));
    }
    numbers
}

#[test]
fn every_requirement_has_its_row() {
    let expected: BTreeSet<String> = expanded(LEVEL_2).into_iter().collect();
    assert_eq!(expected.len(), COUNT);
    let mut answered = BTreeMap::new();
    for row in security().lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = row.trim_matches('|').splitn(3, '|').map(str::trim).collect();
        if !cells[0].starts_with(|first: char| first.is_ascii_digit()) {
            continue;
        }
        assert!(STATES.contains(&cells[1]) && !cells[2].is_empty(), "{row}");
        for number in expanded(cells[0]) {
            assert!(answered.insert(number.clone(), cells[1].to_owned()).is_none(), "{number} has two rows");
        }
    }
    assert_eq!(answered.into_keys().collect::<BTreeSet<_>>(), expected);
}

/// Every file below a folder that is part of the repository.
fn files(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry")) {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') || ["target", "node_modules"].contains(&name.as_str()) {
            continue;
        }
        if path.is_dir() { files(&path, into) } else { into.push(path) }
    }
}

#[test]
fn every_test_that_is_named_exists() {
    let mut all = Vec::new();
    files(&root(), &mut all);
    let text = security();
    let spans = text.split('`').skip(1).step_by(2);
    let mut named = 0;
    for span in spans {
        let Some((file, name)) = span.split_once(':').filter(|(file, _)| file.contains('.')) else { continue };
        let says = |path: &PathBuf| {
            let code = std::fs::read_to_string(path).expect("a text");
            let rust = code.contains(&format!("fn {name}("));
            let quoted = ['"', '\'', '`'].map(|quote| format!("({quote}{name}{quote}"));
            // A step is a test that builds on the one before it (`site/e2e/support/story.js`).
            let script =
                quoted.iter().any(|text| ["test", "step"].iter().any(|call| code.contains(&format!("{call}{text}"))));
            rust || script || code.contains(&format!("rule {name} "))
        };
        let known = all.iter().filter(|path| path.ends_with(file)).any(says);
        assert!(known, "{span} does not exist");
        named += 1;
    }
    assert!(named > 50, "{named} tests are named");
}

/// `cargo xtask test` does not link a program once more for its own tests where a library is beside it.
#[test]
fn a_program_beside_a_library_has_no_tests() {
    let mut all = Vec::new();
    files(&root(), &mut all);
    let programs: Vec<&PathBuf> = all.iter().filter(|path| path.ends_with("src/main.rs")).collect();
    let beside: Vec<&PathBuf> = programs.into_iter().filter(|path| path.with_file_name("lib.rs").exists()).collect();
    assert!(beside.len() > 30, "{beside:?}");
    for program in beside {
        let code = std::fs::read_to_string(program).expect("a text");
        let more = code.lines().find(|line| line.starts_with("mod ") || line.contains("cfg(test)"));
        assert!(more.is_none(), "{}: {more:?} belongs into lib.rs", program.display());
    }
}
