//! Where a page of the export begins: in the tickets, or in the orders after them.

use std::fmt;
use std::str::FromStr;

use holdfast_http_api::{ApiError, FieldError, Request, bad_query, query_pairs};
use holdfast_store::OwnerCursor;

const TICKETS: &str = "tickets";
const ORDERS: &str = "orders";

/// The place of a page; `None` is the list's beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Tickets(Option<OwnerCursor>),
    Orders(Option<OwnerCursor>),
}

/// A text that is no cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a cursor of this export: leave it out to begin anew")]
pub(crate) struct InvalidPlace;

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (list, after) = match self {
            Self::Tickets(after) => (TICKETS, after),
            Self::Orders(after) => (ORDERS, after),
        };
        match after {
            Some(after) => write!(f, "{list}.{after}"),
            None => f.write_str(list),
        }
    }
}

impl FromStr for Place {
    type Err = InvalidPlace;

    fn from_str(text: &str) -> Result<Self, InvalidPlace> {
        let (list, after) = match text.split_once('.') {
            Some((list, after)) => (list, Some(after.parse().map_err(|_| InvalidPlace)?)),
            None => (text, None),
        };
        match list {
            TICKETS => Ok(Self::Tickets(after)),
            ORDERS => Ok(Self::Orders(after)),
            _ => Err(InvalidPlace),
        }
    }
}

/// The place that the query asks for; any parameter but `cursor` is refused.
pub(crate) fn asked(request: &Request) -> Result<Place, ApiError> {
    let mut place = Place::Tickets(None);
    let mut errors = Vec::new();
    for (name, value) in query_pairs(request) {
        let outcome = match name.as_str() {
            "cursor" if value.is_empty() => Ok(()),
            "cursor" => value.parse().map(|asked| place = asked).map_err(|error: InvalidPlace| error.to_string()),
            _ => Err("is not a parameter of the export".to_owned()),
        };
        if let Err(message) = outcome {
            errors.push(FieldError { field: name, message });
        }
    }
    if errors.is_empty() { Ok(place) } else { Err(bad_query(errors)) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_place_has_one_spelling(text in "(tickets|orders|users)?(\\.)?(-?[0-9]{0,20}\\.[0-9a-fA-F-]{30,36})?|(?s:.){0,20}") {
            if let Ok(place) = text.parse::<Place>() {
                prop_assert_eq!(place.to_string(), text);
            }
        }

        #[test]
        fn a_place_is_read_as_it_is_written(list in "tickets|orders", moment in any::<i64>(), id in any::<u128>()) {
            let text = format!("{list}.{moment}.{id:032x}");
            prop_assert_eq!(text.parse::<Place>().map(|place| place.to_string()), Ok(text));
        }
    }
}
