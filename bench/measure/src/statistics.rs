//! Medians and what lies around them.

use std::time::Duration;

/// What was measured of one thing, many times.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sample(Vec<f64>);

impl Sample {
    pub(crate) fn add(&mut self, value: f64) {
        self.0.push(value);
    }

    /// Adds a time in milliseconds.
    pub(crate) fn add_time(&mut self, time: Duration) {
        self.add(time.as_secs_f64() * 1_000.0);
    }

    /// The value under which `share` of all lie.
    ///
    /// # Panics
    /// When nothing was measured.
    pub(crate) fn quantile(&self, share: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            clippy::cast_sign_loss,
            reason = "a position among a few thousand values"
        )]
        let position = ((sorted.len() - 1) as f64 * share).round() as usize;
        sorted[position]
    }

    pub(crate) fn median(&self) -> f64 {
        self.quantile(0.5)
    }

    /// From the first to the third quartile, for people.
    pub(crate) fn spread(&self) -> (f64, f64) {
        (self.quantile(0.25), self.quantile(0.75))
    }
}

#[cfg(test)]
mod tests {
    use super::Sample;

    #[test]
    fn a_quantile_is_one_of_the_values() {
        let mut sample = Sample::default();
        (1..=101).rev().for_each(|value| sample.add(f64::from(value)));
        let found = (sample.median(), sample.quantile(0.99), sample.quantile(0.0), sample.spread());
        assert_eq!(format!("{found:?}"), "(51.0, 100.0, 1.0, (26.0, 76.0))");
    }
}
