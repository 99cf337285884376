//! Every call of a client, with whose it is, the key that it meets and what it consumes.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::config::interceptors::{
    AfterDeserializationInterceptorContextRef, BeforeSerializationInterceptorContextMut,
};
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::operation::batch_get_item::{BatchGetItemInput, BatchGetItemOutput};
use aws_sdk_dynamodb::operation::get_item::{GetItemInput, GetItemOutput};
use aws_sdk_dynamodb::operation::put_item::{PutItemInput, PutItemOutput};
use aws_sdk_dynamodb::operation::update_item::{UpdateItemError, UpdateItemInput, UpdateItemOutput};
use aws_sdk_dynamodb::types::{AttributeValue, ConsumedCapacity, ReturnConsumedCapacity};
use aws_smithy_runtime_api::client::interceptors::context::{Error, Output};
use aws_smithy_runtime_api::client::orchestrator::OrchestratorError;
use aws_smithy_types::config_bag::{Storable, StoreReplace};
use holdfast_store::DUE_SHARDS;

type Item = HashMap<String, AttributeValue>;

tokio::task_local! {
    /// Whose call it is: the number of the attempt that is being made.
    pub(crate) static ATTEMPT: usize;
}

/// Bytes of one write unit.
const WRITE_UNIT_BYTES: usize = 1_024;

/// Where a key is: in the table or in one of its indexes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    Table,
    DueIndex,
    OwnerIndex,
}

/// A key by which DynamoDB distributes.
pub(crate) type Key = (Place, String);

/// What was consumed.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Units {
    pub(crate) reads: f64,
    pub(crate) writes: f64,
}

/// What a call does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Operation {
    Get,
    BatchGet,
    Put,
    Update,
    /// An update whose condition failed.
    LostUpdate,
    /// A call that failed otherwise, or that a placing does not make.
    Other,
}

/// One call.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) attempt: usize,
    pub(crate) operation: Operation,
    pub(crate) units: Vec<(Key, Units)>,
}

impl Call {
    pub(crate) fn total(&self) -> Units {
        self.units.iter().fold(Units::default(), |sum, (_, units)| sum.plus(*units))
    }
}

impl Units {
    pub(crate) fn plus(self, other: Self) -> Self {
        Self { reads: self.reads + other.reads, writes: self.writes + other.writes }
    }
}

/// Writes down what goes through a client.
#[derive(Debug, Clone, Default)]
pub(crate) struct Recorder(Arc<Mutex<Vec<Call>>>);

impl Recorder {
    /// Everything since the last look.
    pub(crate) fn take(&self) -> Vec<Call> {
        std::mem::take(&mut *self.0.lock().expect("nobody panics while writing down"))
    }
}

/// What each key took.
pub(crate) fn by_key(calls: &[Call]) -> BTreeMap<Key, Units> {
    let mut keys: BTreeMap<Key, Units> = BTreeMap::new();
    for (key, units) in calls.iter().flat_map(|call| &call.units) {
        let sum = keys.entry(key.clone()).or_default();
        *sum = sum.plus(*units);
    }
    keys
}

impl Intercept for Recorder {
    fn name(&self) -> &'static str {
        "Recorder"
    }

    fn modify_before_serialization(
        &self,
        context: &mut BeforeSerializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let (input, asked) = (context.input_mut(), Some(ReturnConsumedCapacity::Indexes));
        let sent = if let Some(input) = input.downcast_mut::<UpdateItemInput>() {
            input.return_consumed_capacity = asked;
            input.key.clone().map(Sent::Update)
        } else if let Some(input) = input.downcast_mut::<PutItemInput>() {
            input.return_consumed_capacity = asked;
            input.item.clone().map(Sent::Put)
        } else if let Some(input) = input.downcast_mut::<GetItemInput>() {
            input.return_consumed_capacity = asked;
            input.key.clone().map(|key| Sent::Get(vec![key]))
        } else if let Some(input) = input.downcast_mut::<BatchGetItemInput>() {
            input.return_consumed_capacity = asked;
            let asked = input.request_items.iter().flat_map(HashMap::values);
            Some(Sent::BatchGet(asked.flat_map(|asked| asked.keys().to_vec()).collect()))
        } else {
            None
        };
        bag.interceptor_state().store_or_unset(sent);
        Ok(())
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let told = bag.load::<Sent>().and_then(|sent| call(sent, context.output_or_error()));
        let (operation, units) = told.unwrap_or((Operation::Other, Vec::new()));
        let call = Call { attempt: ATTEMPT.try_with(|attempt| *attempt)?, operation, units };
        self.0.lock().expect("nobody panics while writing down").push(call);
        Ok(())
    }
}

/// What is asked of which items, kept until the answer is there.
#[derive(Debug, Clone)]
enum Sent {
    Get(Vec<Item>),
    BatchGet(Vec<Item>),
    Put(Item),
    Update(Item),
}

impl Storable for Sent {
    type Storer = StoreReplace<Self>;
}

/// What a call was; `None` for any that a placing does not make, or that does not say what it consumed.
fn call(sent: &Sent, answer: Result<&Output, &OrchestratorError<Error>>) -> Option<(Operation, Vec<(Key, Units)>)> {
    match sent {
        Sent::Get(keys) => {
            let capacity = answer.ok()?.downcast_ref::<GetItemOutput>()?.consumed_capacity()?;
            Some((Operation::Get, read(keys, capacity.capacity_units()?)?))
        }
        Sent::BatchGet(keys) => {
            let capacity = answer.ok()?.downcast_ref::<BatchGetItemOutput>()?.consumed_capacity();
            let said: f64 = capacity.iter().filter_map(ConsumedCapacity::capacity_units).sum();
            // The emulator says nothing of a batch: a consistent read of up to 4 KB is one unit.
            let reads = if said > 0.0 { said } else { f64::from(u32::try_from(keys.len()).ok()?) };
            Some((Operation::BatchGet, read(keys, reads)?))
        }
        Sent::Put(item) => {
            let capacity = answer.ok()?.downcast_ref::<PutItemOutput>()?.consumed_capacity()?;
            Some((Operation::Put, written(capacity, item)?))
        }
        Sent::Update(key) => match answer {
            Ok(output) => {
                let capacity = output.downcast_ref::<UpdateItemOutput>()?.consumed_capacity()?;
                Some((Operation::Update, written(capacity, key)?))
            }
            Err(error) => {
                let error = error.as_operation_error()?.downcast_ref()?;
                let UpdateItemError::ConditionalCheckFailedException(failed) = error else { return None };
                let writes = write_units(failed.item().map_or(0, bytes));
                Some((Operation::LostUpdate, vec![(table_key(key)?, Units { reads: 0.0, writes })]))
            }
        },
    }
}

/// What a read took; a batch does not say of which item.
fn read(keys: &[Item], reads: f64) -> Option<Vec<(Key, Units)>> {
    let each = Units { reads: reads / f64::from(u32::try_from(keys.len()).ok()?), writes: 0.0 };
    keys.iter().map(|key| Some((table_key(key)?, each))).collect()
}

fn text<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

fn table_key(item: &Item) -> Option<Key> {
    Some((Place::Table, text(item, "pk")?.to_owned()))
}

/// What a write took of the table and of each index, by the keys there.
fn written(capacity: &ConsumedCapacity, item: &Item) -> Option<Vec<(Key, Units)>> {
    let write = |writes| Units { reads: 0.0, writes };
    let mut units = vec![(table_key(item)?, write(capacity.table()?.capacity_units()?))];
    for (index, taken) in capacity.global_secondary_indexes().into_iter().flatten() {
        let key = match index.as_str() {
            "due" => (Place::DueIndex, due_shard(item)?),
            "by_owner" => (Place::OwnerIndex, text(item, "owner")?.to_owned()),
            _ => return None,
        };
        let taken = taken.capacity_units()?;
        if taken > 0.0 {
            units.push((key, write(taken)));
        }
    }
    Some(units)
}

/// The shard of an item that is due: it follows from its id, whether the write names it or removes it.
fn due_shard(item: &Item) -> Option<String> {
    let id = [text(item, "sk")?, text(item, "pk")?].into_iter().find_map(|key| {
        let id: uuid::Uuid = key.split_once('#')?.1.parse().ok()?;
        Some(id)
    })?;
    Some(format!("D#{}", id.as_bytes()[15] % DUE_SHARDS))
}

fn write_units(bytes: usize) -> f64 {
    let units = bytes.div_ceil(WRITE_UNIT_BYTES).max(1);
    f64::from(u32::try_from(units).unwrap_or(u32::MAX))
}

/// Bytes of an item as DynamoDB counts them: names and texts in UTF-8; a number one byte for two digits, and one more.
fn bytes(item: &Item) -> usize {
    item.iter().map(|(name, value)| name.len() + value_bytes(value)).sum()
}

fn value_bytes(value: &AttributeValue) -> usize {
    match (value.as_s(), value.as_n(), value.as_b(), value.as_ss()) {
        (Ok(text), ..) => text.len(),
        (_, Ok(number), ..) => number.len().div_ceil(2) + 1,
        (_, _, Ok(bytes), _) => bytes.as_ref().len(),
        (.., Ok(texts)) => 3 + texts.iter().map(|text| text.len() + 1).sum::<usize>(),
        // A truth value; tickets, orders and counts have nothing else.
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_is_as_large_as_its_names_and_values() {
        let s = |text: &str| AttributeValue::S(text.to_owned());
        let item =
            Item::from([("pk".to_owned(), s("T#1")), ("price".to_owned(), AttributeValue::N("4500".to_owned()))]);
        assert_eq!(bytes(&item), 2 + 3 + 5 + 3);
        for (bytes, units) in [(0, 1.0), (1_024, 1.0), (1_025, 2.0), (409_600, 400.0)] {
            assert!((write_units(bytes) - units).abs() < f64::EPSILON, "{bytes}");
        }
    }

    #[test]
    fn the_shard_is_that_of_the_ticket_or_of_the_order() {
        let s = |text: &str| AttributeValue::S(text.to_owned());
        let of = |pk: &str, sk: &str| due_shard(&Item::from([("pk".to_owned(), s(pk)), ("sk".to_owned(), s(sk))]));
        let (one, other) = ("0199a1b2-0000-7000-8000-00000000000a", "0199a1b2-0000-7000-8000-00000000000b");
        assert_eq!(of(&format!("T#{one}"), "T").as_deref(), Some("D#2"));
        assert_eq!(of(&format!("U#{one}"), &format!("O#{other}")).as_deref(), Some("D#3"));
    }
}
