//! The document for people: one Markdown page, made of the document alone.

use std::fmt::Write as _;

use serde_json::Value;

const ABOUT: &str = "# The API\n\n\
    Who reads this: whoever writes a client. `cargo xtask openapi` makes this page and [openapi.json](openapi.json) from the types \
    that the functions read and write; the site serves the latter at `/openapi.json`. How to begin with `curl` is in the \
    [README](../README.md#the-api-in-one-minute).\n\n";

/// The page.
///
/// # Panics
/// When `document` is not one of ours.
#[must_use]
pub fn reference(document: &Value) -> String {
    let mut page = ABOUT.to_owned();
    let _ = writeln!(page, "{}\n", text(&document["info"]["description"]));
    for tag in list(&document["tags"]) {
        let subject = text(&tag["name"]);
        let _ = writeln!(page, "## {subject}\n");
        for (path, methods) in entries(&document["paths"]) {
            for (method, operation) in entries(methods) {
                if operation["tags"][0] == subject {
                    let _ = writeln!(page, "### `{} {path}`\n", method.to_uppercase());
                    describe(&mut page, operation);
                }
            }
        }
    }
    page.push_str("## Types\n\n");
    for (name, schema) in entries(&document["components"]["schemas"]) {
        let _ = writeln!(page, "### {name}\n");
        let summary = text_or(&schema["description"], "");
        if !summary.is_empty() {
            let _ = writeln!(page, "{summary}\n");
        }
        shape(&mut page, schema);
    }
    format!("{}\n", page.trim_end())
}

fn describe(page: &mut String, operation: &Value) {
    let who = match list(&operation["security"]) {
        [] => "Anybody may ask.",
        [_] => "Needs a session.",
        _ => "Anybody may ask; a session changes the answer.",
    };
    let _ = writeln!(page, "{} {who} Operation `{}`.\n", text(&operation["summary"]), text(&operation["operationId"]));
    let mut rows = Vec::new();
    for parameter in list(&operation["parameters"]) {
        let needed = if parameter["required"] == true { ", required" } else { "" };
        let place = text(&parameter["in"]);
        rows.push(format!("`{}` ({place}{needed}): {}", text(&parameter["name"]), kind(&parameter["schema"])));
    }
    if let Some(body) = operation.get("requestBody") {
        rows.push(format!("body: {}", kind(&body["content"]["application/json"]["schema"])));
    }
    for row in rows {
        let _ = writeln!(page, "- {row}");
    }
    page.push_str("\n| status | answer |\n|---|---|\n");
    for (status, answer) in entries(&operation["responses"]) {
        let what = text(&answer["description"]);
        let body = &answer["content"]["application/json"]["schema"];
        let body = if status.starts_with('2') && !body.is_null() { format!(" {}", kind(body)) } else { String::new() };
        let _ = writeln!(page, "| {status} | {what}{body} |");
    }
    page.push('\n');
}

/// A component: its fields, or what it is.
fn shape(page: &mut String, schema: &Value) {
    let fields = entries(&schema["properties"]);
    if fields.is_empty() {
        let _ = writeln!(page, "{}\n", kind(schema));
        return;
    }
    page.push_str("| field | |\n|---|---|\n");
    for (name, field) in fields {
        let needed = list(&schema["required"]).contains(&Value::from(name.as_str()));
        let needed = if needed { "" } else { ", optional" };
        let said = text_or(&field["description"], "");
        let said = if said.is_empty() || field.get("type").is_none() { String::new() } else { format!(": {said}") };
        let _ = writeln!(page, "| `{name}` | {}{needed}{said} |", kind(field));
    }
    page.push('\n');
}

/// A schema in a few words.
fn kind(schema: &Value) -> String {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.rsplit('/').next().unwrap_or(reference);
        return format!("[{name}](#{})", name.to_lowercase());
    }
    for choice in ["anyOf", "oneOf"] {
        let choices = list(&schema[choice]);
        if !choices.is_empty() {
            return choices.iter().map(kind).collect::<Vec<_>>().join(" or ");
        }
    }
    if let Some(constant) = schema.get("const") {
        return format!("`{constant}`");
    }
    let values = list(&schema["enum"]);
    if !values.is_empty() {
        return values.iter().map(|value| format!("`{}`", text(value))).collect::<Vec<_>>().join(", ");
    }
    if schema["type"] == "array" {
        return format!("list of {}", kind(&schema["items"]));
    }
    let fields = entries(&schema["properties"]);
    if !fields.is_empty() {
        let inner: Vec<String> = fields.iter().map(|(name, field)| format!("`{name}` {}", kind(field))).collect();
        return format!("({})", inner.join(", "));
    }
    let types: Vec<&str> = list(&schema["type"]).iter().map(text).collect();
    let mut said = if types.is_empty() { text_or(&schema["type"], "anything").to_owned() } else { types.join(" or ") };
    let limits = [
        ("format", ""),
        ("minLength", "at least "),
        ("maxLength", "at most "),
        ("minimum", "from "),
        ("maximum", "to "),
    ];
    for (key, before) in limits {
        if let Some(value) = schema.get(key) {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let after = if key.ends_with("Length") { " characters" } else { "" };
            let _ = write!(said, ", {before}{value}{after}");
        }
    }
    said
}

fn entries(value: &Value) -> Vec<(&String, &Value)> {
    value.as_object().map(|object| object.iter().collect()).unwrap_or_default()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text of our own document")
}

fn text_or<'a>(value: &'a Value, otherwise: &'a str) -> &'a str {
    value.as_str().unwrap_or(otherwise)
}
