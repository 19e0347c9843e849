//! What a benchmark must reach. It prints all it has measured, and then ends with an error that names what it missed.

use crate::spread;

/// The goals that were missed so far, by the median of what was seen.
pub(crate) struct Goals {
    missed: Vec<String>,
    /// A quick run tells that it works, not how fast.
    quick: bool,
}

impl Goals {
    pub(crate) fn new(quick: bool) -> Goals {
        Goals { missed: Vec::new(), quick }
    }

    /// `what` may be this at most.
    pub(crate) fn at_most(&mut self, what: &str, seen: &[f64], most: f64) {
        let median = spread(seen).0;
        // What could not be measured has reached nothing.
        if median.is_nan() || median > most {
            self.missed.push(format!("{what}: {median:.2}, may be {most} at most"));
        }
    }

    /// `what` must be this at least.
    pub(crate) fn at_least(&mut self, what: &str, seen: &[f64], least: f64) {
        let median = spread(seen).0;
        if median.is_nan() || median < least {
            self.missed.push(format!("{what}: {median:.2}, must be {least} at least"));
        }
    }

    /// # Errors
    /// What was missed, unless the run was a quick one: then it is only told.
    pub(crate) fn met(self) -> anyhow::Result<()> {
        let missed = self.missed.join("; ");
        anyhow::ensure!(self.missed.is_empty() || self.quick, "missed: {missed}");
        if !self.missed.is_empty() {
            println!("missed in a quick run, which says nothing of speed: {missed}");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_fails_by_its_medians_and_by_what_it_could_not_measure_and_names_each() {
        let run = |quick, missed| {
            let mut goals = Goals::new(quick);
            goals.at_most("ms", &[1.0, 2.0, 90.0], 2.0);
            goals.at_least("ratio", &[0.1, 0.75, 0.8], 0.75);
            if missed {
                goals.at_most("MiB", &[41.0], 40.0);
                goals.at_least("lines/s", &[], 500_000.0);
            }
            goals.met().map_err(|e| e.to_string())
        };
        assert_eq!(run(false, false), Ok(()));
        let missed = "missed: MiB: 41.00, may be 40 at most; lines/s: NaN, must be 500000 at least";
        assert_eq!(run(false, true), Err(missed.to_owned()));
        assert_eq!(run(true, true), Ok(()));
    }
}
