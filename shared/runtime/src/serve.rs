//! Serving invocations: one log line each with the ids of what it was about, an error once with its chain.

use std::error::Error as StdError;
use std::fmt::Write as _;
use std::future::Future;
use std::time::Instant;

use holdfast_http_api::{ApiError, Reply, Request};
use holdfast_telemetry::{Invocation, Metric, Subject, metrics, note};
use lambda_http::RequestExt as _;
use lambda_http::request::RequestContext;
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Error, Runtime};

/// An error with everything behind it, on one line: for the log, never for a client.
#[must_use]
pub fn error_chain(error: &(dyn StdError + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        let _ = write!(text, ": {inner}");
        source = inner.source();
    }
    text
}

/// Whole milliseconds, as a number in the log line.
fn millis_since(begun: Instant) -> u64 {
    u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX)
}

impl Runtime {
    /// Serves HTTP requests until the environment ends.
    ///
    /// # Errors
    /// When the Lambda runtime cannot be reached.
    pub async fn run_http<'a, F, Fut>(self, handler: F) -> Result<(), Error>
    where
        F: Fn(Request) -> Fut,
        Fut: Future<Output = Result<Reply, ApiError>> + Send + 'a,
    {
        self.warm_up().await;
        lambda_http::run(lambda_http::service_fn(|request: Request| {
            let begun = Instant::now();
            let invocation = invocation_of(&request);
            let (route, named) = (route_of(&request), named_in_path(&request));
            let answer = handler(request);
            invocation.run(async move {
                named.into_iter().for_each(note);
                let (reply, problem) = match answer.await {
                    Ok(reply) => (reply, ""),
                    Err(error) => {
                        let (problem, cause) = error.into_parts();
                        if let Some(cause) = cause {
                            tracing::error!(error = error_chain(cause.as_ref()), "the request failed");
                        }
                        let kind = problem.kind();
                        (problem.into_reply(), kind)
                    }
                };
                if reply.status().is_server_error() {
                    metrics::count(Metric::Failures, 1);
                }
                let (status, ms) = (reply.status().as_u16(), millis_since(begun));
                tracing::info!(route, status, problem, ms, "answered");
                Ok::<_, Error>(reply)
            })
        }))
        .await
    }

    /// Serves events until the environment ends. An error makes the invocation fail, so that its source tries again.
    ///
    /// # Errors
    /// When the Lambda runtime cannot be reached.
    pub async fn run_event<E, R, X, F, Fut>(self, handler: F) -> Result<(), Error>
    where
        E: DeserializeOwned,
        R: Serialize,
        X: StdError + Send + Sync + 'static,
        F: Fn(E) -> Fut,
        Fut: Future<Output = Result<R, X>>,
    {
        lambda_runtime::run(service_fn(|event: LambdaEvent<E>| {
            let begun = Instant::now();
            let invocation = Invocation::new(&event.context.request_id, event.context.xray_trace_id.as_deref());
            // Boxed: an event handler that calls two services is a future of more than 20 KB.
            let outcome = Box::pin(handler(event.payload));
            invocation.run(async move {
                let outcome = outcome.await;
                let ms = millis_since(begun);
                match &outcome {
                    Ok(_) => tracing::info!(ms, "handled"),
                    Err(error) => {
                        metrics::count(Metric::Failures, 1);
                        tracing::error!(ms, error = error_chain(error), "the event failed");
                    }
                }
                outcome.map_err(|error| Diagnostic {
                    error_type: std::any::type_name::<X>().to_owned(),
                    error_message: error.to_string(),
                })
            })
        }))
        .await
    }
}

fn invocation_of(request: &Request) -> Invocation {
    let context = request.lambda_context_ref();
    let id = context.map(|context| context.request_id.as_str()).unwrap_or_default();
    Invocation::new(id, context.and_then(|context| context.xray_trace_id.as_deref()))
}

/// Method and pattern of the path, as the API's route has them. The path itself may hold what somebody has typed, and a
/// query holds what they look for: neither is logged.
fn route_of(request: &Request) -> String {
    let Some(RequestContext::ApiGatewayV2(context)) = request.request_context_ref() else {
        return String::new();
    };
    context.route_key.clone().unwrap_or_default()
}

/// The ids in the path; what is no id is left out.
fn named_in_path(request: &Request) -> Vec<Subject> {
    let parameters = request.path_parameters();
    let order = parameters.first("order_id").and_then(|id| id.parse().ok()).map(Subject::Order);
    let ticket = parameters.first("ticket_id").and_then(|id| id.parse().ok()).map(Subject::Ticket);
    order.into_iter().chain(ticket).collect()
}
