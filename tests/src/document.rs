//! The API's document as the judge of every answer that any test gets: what a test does not look at is looked at here.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use jsonschema::Validator;
use serde_json::{Value, json};

use crate::Answer;

static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../docs/openapi.json")).expect("docs/openapi.json is JSON"));
static VALIDATORS: LazyLock<Mutex<HashMap<String, Arc<Validator>>>> = LazyLock::new(Mutex::default);
/// What the emulator alone answers, when a function's process has died.
const DIED: u16 = 502;

/// Fails unless the document says that the operation behind this method and path can answer like that. Addresses that
/// are no route of the API are not its business.
///
/// # Panics
/// When the document says otherwise, or nothing.
pub(crate) fn judge(method: &str, path: &str, answer: &Answer) {
    let path = path.split('?').next().unwrap_or_default();
    let Some(pointer) = operation(&method.to_lowercase(), path) else { return };
    if answer.status == DIED {
        return;
    }
    let pointer = format!("{pointer}/responses/{}", answer.status);
    let Some(documented) = DOCUMENT.pointer(&pointer) else {
        panic!("docs/openapi.json has no {} for {method} {path}: {answer:?}", answer.status);
    };
    for (name, header) in documented["headers"].as_object().into_iter().flatten() {
        let given = answer.header(&name.to_lowercase()).is_some();
        assert!(given || header["required"] != true, "{method} {path} answers without {name}: {answer:?}");
    }
    let Some(content) = documented["content"].as_object() else {
        assert_eq!(answer.body, Value::Null, "{method} {path} answers a body that is not documented");
        return;
    };
    let media_type = answer.header("content-type").unwrap_or_default();
    assert!(content.contains_key(media_type), "docs/openapi.json has no {media_type} for {method} {path}: {answer:?}");
    let validator = validator(&format!("{pointer}/content/{}/schema", escaped(media_type)));
    let wrong: Vec<String> = validator.iter_errors(&answer.body).map(|error| error.to_string()).collect();
    assert!(wrong.is_empty(), "{method} {path} answers what is not documented: {wrong:?}: {answer:?}");
}

/// Where the document describes the operation. A path that is written out goes before one with parameters.
fn operation(method: &str, path: &str) -> Option<String> {
    let paths = DOCUMENT["paths"].as_object()?;
    let fits = |template: &&String| {
        let (known, asked): (Vec<&str>, Vec<&str>) = (template.split('/').collect(), path.split('/').collect());
        known.len() == asked.len()
            && known
                .iter()
                .zip(asked)
                .all(|(known, asked)| known.starts_with('{') && !asked.is_empty() || *known == asked)
    };
    let template = paths.keys().filter(fits).min_by_key(|template| template.matches('{').count())?;
    DOCUMENT["paths"][template].get(method)?;
    Some(format!("/paths/{}/{method}", escaped(template)))
}

fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// The validator of a schema of the document; each is made once.
fn validator(pointer: &str) -> Arc<Validator> {
    let mut known = VALIDATORS.lock().unwrap_or_else(PoisonError::into_inner);
    let validator = known.entry(pointer.to_owned()).or_insert_with(|| {
        let schema = DOCUMENT.pointer(pointer).expect("a schema");
        let schema = json!({ "allOf": [schema], "components": DOCUMENT["components"] });
        let options = jsonschema::options().should_validate_formats(true);
        Arc::new(options.build(&schema).unwrap_or_else(|error| panic!("{pointer}: {error}")))
    });
    Arc::clone(validator)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, media_type: &str, body: Value) -> Answer {
        Answer { status, headers: vec![("content-type".into(), media_type.into())], body }
    }

    #[test]
    fn a_documented_answer_passes() {
        judge("GET", "/api/session", &answer(200, "application/json", json!({"user": null})));
        judge("GET", "/api/nothing", &answer(418, "text/plain", Value::Null));
        let problem = json!({"type": "not-found", "title": "Not found", "status": 404, "detail": "No."});
        judge("GET", "/api/orders/42?x=1", &answer(404, "application/problem+json", problem));
    }

    #[test]
    #[should_panic(expected = "has no 418")]
    fn another_status_does_not() {
        judge("GET", "/api/session", &answer(418, "application/json", json!({})));
    }

    #[test]
    #[should_panic(expected = "answers what is not documented")]
    fn another_body_does_not() {
        judge("GET", "/api/session", &answer(200, "application/json", json!({"user": {"id": "7"}})));
    }

    #[test]
    #[should_panic(expected = "answers what is not documented")]
    fn another_slug_does_not() {
        let problem = json!({"type": "ticket-held", "title": "Held", "status": 404, "detail": "No."});
        judge("GET", "/api/orders/42", &answer(404, "application/problem+json", problem));
    }

    #[test]
    #[should_panic(expected = "answers without Set-Cookie")]
    fn a_missing_header_does_not() {
        judge("DELETE", "/api/session", &answer(204, "", Value::Null));
    }
}
