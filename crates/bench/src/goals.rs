//! What a benchmark must reach. It prints all it has measured, and then ends with an error that names what it missed.

use crate::spread;

/// The goals that were missed so far, by the median of what was seen.
#[derive(Default)]
pub(crate) struct Goals(Vec<String>);

impl Goals {
    /// `what` may be this at most.
    pub(crate) fn at_most(&mut self, what: &str, seen: &[f64], most: f64) {
        let median = spread(seen).0;
        // What could not be measured has reached nothing.
        if median.is_nan() || median > most {
            self.0.push(format!("{what}: {median:.2}, may be {most} at most"));
        }
    }

    /// `what` must be this at least.
    pub(crate) fn at_least(&mut self, what: &str, seen: &[f64], least: f64) {
        let median = spread(seen).0;
        if median.is_nan() || median < least {
            self.0.push(format!("{what}: {median:.2}, must be {least} at least"));
        }
    }

    /// # Errors
    /// What was missed.
    pub(crate) fn met(self) -> anyhow::Result<()> {
        anyhow::ensure!(self.0.is_empty(), "missed: {}", self.0.join("; "));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_fails_by_its_medians_and_by_what_it_could_not_measure_and_names_each() {
        let mut goals = Goals::default();
        goals.at_most("ms", &[1.0, 2.0, 90.0], 2.0);
        goals.at_least("ratio", &[0.1, 0.75, 0.8], 0.75);
        assert!(Goals(goals.0.clone()).met().is_ok());
        goals.at_most("MiB", &[41.0], 40.0);
        goals.at_least("lines/s", &[], 500_000.0);
        let missed = goals.met().unwrap_err().to_string();
        assert_eq!(missed, "missed: MiB: 41.00, may be 40 at most; lines/s: NaN, must be 500000 at least");
    }
}
