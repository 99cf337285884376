//! Items in DynamoDB's JSON, made plain.

use serde_json::{Map, Value};

/// An item without the types around its values.
pub type Item = Map<String, Value>;

/// `{"pk": {"S": "a"}}` is `{"pk": "a"}`; numbers become numbers.
#[must_use]
pub fn plain(item: &Value) -> Item {
    let members = item.as_object().into_iter().flatten();
    members.map(|(name, value)| (name.clone(), plain_value(value))).collect()
}

fn plain_value(value: &Value) -> Value {
    let Some((kind, inner)) = value.as_object().and_then(|object| object.iter().next()) else {
        return value.clone();
    };
    match kind.as_str() {
        "N" => inner.as_str().and_then(|number| serde_json::from_str(number).ok()).unwrap_or(Value::Null),
        "M" => Value::Object(plain(inner)),
        "L" => inner.as_array().into_iter().flatten().map(plain_value).collect(),
        _ => inner.clone(),
    }
}

/// A text of an item; empty when there is none.
pub(crate) fn text<'a>(item: &'a Item, name: &str) -> &'a str {
    item.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A number of an item.
pub(crate) fn number(item: &Item, name: &str) -> Option<i64> {
    item.get(name).and_then(Value::as_i64)
}

/// The id in a key: `T#<id>`.
pub(crate) fn id<'a>(item: &'a Item, key: &str) -> &'a str {
    text(item, key).split_once('#').map_or("", |(_, id)| id)
}

/// Whether it is a ticket's lock.
pub(crate) fn is_lock(item: &Item) -> bool {
    text(item, "pk").starts_with("T#") && text(item, "sk") == "T"
}

/// Whether it is an order.
pub(crate) fn is_order(item: &Item) -> bool {
    text(item, "pk").starts_with("U#") && text(item, "sk").starts_with("O#")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn types_are_taken_away() {
        let item = json!({
            "pk": {"S": "T#7"}, "version": {"N": "1795334400123"}, "extended": {"BOOL": false},
            "entry": {"M": {"words": {"L": [{"S": "opera"}]}}},
        });
        let plain = plain(&item);
        assert_eq!((id(&plain, "pk"), number(&plain, "version")), ("7", Some(1_795_334_400_123)));
        assert_eq!(Value::Object(plain)["entry"], json!({"words": ["opera"]}));
    }
}
