//! The document: OpenAPI 3.1, whose schemas are JSON Schema 2020-12.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_http_api::Problem;
use schemars::generate::SchemaSettings;
use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};

use crate::operation::{Link, MakeProblem, Operation, Place, Success, Who};
use crate::operations::{Subject, all};
use crate::parameters;

const SCHEMAS: &str = "/components/schemas";
const SESSION: &str = "session";
const JSON: &str = "application/json";
const PROBLEM_JSON: &str = "application/problem+json";
const GATEWAY: &str = "#/components/schemas/GatewayMessage";
/// What API Gateway answers by itself on any route, before a function is asked or when it breaks off.
const OF_THE_GATEWAY: [u16; 3] = [429, 500, 503];
const ABOUT: &str = "A ticket marketplace: one buyer holds a ticket at a time.\n\n\
    Everything goes through the site's own address, which is the server of this document. Writes carry its `Origin`. The \
    session is a cookie that signing up and signing in set.\n\n\
    Errors are `application/problem+json` by RFC 9457, and `type` is a stable slug. What API Gateway answers by itself is \
    `{\"message\": …}`: 404 at an address that has no route, or whose route has another method, 429 when a route is asked too \
    often by everybody together, 500 and 503 when a function breaks off. The API never answers 403: what is not yours is not \
    there. Unknown fields are refused.\n\n\
    Lists have pages: `next` is the `cursor` of the page that follows. Amounts are whole minor units of their currency.";

/// What was read and what is written are described apart: a field with a default is optional in the one and always there
/// in the other.
struct Schemas {
    read: SchemaGenerator,
    written: SchemaGenerator,
}

impl Schemas {
    fn new() -> Self {
        let settings = || {
            SchemaSettings::draft2020_12().with(|settings| {
                settings.definitions_path = SCHEMAS.into();
                settings.meta_schema = None;
            })
        };
        Self {
            read: settings().for_deserialize().into_generator(),
            written: settings().for_serialize().into_generator(),
        }
    }

    /// All that was referred to. One name is one schema: whoever gives a type two meanings has to give it two names.
    fn components(mut self) -> Map<String, Value> {
        let mut all = self.read.take_definitions(true);
        for (name, schema) in self.written.take_definitions(true) {
            let known = all.insert(name.clone(), schema.clone());
            assert!(known.is_none_or(|known| known == schema), "{name} is read otherwise than it is written");
        }
        all
    }
}

/// The whole document.
#[must_use]
pub fn document() -> Value {
    let mut schemas = Schemas::new();
    let subjects = all();
    let mut paths = Map::new();
    for (subject, operations) in &subjects {
        for operation in operations {
            let path = paths.entry(operation.path).or_insert_with(|| json!({}));
            path[operation.method.to_lowercase()] = operation_object(subject, operation, &mut schemas, &subjects);
        }
    }
    let mut components = schemas.components();
    components.insert(
        "GatewayMessage".into(),
        json!({
            "description": "What API Gateway answers by itself.",
            "type": "object",
            "properties": { "message": { "type": "string" } },
            "required": ["message"],
        }),
    );
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Holdfast",
            "version": env!("CARGO_PKG_VERSION"),
            "description": ABOUT,
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": "/", "description": "The site that this document is read from." }],
        "tags": subjects.iter().map(|(name, _)| json!({ "name": name })).collect::<Vec<_>>(),
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                SESSION: {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "__Host-session",
                    "description": "Set by signing up and signing in: HttpOnly, Secure, for this host alone.",
                },
            },
        },
    });
    // Whatever else is built with it: some crates have serde_json keep the order in which members were added.
    document.sort_all_objects();
    document
}

fn operation_object(subject: &str, operation: &Operation, schemas: &mut Schemas, subjects: &[Subject]) -> Value {
    let mut object = json!({
        "operationId": operation.function,
        "tags": [subject],
        "summary": operation.summary,
        "security": match operation.who {
            Who::Anyone | Who::Stripe => json!([]),
            Who::Visitor => json!([{}, { SESSION: [] }]),
            Who::User => json!([{ SESSION: [] }]),
        },
    });
    let parameters = parameters_of(operation, schemas);
    if !parameters.is_empty() {
        object["parameters"] = parameters.into();
    }
    if let Some(body) = operation.body {
        let schema = body(&mut schemas.read);
        object["requestBody"] = json!({ "required": true, "content": { JSON: { "schema": schema } } });
    }
    object["responses"] = responses(operation, schemas, subjects);
    object
}

fn parameters_of(operation: &Operation, schemas: &mut Schemas) -> Vec<Value> {
    let names = operation.path.split(['{', '}']).skip(1).step_by(2);
    let mut found: Vec<Value> = names.map(|name| parameters::of_path(name, &mut schemas.read)).collect();
    found.extend(operation.parameters.iter().map(|parameter| parameter(&mut schemas.read)));
    if operation.is_write() {
        found.push(parameters::origin());
    }
    found
}

fn responses(operation: &Operation, schemas: &mut Schemas, subjects: &[Subject]) -> Value {
    let mut responses = Map::new();
    for success in &operation.successes {
        responses.insert(success.status.to_string(), success_object(success, schemas, subjects));
    }
    let mut by_status: BTreeMap<u16, Vec<Problem>> = OF_THE_GATEWAY.map(|status| (status, Vec::new())).into();
    // An id that is no segment of a path makes it the path of another route, or of none.
    let other_route = operation.path.contains('{').then_some(404);
    let of_the_gateway: Vec<u16> = OF_THE_GATEWAY.into_iter().chain(other_route).collect();
    for make in &operation.problems {
        let problem = made(*make);
        by_status.entry(problem.status()).or_default().push(problem);
    }
    for (status, problems) in by_status {
        let known = responses
            .insert(status.to_string(), problem_object(status, &problems, of_the_gateway.contains(&status), schemas));
        assert!(known.is_none(), "{} answers {status} as a success and as a problem", operation.function);
    }
    responses.into()
}

fn made(make: MakeProblem) -> Problem {
    make("")
}

fn success_object(success: &Success, schemas: &mut Schemas, subjects: &[Subject]) -> Value {
    let mut object = json!({ "description": success.what });
    if let Some(shape) = success.shape {
        object["content"] = json!({ JSON: { "schema": shape(&mut schemas.written) } });
    }
    if let Some(always) = success.cookie {
        object["headers"] = json!({ "Set-Cookie": { "required": always, "schema": { "type": "string" } } });
    }
    let mut links = Map::new();
    for link in &success.links {
        let key = match link.given.0 {
            Place::Parameter(name) => format!("{}_by_{name}", link.to),
            Place::Field(name) => format!("{}_of_{name}", link.to),
        };
        let known = links.insert(key, link_object(link, subjects));
        assert!(known.is_none(), "an answer leads to {} twice by the same", link.to);
    }
    if !links.is_empty() {
        object["links"] = links.into();
    }
    object
}

fn link_object(link: &Link, subjects: &[Subject]) -> Value {
    let target = subjects.iter().flat_map(|(_, operations)| operations).find(|one| one.function == link.to);
    let target = target.unwrap_or_else(|| panic!("a link leads to {}, which is no operation", link.to));
    match link.given {
        (Place::Parameter(name), expression) => {
            let where_ = if target.path.contains(&format!("{{{name}}}")) { "path" } else { "query" };
            json!({ "operationId": link.to, "parameters": { format!("{where_}.{name}"): expression } })
        }
        (Place::Field(name), expression) => json!({ "operationId": link.to, "requestBody": { name: expression } }),
    }
}

/// One status of problems: which slugs, and whether API Gateway answers it, too.
fn problem_object(status: u16, problems: &[Problem], of_the_gateway: bool, schemas: &mut Schemas) -> Value {
    let mut content = Map::new();
    let kinds: BTreeSet<&str> = problems.iter().map(Problem::kind).collect();
    let mut said: Vec<String> =
        problems.iter().map(|problem| format!("`{}`: {}.", problem.kind(), problem.title())).collect();
    said.sort();
    said.dedup();
    if !kinds.is_empty() {
        let of_this_status: Schema = json_schema!({
            "properties": { "type": { "enum": kinds }, "status": { "const": status } },
        });
        let problem = schemas.written.subschema_for::<Problem>();
        content.insert(PROBLEM_JSON.into(), json!({ "schema": { "allOf": [problem, of_this_status] } }));
    }
    if of_the_gateway {
        content.insert(JSON.into(), json!({ "schema": { "$ref": GATEWAY } }));
        said.push("API Gateway's own: `{\"message\": …}`.".into());
    }
    let mut object = json!({ "description": said.join(" "), "content": content });
    if [429, 503].contains(&status) {
        object["headers"] = json!({
            "Retry-After": {
                "description": "After how many seconds to try again.",
                "schema": { "type": "integer", "minimum": 1 },
            },
        });
    }
    object
}
