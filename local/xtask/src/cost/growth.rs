//! How what a route takes grows with the market: a table of docs/cost.md.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Deserialize;

use super::tables::replace;
use crate::console::line;
use crate::project::Project;

const BEGIN: &str = "<!-- written by `cargo xtask cost --growth` from here -->";

/// What is counted at each size of the market: by the number of tickets, and by what was asked.
pub(crate) type Sizes = BTreeMap<String, BTreeMap<String, Taken>>;

/// Calls and units of one thing.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Taken {
    calls: f64,
    reads: f64,
    writes: f64,
}

impl Taken {
    /// Read and write units together.
    fn units(self) -> f64 {
        self.reads + self.writes
    }
}

/// Units that are added when the market is ten times as large: the slope of the line that fits best.
fn slope(points: &[(f64, f64)]) -> f64 {
    let count = f64::from(u32::try_from(points.len()).unwrap_or(u32::MAX));
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let up: f64 = points.iter().map(|point| (point.0 - x) * (point.1 - y)).sum();
    let along: f64 = points.iter().map(|point| (point.0 - x).powi(2)).sum();
    if along > 0.0 { up / along } else { 0.0 }
}

/// Writes the table.
pub(crate) fn write(project: &Project, sizes: &Sizes) -> anyhow::Result<()> {
    let tickets = |size: &str| size.trim_start_matches('0').to_owned();
    let mut text = String::from("\n| calls, read units, write units at … tickets |");
    for size in sizes.keys() {
        let _ = write!(text, " {} |", tickets(size));
    }
    let _ = write!(text, " units more for ten times as many, from 100 on |\n|---|{}---|\n", "---|".repeat(sizes.len()));
    let names: Vec<&String> = sizes.values().next().into_iter().flat_map(BTreeMap::keys).collect();
    for name in names {
        let _ = write!(text, "| {name} |");
        let mut points = Vec::new();
        for (size, taken) in sizes {
            let Some(taken) = taken.get(name) else { continue };
            let _ = write!(text, " {}, {}, {} |", taken.calls, taken.reads, taken.writes);
            // Below that a page of the list is not full.
            if let Some(number) = size.parse::<f64>().ok().filter(|number| *number >= 100.0) {
                points.push((number.log10(), taken.units()));
            }
        }
        let _ = writeln!(text, " {:.2} |", slope(&points));
    }
    line(&text);
    replace(project, BEGIN, &text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slope_is_what_each_step_adds() {
        assert!((slope(&[(2.0, 5.0), (3.0, 5.0), (4.0, 5.0)])).abs() < 1e-9);
        assert!((slope(&[(2.0, 5.0), (3.0, 7.5), (4.0, 10.0)]) - 2.5).abs() < 1e-9);
        assert!(slope(&[(2.0, 5.0)]).abs() < 1e-9, "one point has no slope");
    }
}
