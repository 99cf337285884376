//! The document is the template's and the functions', and what is committed is the document.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{document, reference};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn text(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Method and path of each operation, with its id.
fn operations(document: &Value) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap().to_owned();
            found.insert((format!("{} {path}", method.to_uppercase()), id));
        }
    }
    found
}

/// Method and path of each route of the template, with the crate of its function.
fn routes(template: &str) -> BTreeSet<(String, String)> {
    let (mut function, mut found) = (String::new(), BTreeSet::new());
    for line in template.lines() {
        let words: Vec<&str> = line.split([' ', ',']).filter(|word| !word.is_empty()).collect();
        let after = |key: &str| {
            let at = words.iter().position(|word| *word == key)?;
            words.get(at + 1).map(|word| word.trim_matches('"'))
        };
        if line.starts_with("  ") && !line[2..].starts_with([' ', '#']) {
            function = line.trim().trim_end_matches(':').to_owned();
        } else if line.contains("ApiId: !Ref HttpApi") {
            let (method, path) = after("Method:").zip(after("Path:")).unwrap_or_else(|| panic!("no route in: {line}"));
            found.insert((format!("{method} {path}"), snake(&function)));
        }
    }
    found
}

/// `PlaceOrder` is the crate `place_order`.
fn snake(logical_id: &str) -> String {
    let mut name = String::new();
    for letter in logical_id.chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}

#[test]
fn every_route_of_the_template_has_its_operation_and_the_reverse() {
    let (documented, routed) = (operations(&document()), routes(&text("template.yaml")));
    assert!(routed.len() > 20, "{routed:?}");
    let missing: Vec<_> = routed.difference(&documented).collect();
    assert!(
        missing.is_empty(),
        "add an operation to local/openapi/src/operations/ (its README says how) for: {missing:?}"
    );
    let gone: Vec<_> = documented.difference(&routed).collect();
    assert!(gone.is_empty(), "template.yaml has no route and function like that: {gone:?}");
}

#[test]
fn what_is_committed_is_what_the_code_says() {
    let document = document();
    let written = format!("{}\n", serde_json::to_string_pretty(&document).unwrap());
    assert!(text("docs/openapi.json") == written, "docs/openapi.json is stale: cargo xtask openapi writes it");
    assert!(text("docs/api.md") == reference(&document), "docs/api.md is stale: cargo xtask openapi writes it");
}

#[test]
fn every_reference_leads_somewhere() {
    fn walk(value: &Value, root: &Value, seen: &mut usize) {
        match value {
            Value::Object(members) => {
                for (name, member) in members {
                    if let (true, Some(reference)) = (name == "$ref", member.as_str()) {
                        let pointer = reference.strip_prefix('#').unwrap_or_else(|| panic!("{reference} is elsewhere"));
                        assert!(root.pointer(pointer).is_some(), "{reference} is not there");
                        *seen += 1;
                    }
                    walk(member, root, seen);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| walk(item, root, seen)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let (document, mut seen) = (document(), 0);
    walk(&document, &document, &mut seen);
    assert!(seen > 50, "{seen}");
}

/// A limit in the document is the constant by which the API judges.
#[test]
fn limits_are_the_domains() {
    use holdfast_domain::limits;
    let document = document();
    let schema = |name: &str| document["components"]["schemas"][name].clone();
    assert_eq!(schema("Title")["maxLength"], limits::TITLE_MAX_CHARS);
    assert_eq!(schema("SignUpFields")["properties"]["password"]["minLength"], limits::PASSWORD_MIN_CHARS);
    for fields in ["SignUpFields", "SignInFields", "ChangeFields", "PlaceOrderBody", "ListingFields"] {
        assert_eq!(schema(fields)["additionalProperties"], false, "{fields}");
    }
    let required = |name: &str| schema(name)["required"].clone();
    assert_eq!(required("ListingFields"), serde_json::json!(["title", "price"]));
    assert_eq!(required("SignUpFields"), serde_json::json!(["email", "password"]));
    assert!(required("OrderBody").as_array().unwrap().len() > 8, "answers have all of their fields, null or not");
}

/// Texts at the borders of what is a text: lengths, blanks, controls.
fn border_texts(max: usize) -> Vec<String> {
    let odd = [
        "\u{85}", "\u{a0}", "\u{2028}", "\u{3000}", "\u{feff}", "\u{200b}", "\u{0}", "\u{1f}", "\u{7f}", "\t", "\n",
        "\r", "\u{b}",
    ];
    let mut texts: Vec<String> = ["", " ", "a", "ü", "\u{1f600}", " a ", "a b"].map(str::to_owned).into();
    texts.extend(
        [max - 1, max, max + 1].into_iter().flat_map(|length| ["a", "\u{1f600}", " "].map(|one| one.repeat(length))),
    );
    texts.extend(
        odd.into_iter().flat_map(|one| [one.to_owned(), format!("a{one}b"), format!("{one}a"), format!("a{one}")]),
    );
    texts
}

#[test]
fn a_text_is_judged_by_its_schema_as_by_the_domain() {
    use holdfast_domain::{Credential, Description, DisplayName, IdempotencyKey, TicketId, Title, Venue, limits};
    let document = document();
    let judged = |name: &str, max: usize, accepts: &dyn Fn(&str) -> bool| {
        let validator = jsonschema::validator_for(&document["components"]["schemas"][name]).unwrap();
        for text in border_texts(max) {
            let by_schema = validator.is_valid(&Value::from(text.as_str()));
            assert_eq!(by_schema, accepts(&text), "{name}: {} characters, {text:?}", text.chars().count());
        }
    };
    judged("Title", limits::TITLE_MAX_CHARS, &|text| Title::parse(text).is_ok());
    judged("Venue", limits::VENUE_MAX_CHARS, &|text| Venue::parse(text).is_ok());
    judged("DisplayName", limits::DISPLAY_NAME_MAX_CHARS, &|text| DisplayName::parse(text).is_ok());
    judged("Description", limits::DESCRIPTION_MAX_CHARS, &|text| Description::parse(text).is_ok());
    judged("Credential", limits::CREDENTIAL_MAX_CHARS, &|text| Credential::parse(text).is_ok());
    judged("IdempotencyKey", limits::IDEMPOTENCY_KEY_MAX_CHARS, &|text| IdempotencyKey::parse(text).is_ok());
    judged("TicketId", 36, &|text| text.parse::<TicketId>().is_ok());
}
