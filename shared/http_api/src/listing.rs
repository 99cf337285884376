//! The body by which a seller lists or changes a ticket, checked into the domain's types.

use holdfast_domain::{Credential, Currency, Description, Price, TicketFacts, Timestamp, Title, Venue};
use lambda_http::Request;
use serde::{Deserialize, Serialize};
use validator::{Validate, ValidationError};

use crate::body::{json_body_with, valid};
use crate::problem::{ApiError, FieldError};
use crate::whole::whole;

// `validator` wants to be able to write a required field into its error.
#[derive(Debug, Deserialize, Serialize, Validate)]
#[serde(deny_unknown_fields)]
struct PriceFields {
    #[serde(default, deserialize_with = "whole")]
    #[validate(required)]
    amount: Option<u64>,
    #[validate(required, custom(function = "check_currency"))]
    currency: Option<String>,
}

/// What a seller says of a ticket, as the body has it.
#[derive(Debug, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct ListingFields {
    #[validate(required, custom(function = "check_title"))]
    #[cfg_attr(feature = "openapi", schemars(with = "Title"))]
    title: Option<String>,
    #[validate(required, nested)]
    #[cfg_attr(feature = "openapi", schemars(with = "Price"))]
    price: Option<PriceFields>,
    #[validate(custom(function = "check_venue"))]
    #[cfg_attr(feature = "openapi", schemars(with = "Option<Venue>"))]
    venue: Option<String>,
    #[validate(custom(function = "check_starts_at"))]
    #[cfg_attr(feature = "openapi", schemars(with = "Option<Timestamp>"))]
    starts_at: Option<String>,
    #[validate(custom(function = "check_description"))]
    #[cfg_attr(feature = "openapi", schemars(with = "Option<Description>"))]
    description: Option<String>,
    #[validate(custom(function = "check_credential"))]
    #[cfg_attr(feature = "openapi", schemars(with = "Option<Credential>"))]
    credential: Option<String>,
    /// The version that the seller saw, to have a change refused that would overwrite another one.
    #[serde(default, deserialize_with = "whole")]
    #[cfg_attr(feature = "openapi", schemars(range(max = u64::MAX)))]
    version: Option<u64>,
}

fn check_title(text: &str) -> Result<(), ValidationError> {
    valid(Title::parse(text))
}

fn check_venue(text: &str) -> Result<(), ValidationError> {
    valid(Venue::parse(text))
}

fn check_starts_at(text: &str) -> Result<(), ValidationError> {
    valid(Timestamp::parse(text))
}

fn check_description(text: &str) -> Result<(), ValidationError> {
    valid(Description::parse(text))
}

fn check_credential(text: &str) -> Result<(), ValidationError> {
    valid(Credential::parse(text))
}

fn check_currency(text: &str) -> Result<(), ValidationError> {
    valid(text.parse::<Currency>())
}

/// What a seller says of a ticket.
#[derive(Debug, Clone)]
pub struct Listing {
    /// Title, price, venue and time.
    pub facts: TicketFacts,
    /// A longer description, if given.
    pub description: Option<Description>,
    /// What admits the buyer, if entered.
    pub credential: Option<Credential>,
    /// The version that the seller saw, when they want a change refused that would overwrite another.
    pub version: Option<u64>,
}

/// The seller's listing from the request's body.
///
/// # Errors
/// As [`json_body`](crate::json_body): 415, 413, 400, or 422 with one entry a wrong field.
pub fn listing(request: &Request, now: Timestamp) -> Result<Listing, ApiError> {
    let fields: ListingFields = json_body_with(request, |fields| across(fields, now))?;
    let unvalidated = || ApiError::internal("a listing passed validation with a field that does not parse");
    into_listing(fields).ok_or_else(unvalidated)
}

/// The rules that need more than one field, or the clock.
fn across(fields: &ListingFields, now: Timestamp) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let price = fields.price.as_ref().and_then(|price| price.amount.zip(price.currency.as_deref()));
    if let Some((amount, code)) = price
        && let Ok(currency) = code.parse()
        && let Err(error) = Price::new(amount, currency)
    {
        errors.push(FieldError { field: "price.amount".into(), message: error.to_string() });
    }
    let starts_at = fields.starts_at.as_deref().and_then(|text| Timestamp::parse(text).ok());
    if starts_at.is_some_and(|starts_at| starts_at <= now) {
        errors.push(FieldError { field: "starts_at".into(), message: "must be in the future".into() });
    }
    errors
}

fn into_listing(fields: ListingFields) -> Option<Listing> {
    let price = fields.price?;
    Some(Listing {
        facts: TicketFacts {
            title: Title::parse(&fields.title?).ok()?,
            price: Price::new(price.amount?, price.currency?.parse().ok()?).ok()?,
            venue: fields.venue.map(|text| Venue::parse(&text)).transpose().ok()?,
            starts_at: fields.starts_at.map(|text| Timestamp::parse(&text)).transpose().ok()?,
        },
        description: fields.description.map(|text| Description::parse(&text)).transpose().ok()?,
        credential: fields.credential.map(|text| Credential::parse(&text)).transpose().ok()?,
        version: fields.version,
    })
}

#[cfg(test)]
mod tests {
    use holdfast_domain::limits::{CREDENTIAL_MAX_CHARS, DESCRIPTION_MAX_CHARS, TITLE_MAX_CHARS};
    use lambda_http::Body;

    use super::*;

    fn outcome(body: &str) -> String {
        let mut request = Request::new(Body::Text(body.to_owned()));
        request.headers_mut().insert("content-type", "application/json".parse().unwrap());
        let now = Timestamp::parse("2026-11-22T12:00:00Z").unwrap();
        match listing(&request, now) {
            Ok(listing) => format!("{listing:?}"),
            Err(error) => String::from_utf8_lossy(error.into_parts().0.into_reply().body()).into_owned(),
        }
    }

    #[test]
    fn a_listing_has_a_title_and_a_price() {
        insta::assert_snapshot!(outcome("{}"), @r#"{"type":"invalid-fields","title":"Some fields are not valid","status":422,"detail":"Correct the fields and send again.","errors":[{"field":"price","message":"is required"},{"field":"title","message":"is required"}]}"#);
        insta::assert_snapshot!(outcome(r#"{"title":" Opera ","price":{"amount":5000,"currency":"eur"},"credential":"GATE 7"}"#), @r#"Listing { facts: TicketFacts { title: "Opera", price: Price { amount: 5000, currency: Eur }, venue: None, starts_at: None }, description: None, credential: Some(Credential(hidden)), version: None }"#);
    }

    /// A client may escape whatever it likes: Python's, for one, writes each character beyond ASCII so.
    #[test]
    fn the_longest_listing_is_no_body_that_is_too_large() {
        let text = |chars: usize| r"\ud83d\ude00".repeat(chars);
        let (title, description, credential) =
            (text(TITLE_MAX_CHARS), text(DESCRIPTION_MAX_CHARS), text(CREDENTIAL_MAX_CHARS));
        let rest = r#""price":{"amount":5000,"currency":"eur"},"starts_at":"2030-11-22T12:00:00.000+01:00""#;
        let told = outcome(&format!(
            r#"{{"title":"{title}","venue":"{title}","description":"{description}","credential":"{credential}",{rest}}}"#
        ));
        assert!(told.starts_with("Listing {"), "{told}");
    }

    #[test]
    fn an_amount_is_whole_however_it_is_written() {
        let told = outcome(r#"{"title":"x","price":{"amount":5000.0,"currency":"eur"},"version":7.0}"#);
        assert!(told.contains("amount: 5000,") && told.contains("version: Some(7)"), "{told}");
        insta::assert_snapshot!(outcome(r#"{"title":"x","price":{"amount":5000.5,"currency":"eur"}}"#), @r#"{"type":"invalid-fields","title":"Some fields are not valid","status":422,"detail":"Correct the fields and send again.","errors":[{"field":"price.amount","message":"must be a whole number, zero or more"}]}"#);
    }

    #[test]
    fn price_and_time_are_judged_with_what_they_depend_on() {
        insta::assert_snapshot!(outcome(r#"{"title":"","price":{"amount":49,"currency":"eur"},"starts_at":"2026-11-22T12:00:00Z","venue":" "}"#), @r#"{"type":"invalid-fields","title":"Some fields are not valid","status":422,"detail":"Correct the fields and send again.","errors":[{"field":"price.amount","message":"must be at least 50 minor units of eur"},{"field":"starts_at","message":"must be in the future"},{"field":"title","message":"must not be empty"},{"field":"venue","message":"must not be empty"}]}"#);
        insta::assert_snapshot!(outcome(r#"{"title":"x","price":{"amount":1000001,"currency":"eur"},"starts_at":"soon"}"#), @r#"{"type":"invalid-fields","title":"Some fields are not valid","status":422,"detail":"Correct the fields and send again.","errors":[{"field":"price.amount","message":"must be at most 1000000 minor units of eur"},{"field":"starts_at","message":"must be an RFC 3339 date and time, such as 2027-06-01T19:30:00Z"}]}"#);
        insta::assert_snapshot!(outcome(r#"{"title":"x","price":{"amount":500,"currency":"EUR"}}"#), @r#"{"type":"invalid-fields","title":"Some fields are not valid","status":422,"detail":"Correct the fields and send again.","errors":[{"field":"price.currency","message":"is not a supported currency"}]}"#);
    }
}
