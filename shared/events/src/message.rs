//! Messages of our own queues, as Lambda hands them to a function.

use std::collections::HashMap;

use aws_sdk_sqs::types::MessageAttributeValue;
use holdfast_domain::TraceId;
use serde::Deserialize;

/// The attribute of a message that has the trace: beside the body, which readers of any release understand.
pub const TRACE_ATTRIBUTE: &str = "trace_id";

/// A message of a queue.
#[derive(Debug, Deserialize)]
pub struct QueueMessage {
    /// Its id, by which its mapping knows it.
    #[serde(rename = "messageId")]
    pub id: String,
    /// What it asks for.
    pub body: String,
    #[serde(rename = "messageAttributes", default)]
    attributes: HashMap<String, Attribute>,
}

/// What stands beside a message's body.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Attribute {
    #[serde(default)]
    string_value: Option<String>,
}

impl QueueMessage {
    /// The trace of whoever asks, if they said it in its one form.
    #[must_use]
    pub fn trace(&self) -> Option<TraceId> {
        self.attributes.get(TRACE_ATTRIBUTE)?.string_value.as_deref()?.parse().ok()
    }
}

/// The attribute with a trace.
pub(crate) fn attribute(trace: TraceId) -> Result<MessageAttributeValue, Box<dyn std::error::Error + Send + Sync>> {
    let value = MessageAttributeValue::builder().data_type("String").string_value(trace.to_string());
    Ok(value.build()?)
}
