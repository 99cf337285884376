//! The tables are the template's.

use aws_sdk_dynamodb::types::TimeToLiveStatus;
use serde_json::{Value, json};

use super::fixture::{Table, template};

/// What a table says of itself, in the template's words.
async fn described(table: &Table) -> Value {
    let described = table.client.describe_table().table_name(&table.name).send().await.unwrap().table.unwrap();
    let keys = |schema: &[aws_sdk_dynamodb::types::KeySchemaElement]| -> Value {
        let key = |element: &aws_sdk_dynamodb::types::KeySchemaElement| json!({"AttributeName": element.attribute_name(), "KeyType": element.key_type().as_str()});
        schema.iter().map(key).collect()
    };
    let mut indexes: Vec<Value> = described
        .global_secondary_indexes()
        .iter()
        .map(|index| {
            let projection = index.projection().and_then(|projection| projection.projection_type()).unwrap();
            json!({
                "IndexName": index.index_name(),
                "KeySchema": keys(index.key_schema()),
                "Projection": {"ProjectionType": projection.as_str()},
            })
        })
        .collect();
    indexes.sort_by_key(|index| index["IndexName"].to_string());
    let stream = described.stream_specification().map(|stream| stream.stream_view_type().unwrap().as_str());
    let live = table.client.describe_time_to_live().table_name(&table.name).send().await.unwrap();
    let live = live.time_to_live_description.unwrap();
    assert_eq!(live.time_to_live_status(), Some(&TimeToLiveStatus::Enabled));
    json!({
        "KeySchema": keys(described.key_schema()),
        "GlobalSecondaryIndexes": indexes,
        "StreamViewType": stream,
        "AttributeName": live.attribute_name(),
    })
}

#[tokio::test]
async fn every_table_of_the_template_is_made_as_it_says() {
    let template = template();
    let resources = template["Resources"].as_object().unwrap();
    let tables: Vec<_> = resources.iter().filter(|(_, resource)| resource["Type"] == "AWS::DynamoDB::Table").collect();
    assert_eq!(tables.len(), 4, "market, accounts, sessions and tries");
    for (id, resource) in tables {
        let wanted = &resource["Properties"];
        let mut indexes = wanted["GlobalSecondaryIndexes"].as_array().cloned().unwrap_or_default();
        indexes.sort_by_key(|index| index["IndexName"].to_string());
        let expected = json!({
            "KeySchema": wanted["KeySchema"],
            "GlobalSecondaryIndexes": indexes,
            "StreamViewType": wanted["StreamSpecification"]["StreamViewType"],
            "AttributeName": wanted["TimeToLiveSpecification"]["AttributeName"],
        });
        assert_eq!(described(&Table::new(id).await).await, expected, "{id}");
    }
}
