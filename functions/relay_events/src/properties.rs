//! Whatever a record has become, it is published, kept or passed over, and its neighbours never notice.

use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};

use super::*;

const SAMPLES: [&str; 3] = [
    include_str!("../../../events/relay_events/valid.json"),
    include_str!("../../../events/relay_events/order_placed.json"),
    include_str!("../../../events/relay_events/order_expired.json"),
];

fn records() -> Vec<Value> {
    SAMPLES.iter().flat_map(|sample| serde_json::from_str::<StreamBatch>(sample).unwrap().records).collect()
}

/// JSON pointers to everything in a value.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    if let Value::Object(fields) = value {
        fields.iter().for_each(|(name, inner)| places(inner, &format!("{at}/{name}"), found));
    }
}

/// What an attribute may have become: of another type, of another value, or nothing.
fn others() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<f64>().prop_map(Value::from),
        "(?s:.){0,40}".prop_map(Value::from),
        "-?[0-9]{1,40}(\\.[0-9]{1,3})?".prop_map(|number| json!({"N": number})),
        prop_oneof!["(?s:.){0,130}", "[TU]#[0-9a-f-]{36}", "listed|held|committed|sold|paid|expired"]
            .prop_map(|text| json!({"S": text})),
        any::<bool>().prop_map(|truth| json!({"BOOL": truth})),
        select(vec![json!({}), json!([]), json!({"NULL": true}), json!({"M": {}}), json!({"B": "!"})]),
    ]
}

proptest! {
    #[test]
    fn a_record_that_is_not_as_we_write_it_stops_no_other(
        (record, place, by) in (any::<Index>(), any::<Index>(), others()),
        (again, elsewhere, other) in (any::<Index>(), any::<Index>(), prop::option::of(others())),
        before in any::<bool>(),
    ) {
        let records = records();
        let mut altered = record.get(&records).clone();
        for (place, by) in [(place, Some(by)), (elsewhere, other)] {
            let mut found = Vec::new();
            places(&altered, "", &mut found);
            if let (Some(by), Some(value)) = (by, altered.pointer_mut(&found[place.index(found.len())])) {
                *value = by;
            }
        }
        let neighbour = again.get(&records).clone();
        let alone = sorted(StreamBatch { records: vec![neighbour.clone()] });
        let batch = || {
            let (first, second) = if before { (&altered, &neighbour) } else { (&neighbour, &altered) };
            sorted(StreamBatch { records: vec![first.clone(), second.clone()] })
        };
        let (decided, failures) = batch();
        prop_assert!(alone.0.iter().all(|event| decided.contains(event)), "the neighbour's event is there");
        prop_assert!(decided.len() + failures.len() <= 2);
        let nothing_is_lost = failures.iter().all(|failure| matches!(failure, RelayFailure::Record { .. }));
        prop_assert!(nothing_is_lost);
        prop_assert_eq!(batch(), (decided, failures), "a second reading gives the same");
    }
}
