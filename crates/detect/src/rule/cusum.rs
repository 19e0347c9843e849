//! Three negative-binomial cumulative sums, each tuned to one multiple of the usual rate.

use super::Stat;
use allclear_model::Minute;
use serde::{Deserialize, Serialize};

/// Multiples of the usual rate that the sums look for; the index names the severity.
pub const MULTIPLES: [f64; 3] = [4.0, 10.0, 50.0];
/// For each sum: multiple of an outage, multiple that is still ordinary, least extra reports per minute.
pub const TUNING: [(f64, f64, f64); 3] = [(4.0, 1.6, 0.02), (10.0, 2.0, 0.05), (50.0, 3.0, 0.15)];
/// Share of what is more than usual, and still ordinary, that a very quiet service is not granted, and the usual rate
/// (reports/min) at which it is half of that. The tolerance is there for the slow ups and downs of many people; where
/// reports come one by one, chance hides those, and tolerance only costs time.
const STRICT: (f64, f64) = (0.5, 0.3);
/// Coefficients are computed again when the usual rate has moved by more than this share.
const STALE: f64 = 0.005;
/// No sum grows beyond this; it only bounds what a long stretch without an alarm can pile up.
const MOST: f64 = 64.0;

/// State of the sums. Coefficients are part of the state: they depend on when they were last computed.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Cusum3 {
    s: [f64; 3],
    /// First minute after each sum was last zero.
    onset: [i64; 3],
    gain: [f64; 3],
    cost: [f64; 3],
    mu: f64,
    alpha: f64,
}

impl Cusum3 {
    /// The sums now.
    pub fn stat(&self) -> Stat {
        Stat { s: self.s, gain: self.gain }
    }

    /// First minute of the run of sum `j`: the estimate of when the change began.
    pub fn onset(&self, j: usize) -> Minute {
        Minute(self.onset[j])
    }

    /// True when all three are zero.
    pub fn is_zero(&self) -> bool {
        self.s == [0.0; 3]
    }

    /// The sums if the minute ended now with `x` reports.
    pub fn preview(&mut self, x: f64, mu: f64, alpha: f64) -> Stat {
        self.refresh(mu, alpha);
        let mut s = [0.0; 3];
        for (j, v) in s.iter_mut().enumerate() {
            *v = (self.s[j] + x * self.gain[j] - self.cost[j]).max(0.0);
        }
        Stat { s, gain: self.gain }
    }

    /// Ends a minute.
    pub fn step(&mut self, minute: Minute, x: f64, mu: f64, alpha: f64) {
        if x == 0.0 && self.is_zero() {
            return;
        }
        self.refresh(mu, alpha);
        for j in 0..3 {
            if self.s[j] == 0.0 {
                self.onset[j] = minute.0;
            }
            self.s[j] = (self.s[j] + x * self.gain[j] - self.cost[j]).clamp(0.0, MOST);
        }
    }

    /// Limits every sum to `most`.
    pub fn cap(&mut self, most: f64) {
        for v in &mut self.s {
            *v = v.min(most);
        }
    }

    /// Multiplies every sum by `share`, at most 1.
    pub fn drain(&mut self, share: f64) {
        for v in &mut self.s {
            *v *= share;
            if *v < 0.01 {
                *v = 0.0;
            }
        }
    }

    fn refresh(&mut self, mu: f64, alpha: f64) {
        if alpha == self.alpha && (mu - self.mu).abs() <= STALE * self.mu {
            return;
        }
        self.mu = mu;
        self.alpha = alpha;
        let r = 1.0 / alpha;
        for (j, (_, ordinary, _)) in TUNING.into_iter().enumerate() {
            let m0 = tolerated(ordinary, mu) * mu;
            let m1 = sought(j, mu);
            let u = libm::log((r + m1) / (r + m0));
            self.gain[j] = libm::log(m1 / m0) - u;
            self.cost[j] = r * u;
        }
    }
}

/// Reports a minute that sum `j` (0 to 2) looks for where `mu` are usual.
fn sought(j: usize, mu: f64) -> f64 {
    let (multiple, _, extra) = TUNING[j];
    (multiple * mu).max(mu + extra)
}

/// Reports a minute from which on they are nearer to what sum `j` (1 or 2) looks for than to what the sum below it does: the
/// geometric mean of both. A sum also rises with what is far below what it looks for, only more slowly, so that it alone does not say how bad it is.
pub fn from_rate(j: usize, mu: f64) -> f64 {
    libm::sqrt(sought(j - 1, mu) * sought(j, mu))
}

/// Multiple of the usual rate `mu` that is still ordinary, where it is `ordinary` for a busy service.
pub fn tolerated(ordinary: f64, mu: f64) -> f64 {
    ordinary - STRICT.0 * (ordinary - 1.0) / (1.0 + mu / STRICT.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_reports_in_a_quarter_of_an_hour_on_an_unseen_service_are_about_eleven_nats() {
        let mut c = Cusum3::default();
        for m in 0..15 {
            c.step(Minute(m), if m % 4 == 0 { 1.0 } else { 0.0 }, 0.003, 0.2);
        }
        assert!((c.stat().max_s() - 10.7).abs() < 0.4, "{:?}", c.stat());
    }

    #[test]
    fn the_onset_is_the_first_minute_of_the_run() {
        let mut c = Cusum3::default();
        for m in 0..100 {
            c.step(Minute(m), if m >= 40 { 5.0 } else { 0.5 }, 0.5, 0.2);
        }
        assert!((38..=40).contains(&c.onset(1).0), "{c:?}");
    }

    #[test]
    fn a_preview_never_says_more_than_the_end_of_its_minute() {
        let mut c = Cusum3::default();
        for m in 0..50 {
            let p = c.preview(2.0, 0.3, 0.3);
            c.step(Minute(m), 2.0 + (m % 3) as f64, 0.3, 0.3);
            for j in 0..3 {
                assert!(p.s[j].min(MOST) <= c.stat().s[j]);
            }
        }
    }
}
