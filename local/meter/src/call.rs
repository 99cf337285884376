//! What a call is: who makes it, of which service, and what is counted of it.

use hyper::header::{AUTHORIZATION, HeaderMap};
use hyper::{Method, Uri};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Read and write units of a table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Units {
    /// Read units.
    pub reads: f64,
    /// Write units of the table itself.
    pub writes: f64,
    /// Write units of its indexes.
    pub index_writes: f64,
}

impl Units {
    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            reads: self.reads + other.reads,
            writes: self.writes + other.writes,
            index_writes: self.index_writes + other.index_writes,
        }
    }
}

/// A call that was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Counted {
    /// The key that signed it: each function has one of its own.
    pub key: String,
    /// The service as signatures name it: `dynamodb`, `s3`, `events`.
    pub service: String,
    /// What was asked for.
    pub operation: String,
    /// The status of the answer.
    pub status: u16,
    /// How many things it carries that are paid for one by one: events of a batch, messages.
    pub entries: usize,
    /// Bytes of its body.
    pub sent: usize,
    /// Bytes of the answer's body.
    pub received: usize,
    /// What a table takes for it.
    pub units: Units,
}

/// Who calls whom, by what is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Signed {
    pub(crate) key: String,
    pub(crate) service: String,
}

impl Signed {
    /// Reads the credential's scope: `KEY/date/region/service/aws4_request`.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        let text = headers.get(AUTHORIZATION)?.to_str().ok()?;
        let (_, rest) = text.split_once("Credential=")?;
        let mut parts = rest.split([',', ' ']).next()?.split('/');
        Some(Self { key: parts.next()?.to_owned(), service: parts.nth(2)?.to_owned() })
    }
}

/// What is asked for. Services with a target say it there; of the others the method and the beginning of the path do.
pub(crate) fn operation(service: &str, method: &Method, uri: &Uri, headers: &HeaderMap) -> String {
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok());
    if let Some((_, operation)) = target.and_then(|target| target.split_once('.')) {
        return operation.to_owned();
    }
    let first = uri.path().trim_start_matches('/').split('/').next().unwrap_or_default();
    match (service, method.as_str()) {
        ("s3", "GET") if uri.query().is_some_and(|query| query.contains("list-type")) => "ListObjectsV2".to_owned(),
        ("s3", "GET") => "GetObject".to_owned(),
        ("s3", "HEAD") => "HeadObject".to_owned(),
        ("s3", "PUT") => "PutObject".to_owned(),
        ("s3", "DELETE") => "DeleteObject".to_owned(),
        ("scheduler", "POST") => "CreateSchedule".to_owned(),
        ("scheduler", "PUT") => "UpdateSchedule".to_owned(),
        ("scheduler", "DELETE") => "DeleteSchedule".to_owned(),
        (_, method) => format!("{method} /{first}"),
    }
}

/// How many things a call carries that are paid for one by one.
pub(crate) fn entries(body: &Value) -> usize {
    body.get("Entries").and_then(Value::as_array).map_or(1, Vec::len)
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderValue;

    use super::*;

    #[test]
    fn the_signature_says_who_calls_whom() {
        let mut headers = HeaderMap::new();
        assert_eq!(Signed::of(&headers), None);
        let text = "AWS4-HMAC-SHA256 Credential=ASIA1/20261126/eu-central-1/dynamodb/aws4_request, SignedHeaders=host";
        headers.insert(AUTHORIZATION, HeaderValue::from_static(text));
        let signed = Signed::of(&headers).expect("signed");
        assert_eq!((signed.key.as_str(), signed.service.as_str()), ("ASIA1", "dynamodb"));
    }

    #[test]
    fn a_call_is_named_by_its_target_or_by_its_method() {
        let mut headers = HeaderMap::new();
        let of = |service: &str, method: Method, uri: &'static str, headers: &HeaderMap| {
            operation(service, &method, &Uri::from_static(uri), headers)
        };
        assert_eq!(of("s3", Method::PUT, "/site/index.html?x-id=PutObject", &headers), "PutObject");
        assert_eq!(of("s3", Method::GET, "/site?list-type=2", &headers), "ListObjectsV2");
        assert_eq!(of("scheduler", Method::PUT, "/schedules/order-1", &headers), "UpdateSchedule");
        assert_eq!(of("ses", Method::POST, "/v2/email/outbound-emails", &headers), "POST /v2");
        headers.insert("x-amz-target", HeaderValue::from_static("DynamoDB_20120810.UpdateItem"));
        assert_eq!(of("dynamodb", Method::POST, "/", &headers), "UpdateItem");
    }

    #[test]
    fn a_batch_is_counted_by_its_entries() {
        assert_eq!(entries(&serde_json::json!({"Entries": [{}, {}]})), 2);
        assert_eq!(entries(&serde_json::json!({"QueueUrl": "q"})), 1);
    }
}
