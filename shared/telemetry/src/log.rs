//! The log: one JSON object a line, with the ids of its invocation at the top.
//!
//! The formatters that can be had write a span's fields below a key, or write a field twice that event and span have in
//! common, as the trace of a single event in a batch. Here each name stands once, and the event's own value counts.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Write as _;

use serde::Serialize;
use serde_json::{Value, json};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime as _, SystemTime};
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::invocation::SPAN;
use crate::place::{Place, place};

/// Starts the log of this process on standard output, from where Lambda takes it.
///
/// # Panics
/// When it was started before.
pub fn start_logging(here: Place, filter: Targets) {
    here.settle();
    tracing_subscriber::registry().with(JsonLines { write: print }.with_filter(filter)).init();
}

/// Writes a line to standard output as a whole. Nothing can be done about one that nobody takes.
pub(crate) fn print(line: &str) {
    let mut out = std::io::stdout().lock();
    drop(out.write_all(line.as_bytes()).and_then(|()| out.write_all(b"\n")));
}

/// Fields by their names.
#[derive(Debug, Clone, Default)]
struct Fields(BTreeMap<&'static str, Value>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name(), Value::String(format!("{value:?}")));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), json!(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.0.insert(field.name(), json!(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.0.insert(field.name(), json!(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.insert(field.name(), json!(value));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.0.insert(field.name(), json!(value));
    }
}

#[derive(Serialize)]
struct Line<'a> {
    timestamp: String,
    level: &'static str,
    function: &'a str,
    #[serde(flatten)]
    fields: BTreeMap<&'static str, Value>,
}

/// Writes each event as a line.
struct JsonLines<W> {
    write: W,
}

impl<S, W> Layer<S> for JsonLines<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: Fn(&str) + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id).filter(|span| span.name() == SPAN) {
            let mut fields = Fields::default();
            attributes.record(&mut fields);
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        for span in context.event_scope(event).into_iter().flatten() {
            if let Some(of_invocation) = span.extensions().get::<Fields>() {
                fields = of_invocation.clone();
                break;
            }
        }
        event.record(&mut fields);
        let mut timestamp = String::new();
        // The clock of the formatters; a time that it cannot write is left empty, and the line is still written.
        let _ = SystemTime.format_time(&mut Writer::new(&mut timestamp));
        let level = event.metadata().level().as_str();
        let line = Line { timestamp, level, function: &place().function, fields: fields.0 };
        if let Ok(text) = serde_json::to_string(&line) {
            (self.write)(&text);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::{Invocation, Subject, follow, note};

    const TRACE: &str = "5759e988bd862e3fe1be46a994272793";

    /// The lines that `work` logs.
    fn logged(filter: &str, work: impl FnOnce()) -> Vec<Value> {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&lines);
        let write = move |line: &str| noted.lock().unwrap().push(serde_json::from_str(line).unwrap());
        let layer = JsonLines { write }.with_filter(filter.parse::<Targets>().unwrap());
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), work);
        std::mem::take(&mut *lines.lock().unwrap())
    }

    fn run(work: impl Future<Output = ()>) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(Invocation::new("r-1", Some("Root=1-5759e988-bd862e3fe1be46a994272793")).run(work));
    }

    #[test]
    fn what_is_logged_inside_carries_the_ids_at_the_top() {
        let order = "a6289436-8e3b-53a1-a03e-a23f1a21a4c7";
        let lines = logged("info", || {
            run(async {
                tracing::info!(ms = 3, done = true, "first");
                note(Subject::Order(order.parse().unwrap()));
                let deeper = tracing::info_span!("deeper", password = "hidden");
                deeper.in_scope(|| tracing::error!(error = "why", "second"));
            });
        });
        let [first, second] = lines.as_slice() else { panic!("{lines:?}") };
        assert_eq!(first["message"], "first");
        assert_eq!((&first["ms"], &first["done"]), (&json!(3), &json!(true)));
        assert_eq!((&first["request_id"], &first["trace_id"]), (&json!("r-1"), &json!(TRACE)));
        assert_eq!(first.get("order_id"), None);
        assert_eq!((&second["order_id"], &second["trace_id"]), (&json!(order), &json!(TRACE)));
        assert_eq!((&second["level"], &second["error"]), (&json!("ERROR"), &json!("why")));
        assert_eq!(second.get("password"), None, "the spans of libraries are not written");
        assert!(first["timestamp"].as_str().unwrap().ends_with('Z'));
    }

    #[test]
    fn a_line_may_name_another_trace_and_an_invocation_may_follow_one() {
        let other = "0af7651916cd43dd8448eb211c80319c";
        let lines = logged("info", || {
            run(async {
                tracing::info!(trace_id = %other, "of one event");
                tracing::info!("of the batch");
                follow(None);
                follow(Some(other.parse().unwrap()));
                tracing::info!("of what it was invoked for");
            });
        });
        let traces: Vec<&Value> = lines.iter().map(|line| &line["trace_id"]).collect();
        assert_eq!(traces, [&json!(other), &json!(TRACE), &json!(other)]);
    }

    #[test]
    fn a_strict_filter_takes_lines_but_never_ids() {
        let lines = logged("error", || {
            run(async {
                tracing::info!("left out");
                tracing::error!("written");
            });
        });
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0]["request_id"], "r-1");
    }

    #[test]
    fn outside_of_an_invocation_there_are_no_ids() {
        let lines = logged("info", || tracing::warn!("starting"));
        assert_eq!(lines[0]["message"], "starting");
        assert_eq!(lines[0].get("request_id"), None);
    }
}
