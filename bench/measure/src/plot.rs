//! The figures that are compared, as bars.

use std::fmt::Write as _;

use crate::figures::Figure;

const BAR: f64 = 22.0;
const PANEL: f64 = 130.0;
const LEFT: f64 = 150.0;
const WIDTH: f64 = 420.0;

/// One comparison: a title and its bars, each with the name of its figure.
pub(crate) struct Panel {
    pub(crate) title: &'static str,
    pub(crate) bars: &'static [(&'static str, &'static str)],
}

/// An SVG of all panels, one below the other. Each has a scale of its own, from zero.
pub(crate) fn draw(panels: &[Panel], figures: &[Figure]) -> String {
    let height = PANEL * panels.iter().map(|_| 1.0).sum::<f64>() + 20.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 720 {height}\" font-family=\"sans-serif\" \
         font-size=\"14\">\n<rect width=\"720\" height=\"{height}\" fill=\"#fff\"/>\n"
    );
    let mut top = 30.0;
    for panel in panels {
        let _ = writeln!(svg, "<text x=\"20\" y=\"{top}\" font-weight=\"bold\">{}</text>", panel.title);
        let found = |name: &str| figures.iter().find(|figure| figure.name == name);
        let longest =
            panel.bars.iter().filter_map(|(name, _)| found(name)).map(|figure| figure.value).fold(0.0, f64::max);
        let mut y = top + 12.0;
        for (name, label) in panel.bars {
            let Some(figure) = found(name) else { continue };
            let width = (figure.value / longest * WIDTH).max(1.0);
            let (middle, end) = (y + 15.0, LEFT + width + 8.0);
            let colour = if label.starts_with("Holdfast") { "#1f6f54" } else { "#9aa5b1" };
            let _ = writeln!(svg, "<text x=\"{}\" y=\"{middle}\" text-anchor=\"end\">{label}</text>", LEFT - 8.0);
            let _ =
                writeln!(svg, "<rect x=\"{LEFT}\" y=\"{y}\" width=\"{width:.1}\" height=\"18\" fill=\"{colour}\"/>");
            let _ = writeln!(svg, "<text x=\"{end:.1}\" y=\"{middle}\">{} {}</text>", figure.value, figure.unit);
            y += BAR;
        }
        top += PANEL;
    }
    svg + "</svg>\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_long_as_their_figures() {
        let panel = Panel { title: "Start", bars: &[("a", "Holdfast"), ("b", "Node.js"), ("c", "not measured")] };
        let svg = draw(&[panel], &[Figure::new("a", 5.0, "ms"), Figure::new("b", 50.0, "ms")]);
        assert!(svg.contains("width=\"42.0\"") && svg.contains("width=\"420.0\"") && svg.contains(">50 ms<"), "{svg}");
        assert!(!svg.contains("not measured"));
    }
}
