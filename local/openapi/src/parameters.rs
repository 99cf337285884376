//! Parameters of paths, queries and headers.

use holdfast_domain::limits::{PAGE_DEFAULT, PAGE_MAX, QUERY_MAX_CHARS};
use holdfast_domain::schema::{Cursor, YEARS};
use holdfast_domain::{IdempotencyKey, OrderId, SessionId, TicketId};
use schemars::SchemaGenerator;
use serde_json::{Value, json};

/// The parameter of a path.
pub(crate) fn of_path(name: &str, schemas: &mut SchemaGenerator) -> Value {
    let schema = match name {
        "ticket_id" => schemas.subschema_for::<TicketId>(),
        "order_id" => schemas.subschema_for::<OrderId>(),
        "session_id" => schemas.subschema_for::<SessionId>(),
        unknown => panic!("add the type of the path's parameter {unknown} to local/openapi/src/parameters.rs"),
    };
    json!({ "name": name, "in": "path", "required": true, "schema": schema })
}

/// What every write of a page carries.
pub(crate) fn origin() -> Value {
    json!({
        "name": "Origin",
        "in": "header",
        "required": true,
        "description": "The address of the site itself, as a browser sends it: scheme, host and port.",
        "schema": { "type": "string", "format": "uri" },
    })
}

/// For a request that may be repeated under a key.
pub(crate) fn idempotency_key(schemas: &mut SchemaGenerator) -> Value {
    let schema = schemas.subschema_for::<IdempotencyKey>();
    json!({ "name": "Idempotency-Key", "in": "header", "required": false, "schema": schema })
}

/// For a request that is not done without one.
pub(crate) fn required_idempotency_key(schemas: &mut SchemaGenerator) -> Value {
    let mut parameter = idempotency_key(schemas);
    parameter["required"] = json!(true);
    parameter
}

/// By which Stripe is recognised.
pub(crate) fn stripe_signature(_: &mut SchemaGenerator) -> Value {
    json!({
        "name": "Stripe-Signature",
        "in": "header",
        "required": true,
        "description": "Stripe's signature over the exact bytes of the body, at most five minutes old.",
        "schema": { "type": "string" },
    })
}

/// Where a page begins.
pub(crate) fn cursor(schemas: &mut SchemaGenerator) -> Value {
    query("cursor", &json!(schemas.subschema_for::<Cursor>()))
}

/// How many items a page has.
pub(crate) fn limit(_: &mut SchemaGenerator) -> Value {
    let mut limit = or_empty(&json!({ "type": "integer", "minimum": 1, "maximum": PAGE_MAX }));
    limit["default"] = json!(PAGE_DEFAULT);
    query("limit", &limit)
}

/// Words that are looked for.
pub(crate) fn words(_: &mut SchemaGenerator) -> Value {
    query("q", &json!({ "type": "string", "maxLength": QUERY_MAX_CHARS }))
}

/// The order of the catalogue.
pub(crate) fn sort(_: &mut SchemaGenerator) -> Value {
    let names: Vec<&str> = list_tickets::SORTS.iter().map(|(name, _)| *name).collect();
    query("sort", &or_empty(&json!({ "type": "string", "enum": names, "default": names[0] })))
}

/// The first date or moment of the events that are wanted.
pub(crate) fn from(_: &mut SchemaGenerator) -> Value {
    query("from", &moment())
}

/// The last one.
pub(crate) fn to(_: &mut SchemaGenerator) -> Value {
    query("to", &moment())
}

fn moment() -> Value {
    let written = |format: &str| json!({ "type": "string", "format": format, "pattern": YEARS });
    or_empty(&json!({ "anyOf": [written("date"), written("date-time")] }))
}

fn query(name: &str, schema: &Value) -> Value {
    json!({ "name": name, "in": "query", "schema": schema })
}

/// A form sends an empty field too: it counts as one that is not there.
fn or_empty(schema: &Value) -> Value {
    json!({ "anyOf": [schema, { "const": "" }] })
}
