//! An HTTP answer, with the assertions that most tests make.

use serde_json::Value;

/// Status, headers and JSON body of an answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers, names in lower case, in order.
    pub headers: Vec<(String, String)>,
    /// The body; `Null` when it is empty or not JSON.
    pub body: Value,
}

impl Answer {
    /// The answer, if it has this status.
    ///
    /// # Panics
    /// When it has another one.
    #[track_caller]
    #[expect(
        clippy::must_use_candidate,
        clippy::return_self_not_must_use,
        reason = "often called for its assertion alone"
    )]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }

    /// Asserts that it is a problem of ours with this status and slug.
    ///
    /// # Panics
    /// When it is not.
    #[track_caller]
    pub fn expect_problem(&self, status: u16, slug: &str) {
        assert_eq!((self.status, self.body["type"].as_str()), (status, Some(slug)), "{self:?}");
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        assert_eq!(self.body["status"], status, "{self:?}");
        for member in ["title", "detail"] {
            assert!(self.body[member].as_str().is_some_and(|text| !text.is_empty()), "{self:?}");
        }
    }

    /// The fields named by a problem's `errors`, in order.
    #[must_use]
    pub fn wrong_fields(&self) -> Vec<&str> {
        let errors = self.body["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        errors.iter().filter_map(|error| error["field"].as_str()).collect()
    }

    /// The first header of that name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The text of a member of the body.
    ///
    /// # Panics
    /// When there is no such text.
    #[track_caller]
    #[must_use]
    pub fn text(&self, member: &str) -> String {
        self.body[member].as_str().unwrap_or_else(|| panic!("no text {member} in {self:?}")).to_owned()
    }
}
