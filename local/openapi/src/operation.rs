//! One operation: a route, who may ask, what it reads and what it answers.

use holdfast_http_api::Problem;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::Value;

/// How the schema of a type is had.
pub(crate) type Shape = fn(&mut SchemaGenerator) -> Schema;
/// A constructor of [`Problem`]: it knows slug, status and title.
pub(crate) type MakeProblem = fn(&'static str) -> Problem;

/// Who may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    /// Anybody; a session changes nothing.
    Anyone,
    /// Anybody; a session changes the answer.
    Visitor,
    /// Whoever is signed in.
    User,
    /// Stripe, by its signature. No page sends it: there is no `Origin`.
    Stripe,
}

/// An answer that is no problem.
#[derive(Debug, Clone)]
pub(crate) struct Success {
    pub(crate) status: u16,
    pub(crate) what: &'static str,
    pub(crate) shape: Option<Shape>,
    /// Whether it always sets a cookie; `None` if it never does.
    pub(crate) cookie: Option<bool>,
    pub(crate) links: Vec<Link>,
}

/// Where an answer leads.
#[derive(Debug, Clone)]
pub(crate) struct Link {
    /// The function.
    pub(crate) to: &'static str,
    /// The parameter or field there, and the expression that gives it.
    pub(crate) given: (Place, &'static str),
}

/// What of the next request a link gives.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Place {
    Parameter(&'static str),
    Field(&'static str),
}

/// One operation.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    pub(crate) function: &'static str,
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) who: Who,
    pub(crate) parameters: Vec<fn(&mut SchemaGenerator) -> Value>,
    pub(crate) body: Option<Shape>,
    pub(crate) successes: Vec<Success>,
    pub(crate) problems: Vec<MakeProblem>,
}

impl Operation {
    /// The operation of a function. `route` is its method and path, as in the template.
    ///
    /// Each can answer what the gate and an outage make: 400 `bad-origin`, 500 and 503.
    pub(crate) fn new(function: &'static str, route: &'static str, who: Who, summary: &'static str) -> Self {
        let (method, path) = route.split_once(' ').expect("a route is a method and a path");
        let operation = Self {
            function,
            method,
            path,
            summary,
            who,
            parameters: Vec::new(),
            body: None,
            successes: Vec::new(),
            problems: Vec::new(),
        };
        let operation = operation.problems([Problem::bad_origin, Problem::internal, Problem::unavailable]);
        if who == Who::User { operation.problems([Problem::no_session]) } else { operation }
    }

    /// Whether a page of the site's own must have sent it.
    pub(crate) fn is_write(&self) -> bool {
        self.method != "GET" && self.who != Who::Stripe
    }

    /// Takes a JSON body, and refuses it as `json_body` does.
    pub(crate) fn body<T: JsonSchema>(mut self) -> Self {
        self.body = Some(SchemaGenerator::subschema_for::<T>);
        self.problems([
            Problem::malformed_json,
            Problem::body_too_large,
            Problem::unsupported_media_type,
            Problem::invalid_fields,
        ])
    }

    /// Takes a body that is believed for its signature, whatever it is.
    pub(crate) fn body_as_signed<T: JsonSchema>(mut self) -> Self {
        self.body = Some(SchemaGenerator::subschema_for::<T>);
        self
    }

    /// Takes a parameter of the query or a header.
    pub(crate) fn parameter(mut self, parameter: fn(&mut SchemaGenerator) -> Value) -> Self {
        self.parameters.push(parameter);
        self
    }

    /// Answers a body.
    pub(crate) fn answers<T: JsonSchema>(self, status: u16, what: &'static str) -> Self {
        self.success(status, what, Some(SchemaGenerator::subschema_for::<T>))
    }

    /// Answers without a body.
    pub(crate) fn answers_nothing(self, status: u16, what: &'static str) -> Self {
        self.success(status, what, None)
    }

    fn success(mut self, status: u16, what: &'static str, shape: Option<Shape>) -> Self {
        self.successes.push(Success { status, what, shape, cookie: None, links: Vec::new() });
        self
    }

    /// The last answer sets a cookie, always or sometimes.
    pub(crate) fn sets_cookie(mut self, always: bool) -> Self {
        self.last().cookie = Some(always);
        self
    }

    /// The last answer leads to a function's operation: `expression` gives a parameter of it.
    pub(crate) fn leads_to(self, to: &'static str, parameter: &'static str, expression: &'static str) -> Self {
        self.link(to, Place::Parameter(parameter), expression)
    }

    /// The same with a field of the body.
    pub(crate) fn leads_to_field(self, to: &'static str, field: &'static str, expression: &'static str) -> Self {
        self.link(to, Place::Field(field), expression)
    }

    fn link(mut self, to: &'static str, place: Place, expression: &'static str) -> Self {
        self.last().links.push(Link { to, given: (place, expression) });
        self
    }

    fn last(&mut self) -> &mut Success {
        self.successes.last_mut().expect("an answer before what belongs to it")
    }

    /// Can answer these problems.
    pub(crate) fn problems<const N: usize>(mut self, problems: [MakeProblem; N]) -> Self {
        self.problems.extend(problems);
        self
    }
}
