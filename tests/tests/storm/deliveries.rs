//! Deliveries once more: late, twice and in any order.
//!
//! The bus tells a queue of ours of every event, and from there each goes to its functions again, when the seed says so,
//! until they have taken it once: the bus of the cloud tries again for an hour, the emulator's does not. Old records of
//! the table's stream go to the relay again likewise.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use aws_sdk_lambda::primitives::Blob;
use fastrand::Rng;
use serde_json::{Value, json};
use tests::{Aws, Stack, eventually};

use crate::machine::Emulator;
use crate::record::{Lines, Record, now};

/// The longest that an event may take from the table to the queue once nothing is in its way.
const CARRIED: Duration = Duration::from_mins(2);
/// After so many looks without news, a tenth of a second apart, there are none.
const SILENCE: u32 = 20;

/// An event that some function has not taken yet, or shall take again.
#[derive(Clone, Debug)]
struct Parcel {
    target: &'static str,
    payload: Value,
    /// It has to be taken this often yet.
    wanted: u32,
    /// Tries that are left when it need not be taken.
    tries: Option<u32>,
}

/// Everything that was carried, and what is to be carried again.
#[derive(Debug)]
pub(crate) struct Post {
    stack: Stack,
    aws: Aws,
    emulator: Emulator,
    record: Record,
    bus: Lines,
    queue: String,
    stream: Stream,
    known: Mutex<BTreeSet<String>>,
    parcels: Mutex<Vec<Parcel>>,
    rng: Mutex<Rng>,
}

#[derive(Debug)]
struct Stream {
    arn: String,
    lines: Lines,
    records: Mutex<Vec<Value>>,
    next: Mutex<String>,
}

impl Post {
    /// Has the bus tell a queue of its own, and begins to read the stream.
    pub(crate) async fn open(stack: &Stack, aws: &Aws, record: &Record, rng: Rng) -> Self {
        let emulator = Emulator::new();
        let queue = aws.sqs.create_queue().queue_name("storm").send().await.expect("a queue").queue_url;
        let queue = queue.expect("an address");
        let bus = stack.resource("EventBus");
        let rule = json!({
            "Name": "storm", "EventBusName": bus, "State": "ENABLED", "EventPattern": r#"{"source": ["holdfast"]}"#,
        });
        emulator.call("AWSEvents.PutRule", &rule).await;
        let arn = "arn:aws:sqs:eu-central-1:000000000000:storm";
        let targets = json!({"Rule": "storm", "EventBusName": bus, "Targets": [{"Id": "storm", "Arn": arn}]});
        emulator.call("AWSEvents.PutTargets", &targets).await;
        let table = json!({"TableName": stack.output("MarketTable")});
        let described = emulator.call("DynamoDB_20120810.DescribeTable", &table).await;
        let arn = described["Table"]["LatestStreamArn"].as_str().expect("a stream").to_owned();
        let described = emulator.call("DynamoDBStreams_20120810.DescribeStream", &json!({"StreamArn": arn})).await;
        let shard = described["StreamDescription"]["Shards"][0]["ShardId"].clone();
        let begin = json!({"StreamArn": arn, "ShardId": shard, "ShardIteratorType": "LATEST"});
        let iterator = emulator.call("DynamoDBStreams_20120810.GetShardIterator", &begin).await;
        let next = iterator["ShardIterator"].as_str().expect("a place").to_owned();
        let lines = record.beside("stream.jsonl");
        Self {
            stack: stack.clone(),
            aws: aws.clone(),
            emulator,
            bus: record.beside("bus.jsonl"),
            record: record.clone(),
            queue,
            stream: Stream { arn, lines, records: Mutex::default(), next: Mutex::new(next) },
            known: Mutex::default(),
            parcels: Mutex::default(),
            rng: Mutex::new(rng),
        }
    }

    /// Takes what the bus has told of since the last time; how many events.
    pub(crate) async fn collect(&self) -> usize {
        let request = self.aws.sqs.receive_message().queue_url(&self.queue).max_number_of_messages(10);
        let messages = request.send().await.expect("messages").messages.unwrap_or_default();
        for message in &messages {
            let event: Value = serde_json::from_str(message.body().expect("a body")).expect("an event");
            self.bus.write(&event);
            self.keep(&event);
            let handle = message.receipt_handle().expect("a handle");
            let deleted = self.aws.sqs.delete_message().queue_url(&self.queue).receipt_handle(handle).send().await;
            deleted.expect("a deletion");
        }
        messages.len()
    }

    /// An event that was not seen before is to be delivered once more at least.
    fn keep(&self, event: &Value) {
        let detail = &event["detail"];
        let id = detail["id"].as_str().expect("an id").to_owned();
        if !self.known.lock().expect("no panic").insert(id) {
            return;
        }
        let again = self.rng.lock().expect("no panic").u32(1..3);
        let parcel = match event["detail-type"].as_str().expect("a name") {
            "TicketListed" | "TicketChanged" | "TicketDeleted" | "TicketSold" => {
                Parcel { target: "ProjectCatalogue", payload: event.clone(), wanted: again, tries: None }
            }
            // Nothing but the scheduler, which is off, would end an order at its time: it comes too early, or late.
            "OrderPlaced" => {
                let payload = json!({"order": detail["aggregate"]["id"], "buyer": detail["data"]["buyer"]});
                Parcel { target: "ExpireOrder", payload, wanted: again, tries: Some(4) }
            }
            _ => return,
        };
        self.parcels.lock().expect("no panic").push(parcel);
    }

    /// Delivers any one of what is to be delivered; whether there was something.
    pub(crate) async fn deliver(&self) -> bool {
        let Some(mut parcel) = self.any_parcel() else { return false };
        let taken = self.invoke(parcel.target, &parcel.payload).await;
        if taken {
            parcel.wanted -= 1;
        }
        if let Some(tries) = &mut parcel.tries {
            *tries -= 1;
        }
        if parcel.wanted > 0 && parcel.tries != Some(0) {
            self.parcels.lock().expect("no panic").push(parcel);
        }
        true
    }

    fn any_parcel(&self) -> Option<Parcel> {
        let mut parcels = self.parcels.lock().expect("no panic");
        let count = parcels.len();
        (count > 0).then(|| parcels.swap_remove(self.rng.lock().expect("no panic").usize(0..count)))
    }

    /// Whether a function took something.
    pub(crate) async fn invoke(&self, target: &str, payload: &Value) -> bool {
        let function = self.stack.resource(target);
        let payload = Blob::new(payload.to_string());
        let sent = self.aws.lambda.invoke().function_name(function).payload(payload).send().await;
        let taken = sent.is_ok_and(|output| output.function_error.is_none());
        self.record.write(&json!({"kind": "delivery", "at": now(), "target": target, "taken": taken}));
        taken
    }

    /// Reads what the stream has since the last time.
    pub(crate) async fn read_stream(&self) {
        let next = self.stream.next.lock().expect("no panic").clone();
        let page = self.emulator.call("DynamoDBStreams_20120810.GetRecords", &json!({"ShardIterator": next})).await;
        let records = page["Records"].as_array().expect("records").clone();
        for record in &records {
            self.stream.lines.write(record);
        }
        self.stream.records.lock().expect("no panic").extend(records);
        let next = page["NextShardIterator"].as_str().expect("an open stream");
        next.clone_into(&mut self.stream.next.lock().expect("no panic"));
    }

    /// Gives the relay old records again: so many, from this part of all on.
    pub(crate) async fn replay(&self, part: f64, count: usize) {
        let records = self.stream.records.lock().expect("no panic").clone();
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "any place does"
        )]
        let from = (records.len() as f64 * part) as usize;
        let is_decision = |record: &&Value| {
            let key = record["dynamodb"]["Keys"]["sk"]["S"].as_str().unwrap_or_default();
            key == "T" || key.starts_with("O#")
        };
        let chosen = records.iter().skip(from).filter(is_decision).take(count);
        let batch: Vec<Value> = chosen
            .map(|record| {
                let mut record = record.clone();
                record["eventSourceARN"] = json!(self.stream.arn);
                record
            })
            .collect();
        if !batch.is_empty() {
            self.invoke("RelayEvents", &json!({"Records": batch})).await;
        }
    }

    /// Once nothing fails any more: waits for everything that is on its way. `last` is a ticket that was listed after all
    /// else, and the relay keeps the order of the stream.
    pub(crate) async fn settle(&self, last: &str) {
        eventually("the last event is on the bus", CARRIED, || async {
            self.collect().await;
            self.has_told_of(last).then_some(())
        })
        .await;
        // What the bus refused meanwhile is in the relay's queue, from which an operator has it sent.
        let sent =
            tests::operate("replay", &json!({"queues": ["RelayFailureQueue"], "dry_run": false, "limit": 10_000}));
        let left: BTreeMap<String, Value> =
            sent["queues"][0]["messages"].as_array().expect("messages").iter().filter_map(left_of).collect();
        assert!(left.is_empty(), "the relay's queue was not emptied: {left:?}");
        let silent = AtomicU32::new(0);
        eventually("the bus has told of everything", CARRIED, || async {
            if self.collect().await > 0 {
                silent.store(0, Ordering::SeqCst);
            }
            (silent.fetch_add(1, Ordering::SeqCst) > SILENCE).then_some(())
        })
        .await;
        while self.deliver().await {}
        self.read_stream().await;
    }

    fn has_told_of(&self, ticket: &str) -> bool {
        let parcels = self.parcels.lock().expect("no panic");
        parcels.iter().any(|parcel| parcel.payload["detail"]["aggregate"]["id"] == ticket)
    }
}

fn left_of(message: &Value) -> Option<(String, Value)> {
    (!message["left"].is_null()).then(|| (message["ids"].to_string(), message["left"].clone()))
}
