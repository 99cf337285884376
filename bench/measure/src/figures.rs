//! The figures: what each is, what it should be, and what it was before.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

/// What a figure should be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Target {
    AtMost(f64),
    AtLeast(f64),
}

/// One measured figure, as `docs/bench.json` has it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Figure {
    pub(crate) name: String,
    pub(crate) value: f64,
    pub(crate) unit: String,
    /// In words, with the figure: `at most 3`.
    pub(crate) target: Option<String>,
    /// Whether the target is met.
    pub(crate) holds: Option<bool>,
    /// From the first to the third quartile, where it is a median.
    #[serde(skip)]
    spread: Option<(f64, f64)>,
}

impl Figure {
    pub(crate) fn new(name: impl Into<String>, value: f64, unit: &str) -> Self {
        let (name, unit) = (name.into(), unit.to_owned());
        Self { name, value: rounded(value), unit, target: None, holds: None, spread: None }
    }

    /// With what it should be.
    pub(crate) fn should_be(mut self, target: Target) -> Self {
        let (text, holds) = match target {
            Target::AtMost(limit) => (format!("at most {limit}"), self.value <= limit),
            Target::AtLeast(limit) => (format!("at least {limit}"), self.value >= limit),
        };
        (self.target, self.holds) = (Some(text), Some(holds));
        self
    }

    /// With how far its measurements lie apart.
    pub(crate) fn with_spread(mut self, (from, to): (f64, f64)) -> Self {
        self.spread = Some((rounded(from), rounded(to)));
        self
    }
}

/// Three digits that count: no run is more exact than that.
fn rounded(value: f64) -> f64 {
    format!("{value:.2e}").parse().unwrap_or(value)
}

/// The figures of an earlier run; none where there was none.
pub(crate) fn read(path: &Path) -> anyhow::Result<Vec<Figure>> {
    if !path.exists() {
        return Ok(Vec::new());
    }
    let text = std::fs::read_to_string(path)?;
    serde_json::from_str(&text).with_context(|| format!("{} is no list of figures", path.display()))
}

/// Writes the figures.
pub(crate) fn write(figures: &[Figure], path: &Path) -> anyhow::Result<()> {
    let text = serde_json::to_string_pretty(figures)? + "\n";
    std::fs::write(path, text).with_context(|| format!("{} cannot be written", path.display()))
}

/// The figures as a table, each beside what it was.
pub(crate) fn table(figures: &[Figure], before: &[Figure]) -> String {
    let width = figures.iter().map(|figure| figure.name.chars().count()).max().unwrap_or_default();
    let mut text = format!("{:width$}  {:>12}  {:>17}  {:>8}  target\n", "", "now", "quartiles", "change");
    for figure in figures {
        let value = format!("{} {}", figure.value, figure.unit);
        let spread = figure.spread.map(|(from, to)| format!("{from} to {to}")).unwrap_or_default();
        let was = before.iter().find(|was| was.name == figure.name && was.value != 0.0);
        let change = was.map(|was| format!("{:+.1}%", (figure.value / was.value - 1.0) * 100.0)).unwrap_or_default();
        let target = match (&figure.target, figure.holds) {
            (Some(target), Some(true)) => format!("{target}: holds"),
            (Some(target), _) => format!("{target}: MISSED"),
            (None, _) => String::new(),
        };
        let line = format!("{:width$}  {value:>12}  {spread:>17}  {change:>8}  {target}", figure.name);
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_met_or_missed() {
        let figure = |value| Figure::new("zip", value, "MB").should_be(Target::AtMost(3.0));
        assert_eq!((figure(2.9994).value, figure(2.9994).holds), (3.0, Some(true)));
        assert_eq!(figure(3.01).holds, Some(false));
        let faster = Figure::new("start", 19.9, "x").should_be(Target::AtLeast(20.0));
        assert_eq!((faster.target.as_deref(), faster.holds), (Some("at least 20"), Some(false)));
    }

    #[test]
    fn a_table_says_what_has_changed_and_what_is_missed() {
        let now = [
            Figure::new("start", 4.0, "ms").should_be(Target::AtMost(3.0)).with_spread((3.5, 4.5)),
            Figure::new("new", 1.0, "MB"),
        ];
        let text = table(&now, &[Figure::new("start", 5.0, "ms")]);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[1].split_whitespace().collect::<Vec<_>>().join(" "),
            "start 4 ms 3.5 to 4.5 -20.0% at most 3: MISSED"
        );
        assert_eq!(lines[2].split_whitespace().collect::<Vec<_>>().join(" "), "new 1 MB");
    }

    #[test]
    fn figures_come_back_as_they_were_written() {
        let figures = vec![Figure::new("a", 1.0, "ms").should_be(Target::AtLeast(0.5)), Figure::new("b", 2.0, "x")];
        let text = serde_json::to_string(&figures).unwrap();
        assert_eq!(serde_json::from_str::<Vec<Figure>>(&text).unwrap(), figures);
        assert!(text.contains(r#"{"name":"b","value":2.0,"unit":"x","target":null,"holds":null}"#), "{text}");
    }
}
