//! Rules that others have published, on the same streams.

use std::sync::Arc;

/// Reports of the last 15 minutes against the mean of the same time of day: what the public sites describe. The statistic
/// is the ratio, with a baseline of at least one report. The mean is learned in the training weeks.
#[derive(Clone)]
pub(crate) struct FixedRatio {
    by_minute: Arc<[f64]>,
    counts: [u32; 15],
    at: usize,
}

impl FixedRatio {
    /// Learns the time-of-day means.
    pub(crate) fn learn(counts: &[u32]) -> FixedRatio {
        let mut sum = [0.0; 24];
        let mut n = [0.0; 24];
        for (m, x) in counts.iter().enumerate() {
            sum[m / 60 % 24] += f64::from(*x);
            n[m / 60 % 24] += 1.0;
        }
        let hour = |h: i64| sum[h.rem_euclid(24) as usize] / n[h.rem_euclid(24) as usize];
        let by_minute = (0..1440)
            .map(|m| {
                let t = f64::from(m) / 60.0 - 0.5;
                let i = libm::floor(t);
                let f = t - i;
                hour(i as i64) * (1.0 - f) + hour(i as i64 + 1) * f
            })
            .collect();
        let mut rule = FixedRatio { by_minute, counts: [0; 15], at: 0 };
        for (m, x) in counts.iter().enumerate().skip(counts.len() - 15) {
            rule.step(m, *x);
        }
        rule
    }

    /// Takes one minute; returns the ratio.
    pub(crate) fn step(&mut self, minute: usize, x: u32) -> f64 {
        self.counts[minute % 15] = x;
        self.at = minute;
        let actual: u32 = self.counts.iter().sum();
        let expected: f64 = (0..15).map(|k| self.by_minute[(minute + 1440 - k) % 1440]).sum();
        f64::from(actual) / expected.max(1.0)
    }
}

/// The last 30 minutes of counts.
#[derive(Clone)]
struct HalfHour {
    counts: [u32; 30],
    sum: u32,
}

impl HalfHour {
    fn new() -> HalfHour {
        HalfHour { counts: [0; 30], sum: 0 }
    }

    fn push(&mut self, minute: usize, x: u32) -> u32 {
        let slot = &mut self.counts[minute % 30];
        self.sum = self.sum - *slot + x;
        *slot = x;
        self.sum
    }
}

/// StatusDetector's published score, as far as reports go: 5, 10 or 20 reports in 30 minutes give 15, 25 or 35 points of
/// 100; its second band ("possible issue") begins at 20 points, and reports alone never reach the third at 40. There is no
/// baseline. The statistic is the points.
#[derive(Clone)]
pub(crate) struct StatusDetector {
    recent: HalfHour,
}

impl StatusDetector {
    /// Points at which its second band begins.
    pub(crate) const BAND: f64 = 20.0;

    /// Nothing to learn.
    pub(crate) fn new() -> StatusDetector {
        StatusDetector { recent: HalfHour::new() }
    }

    /// Takes one minute; returns the points.
    pub(crate) fn step(&mut self, minute: usize, x: u32) -> f64 {
        match self.recent.push(minute, x) {
            20.. => 35.0,
            10.. => 25.0,
            5.. => 15.0,
            _ => 0.0,
        }
    }
}

/// isUpMap's published surge rule (its source, `src/reports.ts`): every 5 minutes the count of the last 30 is compared with
/// an exponentially weighted mean and variance (weight 0.1, variance at least 1), frozen while anomalous; anomalous is at
/// least 5 reports and 3 standard deviations; twice in a row is a surge. The statistic is 1 while there is a surge.
#[derive(Clone)]
pub(crate) struct IsUpMap {
    recent: HalfHour,
    mean: Option<f64>,
    var: f64,
    streak: u32,
}

impl IsUpMap {
    /// Before its first pass.
    pub(crate) fn new() -> IsUpMap {
        IsUpMap { recent: HalfHour::new(), mean: None, var: 1.0, streak: 0 }
    }

    /// Takes one minute; returns 1 while there is a surge.
    pub(crate) fn step(&mut self, minute: usize, x: u32) -> f64 {
        let observed = f64::from(self.recent.push(minute, x));
        if minute % 5 == 4 {
            match self.mean {
                None => {
                    self.mean = Some(observed);
                    self.var = observed.max(1.0);
                }
                Some(mean) => {
                    let z = (observed - mean) / self.var.max(1.0).sqrt();
                    if observed >= 5.0 && z >= 3.0 {
                        self.streak += 1;
                    } else {
                        self.streak = 0;
                        let d = observed - mean;
                        self.mean = Some(0.1 * observed + 0.9 * mean);
                        self.var = 0.9 * (self.var + 0.1 * d * d);
                    }
                }
            }
        }
        f64::from(u8::from(self.streak >= 2))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixed_ratio_of_a_flat_service_is_one() {
        let mut r = FixedRatio::learn(&vec![2; 8 * 10_080]);
        assert!((r.step(8 * 10_080, 2) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn isupmap_needs_two_anomalous_passes() {
        let mut r = IsUpMap::new();
        let quiet: f64 = (0..3000).map(|m| r.step(m, u32::from(m % 30 == 0))).sum();
        assert_eq!(quiet, 0.0);
        let first = (3000..3030).find(|&m| r.step(m, 3) > 0.0);
        assert_eq!(first, Some(3009));
    }

    #[test]
    fn statusdetector_scores_the_last_half_hour() {
        let mut r = StatusDetector::new();
        let last = (0..30).map(|m| r.step(m, u32::from(m < 10))).last();
        assert_eq!(last, Some(25.0));
        assert_eq!(r.step(30, 0), 15.0);
    }
}
