//! `/v1`: who asks, what for, and what the same key was answered before.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hyper::header::AUTHORIZATION;
use hyper::{HeaderMap, Method, StatusCode};
use serde_json::{Value, json};
use subtle::ConstantTimeEq as _;

use crate::faults::{Action, Fault, Operation};
use crate::form::Form;
use crate::intents::{self, Challenge};
use crate::lists;
use crate::model::Saved;
use crate::problem::Problem;
use crate::refunds;
use crate::render;
use crate::shared::{Inner, Shared};
use crate::state::State;

/// Stripe's own bound.
const MAX_KEY: usize = 255;

/// A request to `/v1`.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) form: Form,
    pub(crate) headers: HeaderMap,
}

/// What a request is answered.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
    pub(crate) request_id: String,
    pub(crate) key: Option<String>,
    /// The request whose answer this is, if it is an old one.
    pub(crate) original: Option<String>,
}

/// The connection is to be closed instead of answering.
#[derive(Debug)]
pub(crate) struct Lost;

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Caller {
    Server,
    Browser,
}

/// What is asked for.
#[derive(Clone, Debug)]
struct Wanted {
    operation: Operation,
    /// The id in the path.
    id: String,
}

/// Handles a request to its end, whether or not anybody still waits for it.
pub(crate) async fn handle(shared: Arc<Shared>, call: Call) -> Result<Reply, Lost> {
    // Not from the state: reading alone writes nothing down, and leaves the ids of what is stored as they are.
    let request_id = format!("req_{}", &uuid::Uuid::new_v4().simple().to_string()[..14]);
    let key = call.headers.get("idempotency-key").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let key = key.filter(|_| call.method == Method::POST);
    let reply = |outcome: Result<Value, Problem>| {
        let (status, body) = answer_of(outcome);
        Reply { status, body, request_id: request_id.clone(), key: key.clone(), original: None }
    };
    let begun = authenticate(&shared, &call).and_then(|caller| Ok((caller, wanted(&call)?)));
    let (caller, wanted) = match begun {
        Ok(begun) => begun,
        Err(problem) => return Ok(reply(Err(problem))),
    };
    *shared.lock().requests.entry(wanted.operation).or_default() += 1;
    if let Some(key) = &key {
        match begin(&mut shared.lock(), &call, key) {
            Ok(None) => {}
            Ok(Some(saved)) => {
                let status = StatusCode::from_u16(saved.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                let original = Some(saved.request_id);
                return Ok(Reply { status, body: saved.body, request_id, key: Some(key.clone()), original });
            }
            Err(problem) => return Ok(reply(Err(problem))),
        }
    }
    let fault = fault(&mut shared.lock(), &wanted, &call.form);
    if fault.delay > Duration::ZERO {
        tokio::time::sleep(fault.delay).await;
    }
    let outcome = perform(&shared, &call, caller, &wanted, &request_id, key.as_deref(), fault.action);
    if fault.action == Some(Action::LostAnswer) { Err(Lost) } else { Ok(reply(outcome)) }
}

fn answer_of(outcome: Result<Value, Problem>) -> (StatusCode, Value) {
    match outcome {
        Ok(body) => (StatusCode::OK, body),
        Err(problem) => (problem.status(), problem.body()),
    }
}

/// Does the work and writes it down together with its answer.
fn perform(
    shared: &Shared,
    call: &Call,
    caller: Caller,
    wanted: &Wanted,
    request_id: &str,
    key: Option<&str>,
    action: Option<Action>,
) -> Result<Value, Problem> {
    if action == Some(Action::CrashBefore) {
        crash(shared);
    }
    let mut inner = shared.lock();
    inner.state.on_behalf_of(request_id, key);
    let outcome = match action {
        Some(Action::ErrorBefore) => Err(Problem::fault()),
        Some(Action::ErrorAfter) => {
            execute(&mut inner, call, caller, wanted, false).and_then(|_| Err(Problem::fault()))
        }
        Some(Action::Stale) => execute(&mut inner, call, caller, wanted, true),
        Some(Action::LostAnswer | Action::Delay | Action::CrashBefore | Action::CrashAfter) | None => {
            execute(&mut inner, call, caller, wanted, false)
        }
    };
    if let Some(key) = key {
        inner.state.vacate(key);
        if outcome.as_ref().err().is_none_or(Problem::is_kept) {
            let (status, body) = answer_of(outcome.clone());
            inner.state.put_saved(Saved {
                key: key.to_owned(),
                path: call.path.clone(),
                parameters: call.form.canonical(),
                request_id: request_id.to_owned(),
                status: status.as_u16(),
                body,
            });
        }
    }
    let written = shared.commit(&mut inner);
    drop(inner);
    if action == Some(Action::CrashAfter) {
        crash(shared);
    }
    // What could not be written down must not be believed.
    written.map_err(|_| Problem::fault()).and(outcome)
}

fn crash(shared: &Shared) {
    if let Some(crash) = shared.options.on_crash {
        crash();
    }
}

/// Looks a key up: a new one is taken, a known one gives its answer.
fn begin(inner: &mut Inner, call: &Call, key: &str) -> Result<Option<Saved>, Problem> {
    if key.len() > MAX_KEY {
        let message = format!("Idempotency keys are up to {MAX_KEY} characters long.");
        return Err(Problem::key_reused(message));
    }
    if let Some(saved) = inner.state.saved(key) {
        if saved.path != call.path {
            return Err(Problem::key_reused(format!(
                "Keys for idempotent requests can only be used for the same endpoint they were first used for ('{}' vs \
                 '{}'). Try using a key other than '{key}' if you meant to execute a different request.",
                call.path, saved.path
            )));
        }
        if saved.parameters != call.form.canonical() {
            return Err(Problem::key_reused(format!(
                "Keys for idempotent requests can only be used with the same parameters they were first used with. Try \
                 using a key other than '{key}' if you meant to execute a different request."
            )));
        }
        return Ok(Some(saved.clone()));
    }
    if inner.state.occupy(key) { Ok(None) } else { Err(Problem::key_in_use(key)) }
}

fn fault(inner: &mut Inner, wanted: &Wanted, form: &Form) -> Fault {
    let intent = if wanted.id.starts_with("pi_") { Some(wanted.id.as_str()) } else { form.get("payment_intent") };
    let known = intent.and_then(|id| inner.state.intent(id)).and_then(|intent| intent.metadata.get("order").cloned());
    let named = form.members("metadata").remove("order");
    let searched = || {
        let (_, value) = form.get("query")?.split_once("metadata['order']:'")?;
        Some(value.split('\'').next()?.to_owned())
    };
    let order = known.or(named).or_else(searched);
    inner.faults.take(wanted.operation, intent, order.as_deref())
}

fn authenticate(shared: &Shared, call: &Call) -> Result<Caller, Problem> {
    let header = call.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let key = match header.and_then(|text| text.split_once(' ')) {
        Some(("Bearer", key)) => key.to_owned(),
        Some(("Basic", encoded)) => {
            let decoded = BASE64_STANDARD.decode(encoded).unwrap_or_default();
            String::from_utf8_lossy(&decoded).trim_end_matches(':').to_owned()
        }
        Some(_) | None => call.form.get("key").unwrap_or_default().to_owned(),
    };
    let is = |known: &str| bool::from(key.as_bytes().ct_eq(known.as_bytes()));
    if is(&shared.options.secret_key) {
        return Ok(Caller::Server);
    }
    if is(&shared.options.publishable_key) {
        return Ok(Caller::Browser);
    }
    if key.is_empty() {
        return Err(Problem::unauthorized(
            "You did not provide an API key. You need to provide your API key in the Authorization header, using \
             Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
        ));
    }
    let shown: String = key.chars().take(7).collect();
    Err(Problem::unauthorized(format!("Invalid API Key provided: {shown}***")))
}

fn wanted(call: &Call) -> Result<Wanted, Problem> {
    let segments: Vec<&str> = call.path.trim_matches('/').split('/').collect();
    let (operation, id) = match (call.method.as_str(), segments.as_slice()) {
        ("POST", ["v1", "payment_intents"]) => (Operation::Create, ""),
        ("GET", ["v1", "payment_intents"]) => (Operation::List, ""),
        ("GET", ["v1", "payment_intents", "search"]) => (Operation::Search, ""),
        ("GET", ["v1", "payment_intents", id]) => (Operation::Retrieve, *id),
        ("POST", ["v1", "payment_intents", id, "confirm"]) => (Operation::Confirm, *id),
        ("POST", ["v1", "payment_intents", id, "capture"]) => (Operation::Capture, *id),
        ("POST", ["v1", "payment_intents", id, "cancel"]) => (Operation::Cancel, *id),
        ("POST", ["v1", "refunds"]) => (Operation::Refund, ""),
        ("GET", ["v1", "refunds"]) => (Operation::ListRefunds, ""),
        ("GET", ["v1", "refunds", id]) => (Operation::RetrieveRefund, *id),
        ("POST", ["v3", "payment_intents", id, "challenge"]) => (Operation::Challenge, *id),
        _ => return Err(Problem::no_route(call.method.as_str(), &call.path)),
    };
    Ok(Wanted { operation, id: id.to_owned() })
}

fn execute(inner: &mut Inner, call: &Call, caller: Caller, wanted: &Wanted, blind: bool) -> Result<Value, Problem> {
    let (state, form, id) = (&mut inner.state, &call.form, wanted.id.as_str());
    if caller == Caller::Browser {
        admit(state, form, wanted)?;
    }
    match wanted.operation {
        Operation::Create => {
            let id = intents::create(state, form)?;
            shown(state, caller, form, &id)
        }
        Operation::Retrieve => shown(state, caller, form, id),
        Operation::Confirm => intents::confirm(state, id, form).and_then(|()| shown(state, caller, form, id)),
        Operation::Capture => intents::capture(state, id, form).and_then(|()| shown(state, caller, form, id)),
        Operation::Cancel => intents::cancel(state, id, form).and_then(|()| shown(state, caller, form, id)),
        Operation::Challenge => {
            let outcome = if form.get("outcome") == Some("complete") { Challenge::Complete } else { Challenge::Fail };
            intents::challenge(state, id, outcome).and_then(|()| shown(state, caller, form, id))
        }
        Operation::List => lists::list(state, form),
        Operation::Search => lists::search(state, form, blind),
        Operation::Refund => {
            let id = refunds::create(state, form)?;
            refunds::retrieve(state, &id)
        }
        Operation::RetrieveRefund => refunds::retrieve(state, id),
        Operation::ListRefunds => refunds::list(state, form),
    }
    .map_err(|problem| if caller == Caller::Browser { without_private(problem, state, id) } else { problem })
}

/// A browser may look at the intent whose secret it has, and confirm it.
fn admit(state: &State, form: &Form, wanted: &Wanted) -> Result<(), Problem> {
    match wanted.operation {
        Operation::Retrieve | Operation::Confirm | Operation::Challenge => {}
        Operation::Create
        | Operation::Capture
        | Operation::Cancel
        | Operation::List
        | Operation::Search
        | Operation::Refund
        | Operation::RetrieveRefund
        | Operation::ListRefunds => return Err(Problem::secret_key_required()),
    }
    let given = form.get("client_secret").ok_or_else(|| Problem::missing("client_secret"))?;
    let intent = intents::find(state, &wanted.id)?;
    if bool::from(given.as_bytes().ct_eq(intent.client_secret.as_bytes())) {
        return Ok(());
    }
    let message = "The client_secret provided does not match the client_secret associated with the PaymentIntent.";
    Err(Problem::invalid("payment_intent_invalid_parameter", Some("client_secret"), message))
}

fn shown(state: &State, caller: Caller, form: &Form, id: &str) -> Result<Value, Problem> {
    let intent = intents::find(state, id)?;
    Ok(match caller {
        Caller::Server => render::intent(&intent, &form.entries("expand")),
        Caller::Browser => render::public_intent(&intent),
    })
}

fn without_private(problem: Problem, state: &State, id: &str) -> Problem {
    match state.intent(id) {
        Some(intent) => problem.with("payment_intent", render::public_intent(intent)),
        None => problem,
    }
}

impl Reply {
    /// For answers that are no part of the API.
    pub(crate) fn not_found(method: &Method, path: &str) -> Self {
        let problem = Problem::no_route(method.as_str(), path);
        let (request_id, body) = ("req_none".to_owned(), problem.body());
        Self { status: problem.status(), body, request_id, key: None, original: None }
    }

    /// An answer of the controls.
    pub(crate) fn plain(status: StatusCode, body: Value) -> Self {
        Self { status, body, request_id: "req_fake".to_owned(), key: None, original: None }
    }

    /// An answer of the controls that says why not.
    pub(crate) fn refused(status: StatusCode, message: &str) -> Self {
        Self::plain(status, json!({ "error": { "type": "invalid_request_error", "message": message } }))
    }
}
