//! What AWS asks for, and what is assumed where nothing can be counted: `local/prices.json`.

use std::collections::BTreeMap;

use anyhow::Context as _;
use serde::Deserialize;

use crate::project::Project;

/// The file with the prices.
#[derive(Debug, Deserialize)]
pub(crate) struct Prices {
    pub(crate) region: String,
    pub(crate) architecture: String,
    #[serde(rename = "prices")]
    pub(crate) of: BTreeMap<String, Price>,
    /// What is paid for whether anybody comes or not.
    pub(crate) idle: BTreeMap<String, Price>,
    pub(crate) assumed: Assumed,
}

/// What so many of something cost, and where that stands.
#[derive(Debug, Deserialize)]
pub(crate) struct Price {
    pub(crate) dollars: f64,
    pub(crate) per: f64,
    /// So many of it are free each month, for good.
    #[serde(default)]
    pub(crate) free: f64,
    pub(crate) of: String,
    pub(crate) service: String,
    pub(crate) page: String,
    pub(crate) read: String,
    pub(crate) on: String,
}

/// What no emulator shows.
#[derive(Debug, Deserialize)]
pub(crate) struct Assumed {
    /// Of a run by itself, and of a call by its service or its operation.
    pub(crate) milliseconds: BTreeMap<String, f64>,
    /// What CloudWatch adds to each line.
    pub(crate) log_line_bytes: f64,
    /// Headers of an answer to a visitor.
    pub(crate) header_bytes: f64,
    /// What browsers fetch beside the API in each journey.
    pub(crate) pages: BTreeMap<String, Visit>,
}

/// Pages and their files, as `docs/site.md` has measured them.
#[derive(Debug, Deserialize)]
pub(crate) struct Visit {
    pub(crate) pages: f64,
    pub(crate) files: f64,
    /// Of all of it, API answers included.
    pub(crate) bytes: f64,
}

impl Prices {
    pub(crate) fn read(project: &Project) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(project.root().join("local/prices.json"))?;
        serde_json::from_str(&text).context("local/prices.json cannot be read")
    }

    /// Dollars for so many of something.
    pub(crate) fn dollars(&self, item: &str, count: f64) -> anyhow::Result<f64> {
        let price = self.of.get(item).with_context(|| format!("local/prices.json has no price of {item}"))?;
        Ok(count * price.dollars / price.per)
    }
}

impl Assumed {
    /// How long a call takes: by its operation if that is known, else by its service.
    pub(crate) fn milliseconds(&self, service: &str, operation: &str) -> anyhow::Result<f64> {
        let exact = self.milliseconds.get(&format!("{service} {operation}"));
        exact
            .or_else(|| self.milliseconds.get(service))
            .copied()
            .with_context(|| format!("local/prices.json does not say how long a call to {service} takes: {operation}"))
    }
}
