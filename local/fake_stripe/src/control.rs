//! `/_fake`: what tests ask for and Stripe does not have.

use hyper::{Method, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::api::Reply;
use crate::faults::{Action, Rule};
use crate::intents::{self, Challenge};
use crate::model::Delivery;
use crate::problem::Problem;
use crate::render;
use crate::shared::Shared;
use crate::state::State;
use crate::webhooks::{LetGo, Manner};

/// Answers a request to `/_fake/…`; `path` is what follows.
pub(crate) fn handle(shared: &Shared, method: &Method, path: &str, body: &[u8]) -> Reply {
    let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
    match (method.as_str(), segments.as_slice()) {
        ("GET", ["ledger"]) => Reply::plain(StatusCode::OK, json!(shared.ledger())),
        ("GET", ["events"]) => {
            let inner = shared.lock();
            Reply::plain(StatusCode::OK, inner.state.events().iter().map(render::event).collect())
        }
        ("GET", ["faults"]) => Reply::plain(StatusCode::OK, json!(shared.lock().faults.rules())),
        ("POST", ["faults"]) => answer(read(body).and_then(|rules| add(shared, rules))),
        ("DELETE", ["faults"]) => {
            shared.lock().faults.clear();
            Reply::plain(StatusCode::OK, json!([]))
        }
        ("GET", ["webhooks"]) => Reply::plain(StatusCode::OK, shared.deliveries()),
        ("POST", ["webhooks"]) => answer(read::<Manner>(body).map(|manner| {
            shared.lock().post.manner = manner.clone();
            json!(manner)
        })),
        ("POST", ["webhooks", "deliver"]) => answer(read::<LetGo>(body).and_then(|which| {
            let count = shared.let_go(&which, Delivery::Held).map_err(|error| error.to_string())?;
            Ok(json!({ "count": count }))
        })),
        ("POST", ["intents", id, "lapse"]) => on_intent(shared, id, |state| intents::lapse(state, id)),
        ("POST", ["intents", id, "challenge"]) => match read::<Outcome>(body) {
            Ok(wanted) => on_intent(shared, id, |state| intents::challenge(state, id, wanted.outcome.into())),
            Err(message) => answer(Err(message)),
        },
        _ => Reply::not_found(method, &format!("/_fake/{path}")),
    }
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Outcome {
    outcome: OutcomeName,
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "snake_case")]
enum OutcomeName {
    Complete,
    Fail,
}

impl From<OutcomeName> for Challenge {
    fn from(name: OutcomeName) -> Self {
        match name {
            OutcomeName::Complete => Self::Complete,
            OutcomeName::Fail => Self::Fail,
        }
    }
}

/// One rule or several.
#[derive(serde::Deserialize)]
#[serde(untagged)]
enum Rules {
    One(Rule),
    Several(Vec<Rule>),
}

fn add(shared: &Shared, rules: Rules) -> Result<Value, String> {
    let rules = match rules {
        Rules::One(rule) => vec![rule],
        Rules::Several(rules) => rules,
    };
    let crashes = |rule: &Rule| matches!(rule.action, Action::CrashBefore | Action::CrashAfter);
    if shared.options.on_crash.is_none() && rules.iter().any(crashes) {
        return Err("only a process of its own can crash".to_owned());
    }
    let mut inner = shared.lock();
    for rule in rules {
        inner.faults.add(rule);
    }
    Ok(json!(inner.faults.rules()))
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    let body = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(body).map_err(|error| error.to_string())
}

fn answer(outcome: Result<Value, String>) -> Reply {
    match outcome {
        Ok(body) => Reply::plain(StatusCode::OK, body),
        Err(message) => Reply::refused(StatusCode::BAD_REQUEST, &message),
    }
}

fn on_intent(shared: &Shared, id: &str, change: impl FnOnce(&mut State) -> Result<(), Problem>) -> Reply {
    let mut inner = shared.lock();
    let changed = change(&mut inner.state);
    if let Err(error) = shared.commit(&mut inner) {
        return Reply::refused(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string());
    }
    match (changed, inner.state.intent(id)) {
        // A challenge that ends badly is what was asked for.
        (Err(problem), _) if !problem.is_failed_payment() => Reply::plain(problem.status(), problem.body()),
        (Ok(()) | Err(_), Some(intent)) => Reply::plain(StatusCode::OK, render::intent(intent, &[])),
        (Ok(()) | Err(_), None) => Reply::refused(StatusCode::NOT_FOUND, "there is no such intent"),
    }
}
