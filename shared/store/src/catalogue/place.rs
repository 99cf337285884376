//! A place in the catalogue: the sort key of its rows, and where a page begins.

use std::fmt;
use std::str::FromStr;

use holdfast_domain::{TicketId, Timestamp};

/// A text that is no place in the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a place in the catalogue")]
pub struct InvalidPlace;

/// The place of one ticket in one order of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CataloguePlace {
    /// When it was listed, or when its event begins: what the order goes by.
    pub moment: Timestamp,
    /// The ticket; it separates tickets of one moment.
    pub ticket: TicketId,
}

impl fmt::Display for CataloguePlace {
    /// Fifteen digits hold every moment, so that texts sort as moments do.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:015}#{}", self.moment.as_millis(), self.ticket)
    }
}

impl FromStr for CataloguePlace {
    type Err = InvalidPlace;

    fn from_str(text: &str) -> Result<Self, InvalidPlace> {
        let (millis, ticket) = text.split_once('#').ok_or(InvalidPlace)?;
        let millis = millis.parse().map_err(|_| InvalidPlace)?;
        let moment = Timestamp::from_millis(millis).map_err(|_| InvalidPlace)?;
        Ok(Self { moment, ticket: ticket.parse().map_err(|_| InvalidPlace)? })
    }
}
