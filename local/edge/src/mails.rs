//! `/_mail`: the mails that the emulator has taken instead of sending them, for people and as JSON for tests.

use std::fmt::Write as _;
use std::time::Duration;

use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::body::Bytes;
use hyper::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, Response, StatusCode, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::answer::{Body, problem, whole};

const PAGE: &str = "/_mail";
const AS_JSON: &str = "/_mail.json";
/// Where the emulator shows what its SES has taken.
const TAKEN: &str = "/_ministack/ses/messages";
const DEADLINE: Duration = Duration::from_secs(30);
const MAX_ANSWER_BYTES: usize = 64 * 1024 * 1024;
/// Nothing of a mail is ever run.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// The way to the emulator's mailbox.
#[derive(Debug)]
pub(crate) struct Mails {
    messages: Option<Uri>,
    client: Client<HttpConnector, Empty<Bytes>>,
}

/// A mail as it is shown.
#[derive(Debug, Clone, PartialEq)]
struct Mail {
    to: String,
    subject: String,
    body: String,
    /// RFC 3339 in UTC.
    sent_at: String,
}

impl Mails {
    /// `emulator` is where it listens.
    pub(crate) fn new(emulator: &Uri) -> Self {
        let mut parts = emulator.clone().into_parts();
        parts.path_and_query = TAKEN.parse().ok();
        Self { messages: Uri::from_parts(parts).ok(), client: Client::builder(TokioExecutor::new()).build_http() }
    }

    /// Whether a path is for the mailbox.
    pub(crate) fn is_asked_by(path: &str) -> bool {
        path == PAGE || path == AS_JSON
    }

    /// The mails, newest first; with `?to=<address>` those to one address.
    pub(crate) async fn show<B>(&self, request: Request<B>) -> Response<Body> {
        if request.method() != Method::GET {
            return problem(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "Only GET", "Mails are only read.");
        }
        let Some(taken) = self.taken().await else {
            let detail = "The emulator did not show its mails. Is it running?";
            return problem(StatusCode::BAD_GATEWAY, "bad-gateway", "The mailbox cannot be reached", detail);
        };
        let mails = shown(&taken, addressee(request.uri()).as_deref());
        let (kind, text) = if request.uri().path() == AS_JSON {
            ("application/json", as_json(&mails))
        } else {
            ("text/html; charset=utf-8", as_page(&mails))
        };
        let mut response = Response::new(whole(text));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
        response
    }

    async fn taken(&self) -> Option<Value> {
        let asked = self.client.get(self.messages.clone()?);
        let response = tokio::time::timeout(DEADLINE, asked).await.ok()?.ok()?;
        let body = Limited::new(response.into_body(), MAX_ANSWER_BYTES).collect();
        let bytes = tokio::time::timeout(DEADLINE, body).await.ok()?.ok()?.to_bytes();
        serde_json::from_slice(&bytes).ok()
    }
}

/// The address after `to=`: as it is typed, or with its characters escaped.
fn addressee(uri: &Uri) -> Option<String> {
    let value = uri.query()?.split('&').find_map(|pair| pair.strip_prefix("to="))?;
    Some(value.replace("%40", "@").replace("%2B", "+"))
}

/// Newest first.
fn shown(taken: &Value, to: Option<&str>) -> Vec<Mail> {
    let accounts = taken["messages"].as_object().into_iter().flatten();
    let messages = accounts.flat_map(|(_, messages)| messages.as_array().into_iter().flatten());
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut mails: Vec<Mail> = messages
        .map(|message| Mail {
            to: text(&message["To"][0]),
            subject: text(&message["Subject"]),
            body: text(&message["BodyText"]),
            sent_at: moment(message["Timestamp"].as_f64().unwrap_or_default()),
        })
        .filter(|mail| to.is_none_or(|to| mail.to == to))
        .collect();
    // The emulator appends: of two within one millisecond the later one stands below.
    mails.reverse();
    mails.sort_by(|one, other| other.sent_at.cmp(&one.sent_at));
    mails
}

/// A moment that is given in seconds, always with three digits behind the point, so that texts sort like moments.
fn moment(seconds: f64) -> String {
    let whole = OffsetDateTime::UNIX_EPOCH.checked_add(time::Duration::seconds_f64(seconds));
    let whole = whole.and_then(|moment| moment.replace_millisecond(moment.millisecond()).ok());
    let text = whole.and_then(|moment| moment.format(&Rfc3339).ok()).unwrap_or_default();
    match text.trim_end_matches('Z').split_once('.') {
        Some((before, fraction)) => format!("{before}.{fraction:0<3}Z"),
        None => format!("{}.000Z", text.trim_end_matches('Z')),
    }
}

fn as_json(mails: &[Mail]) -> String {
    let mails: Vec<Value> = mails
        .iter()
        .map(|mail| json!({"to": mail.to, "subject": mail.subject, "body": mail.body, "sent_at": mail.sent_at}))
        .collect();
    Value::from(mails).to_string()
}

fn as_page(mails: &[Mail]) -> String {
    let mut page = String::from(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>Mails</title><style>body{font:1rem/1.5 system-ui;margin:2rem auto;max-width:44rem;padding:0 1rem;\
         color-scheme:light dark}article{border:1px solid;border-radius:.5rem;margin:1rem 0;padding:0 1rem}\
         pre{white-space:pre-wrap;overflow-wrap:anywhere}</style>\
         <h1>Mails</h1><p>What this stack would have sent, newest first. Load the page again for more.</p>",
    );
    if mails.is_empty() {
        page.push_str("<p>None yet.</p>");
    }
    for mail in mails {
        let (to, subject, body) = (escaped(&mail.to), escaped(&mail.subject), linked(&mail.body));
        let sent_at = &mail.sent_at;
        let _ = write!(page, "<article><h2>{subject}</h2><p>To {to}, {sent_at}</p><pre>{body}</pre></article>");
    }
    page
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A line that is an address is a link.
fn linked(body: &str) -> String {
    let line = |line: &str| {
        let text = escaped(line);
        let is_address = line.starts_with("http://") || line.starts_with("https://");
        if is_address { format!("<a href=\"{text}\">{text}</a>") } else { text }
    };
    body.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken() -> Value {
        json!({"messages": {"000000000000": [
            {"To": ["ada@example.org"], "Subject": "First", "BodyText": "Hello <Ada>,\n\nhttp://localhost/x/#a\"b\n", "Timestamp": 1.5},
            {"To": ["bob@example.org"], "Subject": "Second", "BodyText": "Hello,", "Timestamp": 2.25},
        ]}})
    }

    #[test]
    fn the_newest_mail_comes_first_and_others_mails_can_be_left_out() {
        let subjects = |to| shown(&taken(), to).into_iter().map(|mail| mail.subject).collect::<Vec<_>>();
        assert_eq!(subjects(None), ["Second", "First"]);
        assert_eq!(subjects(Some("ada@example.org")), ["First"]);
        assert_eq!(addressee(&Uri::from_static("/_mail?to=a%2Bb%40c.de")).as_deref(), Some("a+b@c.de"));
        let read: Value = serde_json::from_str(&as_json(&shown(&taken(), None))).expect("JSON");
        assert_eq!(
            read[0],
            json!({"to": "bob@example.org", "subject": "Second", "body": "Hello,", "sent_at": "1970-01-01T00:00:02.250Z"})
        );
    }

    #[test]
    fn a_page_shows_links_and_nothing_of_a_mail_is_markup() {
        let page = as_page(&shown(&taken(), None));
        assert!(page.contains("<a href=\"http://localhost/x/#a&quot;b\">"), "{page}");
        assert!(page.contains("Hello &lt;Ada&gt;,") && !page.contains("<Ada>"), "{page}");
        assert!(as_page(&[]).contains("None yet."));
    }

    #[test]
    fn only_the_mailboxs_own_addresses_are_its() {
        for path in ["/_mail", "/_mail.json"] {
            assert!(Mails::is_asked_by(path), "{path}");
        }
        for path in ["/_mails", "/_mail/x", "/", "/api/_mail"] {
            assert!(!Mails::is_asked_by(path), "{path}");
        }
    }
}
