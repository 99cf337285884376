//! What a call takes of a table: items are looked at before and after, because no request says how large they are.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::Context as _;
use serde_json::{Map, Value, json};
use tokio::sync::Mutex;

use crate::call::Units;
use crate::units::{Index, Item, item_bytes, read_units, table_write, write_units};
use crate::upstream::Upstream;

/// A table's key and its indexes.
#[derive(Debug)]
struct Schema {
    key: Vec<String>,
    indexes: Vec<Index>,
}

/// Tables that were met.
#[derive(Debug, Default)]
pub(crate) struct Tables {
    known: Mutex<HashMap<String, Arc<Schema>>>,
    /// Writes come one after the other, so that what is seen before and after is of one write.
    pub(crate) turn: Mutex<()>,
}

/// An item that a call writes.
#[derive(Debug, Clone)]
struct Written {
    table: String,
    key: Item,
    /// What would be there, if the request says it.
    wanted: Option<Item>,
}

/// Items as they were before a write.
#[derive(Debug)]
pub(crate) struct Before {
    written: Vec<Written>,
    images: Vec<Option<Item>>,
    factor: f64,
}

fn object(value: &Value) -> Item {
    value.as_object().cloned().unwrap_or_default()
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_default().to_owned()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn names(keys: &Value) -> Vec<String> {
    list(keys).iter().map(|key| text(key, "AttributeName")).collect()
}

impl Schema {
    fn of(table: &Value) -> Self {
        let key = names(&table["KeySchema"]);
        let index = |index: &Value| {
            let own = names(&index["KeySchema"]);
            let further = list(&index["Projection"]["NonKeyAttributes"]).iter().filter_map(Value::as_str);
            let held = own.iter().chain(&key).cloned().chain(further.map(str::to_owned)).collect();
            let whole = index["Projection"]["ProjectionType"] == "ALL";
            Index { key: own, holds: (!whole).then_some(held) }
        };
        let indexes = list(&table["GlobalSecondaryIndexes"]).iter().map(index).collect();
        Self { key, indexes }
    }

    fn key_of(&self, item: &Item) -> Item {
        item.iter()
            .filter(|(name, _)| self.key.contains(name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }
}

impl Tables {
    async fn schema(&self, upstream: &Upstream, table: &str) -> anyhow::Result<Arc<Schema>> {
        let mut known = self.known.lock().await;
        if let Some(schema) = known.get(table) {
            return Ok(Arc::clone(schema));
        }
        let described = upstream.ask("DescribeTable", &json!({"TableName": table})).await?;
        let schema = Arc::new(Schema::of(&described["Table"]));
        known.insert(table.to_owned(), Arc::clone(&schema));
        Ok(schema)
    }

    async fn image(&self, upstream: &Upstream, table: &str, key: &Item) -> anyhow::Result<Option<Item>> {
        let asked = json!({"TableName": table, "Key": key, "ConsistentRead": true});
        let found = upstream.ask("GetItem", &asked).await?;
        Ok(found["Item"].as_object().cloned())
    }

    async fn images(&self, upstream: &Upstream, written: &[Written]) -> anyhow::Result<Vec<Option<Item>>> {
        let mut images = Vec::with_capacity(written.len());
        for one in written {
            images.push(self.image(upstream, &one.table, &one.key).await?);
        }
        Ok(images)
    }

    /// What is there before a write; `None` for a call that writes nothing.
    pub(crate) async fn before(
        &self,
        upstream: &Upstream,
        operation: &str,
        body: &Value,
    ) -> anyhow::Result<Option<Before>> {
        let mut written = Vec::new();
        let mut factor = 1.0;
        match operation {
            "PutItem" => written.push(self.put(upstream, body).await?),
            "UpdateItem" | "DeleteItem" => written.push(keyed(body)),
            "TransactWriteItems" => {
                factor = 2.0;
                for one in list(&body["TransactItems"]) {
                    let Some((kind, action)) = one.as_object().and_then(|action| action.iter().next()) else {
                        continue;
                    };
                    written.push(if kind == "Put" { self.put(upstream, action).await? } else { keyed(action) });
                }
            }
            "BatchWriteItem" => {
                for (table, requests) in body["RequestItems"].as_object().into_iter().flatten() {
                    for request in list(requests) {
                        let put = json!({"TableName": table, "Item": request["PutRequest"]["Item"]});
                        let delete = json!({"TableName": table, "Key": request["DeleteRequest"]["Key"]});
                        let is_put = request.get("PutRequest").is_some();
                        written.push(if is_put { self.put(upstream, &put).await? } else { keyed(&delete) });
                    }
                }
            }
            _ => return Ok(None),
        }
        let images = self.images(upstream, &written).await?;
        Ok(Some(Before { written, images, factor }))
    }

    async fn put(&self, upstream: &Upstream, body: &Value) -> anyhow::Result<Written> {
        let (table, item) = (text(body, "TableName"), object(&body["Item"]));
        let key = self.schema(upstream, &table).await?.key_of(&item);
        Ok(Written { table, key, wanted: Some(item) })
    }

    /// What a write took that has been answered.
    pub(crate) async fn after(&self, upstream: &Upstream, before: Before, won: bool) -> anyhow::Result<Units> {
        let mut units = Units::default();
        let after = if won { self.images(upstream, &before.written).await? } else { before.images.clone() };
        for ((written, old), new) in before.written.iter().zip(&before.images).zip(&after) {
            let schema = self.schema(upstream, &written.table).await?;
            // What fails takes what it would have taken at least: a write of the item as it is; in a transaction the
            // first of its two writes has been made.
            let intended = if won { new.as_ref() } else { written.wanted.as_ref().filter(|_| before.factor > 1.0) };
            units.writes += before.factor * table_write(old.as_ref(), intended);
            units.index_writes +=
                schema.indexes.iter().map(|index| index.write(old.as_ref(), new.as_ref())).sum::<f64>();
        }
        Ok(units)
    }

    /// What a read took; nothing for a call that reads nothing.
    pub(crate) async fn read(&self, upstream: &Upstream, operation: &str, body: &Value) -> anyhow::Result<Units> {
        let mut reads = 0.0;
        match operation {
            "GetItem" => {
                let image = self.image(upstream, &text(body, "TableName"), &object(&body["Key"])).await?;
                reads += read_units(image.as_ref().map_or(0, item_bytes), body["ConsistentRead"] == true);
            }
            "BatchGetItem" => {
                for (table, asked) in body["RequestItems"].as_object().context("a batch without items")? {
                    for key in list(&asked["Keys"]) {
                        let image = self.image(upstream, table, &object(key)).await?;
                        reads += read_units(image.as_ref().map_or(0, item_bytes), asked["ConsistentRead"] == true);
                    }
                }
            }
            "TransactGetItems" => {
                for one in list(&body["TransactItems"]) {
                    let get = &one["Get"];
                    let image = self.image(upstream, &text(get, "TableName"), &object(&get["Key"])).await?;
                    reads += 2.0 * read_units(image.as_ref().map_or(0, item_bytes), true);
                }
            }
            "Query" | "Scan" => {
                let found = upstream.ask(operation, &unfiltered(body)).await?;
                let bytes = list(&found["Items"]).iter().map(|item| item_bytes(&object(item))).sum();
                reads += read_units(bytes, body["ConsistentRead"] == true);
            }
            _ => {}
        }
        Ok(Units { reads, ..Units::default() })
    }
}

fn keyed(body: &Value) -> Written {
    Written { table: text(body, "TableName"), key: object(&body["Key"]), wanted: None }
}

/// The same query over all that it looks at, whole: a filter and a projection are applied after reading, and change
/// nothing of what is paid for. Names and values that only they use have to go with them.
fn unfiltered(body: &Value) -> Value {
    let mut query = object(body);
    for name in ["FilterExpression", "ProjectionExpression", "Select", "ReturnConsumedCapacity"] {
        query.remove(name);
    }
    let condition = query.get("KeyConditionExpression").and_then(Value::as_str).unwrap_or_default().to_owned();
    let used = |name: &str| {
        let end = |rest: &str| !rest.starts_with(|next: char| next.is_ascii_alphanumeric() || next == '_');
        condition.match_indices(name).any(|(at, _)| end(&condition[at + name.len()..]))
    };
    for group in ["ExpressionAttributeNames", "ExpressionAttributeValues"] {
        let kept: Map<String, Value> =
            object(query.get(group).unwrap_or(&Value::Null)).into_iter().filter(|(name, _)| used(name)).collect();
        if kept.is_empty() {
            query.remove(group);
        } else {
            query.insert(group.to_owned(), Value::Object(kept));
        }
    }
    Value::Object(query)
}

/// What a call takes that could not be looked at: the least that it can.
pub(crate) fn at_least(operation: &str) -> Units {
    match operation {
        "PutItem" | "UpdateItem" | "DeleteItem" => Units { writes: write_units(0), ..Units::default() },
        _ => Units::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_says_what_its_indexes_hold() {
        let schema = Schema::of(&json!({
            "KeySchema": [{"AttributeName": "pk"}, {"AttributeName": "sk"}],
            "GlobalSecondaryIndexes": [
                {"KeySchema": [{"AttributeName": "due"}], "Projection": {"ProjectionType": "KEYS_ONLY"}},
                {"KeySchema": [{"AttributeName": "owner"}], "Projection": {"ProjectionType": "ALL"}},
            ],
        }));
        assert_eq!(schema.key, ["pk", "sk"]);
        let holds = vec!["due".to_owned(), "pk".to_owned(), "sk".to_owned()];
        assert_eq!(schema.indexes[0], Index { key: vec!["due".to_owned()], holds: Some(holds) });
        assert_eq!(schema.indexes[1].holds, None);
    }

    #[test]
    fn a_query_is_asked_again_without_what_comes_after_reading() {
        let asked = unfiltered(&json!({
            "TableName": "t", "Limit": 100, "KeyConditionExpression": "#pk = :pk AND #sk BETWEEN :low AND :high",
            "FilterExpression": "#s > :p", "ProjectionExpression": "#sk",
            "ExpressionAttributeNames": {"#pk": "pk", "#sk": "sk", "#s": "starts_at"},
            "ExpressionAttributeValues": {":pk": {"S": "C"}, ":low": {"S": "0"}, ":high": {"S": "~"}, ":p": {"N": "1"}},
        }));
        assert_eq!(
            asked,
            json!({
                "TableName": "t", "Limit": 100, "KeyConditionExpression": "#pk = :pk AND #sk BETWEEN :low AND :high",
                "ExpressionAttributeNames": {"#pk": "pk", "#sk": "sk"},
                "ExpressionAttributeValues": {":pk": {"S": "C"}, ":low": {"S": "0"}, ":high": {"S": "~"}},
            })
        );
    }
}
