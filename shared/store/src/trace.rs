//! The trace on an item: whose request decided what it is now.
//!
//! A write that decides something for a person (listing, holding, giving up) sets the trace of their request. A write that
//! finishes what was decided (extending, paying, expiring, refunding) leaves the one that is there, whoever makes it: so an
//! order is one trace from its hold to its end, and what a sweep does for it is not the sweep's.

use std::collections::HashMap;
use std::hash::BuildHasher;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use holdfast_domain::TraceId;
use holdfast_telemetry::current_trace;

/// The attribute: sixteen bytes, so that the lock stays one write unit.
pub(crate) const TRACE: &str = "trace";

/// The trace of the request that is being served, as it is stored.
pub(crate) fn of_request() -> AttributeValue {
    AttributeValue::B(Blob::new(current_trace().as_bytes().to_vec()))
}

/// The trace of an item of the table's stream. Items that were written before the first trace have none; one that cannot be
/// read counts as none, since nobody's order waits for a trace.
#[must_use]
pub fn trace_of_item<S: BuildHasher>(item: &HashMap<String, serde_dynamo::AttributeValue, S>) -> Option<TraceId> {
    let serde_dynamo::AttributeValue::B(bytes) = item.get(TRACE)? else {
        return None;
    };
    bytes.as_slice().try_into().ok().map(TraceId::from_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_stored_in_a_request_is_read_as_its_trace() {
        let (stored, trace) =
            holdfast_telemetry::Invocation::new("r", None).run(async { (of_request(), current_trace()) }).await;
        let AttributeValue::B(blob) = stored else { panic!("{stored:?}") };
        assert_eq!(blob.as_ref().len(), 16);
        let item = |value| HashMap::from([(TRACE.to_owned(), value)]);
        let found = trace_of_item(&item(serde_dynamo::AttributeValue::B(blob.into_inner())));
        assert_eq!(found, Some(trace));
        assert_eq!(trace_of_item(&item(serde_dynamo::AttributeValue::B(vec![1; 15]))), None);
        assert_eq!(trace_of_item(&item(serde_dynamo::AttributeValue::S("x".to_owned()))), None);
        assert_eq!(trace_of_item(&HashMap::new()), None);
    }
}
