//! Where a page of the catalogue begins, as an opaque text.
//!
//! A cursor is a place and a checksum over the place and the query that it belongs to. The checksum keeps no secret (a
//! place is nothing that a client may not know); it tells a cursor that was cut, altered or moved to another query.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use holdfast_domain::{TicketId, Timestamp};
use holdfast_store::{CatalogueOrder, CataloguePlace, CatalogueQuery};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

const CHECKSUM_BYTES: usize = 8;

/// A text that is no cursor of the query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a cursor of this query: leave it out to begin anew")]
pub struct ForeignCursor;

/// The cursor of the page after `place`.
#[must_use]
pub fn write_cursor(query: &CatalogueQuery, place: CataloguePlace) -> String {
    let mut bytes = checksum(query, place).to_vec();
    bytes.extend(place.moment.as_millis().to_be_bytes());
    bytes.extend(place.ticket.as_uuid().as_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The place after which the page begins.
///
/// # Errors
/// [`ForeignCursor`] when the text was not written for this query.
pub fn read_cursor(query: &CatalogueQuery, text: &str) -> Result<CataloguePlace, ForeignCursor> {
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| ForeignCursor)?;
    let (given, rest) = bytes.split_first_chunk::<CHECKSUM_BYTES>().ok_or(ForeignCursor)?;
    let (millis, ticket) = rest.split_first_chunk::<8>().ok_or(ForeignCursor)?;
    let place = CataloguePlace {
        moment: Timestamp::from_millis(i64::from_be_bytes(*millis)).map_err(|_| ForeignCursor)?,
        ticket: TicketId::from_uuid(Uuid::from_slice(ticket).map_err(|_| ForeignCursor)?),
    };
    if *given == checksum(query, place) { Ok(place) } else { Err(ForeignCursor) }
}

fn checksum(query: &CatalogueQuery, place: CataloguePlace) -> [u8; CHECKSUM_BYTES] {
    let order = match query.order {
        CatalogueOrder::Newest => "newest",
        CatalogueOrder::Soonest => "soonest",
    };
    let bound = |moment: Option<Timestamp>| moment.map_or(String::new(), |moment| moment.as_millis().to_string());
    // No part can hold a line break, so that no two queries give the same text.
    let parts = [order, &query.words.join(" "), &bound(query.from), &bound(query.to), &place.to_string()];
    let digest = Sha256::digest(parts.join("\n").as_bytes());
    let mut checksum = [0; CHECKSUM_BYTES];
    checksum.copy_from_slice(&digest[..CHECKSUM_BYTES]);
    checksum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(words: &[&str]) -> CatalogueQuery {
        let words = words.iter().map(|word| (*word).to_owned()).collect();
        CatalogueQuery { order: CatalogueOrder::Newest, words, from: None, to: None }
    }

    fn place() -> CataloguePlace {
        let ticket = "0199a1b2-0000-7000-8000-000000000001".parse().unwrap();
        CataloguePlace { moment: Timestamp::from_millis(1_763_830_000_000).unwrap(), ticket }
    }

    #[test]
    fn a_cursor_reads_back() {
        let cursor = write_cursor(&query(&["flute"]), place());
        assert_eq!(read_cursor(&query(&["flute"]), &cursor), Ok(place()));
        assert!(cursor.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_'), "{cursor}");
    }

    #[test]
    fn any_altered_character_is_noticed() {
        let cursor = write_cursor(&query(&[]), place());
        for at in 0..cursor.len() {
            let other = if &cursor[at..=at] == "A" { "B" } else { "A" };
            let altered = format!("{}{other}{}", &cursor[..at], &cursor[at + 1..]);
            assert_eq!(read_cursor(&query(&[]), &altered), Err(ForeignCursor), "{altered}");
        }
        for wrong in ["", "x", "/api", &cursor[1..], &cursor[..20], &format!("{cursor}AAAA")] {
            assert_eq!(read_cursor(&query(&[]), wrong), Err(ForeignCursor), "{wrong}");
        }
    }

    #[test]
    fn another_query_is_noticed() {
        let cursor = write_cursor(&query(&["flute"]), place());
        let moment = Some(Timestamp::from_millis(5).unwrap());
        let others = [
            query(&[]),
            query(&["flute", "magic"]),
            CatalogueQuery { order: CatalogueOrder::Soonest, ..query(&["flute"]) },
            CatalogueQuery { from: moment, ..query(&["flute"]) },
            CatalogueQuery { to: moment, ..query(&["flute"]) },
        ];
        for other in others {
            assert_eq!(read_cursor(&other, &cursor), Err(ForeignCursor), "{other:?}");
        }
    }
}
