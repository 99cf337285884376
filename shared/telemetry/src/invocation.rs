//! One run of a function, and what it is about.

use std::future::Future;

use holdfast_domain::{OrderId, TicketId, TraceId, UserId};
use tracing::field::Empty;
use tracing::{Instrument as _, Span};
use uuid::Uuid;

/// The name of the span whose fields stand in every line that is logged inside.
pub(crate) const SPAN: &str = "invocation";

tokio::task_local! {
    static TRACE: TraceId;
}

/// One run of a function.
#[derive(Debug, Clone)]
pub struct Invocation {
    trace: TraceId,
    span: Span,
}

impl Invocation {
    /// The run with the id that the platform gave it.
    ///
    /// `xray` is the trace header that Lambda gave to the runtime, which is what the platform made of the request: the
    /// distribution passes on the headers that it names and `X-Amzn-Trace-Id` is none of them, so that no client that
    /// comes through the edge chooses its trace. Whoever goes round the edge is refused before anything is written. A
    /// header of another form counts as none, and the trace is then a new one.
    #[must_use]
    pub fn new(request_id: &str, xray: Option<&str>) -> Self {
        let trace = xray.and_then(TraceId::of_xray).unwrap_or_else(random);
        // At the level of errors, so that no filter can take the ids away from the lines that it leaves.
        let span = tracing::error_span!(
            SPAN,
            request_id,
            trace_id = %trace,
            order_id = Empty,
            ticket_id = Empty,
            event_id = Empty,
            user_id = Empty,
        );
        Self { trace, span }
    }

    /// Runs `work` as this invocation: what it logs carries the ids, and what it decides carries the trace.
    pub async fn run<F: Future>(self, work: F) -> F::Output {
        TRACE.scope(self.trace, work).instrument(self.span).await
    }
}

fn random() -> TraceId {
    TraceId::from_uuid(Uuid::new_v4())
}

/// The trace of the request that is being served. Outside of an invocation, as in a test or a tool, whoever asks is a
/// trace of their own.
#[must_use]
pub fn current_trace() -> TraceId {
    TRACE.try_with(|trace| *trace).unwrap_or_else(|_| random())
}

/// What an invocation is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// An order.
    Order(OrderId),
    /// A ticket.
    Ticket(TicketId),
    /// Who asks, proven.
    User(UserId),
    /// An event of ours, by its id.
    Event(Uuid),
}

/// From now on, each line of this invocation names the subject.
pub fn note(subject: Subject) {
    let span = Span::current();
    match subject {
        Subject::Order(id) => span.record("order_id", tracing::field::display(id)),
        Subject::Ticket(id) => span.record("ticket_id", tracing::field::display(id)),
        Subject::User(id) => span.record("user_id", tracing::field::display(id)),
        Subject::Event(id) => span.record("event_id", tracing::field::display(id)),
    };
}

/// From now on, each line of this invocation carries the trace of what it was invoked for. Events and schedules of before
/// the first trace have none, and the invocation keeps its own.
///
/// What it writes keeps the trace that is there: a handler finishes what a request has decided.
pub fn follow(trace: Option<TraceId>) {
    if let Some(trace) = trace {
        Span::current().record("trace_id", tracing::field::display(trace));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_trace_of_a_request_is_the_platforms_and_lasts_as_long_as_the_request() {
        let root = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0";
        let invocation = Invocation::new("r-1", Some(root));
        let seen = invocation.run(async { (current_trace(), current_trace()) }).await;
        assert_eq!(seen.0.to_string(), "5759e988bd862e3fe1be46a994272793");
        assert_eq!(seen.0, seen.1);
        assert_ne!(current_trace(), seen.0);
    }

    #[tokio::test]
    async fn a_header_of_another_form_gives_a_trace_of_its_own() {
        let of = async |xray| Invocation::new("r", xray).run(async { current_trace() }).await;
        let (first, second) = (of(Some("Root=anything")).await, of(None).await);
        assert_ne!(first, second);
        assert!(!first.to_string().contains("anything"));
    }
}
