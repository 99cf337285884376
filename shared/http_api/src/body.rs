//! JSON bodies: content type, size, syntax, unknown and ill-typed fields, then the rules of the type. Nothing is read
//! or written before all of it holds.

use std::fmt::Display;

use holdfast_domain::limits::BODY_MAX_BYTES;
use lambda_http::Request;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::Segment;
use validator::{Validate, ValidationError, ValidationErrors, ValidationErrorsKind};

use crate::problem::{ApiError, FieldError, Problem};
use crate::request::header;

/// Most wrong fields that one answer names.
const ERRORS_MAX: usize = 32;

/// The request's body as a checked `T`.
///
/// `T` refuses unknown fields (`#[serde(deny_unknown_fields)]`) and has its required fields as `Option` with
/// `#[validate(required)]`, so that one answer names every field that is wrong, and each once.
///
/// # Errors
/// 415 when it is not declared as JSON, 413 over [`BODY_MAX_BYTES`], 400 when it is not JSON, 422 with one entry a wrong field.
pub fn json_body<T: DeserializeOwned + Validate>(request: &Request) -> Result<T, ApiError> {
    json_body_with(request, |_| Vec::new())
}

/// As [`json_body`], with rules of the caller's that need more than one field, or the clock. A field that is wrong by
/// itself is named for that alone.
///
/// # Errors
/// As [`json_body`].
pub fn json_body_with<T: DeserializeOwned + Validate>(
    request: &Request,
    across: impl FnOnce(&T) -> Vec<FieldError>,
) -> Result<T, ApiError> {
    let media_type = header(request, "content-type").and_then(|value| value.split(';').next()).unwrap_or_default();
    if !media_type.trim().eq_ignore_ascii_case("application/json") {
        return Err(Problem::unsupported_media_type("Send the header content-type: application/json.").into());
    }
    let bytes: &[u8] = request.body();
    if bytes.len() > BODY_MAX_BYTES {
        return Err(Problem::body_too_large(format!("A body may have {BODY_MAX_BYTES} bytes.")).into());
    }
    let value: Value = serde_json::from_slice(bytes).map_err(|error| {
        Problem::malformed_json(format!("Line {}, column {} is not JSON.", error.line(), error.column()))
    })?;
    if !value.is_object() {
        return Err(invalid(vec![FieldError { field: String::new(), message: "must be an object".into() }]));
    }
    checked(value, across)
}

fn invalid(errors: Vec<FieldError>) -> ApiError {
    Problem::invalid_fields("Correct the fields and send again.").with_errors(errors).into()
}

/// Reads `value` as `T`; fields that cannot be read are noted and taken out, so that the others are judged too.
fn checked<T: DeserializeOwned + Validate>(
    mut value: Value,
    across: impl FnOnce(&T) -> Vec<FieldError>,
) -> Result<T, ApiError> {
    let mut errors: Vec<FieldError> = Vec::new();
    let parsed: T = loop {
        let error = match serde_path_to_error::deserialize::<_, T>(value.clone()) {
            Ok(parsed) => break parsed,
            Err(error) => error,
        };
        let field = field_of(&error);
        let removed = remove(&mut value, &error);
        errors.push(FieldError { field, message: message_of(error.inner()) });
        if !removed || errors.len() == ERRORS_MAX {
            return Err(invalid(errors));
        }
    };
    let by_type = parsed.validate().err().map(|found| flattened("", found)).unwrap_or_default();
    for new in by_type.into_iter().chain(across(&parsed)) {
        if !errors.iter().any(|known| is_within(&new.field, &known.field)) {
            errors.push(new);
        }
    }
    if errors.is_empty() { Ok(parsed) } else { Err(invalid(sorted(errors))) }
}

fn is_within(field: &str, group: &str) -> bool {
    field.strip_prefix(group).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        || group.strip_prefix(field).is_some_and(|rest| rest.starts_with('.'))
}

fn sorted(mut errors: Vec<FieldError>) -> Vec<FieldError> {
    errors.sort_by(|a, b| a.field.cmp(&b.field));
    errors
}

/// The path of the wrong field; serde names a missing member in its message only.
fn field_of(error: &serde_path_to_error::Error<serde_json::Error>) -> String {
    // The path to the whole body has no segment, and is written as the name of a field may be: a dot.
    let path = error.path().iter().next().map_or_else(String::new, |_| error.path().to_string());
    match missing_member(error) {
        Some(name) if path.is_empty() => name,
        Some(name) => format!("{path}.{name}"),
        None => path,
    }
}

fn missing_member(error: &serde_path_to_error::Error<serde_json::Error>) -> Option<String> {
    error.inner().to_string().strip_prefix("missing field `")?.split('`').next().map(str::to_owned)
}

fn message_of(error: &serde_json::Error) -> String {
    let text = error.to_string();
    if text.starts_with("unknown field") {
        "is not a field of this request".to_owned()
    } else if text.starts_with("missing field") {
        "is required".to_owned()
    } else if let Some((_, expected)) = text.rsplit_once(", expected ") {
        match expected.split(" at line").next().unwrap_or(expected) {
            "u32" | "u64" => "must be a whole number, zero or more".to_owned(),
            kind if kind.starts_with("struct ") => "must be an object".to_owned(),
            kind => format!("must be {kind}"),
        }
    } else {
        text.split(" at line").next().unwrap_or("is not valid").to_owned()
    }
}

/// Takes the field that is wrong out of the body; whether it was there. Names are compared as they are: one may have dots.
fn remove(value: &mut Value, error: &serde_path_to_error::Error<serde_json::Error>) -> bool {
    let key = |segment: &Segment| match segment {
        Segment::Map { key } => Some(key.clone()),
        Segment::Seq { .. } | Segment::Enum { .. } | Segment::Unknown => None,
    };
    let keys = error.path().iter().map(key).collect::<Option<Vec<String>>>();
    let Some((name, groups)) = keys.as_deref().and_then(<[String]>::split_last) else { return false };
    if missing_member(error).is_some() {
        return false;
    }
    let group = groups.iter().try_fold(value, |group, name| group.get_mut(name));
    group.and_then(Value::as_object_mut).is_some_and(|group| group.remove(name).is_some())
}

fn flattened(prefix: &str, errors: ValidationErrors) -> Vec<FieldError> {
    let mut found = Vec::new();
    for (name, kind) in errors.into_errors() {
        let field = if prefix.is_empty() { name.to_string() } else { format!("{prefix}.{name}") };
        match kind {
            ValidationErrorsKind::Struct(inner) => found.extend(flattened(&field, *inner)),
            ValidationErrorsKind::List(items) => {
                for (index, inner) in items {
                    found.extend(flattened(&format!("{field}.{index}"), *inner));
                }
            }
            ValidationErrorsKind::Field(failures) => {
                if let Some(failure) = failures.into_iter().next() {
                    found.push(FieldError { field, message: failure_message(&failure) });
                }
            }
        }
    }
    sorted(found)
}

fn failure_message(failure: &ValidationError) -> String {
    match (&failure.message, failure.code.as_ref()) {
        (Some(message), _) => message.to_string(),
        (None, "required") => "is required".to_owned(),
        (None, code) => format!("is not valid ({code})"),
    }
}

/// Turns the outcome of a domain type's `parse` into one of `validator`.
///
/// # Errors
/// The domain's own message.
pub fn valid<T, E: Display>(parsed: Result<T, E>) -> Result<(), ValidationError> {
    match parsed {
        Ok(_) => Ok(()),
        Err(error) => Err(ValidationError::new("invalid").with_message(error.to_string().into())),
    }
}

#[cfg(test)]
mod tests {
    use holdfast_domain::Title;
    use lambda_http::Body;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize, serde::Serialize, Validate)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        #[validate(required)]
        amount: Option<u64>,
        #[validate(required)]
        currency: Option<String>,
    }

    #[derive(Debug, Deserialize, Validate)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        #[validate(required, custom(function = "check_title"))]
        title: Option<String>,
        #[validate(required, nested)]
        price: Option<Inner>,
        #[expect(dead_code, reason = "only read by serde")]
        count: Option<u32>,
    }

    fn check_title(text: &str) -> Result<(), ValidationError> {
        valid(Title::parse(text))
    }

    fn outcome(content_type: &str, body: &str) -> String {
        let mut request = Request::new(Body::Text(body.to_owned()));
        request.headers_mut().insert("content-type", content_type.parse().unwrap());
        match json_body::<Sample>(&request) {
            Ok(sample) => format!("{:?} {:?}", sample.title, sample.price.and_then(|price| price.amount)),
            Err(error) => String::from_utf8_lossy(error.into_parts().0.into_reply().body()).into_owned(),
        }
    }

    fn errors(body: &str) -> String {
        let text = outcome("application/json", body);
        let (_, errors) = text.split_once("\"errors\":").unwrap_or(("", text.as_str()));
        errors.to_owned()
    }

    #[test]
    fn a_right_body_is_taken() {
        let body = r#"{"title":"Opera","price":{"amount":5,"currency":"eur"}}"#;
        assert_eq!(outcome("application/json; charset=utf-8", body), r#"Some("Opera") Some(5)"#);
    }

    #[test]
    fn every_wrong_field_is_named_once() {
        insta::assert_snapshot!(errors("{}"), @r#"[{"field":"price","message":"is required"},{"field":"title","message":"is required"}]}"#);
        insta::assert_snapshot!(errors(r#"{"title":"","price":{"amount":-1}}"#), @r#"[{"field":"price.amount","message":"must be a whole number, zero or more"},{"field":"price.currency","message":"is required"},{"field":"title","message":"must not be empty"}]}"#);
        insta::assert_snapshot!(errors(r#"{"title":7,"price":{"amount":1.5,"currency":"eur","x":1},"colour":"red","count":"a"}"#), @r#"[{"field":"colour","message":"is not a field of this request"},{"field":"count","message":"must be a whole number, zero or more"},{"field":"price.amount","message":"must be a whole number, zero or more"},{"field":"price.x","message":"is not a field of this request"},{"field":"title","message":"must be a string"}]}"#);
        insta::assert_snapshot!(errors(r#"{"title":null,"price":"5"}"#), @r#"[{"field":"price","message":"must be an object"},{"field":"title","message":"is required"}]}"#);
        insta::assert_snapshot!(errors("[]"), @r#"[{"field":"","message":"must be an object"}]}"#);
    }

    /// A name may have what paths and messages are made of, and a text may have it, too.
    #[test]
    fn a_wrong_field_is_named_as_it_was_sent_and_its_text_is_not_told_again() {
        let right = r#""title":"x","price":{"amount":1,"currency":"eur"}"#;
        insta::assert_snapshot!(errors(&format!(r#"{{{right},"a.b`c":1}}"#)), @r#"[{"field":"a.b`c","message":"is not a field of this request"}]}"#);
        insta::assert_snapshot!(errors(&format!(r#"{{{right},".":1}}"#)), @r#"[{"field":".","message":"is not a field of this request"}]}"#);
        insta::assert_snapshot!(errors(&format!(r#"{{{right},"price.amount":1}}"#)), @r#"[{"field":"price.amount","message":"is not a field of this request"}]}"#);
        insta::assert_snapshot!(errors(&format!(r#"{{{right},"count":", expected <b>"}}"#)), @r#"[{"field":"count","message":"must be a whole number, zero or more"}]}"#);
    }

    #[test]
    fn what_is_not_json_is_refused_before_it_is_read() {
        insta::assert_snapshot!(outcome("text/plain", "{}"), @r#"{"type":"unsupported-media-type","title":"The body must be JSON","status":415,"detail":"Send the header content-type: application/json."}"#);
        insta::assert_snapshot!(outcome("application/json", "{"), @r#"{"type":"malformed-json","title":"The body is not valid JSON","status":400,"detail":"Line 1, column 1 is not JSON."}"#);
        insta::assert_snapshot!(outcome("application/json", &format!("\"{}\"", "x".repeat(BODY_MAX_BYTES))), @r#"{"type":"body-too-large","title":"The body is too large","status":413,"detail":"A body may have 40960 bytes."}"#);
    }
}
