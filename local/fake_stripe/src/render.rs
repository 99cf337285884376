//! Objects as Stripe writes them. Every field that its libraries require is there.

use serde_json::{Map, Value, json};

use crate::cards::Decline;
use crate::model::{Charge, Event, Failure, Intent, Method, Refund, Status};

/// The version of the API whose objects these are.
pub(crate) const API_VERSION: &str = "2026-09-30.endive";

fn billing_details() -> Value {
    let address = json!({
        "city": null, "country": null, "line1": null, "line2": null, "postal_code": null, "state": null
    });
    json!({ "address": address, "email": null, "name": null, "phone": null, "tax_id": null })
}

/// A payment method.
pub(crate) fn method(method: &Method) -> Value {
    let card = &method.card;
    json!({
        "id": method.id,
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": billing_details(),
        "card": {
            "brand": card.brand,
            "checks": { "address_line1_check": null, "address_postal_code_check": null, "cvc_check": "pass" },
            "country": "US",
            "display_brand": card.brand,
            "exp_month": card.exp_month,
            "exp_year": card.exp_year,
            "fingerprint": format!("fake{}", card.last4),
            "funding": "credit",
            "generated_from": null,
            "last4": card.last4,
            "networks": { "available": [card.brand], "preferred": null },
            "regulated_status": "unregulated",
            "three_d_secure_usage": { "supported": true },
            "wallet": null,
        },
        "created": method.created,
        "customer": null,
        "livemode": false,
        "metadata": {},
        "type": "card",
    })
}

fn card_details(charge: &Charge) -> Value {
    let card = &charge.method.card;
    let three_d_secure = charge.authenticated.then(|| {
        json!({
            "authentication_flow": "challenge", "electronic_commerce_indicator": "05", "exemption_indicator": null,
            "result": "authenticated", "result_reason": null, "transaction_id": null, "version": "2.2.0",
        })
    });
    json!({
        "amount_authorized": charge.decline.is_none().then_some(charge.amount),
        "authorization_code": null,
        "brand": card.brand,
        "capture_before": (charge.decline.is_none() && !charge.captured).then_some(charge.created + 7 * 86_400),
        "checks": { "address_line1_check": null, "address_postal_code_check": null, "cvc_check": "pass" },
        "country": "US",
        "exp_month": card.exp_month,
        "exp_year": card.exp_year,
        "extended_authorization": { "status": "disabled" },
        "fingerprint": format!("fake{}", card.last4),
        "funding": "credit",
        "incremental_authorization": { "status": "unavailable" },
        "installments": null,
        "last4": card.last4,
        "mandate": null,
        "multicapture": { "status": "unavailable" },
        "network": card.brand,
        "network_token": { "used": false },
        "network_transaction_id": null,
        "overcapture": { "maximum_amount_capturable": charge.amount, "status": "unavailable" },
        "regulated_status": "unregulated",
        "three_d_secure": three_d_secure,
        "wallet": null,
    })
}

fn outcome(charge: &Charge) -> Value {
    let (status, kind, reason, message) = match charge.decline {
        None => ("approved_by_network", "authorized", None, "Payment complete."),
        Some(decline) => (
            "declined_by_network",
            "issuer_declined",
            Some(decline.decline_code()),
            "The bank did not return any further details with this decline.",
        ),
    };
    json!({
        "advice_code": null, "network_advice_code": null, "network_decline_code": null, "network_status": status,
        "reason": reason, "risk_level": "normal", "risk_score": 7, "seller_message": message, "type": kind,
    })
}

/// A charge of an intent.
pub(crate) fn charge(intent: &Intent, charge: &Charge) -> Value {
    let failed = charge.decline.is_some();
    json!({
        "id": charge.id,
        "object": "charge",
        "amount": charge.amount,
        "amount_captured": charge.amount_captured,
        "amount_refunded": charge.amount_refunded,
        "application": null,
        "application_fee": null,
        "application_fee_amount": null,
        "balance_transaction": null,
        "billing_details": billing_details(),
        "calculated_statement_descriptor": "HOLDFAST",
        "captured": charge.captured,
        "created": charge.created,
        "currency": intent.currency,
        "customer": null,
        "description": intent.description,
        "disputed": false,
        "failure_balance_transaction": null,
        "failure_code": charge.decline.map(Decline::code),
        "failure_message": charge.decline.map(Decline::message),
        "fraud_details": {},
        "livemode": false,
        "metadata": intent.metadata,
        "on_behalf_of": null,
        "outcome": outcome(charge),
        "paid": !failed,
        "payment_intent": intent.id,
        "payment_method": charge.method.id,
        "payment_method_details": { "card": card_details(charge), "type": "card" },
        "receipt_email": intent.receipt_email,
        "receipt_number": null,
        "receipt_url": null,
        "refunded": charge.is_refunded(),
        "review": null,
        "shipping": null,
        "source": null,
        "source_transfer": null,
        "statement_descriptor": null,
        "statement_descriptor_suffix": null,
        "status": if failed { "failed" } else { "succeeded" },
        "transfer_data": null,
        "transfer_group": null,
    })
}

/// The error that a failure is answered with and remembered by.
pub(crate) fn failure(failure: &Failure) -> Map<String, Value> {
    let value = match failure {
        Failure::Declined { decline, charge, method: used } => {
            let mut error = json!({
                "charge": charge,
                "code": decline.code(),
                "decline_code": decline.decline_code(),
                "doc_url": format!("https://stripe.com/docs/error-codes/{}", decline.code().replace('_', "-")),
                "message": decline.message(),
                "payment_method": method(used),
                "type": "card_error",
            });
            if *decline == Decline::IncorrectCvc {
                error["param"] = json!("cvc");
            }
            error
        }
        Failure::NotAuthenticated { method: used } => json!({
            "code": "payment_intent_authentication_failure",
            "doc_url": "https://stripe.com/docs/error-codes/payment-intent-authentication-failure",
            "message": "We are unable to authenticate your payment method. Please choose a different payment method \
                        and try again.",
            "payment_method": method(used),
            "type": "invalid_request_error",
        }),
    };
    match value {
        Value::Object(members) => members,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => Map::new(),
    }
}

fn next_action(intent: &Intent) -> Value {
    if intent.status != Status::RequiresAction {
        return Value::Null;
    }
    json!({
        "type": "use_stripe_sdk",
        "use_stripe_sdk": {
            "type": "stripe_3ds2_fingerprint",
            "three_d_secure_2_source": format!("src_{}", intent.id.trim_start_matches("pi_")),
            "directory_server_name": "visa",
            "server_transaction_id": intent.id,
        },
    })
}

/// An intent; `expand` names what is to be written out instead of its id.
pub(crate) fn intent(intent: &Intent, expand: &[&str]) -> Value {
    let latest = intent
        .charges
        .last()
        .map(|latest| if expand.contains(&"latest_charge") { charge(intent, latest) } else { json!(latest.id) });
    let used = intent
        .method
        .as_ref()
        .map(|used| if expand.contains(&"payment_method") { method(used) } else { json!(used.id) });
    json!({
        "id": intent.id,
        "object": "payment_intent",
        "allowed_payment_method_types": ["card"],
        "amount": intent.amount,
        "amount_capturable": intent.amount_capturable(),
        "amount_details": { "tip": {} },
        "amount_received": intent.amount_received(),
        "application": null,
        "application_fee_amount": null,
        "automatic_payment_methods": null,
        "canceled_at": intent.canceled_at,
        "cancellation_reason": intent.cancellation_reason,
        "capture_method": intent.capture_method.as_str(),
        "client_secret": intent.client_secret,
        "confirmation_method": "automatic",
        "created": intent.created,
        "currency": intent.currency,
        "customer": null,
        "description": intent.description,
        "excluded_payment_method_types": null,
        "last_payment_error": intent.last_failure.as_ref().map(failure),
        "latest_charge": latest,
        "livemode": false,
        "metadata": intent.metadata,
        "next_action": next_action(intent),
        "on_behalf_of": null,
        "payment_method": used,
        "payment_method_configuration_details": null,
        "payment_method_options": {
            "card": {
                "installments": null, "mandate_options": null, "network": null, "request_three_d_secure": "automatic"
            },
        },
        "payment_method_types": ["card"],
        "processing": null,
        "receipt_email": intent.receipt_email,
        "review": null,
        "setup_future_usage": null,
        "shipping": null,
        "source": null,
        "statement_descriptor": null,
        "statement_descriptor_suffix": null,
        "status": intent.status.as_str(),
        "transfer_data": null,
        "transfer_group": null,
    })
}

/// What a browser may see of an intent.
const PUBLIC: [&str; 21] = [
    "id",
    "object",
    "amount",
    "amount_details",
    "automatic_payment_methods",
    "canceled_at",
    "cancellation_reason",
    "capture_method",
    "client_secret",
    "confirmation_method",
    "created",
    "currency",
    "description",
    "last_payment_error",
    "livemode",
    "next_action",
    "payment_method",
    "payment_method_types",
    "receipt_email",
    "setup_future_usage",
    "status",
];

/// An intent without what only its owner may know, its metadata for example.
pub(crate) fn public_intent(shown: &Intent) -> Value {
    let mut value = intent(shown, &[]);
    if let Some(members) = value.as_object_mut() {
        members.retain(|name, _| PUBLIC.contains(&name.as_str()));
    }
    value
}

/// A refund.
pub(crate) fn refund(refund: &Refund) -> Value {
    json!({
        "id": refund.id,
        "object": "refund",
        "amount": refund.amount,
        "balance_transaction": null,
        "charge": refund.charge,
        "created": refund.created,
        "currency": refund.currency,
        "destination_details": {
            "card": {
                "reference_status": "pending", "reference_type": "acquirer_reference_number", "type": "refund"
            },
            "type": "card",
        },
        "metadata": refund.metadata,
        "payment_intent": refund.intent,
        "reason": refund.reason,
        "receipt_number": null,
        "source_transfer_reversal": null,
        "status": "succeeded",
        "transfer_reversal": null,
    })
}

/// An event as the webhook gets it.
pub(crate) fn event(event: &Event) -> Value {
    json!({
        "id": event.id,
        "object": "event",
        "api_version": API_VERSION,
        "created": event.created,
        "data": { "object": event.object },
        "livemode": false,
        "pending_webhooks": 1,
        "request": { "id": event.request_id, "idempotency_key": event.idempotency_key },
        "type": event.kind,
    })
}
