//! `cargo xtask event`.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, bail};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::console::line;
use crate::deployment::Description;
use crate::dev::folder;
use crate::files::read_json;
use crate::http::Client;
use crate::project::Project;
use crate::record::Record;
use crate::seed;

/// Functions whose caller is the seller of a ticket; all others are called by the buyer.
const FOR_SELLERS: [&str; 5] = ["create_ticket", "update_ticket", "delete_ticket", "list_my_tickets", "show_my_ticket"];
/// Functions that nobody is signed in for.
const FOR_NOBODY: [&str; 6] =
    ["sign_up", "sign_in", "stripe_webhook", "verify_email", "request_password_reset", "reset_password"];

/// When the samples' mails were asked for.
const EXAMPLE_MOMENT: &str = "2026-11-22T16:59:05Z";

/// Functions after which their caller's account is another one: theirs is made for them.
const FOR_NEWCOMERS: [&str; 1] = ["change_password"];

/// Prints a sample event filled with what the running stack knows.
pub(crate) fn print(name: &str) -> anyhow::Result<()> {
    let filled = filled(&Project::find()?, name)?;
    line(&serde_json::to_string_pretty(&filled)?);
    Ok(())
}

/// A sample event filled with what the running stack knows.
pub(crate) fn filled(project: &Project, name: &str) -> anyhow::Result<Value> {
    let (function, _) = sample(project, name)?;
    Live::find(&folder(project))?.fill(&function, as_it_stands(project, name)?)
}

/// A sample event with its examples.
pub(crate) fn as_it_stands(project: &Project, name: &str) -> anyhow::Result<Value> {
    let (_, path) = sample(project, name)?;
    let text = std::fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is no JSON", path.display()))
}

/// The function and the file that `sign_in`, `sign_in/valid` or a path below `events/` means.
fn sample(project: &Project, name: &str) -> anyhow::Result<(String, PathBuf)> {
    let root = project.root().join("events");
    let short = name.trim_start_matches("events/").trim_end_matches(".json");
    let (function, case) = short.split_once('/').unwrap_or((short, "valid"));
    let path = root.join(function).join(case).with_extension("json");
    if path.is_file() && !short.contains("..") {
        return Ok((function.to_owned(), path));
    }
    bail!("there is no sample {name}; there are:\n{}", samples(&root).join("\n"))
}

/// All samples below a folder, each as `function/case`.
pub(crate) fn samples(root: &Path) -> Vec<String> {
    let entries = |folder: &Path| {
        let found = std::fs::read_dir(folder).into_iter().flatten();
        found.filter_map(|entry| Some(entry.ok()?.path())).collect::<Vec<_>>()
    };
    let mut names: Vec<String> = entries(root)
        .iter()
        .flat_map(|folder| entries(folder))
        .filter_map(|path| Some(path.strip_prefix(root).ok()?.with_extension("").display().to_string()))
        .collect();
    names.sort();
    names
}

/// What can be put in the place of a sample's examples.
struct Live {
    base_url: String,
    origin_secret: String,
}

impl Live {
    fn find(folder: &Path) -> anyhow::Result<Self> {
        let record = Record::read(folder).filter(|record| record.is_supervised() && record.ready);
        let Some(record) = record else {
            bail!("the system does not run: start it with cargo xtask dev");
        };
        let stack: Description = read_json(&folder.join("stack.json")).context("the stack was not described")?;
        Ok(Self { base_url: record.base_url, origin_secret: stack.origin_secret })
    }

    fn fill(&self, function: &str, mut event: Value) -> anyhow::Result<Value> {
        let people = People { seller: self.session(seed::SELLER)?, buyer: self.session(seed::BUYER)? };
        if event.pointer("/requestContext/http").is_some() {
            self.fill_headers(&mut event);
            if FOR_NEWCOMERS.contains(&function) {
                let email = format!("{}@example.com", new_key());
                sign_in(&mut event, &seed::newcomer(&self.base_url, &email)?)?;
            } else if !FOR_NOBODY.contains(&function) {
                let caller = if FOR_SELLERS.contains(&function) { &people.seller } else { &people.buyer };
                sign_in(&mut event, caller)?;
            }
        }
        let mut examples = BTreeMap::new();
        collect(&event, &mut examples);
        let mut known: BTreeMap<Kind, String> = BTreeMap::new();
        if examples.values().any(|kind| *kind == Kind::Order) {
            let (order, ticket) = people.order()?;
            known.extend([(Kind::Order, order), (Kind::Ticket, ticket)]);
        }
        let mut replacements = Vec::new();
        for (example, kind) in examples {
            let id = match known.entry(kind) {
                Entry::Occupied(found) => found.get().clone(),
                Entry::Vacant(unknown) => unknown.insert(people.find(kind)?).clone(),
            };
            replacements.push((example, id));
        }
        if function == "send_mail" {
            // A mail that was asked for long ago is not sent.
            replacements.push((EXAMPLE_MOMENT.to_owned(), OffsetDateTime::now_utc().format(&Rfc3339)?));
        }
        replace(&mut event, &replacements);
        Ok(event)
    }

    fn session(&self, email: &str) -> anyhow::Result<Client> {
        seed::sign_in(&self.base_url, email)?
            .with_context(|| format!("{email} cannot sign in; cargo xtask dev makes the demo accounts"))
    }

    fn fill_headers(&self, event: &mut Value) {
        let Some(headers) = event["headers"].as_object_mut() else {
            return;
        };
        let host = self.base_url.trim_start_matches("http://");
        headers.insert("x-site-host".to_owned(), json!(host));
        headers.insert("x-origin-secret".to_owned(), json!(self.origin_secret));
        if headers.contains_key("origin") {
            headers.insert("origin".to_owned(), json!(self.base_url));
        }
        if headers.contains_key("idempotency-key") {
            headers.insert("idempotency-key".to_owned(), json!(new_key()));
        }
    }
}

/// Gives an event the session of a client, as API Gateway hands cookies on.
fn sign_in(event: &mut Value, client: &Client) -> anyhow::Result<()> {
    let cookie = client.cookie().context("a demo account has no session")?;
    event["cookies"] = json!([cookie]);
    if let Some(headers) = event["headers"].as_object_mut()
        && headers.contains_key("cookie")
    {
        headers.insert("cookie".to_owned(), json!(cookie));
    }
    Ok(())
}

/// A key that no earlier order was placed under.
fn new_key() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let hex = format!("{:032x}", now.as_nanos());
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// What an id of a sample stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Ticket,
    Order,
    Buyer,
    Seller,
}

impl Kind {
    /// By the name of the field that the id is in.
    fn of(name: &str) -> Option<Self> {
        match name {
            "ticket_id" | "ticket" | "T" => Some(Self::Ticket),
            "order_id" | "order" | "O" => Some(Self::Order),
            "buyer_id" | "buyer" | "user" | "U" => Some(Self::Buyer),
            "seller_id" | "seller" => Some(Self::Seller),
            _ => None,
        }
    }
}

/// Finds the ids of a sample: in fields that are named after what they identify, in an event's aggregate, in bodies.
fn collect(value: &Value, found: &mut BTreeMap<String, Kind>) {
    match value {
        Value::Object(fields) => {
            // The aggregate of a domain event.
            let text = |name: &str| fields.get(name).and_then(Value::as_str);
            if let (Some(kind), Some(id)) = (text("kind").and_then(Kind::of), text("id"))
                && is_id(id)
            {
                found.insert(id.to_owned(), kind);
            }
            // An owner is a person, under the prefix of what they own.
            for (name, field) in fields.iter().filter(|(name, _)| *name != "owner") {
                let text = field.as_str().or_else(|| field["S"].as_str());
                if let (Some(kind), Some(text)) = (Kind::of(name), text)
                    && is_id(text)
                {
                    found.insert(text.to_owned(), kind);
                }
                collect(field, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::String(text) => {
            // The keys of the table are a prefix and an id.
            if let Some((prefix, id)) = text.split_once('#')
                && let Some(kind) = Kind::of(prefix)
                && is_id(id)
            {
                found.entry(id.to_owned()).or_insert(kind);
            }
            if text.starts_with('{')
                && let Ok(body) = serde_json::from_str::<Value>(text)
            {
                collect(&body, found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn is_id(text: &str) -> bool {
    text.len() == 36 && text.chars().all(|letter| letter == '-' || letter.is_ascii_hexdigit())
}

/// Puts live ids wherever the examples occur.
fn replace(value: &mut Value, replacements: &[(String, String)]) {
    match value {
        Value::Object(fields) => fields.values_mut().for_each(|field| replace(field, replacements)),
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, replacements)),
        Value::String(text) => {
            for (example, live) in replacements {
                if text.contains(example) {
                    *text = text.replace(example, live);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The demo accounts, signed in.
struct People {
    seller: Client,
    buyer: Client,
}

impl People {
    fn find(&self, kind: Kind) -> anyhow::Result<String> {
        match kind {
            Kind::Ticket => self.listed_ticket(),
            Kind::Order => Ok(self.order()?.0),
            Kind::Buyer => user_id(&self.buyer),
            Kind::Seller => user_id(&self.seller),
        }
    }

    /// A ticket of the seller that anyone can hold.
    fn listed_ticket(&self) -> anyhow::Result<String> {
        let page = self.seller.get("/api/me/tickets")?.expect(&[200], "reading the seller's tickets")?;
        let items = page["items"].as_array().context("a list without items")?;
        let listed = items.iter().find(|item| item["state"] == "listed").and_then(|item| item["id"].as_str());
        listed
            .map(ToOwned::to_owned)
            .context("the demo seller has no listed ticket; cargo xtask dev --reset brings new ones")
    }

    /// The buyer's newest order, or a new one, with its ticket.
    fn order(&self) -> anyhow::Result<(String, String)> {
        let page = self.buyer.get("/api/orders")?.expect(&[200], "reading the buyer's orders")?;
        let mut order = page["items"][0].clone();
        if order.is_null() {
            let body = json!({"ticket_id": self.listed_ticket()?});
            order = self.buyer.post_once("/api/orders", &body, &new_key())?.expect(&[201], "placing an order")?;
        }
        match (order["id"].as_str(), order["ticket"]["id"].as_str()) {
            (Some(id), Some(ticket)) => Ok((id.to_owned(), ticket.to_owned())),
            _ => bail!("an order without its ids: {order}"),
        }
    }
}

fn user_id(client: &Client) -> anyhow::Result<String> {
    let session = client.get("/api/session")?.expect(&[200], "reading a session")?;
    Ok(session["user"]["id"].as_str().context("a session without a user")?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TICKET: &str = "018f3e5c-6d2a-7c31-9a55-1f2e3d4c5b6a";
    const ORDER: &str = "a6289436-8e3b-53a1-a03e-a23f1a21a4c7";

    #[test]
    fn ids_are_found_by_field_aggregate_and_body() {
        let event = json!({
            "pathParameters": {"order_id": ORDER},
            "body": format!("{{\"ticket_id\": \"{TICKET}\"}}"),
            "Keys": {"pk": {"S": "T#018f3e5c-6d2a-7c31-9a55-1f2e3d4c5b6b"}},
            "NewImage": {
                "buyer": {"S": "018f3e5c-6d2a-7c31-9a55-1f2e3d4c5b6c"},
                "owner": {"S": "O#018f3e5c-6d2a-7c31-9a55-1f2e3d4c5b6c"},
            },
            "detail": {"aggregate": {"kind": "order", "id": "a6289436-8e3b-53a1-a03e-a23f1a21a4c8"}},
            "routeKey": "GET /api/orders/{order_id}",
        });
        let mut found = BTreeMap::new();
        collect(&event, &mut found);
        let kinds: Vec<Kind> = found.values().copied().collect();
        assert_eq!(kinds, [Kind::Ticket, Kind::Ticket, Kind::Buyer, Kind::Order, Kind::Order]);
    }

    #[test]
    fn an_example_is_replaced_wherever_it_occurs() {
        let mut event = json!({"rawPath": format!("/api/orders/{ORDER}"), "deep": [{"path": ORDER}], "other": TICKET});
        replace(&mut event, &[(ORDER.to_owned(), "live".to_owned())]);
        assert_eq!(event, json!({"rawPath": "/api/orders/live", "deep": [{"path": "live"}], "other": TICKET}));
    }

    #[test]
    fn two_keys_differ() {
        let first = new_key();
        assert!(is_id(&first), "{first}");
        assert!((0..1000).any(|_| new_key() != first));
    }
}
