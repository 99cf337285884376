//! The published rules: how large an item is, and how many units it takes to read and to write.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

const WRITE_UNIT_BYTES: usize = 1_024;
const READ_UNIT_BYTES: usize = 4_096;

/// An item as DynamoDB's JSON has it: names, and values with their types.
pub(crate) type Item = Map<String, Value>;

/// Bytes of an item: names and texts in UTF-8, a number one byte for two significant digits and one more, a list or a map
/// three bytes and one more for each value.
pub(crate) fn item_bytes(item: &Item) -> usize {
    item.iter().map(|(name, value)| name.len() + value_bytes(value)).sum()
}

fn value_bytes(value: &Value) -> usize {
    let Some((kind, value)) = value.as_object().and_then(|typed| typed.iter().next()) else { return 0 };
    let all =
        |of: fn(&str) -> usize| value.as_array().into_iter().flatten().filter_map(Value::as_str).map(of).sum::<usize>();
    match kind.as_str() {
        "S" => value.as_str().map_or(0, str::len),
        "N" => value.as_str().map_or(0, number_bytes),
        "B" => value.as_str().map_or(0, binary_bytes),
        "SS" => all(str::len),
        "NS" => all(number_bytes),
        "BS" => all(binary_bytes),
        "L" => 3 + value.as_array().into_iter().flatten().map(|one| 1 + value_bytes(one)).sum::<usize>(),
        "M" => {
            let members = value.as_object().into_iter().flatten();
            3 + members.map(|(name, one)| 1 + name.len() + value_bytes(one)).sum::<usize>()
        }
        // A truth value or nothing.
        _ => 1,
    }
}

fn number_bytes(text: &str) -> usize {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let significant = digits.trim_start_matches('0').trim_end_matches('0').len();
    significant.div_ceil(2) + 1 + usize::from(text.starts_with('-'))
}

fn binary_bytes(text: &str) -> usize {
    STANDARD.decode(text).map_or(0, |bytes| bytes.len())
}

fn started(bytes: usize, unit: usize) -> f64 {
    f64::from(u32::try_from(bytes.div_ceil(unit).max(1)).unwrap_or(u32::MAX))
}

/// Units of a write of so many bytes.
pub(crate) fn write_units(bytes: usize) -> f64 {
    started(bytes, WRITE_UNIT_BYTES)
}

/// Units of a read of so many bytes.
pub(crate) fn read_units(bytes: usize, consistent: bool) -> f64 {
    started(bytes, READ_UNIT_BYTES) / if consistent { 1.0 } else { 2.0 }
}

/// Units of a write that finds `before` and leaves `after`.
pub(crate) fn table_write(before: Option<&Item>, after: Option<&Item>) -> f64 {
    write_units(before.map_or(0, item_bytes).max(after.map_or(0, item_bytes)))
}

/// An index: which attributes its rows have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Index {
    /// Its own key: an item that lacks one of these has no row.
    pub(crate) key: Vec<String>,
    /// All that its rows hold, its own key and the table's among them; `None` for everything.
    pub(crate) holds: Option<Vec<String>>,
}

impl Index {
    /// The row of an item, if it has one.
    fn row(&self, item: Option<&Item>) -> Option<Item> {
        let item = item?;
        if !self.key.iter().all(|name| item.contains_key(name)) {
            return None;
        }
        let held = |name: &String| self.holds.as_ref().is_none_or(|holds| holds.contains(name));
        Some(item.iter().filter(|(name, _)| held(name)).map(|(name, value)| (name.clone(), value.clone())).collect())
    }

    /// Units that it takes to follow a write.
    pub(crate) fn write(&self, before: Option<&Item>, after: Option<&Item>) -> f64 {
        match (self.row(before), self.row(after)) {
            (None, None) => 0.0,
            (Some(row), None) | (None, Some(row)) => write_units(item_bytes(&row)),
            (Some(old), Some(new)) if old == new => 0.0,
            (Some(old), Some(new)) if self.key.iter().all(|name| old.get(name) == new.get(name)) => {
                write_units(item_bytes(&old).max(item_bytes(&new)))
            }
            // The row under the old key goes, another comes.
            (Some(old), Some(new)) => write_units(item_bytes(&old)) + write_units(item_bytes(&new)),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn item(value: &Value) -> Item {
        value.as_object().expect("an item").clone()
    }

    fn is(left: f64, right: f64) -> bool {
        (left - right).abs() < 1e-9
    }

    #[test]
    fn an_item_is_as_large_as_its_names_and_values() {
        for (value, bytes) in [
            (json!({"pk": {"S": "T#é"}}), 2 + 4),
            (json!({"n": {"N": "4500"}}), 1 + 2),
            (json!({"n": {"N": "-12345"}}), 1 + 5),
            (json!({"n": {"N": "0"}}), 1 + 1),
            (json!({"b": {"B": "AAECAw=="}}), 1 + 4),
            (json!({"x": {"BOOL": true}, "y": {"NULL": true}}), 4),
            (json!({"s": {"SS": ["ab", "c"]}}), 1 + 3),
            (json!({"l": {"L": [{"S": "ab"}, {"N": "1"}]}}), 1 + 3 + 3 + 3),
            (json!({"m": {"M": {"ab": {"S": "c"}}}}), 1 + 3 + 4),
        ] {
            assert_eq!(item_bytes(&item(&value)), bytes, "{value}");
        }
    }

    #[test]
    fn units_are_started_ones_and_at_least_one() {
        for (bytes, writes, reads) in [(0, 1.0, 1.0), (1_024, 1.0, 1.0), (1_025, 2.0, 1.0), (4_097, 5.0, 2.0)] {
            assert!(is(write_units(bytes), writes) && is(read_units(bytes, true), reads), "{bytes}");
            assert!(is(read_units(bytes, false), reads / 2.0), "{bytes}");
        }
    }

    #[test]
    fn a_write_takes_the_larger_of_what_was_and_what_is() {
        let large = item(&json!({"pk": {"S": "x".repeat(1_500)}}));
        let small = item(&json!({"pk": {"S": "x"}}));
        assert!(is(table_write(Some(&large), Some(&small)), 2.0));
        assert!(is(table_write(Some(&small), Some(&large)), 2.0));
        assert!(is(table_write(Some(&large), None), 2.0), "a deletion");
        assert!(is(table_write(None, None), 1.0), "a deletion of nothing");
    }

    #[test]
    fn an_index_follows_what_it_holds() {
        let index = Index { key: vec!["due".into()], holds: Some(vec!["due".into(), "pk".into()]) };
        let plain = item(&json!({"pk": {"S": "a"}, "n": {"N": "1"}}));
        let due = item(&json!({"pk": {"S": "a"}, "n": {"N": "1"}, "due": {"N": "5"}}));
        let other = item(&json!({"pk": {"S": "a"}, "n": {"N": "2"}, "due": {"N": "5"}}));
        let later = item(&json!({"pk": {"S": "a"}, "n": {"N": "2"}, "due": {"N": "6"}}));
        assert!(is(index.write(None, Some(&plain)), 0.0), "sparse");
        assert!(is(index.write(Some(&plain), Some(&due)), 1.0), "comes");
        assert!(is(index.write(Some(&due), None), 1.0), "goes");
        assert!(is(index.write(Some(&due), Some(&other)), 0.0), "holds nothing that changed");
        assert!(is(index.write(Some(&due), Some(&later)), 2.0), "another key is two rows");
        let whole = Index { key: vec!["due".into()], holds: None };
        assert!(is(whole.write(Some(&due), Some(&other)), 1.0), "changes in place");
    }
}
