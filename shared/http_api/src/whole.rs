//! Whole numbers as JSON has them: it knows one kind of number, and many a client writes 5 as `5.0`.

use std::fmt;

use serde::Deserializer;
use serde::de::{Error, Unexpected, Visitor};

/// The first number that is no `u64` any more.
const END: f64 = 18_446_744_073_709_551_616.0;

/// Reads a whole number, or null, for `#[serde(default, deserialize_with = "…")]`.
///
/// # Errors
/// What is no whole number from 0 on.
pub(crate) fn whole<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    from.deserialize_any(Whole)
}

struct Whole;

impl Visitor<'_> for Whole {
    type Value = Option<u64>;

    /// In the words that a number of a fixed type has: clients are told the same.
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("u64")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Some(number))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        u64::try_from(number).map(Some).map_err(|_| E::invalid_value(Unexpected::Signed(number), &self))
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is whole and within the bounds")]
    fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
        if number.fract() == 0.0 && (0.0..END).contains(&number) {
            Ok(Some(number as u64))
        } else {
            Err(E::invalid_value(Unexpected::Float(number), &self))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    #[derive(Deserialize)]
    struct Sample {
        #[serde(default, deserialize_with = "super::whole")]
        count: Option<u64>,
    }

    fn read(number: &str) -> Result<Option<u64>, String> {
        let sample = serde_json::from_str::<Sample>(&format!(r#"{{"count": {number}}}"#));
        sample.map(|sample| sample.count).map_err(|error| error.to_string())
    }

    #[test]
    fn a_whole_number_is_one_however_it_is_written() {
        assert_eq!(read("null"), Ok(None));
        assert_eq!(serde_json::from_str::<Sample>("{}").unwrap().count, None);
        for five in ["5", "5.0", "0.5e1", "5000e-3"] {
            assert_eq!(read(five), Ok(Some(5)), "{five}");
        }
        assert_eq!(read("18446744073709551615"), Ok(Some(u64::MAX)));
        assert_eq!(read("-0.0"), Ok(Some(0)));
    }

    #[test]
    fn anything_else_is_none() {
        for other in ["-1", "-1.0", "1.5", "18446744073709551616", "1e300", "\"5\"", "true", "[5]"] {
            assert!(read(other).unwrap_err().contains("expected u64"), "{other}");
        }
    }
}
