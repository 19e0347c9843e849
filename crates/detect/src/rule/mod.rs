//! The rule for one series of minute counts: a learned baseline and three cumulative sums.
//!
//! Nothing in here knows of services, journals or verdicts, so that a simulator can drive exactly what the board
//! drives. Sources of the constants: docs/DETECTION.md.

mod baseline;
mod cusum;
pub mod negbin;

pub use baseline::{Baseline, FLOOR, Learn, PRIOR_MOST, PRIOR_RATE, SLOTS};
pub use cusum::{Cusum3, MULTIPLES, TUNING, from_rate, tolerated};

use allclear_model::Minute;
use serde::{Deserialize, Serialize};

/// Alarm threshold in nats. One for all sizes of service.
pub const ALARM: f64 = 8.6;
/// Above this many nats there may be a problem: shown as `possible`, and nothing is learned.
pub const POSSIBLE: f64 = 5.2;
/// What a service that has hardly been watched needs on top of [`ALARM`].
pub const COLD_EXTRA: f64 = 4.0;
/// Nats that must be left without the four heaviest networks at the end of a minute for an alarm to be believed at once.
pub const FIRM: f64 = 6.5;
/// An open problem keeps at most this many nats above [`ALARM`], so that its end is seen in bounded time.
pub const HEADROOM: f64 = 2.0;
/// Watched minutes (14 days) after which a service is no longer cold, if [`WARM_REPORTS`] have not come before.
pub const WARM_MINUTES: u64 = 14 * 1440;
/// Learned reports after which a service is no longer cold.
pub const WARM_REPORTS: f64 = 50.0;
/// Longest stretch in minutes without learning. What lasts longer than a day is the new usual.
pub const FREEZE: i64 = 1440;

/// The statistics after a minute, or in the middle of one.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Stat {
    /// The three sums in nats, mildest multiple first.
    pub s: [f64; 3],
    /// What one report adds to each of them.
    pub gain: [f64; 3],
}

impl Stat {
    /// The largest of the three sums.
    pub fn max_s(&self) -> f64 {
        self.s[0].max(self.s[1]).max(self.s[2])
    }

    /// Index (0: x4, 1: x10, 2: x50) of the largest multiple whose sum is at least `need` when `taken` effective reports
    /// are taken away from it.
    pub fn over(&self, need: f64, taken: f64) -> Option<usize> {
        (0..3).rev().find(|&j| self.s[j] - self.gain[j] * taken >= need)
    }
}

/// Baseline and sums of one series.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Detector {
    pub(crate) baseline: Baseline,
    pub(crate) cusum: Cusum3,
    frozen_since: Option<Minute>,
}

impl Detector {
    /// A series of which nothing is known but that it was silent for `silent` watched minutes before `now`, and that others
    /// of its kind commonly have `prior` reports a minute.
    pub fn new(now: Minute, silent: u64, prior: f64) -> Detector {
        Detector { baseline: Baseline::new(now, silent, prior), cusum: Cusum3::default(), frozen_since: None }
    }

    /// Takes a learned baseline: `profile` has 168 rates per minute, Monday 00 UTC first. See [`Baseline::given`].
    pub fn give(&mut self, now: Minute, profile: &[f64], alpha: Option<f64>, weeks: f64) {
        self.baseline = Baseline::given(now, profile, alpha, weeks);
        self.cusum = Cusum3::default();
    }

    /// Usual reports per minute, for the minute under way.
    pub fn mu(&self) -> f64 {
        self.baseline.mu()
    }

    /// Negative-binomial dispersion.
    pub fn alpha(&self) -> f64 {
        self.baseline.alpha()
    }

    /// True while too little was learned to trust the baseline.
    pub fn cold(&self) -> bool {
        self.baseline.minutes() < WARM_MINUTES && self.baseline.reports() < WARM_REPORTS
    }

    /// The sums if the minute under way ended now, with `x` reports in it. It is charged a whole minute of the usual
    /// reports, so that it can only be below what the end of the minute will say.
    pub fn preview(&mut self, x: f64) -> Stat {
        self.cusum.preview(x, self.baseline.mu(), self.baseline.alpha())
    }

    /// First minute of the run of sum `j`, in the middle of `now` or at its end.
    pub fn onset(&self, j: usize, now: Minute) -> Minute {
        if self.cusum.stat().s[j] == 0.0 { now } else { self.cusum.onset(j) }
    }

    /// [`Detector::preview`] without keeping the coefficients.
    pub fn peek(&self, x: f64) -> Stat {
        if x > 0.0 {
            self.cusum.clone().preview(x, self.baseline.mu(), self.baseline.alpha())
        } else {
            self.cusum.stat()
        }
    }

    /// Ends `minute` with `x` effective reports in it, for the sums. What the minute teaches is known once they are judged:
    /// [`Detector::learn`] comes next.
    pub fn add(&mut self, minute: Minute, x: f64) -> Stat {
        self.cusum.step(minute, x, self.baseline.mu(), self.baseline.alpha());
        self.cusum.stat()
    }

    /// Ends `minute` with `x` effective reports in it, for the baseline.
    pub fn learn(&mut self, minute: Minute, x: f64, learn: Learn) {
        self.baseline.step(minute, x, learn);
    }

    /// [`Detector::add`] and [`Detector::learn`] for a series on its own, without incidents: learns while nothing is possible.
    pub fn step_alone(&mut self, minute: Minute, x: f64) -> Stat {
        let possible = self.cusum.stat().max_s() >= POSSIBLE;
        let since = if possible { Some(*self.frozen_since.get_or_insert(minute)) } else { None };
        self.frozen_since = since;
        let learn = match since {
            None => Learn::Robust,
            Some(m) if minute.0 - m.0 < FREEZE => Learn::Not,
            Some(_) => Learn::Adopt,
        };
        let stat = self.add(minute, x);
        self.learn(minute, x, learn);
        self.cusum.cap(ALARM + COLD_EXTRA + HEADROOM);
        stat
    }

    /// Minutes before `now` were not watched: the sums begin again and silence in between means nothing.
    pub fn restart(&mut self, now: Minute) {
        self.cusum = Cusum3::default();
        self.baseline.seek(now);
    }
}
