//! A plain CUSUM-3, written apart from the product's detector as a yardstick for it: seasonal rates fitted once after the
//! training weeks, a slowly adapting level, and three negative-binomial CUSUMs (x4, x10, x50).

use super::draw::Draw;
use super::stream::{between_hours, profile};
use std::sync::{Arc, OnceLock};

/// No service is believed quieter than about 4 reports a day (reports/min).
const FLOOR: f64 = 0.003;
/// Pseudo-reports at the fleet's profile.
const SLOT_PRIOR: f64 = 10.0;
/// Pseudo-reports at level 1.
const LEVEL_PRIOR: f64 = 20.0;
/// Half-life of the level in minutes.
const LEVEL_HALF: f64 = 360.0;
/// Dispersion before anything is known, and its weight in reports.
const ALPHA_PRIOR: (f64, f64) = (0.2, 200.0);
/// Target multiple, tolerated multiple, least extra reports/min of each CUSUM.
const INDICES: [(f64, f64, f64); 3] = [(4.0, 1.6, 0.02), (10.0, 2.0, 0.05), (50.0, 3.0, 0.15)];

/// The detector after training.
#[derive(Clone)]
pub(crate) struct Reference {
    rates: Arc<[f64; 168]>,
    alpha: f64,
    level: Level,
    sums: [f64; 3],
}

#[derive(Clone, Copy)]
struct Level {
    keep: f64,
    seen: f64,
    expected: f64,
}

impl Level {
    fn new() -> Level {
        Level { keep: libm::pow(0.5, 1.0 / LEVEL_HALF), seen: 0.0, expected: 0.0 }
    }

    /// The mean of this minute, before its count is learned (winsorised, so that an outage does not lift its own baseline).
    fn step(&mut self, seasonal: f64, x: f64, alpha: f64) -> f64 {
        let m = (seasonal * (self.seen + LEVEL_PRIOR) / (self.expected + LEVEL_PRIOR)).max(1e-4);
        let cap = m + 3.0 * (m + alpha * m * m).sqrt() + 1.0;
        self.seen = self.seen * self.keep + x.min(cap);
        self.expected = self.expected * self.keep + seasonal;
        m
    }
}

/// Mean profile of many services, scaled to mean 1.
fn fleet() -> &'static [f64; 168] {
    static FLEET: OnceLock<[f64; 168]> = OnceLock::new();
    FLEET.get_or_init(|| {
        let mut draw = Draw::new(9, 1, 0, 0);
        let mut sum = [0.0; 168];
        for _ in 0..400 {
            for (s, p) in sum.iter_mut().zip(profile(&mut draw)) {
                *s += p;
            }
        }
        let mean = sum.iter().sum::<f64>() / 168.0;
        sum.map(|s| s / mean)
    })
}

impl Reference {
    /// Fits the training weeks (from Monday 00:00).
    pub(crate) fn learn(counts: &[u32]) -> Reference {
        let n = counts.len() as f64;
        let mean = (counts.iter().map(|x| f64::from(*x)).sum::<f64>() / n).max(FLOOR / 2.0);
        let mut seen = [0.0; 168];
        let mut minutes = [0.0; 168];
        for (m, x) in counts.iter().enumerate() {
            seen[m / 60 % 168] += f64::from(*x);
            minutes[m / 60 % 168] += 1.0;
        }
        let mut rates = [0.0; 168];
        for s in 0..168 {
            rates[s] = (seen[s] + SLOT_PRIOR) / (minutes[s] + SLOT_PRIOR / (mean * fleet()[s]));
        }
        let (mut level, mut residual, mut squares) = (Level::new(), 0.0, 0.0);
        for (m, x) in counts.iter().enumerate() {
            let x = f64::from(*x);
            let mu = level.step(between_hours(&rates, m).max(FLOOR), x, ALPHA_PRIOR.0);
            residual += (x - mu) * (x - mu) - x;
            squares += mu * mu;
        }
        let raw = residual / squares;
        let alpha = (raw * n * mean + ALPHA_PRIOR.0 * ALPHA_PRIOR.1) / (n * mean + ALPHA_PRIOR.1);
        let alpha = alpha.clamp(0.05, 2.0);
        // The level runs once more from the start, with the fitted dispersion.
        let mut level = Level::new();
        for (m, x) in counts.iter().enumerate() {
            level.step(between_hours(&rates, m).max(FLOOR), f64::from(*x), alpha);
        }
        Reference { rates: Arc::new(rates), alpha, level, sums: [0.0; 3] }
    }

    /// Takes one minute; returns the largest sum in nats.
    pub(crate) fn step(&mut self, minute: usize, x: u32) -> f64 {
        let x = f64::from(x);
        let mu = self.level.step(between_hours(&self.rates, minute).max(FLOOR), x, self.alpha);
        self.sums = cusum3(self.sums, mu, self.alpha, x);
        self.sums.iter().copied().fold(0.0, f64::max)
    }
}

/// One minute of the three CUSUMs.
pub(crate) fn cusum3(mut sums: [f64; 3], mu: f64, alpha: f64, x: f64) -> [f64; 3] {
    let r = 1.0 / alpha;
    for (s, (k, c, f)) in sums.iter_mut().zip(INDICES) {
        let m0 = c * mu;
        let m1 = (k * mu).max(mu + f);
        let gain = libm::log(m1 * (r + m0) / (m0 * (r + m1)));
        *s = (*s + x * gain - r * libm::log((r + m1) / (r + m0))).max(0.0);
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_reports_in_a_quarter_hour_on_a_service_never_seen_give_nine_nats() {
        // The worked example of the published design: 4 x 2.80 - 15 x 0.14.
        let mut sums = [0.0; 3];
        for m in 0..15 {
            sums = cusum3(sums, 0.003, 0.2, f64::from(u8::from(m % 4 == 0)));
        }
        let top = sums.iter().copied().fold(0.0, f64::max);
        assert!((8.0..10.5).contains(&top), "{top}");
    }
}
