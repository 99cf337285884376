//! The query string of the list.

use std::collections::HashSet;

use holdfast_domain::limits::{PAGE_DEFAULT, QUERY_MAX_CHARS};
use holdfast_domain::{Timestamp, search_words};
use holdfast_http_api::{FieldError, page_limit, read_cursor};
use holdfast_store::{CatalogueOrder, CataloguePlace, CatalogueQuery};

/// What `sort` may be; the first is what nobody asks for.
pub const SORTS: [(&str, CatalogueOrder); 2] =
    [("newest", CatalogueOrder::Newest), ("soonest", CatalogueOrder::Soonest)];

/// What is asked for, and which page of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ListQuery {
    /// What is asked for: the same on every page.
    pub(crate) filter: CatalogueQuery,
    /// Items on the page.
    pub(crate) limit: u32,
    /// Where the page begins; `None` for the first.
    pub(crate) after: Option<CataloguePlace>,
}

/// Reads the parameters, or says what is wrong with each.
pub(crate) fn parse(pairs: &[(String, String)]) -> Result<ListQuery, Vec<FieldError>> {
    let order = CatalogueOrder::Newest;
    let filter = CatalogueQuery { order, words: Vec::new(), from: None, to: None };
    let mut query = ListQuery { filter, limit: PAGE_DEFAULT, after: None };
    let (mut errors, mut seen, mut page) = (Vec::new(), HashSet::new(), None);
    for (name, value) in pairs {
        let outcome = if !seen.insert(name) {
            Err("must be given once".to_owned())
        } else if name == "cursor" {
            page = Some(value.as_str()).filter(|text| !text.is_empty());
            Ok(())
        } else {
            set(&mut query, name, value)
        };
        if let Err(message) = outcome {
            errors.push(FieldError { field: name.clone(), message });
        }
    }
    if let (Some(from), Some(to)) = (query.filter.from, query.filter.to)
        && from > to
    {
        errors.push(FieldError { field: "to".to_owned(), message: "must not be before from".to_owned() });
    }
    // The cursor belongs to the other parameters: it can be judged only when they are right.
    if errors.is_empty()
        && let Some(text) = page
    {
        match read_cursor(&query.filter, text) {
            Ok(place) => query.after = Some(place),
            Err(error) => errors.push(FieldError { field: "cursor".to_owned(), message: error.to_string() }),
        }
    }
    if errors.is_empty() { Ok(query) } else { Err(errors) }
}

fn set(query: &mut ListQuery, name: &str, value: &str) -> Result<(), String> {
    let filter = &mut query.filter;
    match name {
        "limit" | "sort" | "q" | "from" | "to" if value.is_empty() => {}
        "limit" => query.limit = page_limit(value)?,
        "sort" => filter.order = order(value)?,
        "q" => filter.words = words(value)?,
        "from" => filter.from = Some(moment(value, "T00:00:00Z")?),
        "to" => filter.to = Some(moment(value, "T23:59:59.999Z")?),
        _ => return Err("is not a parameter of this list".to_owned()),
    }
    Ok(())
}

fn order(text: &str) -> Result<CatalogueOrder, String> {
    let known = SORTS.iter().find(|(name, _)| *name == text).map(|(_, order)| *order);
    known.ok_or_else(|| format!("must be {}", SORTS.map(|(name, _)| name).join(" or ")))
}

fn words(text: &str) -> Result<Vec<String>, String> {
    if text.chars().count() > QUERY_MAX_CHARS {
        return Err(format!("must have at most {QUERY_MAX_CHARS} characters"));
    }
    Ok(search_words([text]))
}

/// A moment, or a date with the time that is meant by it.
fn moment(text: &str, time_of_date: &str) -> Result<Timestamp, String> {
    let dated = format!("{text}{time_of_date}");
    Timestamp::parse(if text.len() == "2027-06-01".len() { &dated } else { text })
        .map_err(|_| "must be a date, such as 2027-06-01, or an RFC 3339 date and time".to_owned())
}

#[cfg(test)]
mod tests {
    use holdfast_domain::TicketId;
    use holdfast_domain::limits::{PAGE_MAX, SEARCH_WORDS_MAX};
    use holdfast_http_api::write_cursor;
    use proptest::prelude::*;
    use proptest::sample::Index;

    use super::*;

    fn asked(pairs: &[(&str, &str)]) -> Result<ListQuery, String> {
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        parse(&pairs).map_err(|errors| {
            let lines = errors.iter().map(|error| format!("{} {}", error.field, error.message));
            lines.collect::<Vec<_>>().join("; ")
        })
    }

    #[test]
    fn nothing_asked_is_the_newest() {
        let query = asked(&[]).unwrap();
        assert_eq!((query.limit, query.after), (24, None));
        assert_eq!(query.filter.order, CatalogueOrder::Newest);
        assert_eq!(
            asked(&[("q", ""), ("sort", ""), ("from", ""), ("to", ""), ("limit", ""), ("cursor", "")]),
            Ok(query)
        );
    }

    #[test]
    fn words_dates_and_order_are_read() {
        let asked =
            asked(&[("sort", "soonest"), ("q", "The Magic-Flute"), ("from", "2027-06-01"), ("to", "2027-06-02")]);
        let filter = asked.unwrap().filter;
        assert_eq!(
            (filter.order, filter.words),
            (CatalogueOrder::Soonest, vec!["magic".to_owned(), "flute".to_owned()])
        );
        assert_eq!(filter.from.unwrap().to_string(), "2027-06-01T00:00:00Z");
        assert_eq!(filter.to.unwrap().to_string(), "2027-06-02T23:59:59.999Z");
    }

    #[test]
    fn moments_may_have_an_offset() {
        let filter = asked(&[("from", "2027-06-01T19:30:00+02:00")]).unwrap().filter;
        assert_eq!(filter.from.unwrap().to_string(), "2027-06-01T17:30:00Z");
    }

    #[test]
    fn every_wrong_parameter_is_named() {
        let long = "x".repeat(201);
        let pairs = [
            ("limit", "51"),
            ("sort", "cheapest"),
            ("q", &long),
            ("from", "soon"),
            ("to", "2027-02-30"),
            ("page", "2"),
        ];
        insta::assert_snapshot!(asked(&pairs).unwrap_err(), @"limit must be a whole number from 1 to 50; sort must be newest or soonest; q must have at most 200 characters; from must be a date, such as 2027-06-01, or an RFC 3339 date and time; to must be a date, such as 2027-06-01, or an RFC 3339 date and time; page is not a parameter of this list");
        insta::assert_snapshot!(asked(&[("from", "2027-06-02"), ("to", "2027-06-01")]).unwrap_err(), @"to must not be before from");
        insta::assert_snapshot!(asked(&[("q", "a"), ("q", "b")]).unwrap_err(), @"q must be given once");
    }

    #[test]
    fn the_samples_are_read_as_the_gateway_sends_them() {
        let sent = |sample: &str| {
            let request = lambda_http::request::from_str(sample).unwrap();
            parse(&holdfast_http_api::query_pairs(&request)).map_err(|errors| errors.len())
        };
        assert_eq!(
            sent(include_str!("../../../events/list_tickets/valid.json")).map_err(drop),
            asked(&[]).map_err(drop)
        );
        let search = sent(include_str!("../../../events/list_tickets/search.json")).unwrap();
        assert_eq!((search.limit, search.filter.words), (10, vec!["magic".to_owned(), "flute".to_owned()]));
        assert_eq!(sent(include_str!("../../../events/list_tickets/bad_query.json")), Err(3));
    }

    #[test]
    fn a_cursor_belongs_to_its_query() {
        let first = asked(&[("q", "flute")]).unwrap();
        let ticket: TicketId = "0199a1b2-0000-7000-8000-000000000001".parse().unwrap();
        let place = CataloguePlace { moment: Timestamp::from_millis(7).unwrap(), ticket };
        let cursor = write_cursor(&first.filter, place);
        assert_eq!(asked(&[("cursor", &cursor), ("q", "flute"), ("limit", "5")]).unwrap().after, Some(place));
        insta::assert_snapshot!(asked(&[("cursor", &cursor), ("q", "magic")]).unwrap_err(), @"cursor is not a cursor of this query: leave it out to begin anew");
    }

    /// Parameters, most of which are right.
    fn parameters() -> impl Strategy<Value = Vec<(String, String)>> {
        let date = || "20[0-9]{2}-[01][0-9]-[0-3][0-9](T[012][0-9]:[0-5][0-9]:[0-5][0-9](Z|[+-]0[0-9]:00))?|";
        let pair = prop_oneof![
            (Just("limit".to_owned()), "[0-9]{0,2}"),
            (Just("sort".to_owned()), "newest|soonest|"),
            (Just("q".to_owned()), "[a-zß ]{0,20}|(?s:.){0,220}"),
            (Just("from".to_owned()), date()),
            (Just("to".to_owned()), date()),
            (Just("cursor".to_owned()), "[A-Za-z0-9_-]{0,50}"),
            ("[a-z]{0,6}", "(?s:.){0,10}"),
        ];
        prop::collection::vec(pair, 0..5)
    }

    proptest! {
        #[test]
        fn a_query_is_within_its_limits_and_the_same_in_any_order(pairs in parameters(), turn in any::<Index>()) {
            let asked = parse(&pairs);
            let mut turned = pairs.clone();
            turned.rotate_left(turn.index(pairs.len() + 1).min(pairs.len()));
            prop_assert_eq!(asked.clone().ok(), parse(&turned).ok());
            match asked {
                Ok(query) => {
                    prop_assert!((1..=PAGE_MAX).contains(&query.limit));
                    prop_assert!(query.filter.words.len() <= SEARCH_WORDS_MAX);
                    if let (Some(from), Some(to)) = (query.filter.from, query.filter.to) {
                        prop_assert!(from <= to);
                    }
                    // The page after this one is asked for with the same parameters and no others.
                    let ticket = format!("0199a1b2-0000-7000-8000-{:012x}", turn.index(1 << 40)).parse().unwrap();
                    let place = CataloguePlace { moment: Timestamp::from_millis(7).unwrap(), ticket };
                    let cursor = ("cursor".to_owned(), write_cursor(&query.filter, place));
                    let mut next: Vec<_> = pairs.into_iter().filter(|(name, _)| name != "cursor").collect();
                    next.insert(turn.index(next.len() + 1), cursor);
                    prop_assert_eq!(parse(&next).map(|query| query.after), Ok(Some(place)));
                }
                Err(errors) => prop_assert!(!errors.is_empty()),
            }
        }
    }
}
