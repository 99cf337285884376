//! Refunds of what was captured.

use serde_json::Value;

use crate::form::Form;
use crate::intents::amount;
use crate::lists::page;
use crate::model::{Charge, Intent, Refund};
use crate::problem::Problem;
use crate::render;
use crate::state::{State, now};

const REASONS: [&str; 3] = ["duplicate", "fraudulent", "requested_by_customer"];

/// `POST /v1/refunds`, by intent or by charge; the amount is what is left unless it is given.
pub(crate) fn create(state: &mut State, form: &Form) -> Result<String, Problem> {
    let mut intent = target(state, form)?;
    let wanted = amount(form, "amount")?;
    if let Some(other) = form.get("reason").filter(|reason| !REASONS.contains(reason)) {
        let message = format!("Invalid reason: must be one of {}, not {other}", REASONS.join(", "));
        return Err(Problem::invalid("parameter_invalid_string", Some("reason"), message));
    }
    let id = intent.id.clone();
    let Some(charge) = intent.charges.last_mut().filter(|charge| charge.captured) else {
        let message = format!("This PaymentIntent ({id}) does not have a successful charge to refund.");
        return Err(Problem::refused("payment_intent_unexpected_state", message));
    };
    let left = charge.amount_captured - charge.amount_refunded;
    if left == 0 {
        let message = format!("Charge {} has already been refunded.", charge.id);
        return Err(Problem::refused("charge_already_refunded", message));
    }
    let wanted = wanted.unwrap_or(left);
    if wanted > left {
        let message = format!("Refund amount ({wanted}) is greater than unrefunded amount on charge ({left})");
        return Err(Problem::refused("amount_too_large", message).with("param", "amount".into()));
    }
    charge.amount_refunded += wanted;
    let charge = charge.clone();
    Ok(record(state, &intent, &charge, wanted, form))
}

fn record(state: &mut State, intent: &Intent, charge: &Charge, wanted: i64, form: &Form) -> String {
    let refund = Refund {
        id: state.id("re"),
        serial: state.serial(),
        created: now(),
        amount: wanted,
        currency: intent.currency.clone(),
        intent: intent.id.clone(),
        charge: charge.id.clone(),
        reason: form.get("reason").map(str::to_owned),
        metadata: form.members("metadata"),
    };
    state.put_intent(intent);
    state.put_refund(&refund);
    state.happened("refund.created", render::refund(&refund));
    state.happened("charge.refunded", render::charge(intent, charge));
    refund.id
}

fn target(state: &State, form: &Form) -> Result<Intent, Problem> {
    if let Some(id) = form.get("payment_intent") {
        let missing = || Problem::no_such("payment_intent", id, "payment_intent");
        return state.intent(id).cloned().ok_or_else(missing);
    }
    let Some(id) = form.get("charge") else {
        let message = "One of the following params should be provided for this request: payment_intent or charge.";
        return Err(Problem::invalid("parameter_missing", None, message));
    };
    let found = state.intents().into_iter().find(|intent| intent.charges.last().is_some_and(|charge| charge.id == id));
    found.cloned().ok_or_else(|| Problem::no_such("charge", id, "charge"))
}

/// `GET /v1/refunds/:id`
pub(crate) fn retrieve(state: &State, id: &str) -> Result<Value, Problem> {
    state.refund(id).map(render::refund).ok_or_else(|| Problem::no_such("refund", id, "id"))
}

/// `GET /v1/refunds`, of one intent or charge or of all.
pub(crate) fn list(state: &State, form: &Form) -> Result<Value, Problem> {
    let belongs = |refund: &Refund| {
        form.get("payment_intent").is_none_or(|id| refund.intent == id)
            && form.get("charge").is_none_or(|id| refund.charge == id)
    };
    let refunds = state.refunds().into_iter().filter(|refund| belongs(refund));
    page(refunds.map(|refund| (refund.id.as_str(), render::refund(refund))).collect(), form, "/v1/refunds")
}
