//! The id by which what one request sets off is found again, in every function that has a part in it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::ids::InvalidId;

/// One request and all that it sets off. Written as 32 lower-case hexadecimal digits, stored as 16 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TraceId(Uuid);

impl TraceId {
    /// A trace of its own, of a random UUID that the caller generated.
    #[must_use]
    pub fn from_uuid(uuid: Uuid) -> Self {
        Self(uuid)
    }

    /// The trace that is stored as these bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }

    /// The bytes to be stored.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }

    /// The root of an X-Ray header, `Root=1-<8 digits>-<24 digits>;…`, whose digits are the same 32; `None` when it has
    /// none of that form.
    #[must_use]
    pub fn of_xray(header: &str) -> Option<Self> {
        let root = header.split(';').find_map(|part| part.trim().strip_prefix("Root="))?;
        let (seconds, random) = root.strip_prefix("1-")?.split_once('-')?;
        if seconds.len() != 8 || random.len() != 24 {
            return None;
        }
        format!("{seconds}{random}").parse().ok()
    }
}

impl FromStr for TraceId {
    type Err = InvalidId;

    /// Accepts the one form that is also written.
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let uuid = Uuid::try_parse(text).map_err(|_| InvalidId)?;
        let id = Self(uuid);
        if !uuid.is_nil() && id.to_string() == text { Ok(id) } else { Err(InvalidId) }
    }
}

impl TryFrom<String> for TraceId {
    type Error = InvalidId;

    fn try_from(text: String) -> Result<Self, InvalidId> {
        text.parse()
    }
}

impl From<TraceId> for String {
    fn from(id: TraceId) -> Self {
        id.to_string()
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.simple().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = "5759e988bd862e3fe1be46a994272793";

    #[test]
    fn a_trace_has_one_spelling() {
        let id: TraceId = ROOT.parse().unwrap();
        assert_eq!(id.to_string(), ROOT);
        assert_eq!(TraceId::from_bytes(*id.as_bytes()), id);
        let hyphenated = "5759e988-bd86-2e3f-e1be-46a994272793";
        for wrong in ["", "x", hyphenated, &ROOT.to_uppercase(), &ROOT[1..], &"0".repeat(32)] {
            assert_eq!(wrong.parse::<TraceId>(), Err(InvalidId), "{wrong}");
        }
    }

    #[test]
    fn the_root_of_an_xray_header_is_the_trace() {
        for header in [
            "Root=1-5759e988-bd862e3fe1be46a994272793",
            "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1",
            "Self=1-00000000-000000000000000000000001; Root=1-5759e988-bd862e3fe1be46a994272793",
        ] {
            assert_eq!(TraceId::of_xray(header).map(String::from).as_deref(), Some(ROOT), "{header}");
        }
        for header in [
            "",
            "Root=",
            "Root=2-5759e988-bd862e3fe1be46a994272793",
            "Root=1-5759e988bd862e3fe1be46a994272793",
            "Root=1-5759e98-8bd862e3fe1be46a994272793",
            "Root=1-5759E988-bd862e3fe1be46a994272793",
            "Root=1-5759e988-bd862e3fe1be46a99427279g",
            "Root=1-00000000-000000000000000000000000",
            "Parent=53995c3f42cd8ad8",
        ] {
            assert_eq!(TraceId::of_xray(header), None, "{header}");
        }
    }
}
