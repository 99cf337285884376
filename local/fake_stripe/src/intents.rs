//! Payment intents: Stripe's state machine for cards.

use crate::cards;
use crate::form::Form;
use crate::model::{CaptureMethod, Charge, Failure, Intent, Method, Status};
use crate::problem::Problem;
use crate::render;
use crate::state::{State, now};

/// Parameters that creating an intent knows; the others are refused, as Stripe does.
const KNOWN: [&str; 27] = [
    "allowed_payment_method_types",
    "amount",
    "automatic_payment_methods",
    "capture_method",
    "client_secret",
    "confirm",
    "confirmation_method",
    "currency",
    "customer",
    "description",
    "error_on_requires_action",
    "expand",
    "key",
    "metadata",
    "off_session",
    "payment_method",
    "payment_method_data",
    "payment_method_options",
    "payment_method_types",
    "receipt_email",
    "return_url",
    "setup_future_usage",
    "shipping",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_group",
    "use_stripe_sdk",
];
/// The largest amount of eight digits.
const MAX_AMOUNT: i64 = 99_999_999;
const REASONS: [&str; 4] = ["abandoned", "duplicate", "fraudulent", "requested_by_customer"];

/// How an issuer's question ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Challenge {
    Complete,
    Fail,
}

/// An amount in minor units.
pub(crate) fn amount(form: &Form, name: &str) -> Result<Option<i64>, Problem> {
    let Some(text) = form.get(name) else { return Ok(None) };
    let invalid = || Problem::invalid("parameter_invalid_integer", Some(name), format!("Invalid integer: {text}"));
    let amount: i64 = text.parse().map_err(|_| invalid())?;
    if amount < 1 {
        let message = "This value must be greater than or equal to 1.";
        return Err(Problem::invalid("parameter_invalid_integer", Some(name), message));
    }
    Ok(Some(amount))
}

/// `POST /v1/payment_intents`
pub(crate) fn create(state: &mut State, form: &Form) -> Result<String, Problem> {
    if let Some(unknown) = form.roots().into_iter().find(|name| !KNOWN.contains(name)) {
        return Err(Problem::invalid(
            "parameter_unknown",
            Some(unknown),
            format!("Received unknown parameter: {unknown}"),
        ));
    }
    let amount = amount(form, "amount")?.ok_or_else(|| Problem::missing("amount"))?;
    let currency = form.get("currency").ok_or_else(|| Problem::missing("currency"))?.to_lowercase();
    if currency.len() != 3 || !currency.bytes().all(|byte| byte.is_ascii_lowercase()) {
        let message = format!("Invalid currency: {currency}. Stripe currently supports these currencies: …");
        return Err(Problem::invalid("parameter_invalid_string", Some("currency"), message));
    }
    check_amount(amount, &currency)?;
    let wanted = form.get("capture_method").unwrap_or("automatic_async");
    let capture_method = CaptureMethod::parse(wanted).ok_or_else(|| {
        Problem::invalid(
            "parameter_invalid_string",
            Some("capture_method"),
            format!("Invalid capture_method: {wanted}"),
        )
    })?;
    // The newer name and the older one.
    for name in ["allowed_payment_method_types", "payment_method_types"] {
        if let Some(other) = form.entries(name).into_iter().find(|kind| *kind != "card") {
            let message = format!("The payment method type \"{other}\" is invalid: this account takes cards only.");
            return Err(Problem::invalid("parameter_invalid_string", Some(name), message));
        }
    }
    let method = chosen_method(state, form)?;
    let id = state.id("pi");
    let secret = state.id("secret");
    let intent = Intent {
        client_secret: format!("{id}_{secret}"),
        serial: state.serial(),
        created: now(),
        amount,
        currency,
        capture_method,
        status: if method.is_some() { Status::RequiresConfirmation } else { Status::RequiresPaymentMethod },
        metadata: form.members("metadata"),
        description: form.get("description").map(str::to_owned),
        receipt_email: form.get("receipt_email").map(str::to_owned),
        canceled_at: None,
        cancellation_reason: None,
        method,
        charges: Vec::new(),
        last_failure: None,
        id: id.clone(),
    };
    state.put_intent(&intent);
    state.happened("payment_intent.created", render::intent(&intent, &[]));
    if form.is_set("confirm") {
        confirm(state, &id, &Form::default())?;
    }
    Ok(id)
}

fn check_amount(amount: i64, currency: &str) -> Result<(), Problem> {
    // Stripe's smallest charges; for other currencies it is left to the caller to know them.
    let least = match currency {
        "usd" | "eur" | "chf" | "cad" | "aud" | "nzd" | "sgd" | "brl" | "jpy" => 50,
        "gbp" => 30,
        "sek" | "nok" => 300,
        "dkk" => 250,
        "pln" => 200,
        "czk" => 1500,
        "mxn" => 1000,
        "hkd" => 400,
        "huf" => 17500,
        _ => 1,
    };
    if amount < least {
        let message = format!("The amount must be at least {least} in the smallest unit of {currency}.");
        return Err(Problem::invalid("amount_too_small", Some("amount"), message));
    }
    if amount > MAX_AMOUNT {
        let message = format!("The amount must be no more than {MAX_AMOUNT} in the smallest unit of {currency}.");
        return Err(Problem::invalid("amount_too_large", Some("amount"), message));
    }
    Ok(())
}

/// The card that a request names: by a payment method's name, or as it was typed.
fn chosen_method(state: &mut State, form: &Form) -> Result<Option<Method>, Problem> {
    let card = if let Some(name) = form.get("payment_method") {
        cards::by_method(name).ok_or_else(|| {
            let message = format!("No such PaymentMethod: '{name}'");
            Problem::invalid("resource_missing", Some("payment_method"), message)
        })?
    } else if let Some(kind) = form.get("payment_method_data[type]") {
        if kind != "card" {
            let message = format!("Invalid payment method type: {kind}");
            return Err(Problem::invalid("parameter_invalid_string", Some("payment_method_data[type]"), message));
        }
        let typed = form.members("payment_method_data[card]");
        let member = |name: &str| {
            let missing = || Problem::missing(&format!("payment_method_data[card][{name}]"));
            typed.get(name).map(String::as_str).ok_or_else(missing)
        };
        let cvc = typed.get("cvc").map(String::as_str);
        cards::typed(member("number")?, member("exp_month")?, member("exp_year")?, cvc, this_month())?
    } else {
        return Ok(None);
    };
    Ok(Some(Method { id: state.id("pm"), created: now(), card }))
}

/// The year and the month, as a card's expiry is compared with them.
fn this_month() -> (u16, u8) {
    // Civil date from days, after Hinnant: eras of 400 years that begin in March.
    let days = now().div_euclid(86_400) + 719_468;
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = year_of_era + days.div_euclid(146_097) * 400 + i64::from(month <= 2);
    (u16::try_from(year).unwrap_or(u16::MAX), u8::try_from(month).unwrap_or(12))
}

/// The intent of an id.
pub(crate) fn find(state: &State, id: &str) -> Result<Intent, Problem> {
    state.intent(id).cloned().ok_or_else(|| Problem::no_such("payment_intent", id, "intent"))
}

/// `POST /v1/payment_intents/:id/confirm`
pub(crate) fn confirm(state: &mut State, id: &str, form: &Form) -> Result<(), Problem> {
    let mut intent = find(state, id)?;
    match intent.status {
        Status::RequiresPaymentMethod | Status::RequiresConfirmation | Status::RequiresAction => {}
        Status::Succeeded => {
            let message = "You cannot confirm this PaymentIntent because it has already succeeded after being \
                           previously confirmed.";
            return Err(Problem::unexpected_state(message, render::intent(&intent, &[])));
        }
        Status::RequiresCapture | Status::Canceled => {
            let message = format!(
                "You cannot confirm this PaymentIntent because it has a status of {}. Only a PaymentIntent with one of \
                 the following statuses may be confirmed: requires_confirmation, requires_action.",
                intent.status.as_str()
            );
            return Err(Problem::unexpected_state(message, render::intent(&intent, &[])));
        }
    }
    if let Some(method) = chosen_method(state, form)? {
        intent.method = Some(method);
    }
    let Some(method) = intent.method.clone() else {
        let message = "You cannot confirm this PaymentIntent because it's missing a payment method. You can either \
                       update the PaymentIntent with a payment method and then confirm it again, or confirm it again \
                       directly with a payment method or ConfirmationToken.";
        return Err(Problem::unexpected_state(message, render::intent(&intent, &[])));
    };
    intent.last_failure = None;
    if method.card.challenged {
        intent.status = Status::RequiresAction;
        state.put_intent(&intent);
        state.happened("payment_intent.requires_action", render::intent(&intent, &[]));
        return Ok(());
    }
    attempt(state, intent, method, false)
}

/// Asks the issuer for the money.
fn attempt(state: &mut State, mut intent: Intent, method: Method, authenticated: bool) -> Result<(), Problem> {
    let decline = method.card.decline;
    let captured = decline.is_none() && intent.capture_method != CaptureMethod::Manual;
    let charge = Charge {
        id: state.id("ch"),
        created: now(),
        amount: intent.amount,
        amount_captured: if captured { intent.amount } else { 0 },
        amount_refunded: 0,
        captured,
        decline,
        authenticated,
        method: method.clone(),
    };
    let charge_id = charge.id.clone();
    intent.charges.push(charge);
    if let Some(decline) = decline {
        intent.last_failure = Some(Failure::Declined { decline, charge: charge_id, method });
        return Err(refuse(state, intent));
    }
    intent.status = if captured { Status::Succeeded } else { Status::RequiresCapture };
    state.put_intent(&intent);
    charge_happened(state, &intent, "charge.succeeded");
    let kind = if captured { "payment_intent.succeeded" } else { "payment_intent.amount_capturable_updated" };
    state.happened(kind, render::intent(&intent, &[]));
    Ok(())
}

/// Lets the buyer try another card, and answers why this one did not do.
fn refuse(state: &mut State, mut intent: Intent) -> Problem {
    intent.status = Status::RequiresPaymentMethod;
    intent.method = None;
    state.put_intent(&intent);
    if matches!(intent.last_failure, Some(Failure::Declined { .. })) {
        charge_happened(state, &intent, "charge.failed");
    }
    let shown = render::intent(&intent, &[]);
    state.happened("payment_intent.payment_failed", shown.clone());
    let (status, error) = match &intent.last_failure {
        Some(failure @ Failure::Declined { .. }) => (hyper::StatusCode::PAYMENT_REQUIRED, render::failure(failure)),
        Some(failure @ Failure::NotAuthenticated { .. }) => (hyper::StatusCode::BAD_REQUEST, render::failure(failure)),
        None => (hyper::StatusCode::BAD_REQUEST, serde_json::Map::new()),
    };
    Problem::stored(status, error).with("payment_intent", shown)
}

fn charge_happened(state: &mut State, intent: &Intent, kind: &str) {
    if let Some(charge) = intent.charges.last() {
        state.happened(kind, render::charge(intent, charge));
    }
}

/// The buyer has answered the issuer's question, or given up.
pub(crate) fn challenge(state: &mut State, id: &str, outcome: Challenge) -> Result<(), Problem> {
    let mut intent = find(state, id)?;
    let (Status::RequiresAction, Some(method)) = (intent.status, intent.method.clone()) else {
        let message = format!("This PaymentIntent has a status of {}: nobody asks for more.", intent.status.as_str());
        return Err(Problem::unexpected_state(message, render::intent(&intent, &[])));
    };
    match outcome {
        Challenge::Complete => attempt(state, intent, method, true),
        Challenge::Fail => {
            intent.last_failure = Some(Failure::NotAuthenticated { method });
            Err(refuse(state, intent))
        }
    }
}

/// `POST /v1/payment_intents/:id/capture`
pub(crate) fn capture(state: &mut State, id: &str, form: &Form) -> Result<(), Problem> {
    let mut intent = find(state, id)?;
    let wanted = amount(form, "amount_to_capture")?.unwrap_or(intent.amount);
    if intent.status != Status::RequiresCapture {
        let message = if intent.status == Status::Succeeded {
            "This PaymentIntent could not be captured because it has already been captured.".to_owned()
        } else {
            format!(
                "This PaymentIntent could not be captured because it has a status of {}. Only a PaymentIntent with one \
                 of the following statuses may be captured: requires_capture.",
                intent.status.as_str()
            )
        };
        return Err(Problem::unexpected_state(message, render::intent(&intent, &[])));
    }
    if wanted > intent.amount {
        let message = "The capture amount is greater than the amount that was authorized.";
        return Err(Problem::invalid("amount_too_large", Some("amount_to_capture"), message));
    }
    intent.status = Status::Succeeded;
    if let Some(charge) = intent.charges.last_mut() {
        charge.captured = true;
        charge.amount_captured = wanted;
    }
    state.put_intent(&intent);
    charge_happened(state, &intent, "charge.captured");
    state.happened("payment_intent.succeeded", render::intent(&intent, &[]));
    Ok(())
}

/// `POST /v1/payment_intents/:id/cancel`
pub(crate) fn cancel(state: &mut State, id: &str, form: &Form) -> Result<(), Problem> {
    let intent = find(state, id)?;
    let reason = form.get("cancellation_reason");
    if let Some(other) = reason.filter(|reason| !REASONS.contains(reason)) {
        let message = format!("Invalid cancellation_reason: must be one of {}, not {other}", REASONS.join(", "));
        return Err(Problem::invalid("parameter_invalid_string", Some("cancellation_reason"), message));
    }
    match intent.status {
        Status::RequiresPaymentMethod
        | Status::RequiresConfirmation
        | Status::RequiresAction
        | Status::RequiresCapture => {}
        Status::Succeeded | Status::Canceled => {
            let message = format!(
                "You cannot cancel this PaymentIntent because it has a status of {}. Only a PaymentIntent with one of \
                 the following statuses may be canceled: requires_payment_method, requires_capture, \
                 requires_reauthorization, requires_confirmation, requires_action, processing.",
                intent.status.as_str()
            );
            return Err(Problem::unexpected_state(message, render::intent(&intent, &[])));
        }
    }
    end(state, intent, reason);
    Ok(())
}

/// The issuer's promise has run out: after seven days, or when a test says so.
pub(crate) fn lapse(state: &mut State, id: &str) -> Result<(), Problem> {
    let intent = find(state, id)?;
    if intent.status != Status::RequiresCapture {
        let message = format!("A status of {} has no authorisation that could lapse.", intent.status.as_str());
        return Err(Problem::unexpected_state(message, render::intent(&intent, &[])));
    }
    end(state, intent, Some("automatic"));
    Ok(())
}

fn end(state: &mut State, mut intent: Intent, reason: Option<&str>) {
    let authorised = intent.status == Status::RequiresCapture;
    intent.status = Status::Canceled;
    intent.canceled_at = Some(now());
    intent.cancellation_reason = reason.map(str::to_owned);
    if let Some(charge) = intent.charges.last_mut().filter(|_| authorised) {
        charge.amount_refunded = charge.amount;
    }
    state.put_intent(&intent);
    if authorised {
        let kind = if reason == Some("automatic") { "charge.expired" } else { "charge.refunded" };
        charge_happened(state, &intent, kind);
    }
    state.happened("payment_intent.canceled", render::intent(&intent, &[]));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_month_is_a_month() {
        let (year, month) = this_month();
        assert!(year >= 2026 && (1..=12).contains(&month));
    }
}
