#![doc = include_str!("../README.md")]

mod invocation;
mod log;
pub mod metrics;
mod place;

pub use invocation::{Invocation, Subject, current_trace, follow, note};
pub use log::start_logging;
pub use metrics::Metric;
pub use place::{Place, place};
