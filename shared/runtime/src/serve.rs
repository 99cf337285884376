//! Serving invocations: one log line each, an error once with its chain.

use std::error::Error as StdError;
use std::fmt::Write as _;
use std::future::Future;
use std::time::Instant;

use holdfast_http_api::{ApiError, Reply, Request};
use lambda_http::RequestExt as _;
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
        lambda_http::run(lambda_http::service_fn(|request: Request| {
            let begun = Instant::now();
            let (method, path) = (request.method().clone(), request.raw_http_path().to_owned());
            let id = request.lambda_context_ref().map(|context| context.request_id.clone()).unwrap_or_default();
            let answer = handler(request);
            async move {
                let (reply, problem) = match answer.await {
                    Ok(reply) => (reply, ""),
                    Err(error) => {
                        let (problem, cause) = error.into_parts();
                        if let Some(cause) = cause {
                            tracing::error!(request_id = %id, error = error_chain(cause.as_ref()), "the request failed");
                        }
                        let kind = problem.kind();
                        (problem.into_reply(), kind)
                    }
                };
                let (status, ms) = (reply.status().as_u16(), millis_since(begun));
                tracing::info!(request_id = %id, %method, path, status, problem, ms, "answered");
                Ok::<_, Error>(reply)
            }
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
            let id = event.context.request_id.clone();
            // Boxed: an event handler that calls two services is a future of more than 20 KB.
            let outcome = Box::pin(handler(event.payload));
            async move {
                let outcome = outcome.await;
                let ms = millis_since(begun);
                match &outcome {
                    Ok(_) => tracing::info!(request_id = %id, ms, "handled"),
                    Err(error) => tracing::error!(request_id = %id, ms, error = error_chain(error), "the event failed"),
                }
                outcome.map_err(|error| Diagnostic {
                    error_type: std::any::type_name::<X>().to_owned(),
                    error_message: error.to_string(),
                })
            }
        }))
        .await
    }
}
