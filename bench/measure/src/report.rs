//! What the measurements say: figures with their targets.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::figures::Figure;
use crate::figures::Target::{AtLeast, AtMost};
use crate::plot::Panel;
use crate::run::{Cold, Warm};
use crate::sizes::zipped;
use crate::statistics::Sample;

/// Functions that weigh more, and why: Stripe's requests, a list of common passwords, or S3's client, which is the largest that
/// there is here and is in the one for which nobody waits.
const LARGE: [&str; 9] = [
    "render_pages",
    "reconcile_order",
    "refund_order",
    "start_payment",
    "stripe_webhook",
    "sweep",
    "change_password",
    "reset_password",
    "sign_up",
];
const MEGABYTE: f64 = 1e6;

/// What is drawn.
pub(crate) const PANELS: [Panel; 4] = [
    Panel {
        title: "Start of the process to its first request for an event",
        bars: &[("start.place_order", "Holdfast"), ("start.hello", "Rust, hello"), ("start.node", "Node.js")],
    },
    Panel {
        title: "First invocation: an order",
        bars: &[("first.place_order", "Holdfast"), ("first.hello", "Rust, hello"), ("first.node", "Node.js")],
    },
    Panel {
        title: "Processor's time of a warm invocation: an order",
        bars: &[("cpu.place_order", "Holdfast"), ("cpu.hello", "Rust, hello"), ("cpu.node", "Node.js")],
    },
    Panel {
        title: "Peak memory",
        bars: &[("memory.place_order", "Holdfast"), ("memory.hello", "Rust, hello"), ("memory.node", "Node.js")],
    },
];

/// What one run has measured, by program.
pub(crate) struct Run {
    pub(crate) cold: BTreeMap<&'static str, Cold>,
    pub(crate) warm: BTreeMap<&'static str, Warm>,
    pub(crate) raw: Sample,
}

fn median(name: String, sample: &Sample, unit: &str) -> Figure {
    Figure::new(name, sample.median(), unit).with_spread(sample.spread())
}

/// The figures of a run.
pub(crate) fn of_run(run: &Run) -> Vec<Figure> {
    let mut figures = Vec::new();
    for (name, cold) in &run.cold {
        figures.push(median(format!("start.{name}"), &cold.start, "ms"));
        figures.push(median(format!("first.{name}"), &cold.first, "ms"));
        figures.push(median(format!("start_and_first.{name}"), &cold.both, "ms"));
    }
    figures.push(median("latency.raw_update_item".to_owned(), &run.raw, "ms"));
    figures.push(Figure::new("latency_p99.raw_update_item", run.raw.quantile(0.99), "ms"));
    for (name, warm) in &run.warm {
        let calls = f64::from(warm.calls);
        figures.push(Figure::new(format!("calls.{name}"), calls, "calls"));
        figures.push(median(format!("latency.{name}"), &warm.latency, "ms"));
        figures.push(Figure::new(format!("latency_p99.{name}"), warm.latency.quantile(0.99), "ms"));
        if warm.calls > 0 {
            let over_raw = warm.latency.median() / (run.raw.median() * calls);
            figures.push(Figure::new(format!("latency_over_raw.{name}"), over_raw, "x a call"));
        }
        let cpu = median(format!("cpu.{name}"), &warm.cpu, "ms");
        figures.push(if *name == "place_order" { cpu.should_be(AtMost(0.5)) } else { cpu });
        let memory = Figure::new(format!("memory.{name}"), megabytes(warm), "MB");
        figures.push(if *name == "place_order" { memory.should_be(AtMost(12.0)) } else { memory });
    }
    figures.extend(compared(run));
    figures
}

/// How `place_order` stands beside the others of the same run.
fn compared(run: &Run) -> Vec<Figure> {
    let (ours, hello, node) = (&run.cold["place_order"], &run.cold["hello"], &run.cold["node"]);
    let (warm, warm_node) = (&run.warm["place_order"], &run.warm["node"]);
    let ratio = |name: &str, one: f64, other: f64| Figure::new(name, one / other, "x");
    let raw = run.raw.quantile(0.99) * f64::from(warm.calls);
    vec![
        ratio("start.over_hello", ours.start.median(), hello.start.median()).should_be(AtMost(1.5)),
        ratio("start.node_over_ours", node.start.median(), ours.start.median()).should_be(AtLeast(20.0)),
        ratio("first.over_warm", ours.first.median(), warm.latency.median()).should_be(AtMost(2.0)),
        ratio("first.node_over_ours", node.first.median(), ours.first.median()).should_be(AtLeast(10.0)),
        ratio("start_and_first.node_over_ours", node.both.median(), ours.both.median()),
        ratio("cpu.node_over_ours", warm_node.cpu.median(), warm.cpu.median()).should_be(AtLeast(10.0)),
        ratio("latency_p99.over_raw_a_call", warm.latency.quantile(0.99), raw).should_be(AtMost(1.3)),
        ratio("memory.node_over_ours", megabytes(warm_node), megabytes(warm)),
    ]
}

#[expect(clippy::cast_precision_loss, reason = "fewer bytes than a double tells apart")]
fn megabytes(warm: &Warm) -> f64 {
    warm.peak_memory as f64 / MEGABYTE
}

/// All functions of the checkout.
pub(crate) fn functions(root: &Path) -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(root.join("functions"))? {
        names.push(entry?.file_name().into_string().ok().context("a function's name is text")?);
    }
    names.sort();
    Ok(names)
}

/// The sizes of functions' archives.
pub(crate) fn of_sizes(names: &[String], program: impl Fn(&str) -> PathBuf) -> anyhow::Result<Vec<Figure>> {
    let figure = |name: &String| {
        let limit = if LARGE.contains(&name.as_str()) { 4.0 } else { 3.0 };
        #[expect(clippy::cast_precision_loss, reason = "fewer bytes than a double tells apart")]
        let size = zipped(&program(name))? as f64 / MEGABYTE;
        Ok(Figure::new(format!("zip.{name}"), size, "MB").should_be(AtMost(limit)))
    };
    names.iter().map(figure).collect()
}
