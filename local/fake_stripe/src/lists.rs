//! Lists and searches.

use serde_json::{Value, json};

use crate::form::Form;
use crate::model::Intent;
use crate::problem::Problem;
use crate::render;
use crate::state::State;

/// Part of a list, the newest first.
pub(crate) fn page(all: Vec<(&str, Value)>, form: &Form, url: &str) -> Result<Value, Problem> {
    let limit = limit(form)?;
    let position = |name: &str| match form.get(name) {
        None => Ok(None),
        Some(id) => match all.iter().position(|(known, _)| *known == id) {
            Some(found) => Ok(Some(found)),
            None => Err(Problem::no_such("object", id, name)),
        },
    };
    let (after, before) = (position("starting_after")?, position("ending_before")?);
    let (from, to) = match (after, before) {
        (Some(after), _) => (after + 1, (after + 1 + limit).min(all.len())),
        (None, Some(before)) => (before.saturating_sub(limit), before),
        (None, None) => (0, limit.min(all.len())),
    };
    let has_more = if after.is_none() && before.is_some() { from > 0 } else { to < all.len() };
    let data: Vec<Value> = all.into_iter().take(to).skip(from).map(|(_, value)| value).collect();
    Ok(json!({ "object": "list", "data": data, "has_more": has_more, "url": url }))
}

fn limit(form: &Form) -> Result<usize, Problem> {
    match form.get("limit") {
        None => Ok(10),
        Some(text) => text.parse().ok().filter(|limit| (1..=100).contains(limit)).ok_or_else(|| {
            let message = "This value must be between 1 and 100.";
            Problem::invalid("parameter_invalid_integer", Some("limit"), message)
        }),
    }
}

/// Members of lists and results are expanded by `data.latest_charge`.
fn expand_in_data(form: &Form) -> Vec<&str> {
    form.entries("expand").into_iter().filter_map(|name| name.strip_prefix("data.")).collect()
}

/// `GET /v1/payment_intents`
pub(crate) fn list(state: &State, form: &Form) -> Result<Value, Problem> {
    let expand = expand_in_data(form);
    let all = state.intents().into_iter().map(|one| (one.id.as_str(), render::intent(one, &expand))).collect();
    page(all, form, "/v1/payment_intents")
}

/// `GET /v1/payment_intents/search`; Stripe's own lags behind by up to a minute, this one only when told to (`blind`).
pub(crate) fn search(state: &State, form: &Form, blind: bool) -> Result<Value, Problem> {
    let query = form.get("query").ok_or_else(|| Problem::missing("query"))?;
    let clauses = query.split(" AND ").map(Clause::parse).collect::<Option<Vec<_>>>().ok_or_else(|| {
        let message = "We were unable to parse your search query. Known here: metadata['key']:'value' and \
                       status:'value', joined by AND.";
        Problem::invalid("parameter_invalid_string", Some("query"), message)
    })?;
    let limit = limit(form)?;
    let expand = expand_in_data(form);
    let found: Vec<&Intent> =
        state.intents().into_iter().filter(|one| !blind && clauses.iter().all(|clause| clause.matches(one))).collect();
    let data: Vec<Value> = found.iter().take(limit).map(|one| render::intent(one, &expand)).collect();
    Ok(json!({
        "object": "search_result",
        "data": data,
        "has_more": found.len() > limit,
        "next_page": null,
        "total_count": found.len(),
        "url": "/v1/payment_intents/search",
    }))
}

/// One condition of a search.
enum Clause {
    Metadata(String, String),
    Status(String),
}

impl Clause {
    fn parse(text: &str) -> Option<Self> {
        let quoted = |text: &str| {
            let inner = text.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
            let inner = inner.or_else(|| text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')))?;
            (!inner.contains(['\'', '"'])).then(|| inner.to_owned())
        };
        let text = text.trim();
        if let Some(rest) = text.strip_prefix("metadata[") {
            let (key, value) = rest.split_once("]:")?;
            return Some(Self::Metadata(quoted(key)?, quoted(value)?));
        }
        Some(Self::Status(quoted(text.strip_prefix("status:")?)?))
    }

    fn matches(&self, intent: &Intent) -> bool {
        match self {
            Self::Metadata(key, value) => intent.metadata.get(key) == Some(value),
            Self::Status(status) => intent.status.as_str() == status,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_reads_what_stripes_documentation_shows() {
        assert!(
            matches!(Clause::parse("metadata['order']:'1'"), Some(Clause::Metadata(k, v)) if k == "order" && v == "1")
        );
        assert!(matches!(Clause::parse("metadata[\"order\"]:\"1\""), Some(Clause::Metadata(..))));
        assert!(matches!(Clause::parse("status:'succeeded'"), Some(Clause::Status(_))));
        assert!(Clause::parse("amount>5").is_none());
        assert!(Clause::parse("metadata['order']:'1' OR 'x'").is_none());
    }
}
