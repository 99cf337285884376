//! What a function answers to a batch of its queue: which messages have to come again.

use serde::Serialize;

/// The messages that have to come again, in the form that a queue's mapping asks for.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct BatchAnswer {
    /// None of them when the batch is done.
    #[serde(rename = "batchItemFailures")]
    pub failures: Vec<BatchFailure>,
}

/// A message that has to come again.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct BatchFailure {
    /// Which one.
    #[serde(rename = "itemIdentifier")]
    pub message_id: String,
}

impl BatchAnswer {
    /// Has a message come again.
    pub fn fail(&mut self, message_id: String) {
        self.failures.push(BatchFailure { message_id });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_told_as_the_mapping_reads_them() {
        let mut answer = BatchAnswer::default();
        answer.fail("7".to_owned());
        assert_eq!(serde_json::to_string(&answer).unwrap(), r#"{"batchItemFailures":[{"itemIdentifier":"7"}]}"#);
        assert_eq!(serde_json::to_string(&BatchAnswer::default()).unwrap(), r#"{"batchItemFailures":[]}"#);
    }
}
