//! How many reports a minute are usual: rates by hour of the week, a level that follows the day, and dispersion.
//!
//! Learned online. `r_s = (C_s + k0) / (N_s + k0 / (L g_s))` for each hour s of the week, where C and N are reports and
//! watched minutes that halve in 8 weeks, g is the fleet's profile and L the service's own mean; the rate runs
//! linearly between the middles of the hours. The level `(A + 20) / (B + 20)`, A seen and B usual reports that halve in 6
//! hours, follows days that are busier or calmer than usual; single minutes count in it at most three standard deviations.

use allclear_model::Minute;
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;

/// Hours of a week.
pub const SLOTS: usize = 168;
/// Reports per minute that a service is believed to have before anything is known of it or of others of its kind.
pub const PRIOR_RATE: f64 = 0.003;
/// The most that is believed of a service because of others of its kind: ten times the largest cloud's quiet hours.
pub const PRIOR_MOST: f64 = 1.0;
/// No service is believed quieter than this: about 4 reports a day.
pub const FLOOR: f64 = 0.003;
/// Pseudo-reports that pull an hour towards the service's mean.
const K0: f64 = 10.0;
/// Pseudo-reports that pull the service's mean towards the prior.
const K_MEAN: f64 = 1.0;
/// Pseudo-reports that pull the level towards 1.
const K_LEVEL: f64 = 20.0;
/// Dispersion before anything is known, and how many reports that is worth.
const ALPHA: (f64, f64) = (0.2, 200.0);
/// What a given dispersion is worth in reports.
const ALPHA_GIVEN: f64 = 1200.0;
/// 0.5^(1/360): half-life of the level, 6 hours.
const LEVEL_KEEP: f64 = 0.998_076_443_575_628_7;
/// 0.5^(1/8): an hour of the week comes once a week and halves in 8 weeks.
const WEEK_KEEP: f64 = 0.917_004_043_204_671_2;
/// 0.5^(1/1344): the same per hour, for the moments of the residuals.
const HOUR_KEEP: f64 = 0.999_484_398_458_837_1;
/// Weeks of silence before a first report that are taken into account.
const SILENT_WEEKS: u64 = 16;

/// Fleet profile, mean 1: the mean over services of a daily wave with its peak near 17 UTC, and calmer weekends.
/// It is the average of the profiles of the public simulation protocol, not of measured services.
static PROFILE: LazyLock<[f64; SLOTS]> = LazyLock::new(|| {
    let mut g = [0.0; SLOTS];
    for (s, v) in g.iter_mut().enumerate() {
        let phase = core::f64::consts::TAU * ((s % 24) as f64 + 0.5 - 17.0) / 24.0;
        *v = (1.0 + 0.6 * libm::cos(phase) + 0.06 * libm::cos(2.0 * phase)) * if s >= 120 { 0.83 } else { 1.0 };
    }
    let mean = g.iter().sum::<f64>() / SLOTS as f64;
    g.map(|v| v / mean)
});

/// What a minute teaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Learn {
    /// Nothing: there may be a problem.
    Not,
    /// The usual case: outliers count for little in the level.
    Robust,
    /// What was taken for a problem has lasted so long that it is the new usual.
    Adopt,
}

/// The learned baseline of one series.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Baseline {
    /// Rates at the two hour middles around the present minute.
    near: [f64; 2],
    /// The service's mean when it was last computed.
    mean: f64,
    /// Usual rate by hour of week for the present minute, without the level.
    slot_mu: f64,
    mu: f64,
    alpha: f64,
    seen: f64,
    usual: f64,
    /// Reports and minutes of the half hour under way, not yet in `c` and `n`.
    fresh: [f64; 2],
    /// Moments of the residuals: sum of (x-mu)^2 - x, and of mu^2.
    moments: [f64; 2],
    alpha_prior: (f64, f64),
    minutes: u64,
    reports: f64,
    c: Vec<f32>,
    n: Vec<f32>,
    /// Mean rate that is believed before anything is known. Whoever keeps a baseline keeps it beside it.
    #[serde(skip, default = "prior_rate")]
    prior: f64,
}

fn prior_rate() -> f64 {
    PRIOR_RATE
}

impl Baseline {
    /// A series that was watched for `silent` minutes up to `now` without a report, of a kind that commonly has `prior`
    /// reports a minute.
    pub fn new(now: Minute, silent: u64, prior: f64) -> Baseline {
        let prior = if prior.is_finite() { prior.clamp(PRIOR_RATE, PRIOR_MOST) } else { PRIOR_RATE };
        let mut b = Baseline {
            prior,
            near: [0.0; 2],
            mean: prior,
            slot_mu: FLOOR,
            mu: FLOOR,
            alpha: ALPHA.0,
            seen: 0.0,
            usual: 0.0,
            fresh: [0.0; 2],
            moments: [0.0; 2],
            alpha_prior: ALPHA,
            minutes: silent,
            reports: 0.0,
            c: vec![0.0; SLOTS],
            n: vec![0.0; SLOTS],
        };
        let mut left = silent.min(SILENT_WEEKS * 10_080);
        let mut slot = now.of_week() / 60;
        let mut part = (now.of_week() % 60) as u64;
        let mut keep = 1.0;
        let mut hours = 0;
        while left > 0 {
            let take = part.min(left);
            b.n[slot] += (take as f64 * keep) as f32;
            left -= take;
            part = 60;
            slot = (slot + SLOTS - 1) % SLOTS;
            hours += 1;
            if hours % SLOTS == 0 {
                keep *= WEEK_KEEP;
            }
        }
        b.seek(now);
        b
    }

    /// A baseline learned elsewhere over `weeks` (0.1 to 12 are told apart): 168 rates per minute, and the dispersion if known.
    /// Values that are not finite or below 0 count as 0, missing ones too.
    pub fn given(now: Minute, profile: &[f64], alpha: Option<f64>, weeks: f64) -> Baseline {
        let mut b = Baseline::new(now, 0, PRIOR_RATE);
        let weeks = if weeks.is_finite() { weeks.clamp(0.1, 12.0) } else { 8.0 };
        for s in 0..SLOTS {
            let rate = profile.get(s).copied().filter(|v| v.is_finite() && *v >= 0.0).unwrap_or(0.0);
            b.n[s] = (60.0 * weeks) as f32;
            b.c[s] = (60.0 * weeks * rate) as f32;
            b.reports += 60.0 * weeks * rate;
        }
        b.minutes = (weeks * 10_080.0) as u64;
        // Somebody vouches for it, so it is not cold even if it is short or nearly silent.
        b.minutes = b.minutes.max(super::WARM_MINUTES);
        if let Some(a) = alpha.filter(|a| a.is_finite()) {
            b.alpha_prior = (a.clamp(0.05, 2.0), ALPHA_GIVEN);
        }
        b.seek(now);
        b
    }

    /// The service's own mean rate as learned so far, reports per minute.
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// The mean rate that was believed at the beginning.
    pub(crate) fn prior(&self) -> f64 {
        self.prior
    }

    /// Believes in `prior`, as the baseline did that this one was read from.
    pub(crate) fn set_prior(&mut self, prior: f64) {
        if prior.is_finite() {
            self.prior = prior.clamp(PRIOR_RATE, PRIOR_MOST);
        }
    }

    /// Usual reports per minute for the minute under way.
    pub fn mu(&self) -> f64 {
        self.mu
    }

    /// Dispersion, 0.05 to 2.
    pub fn alpha(&self) -> f64 {
        self.alpha
    }

    /// Watched minutes that were learned from, in all.
    pub fn minutes(&self) -> u64 {
        self.minutes
    }

    /// Reports that were learned from, in all.
    pub fn reports(&self) -> f64 {
        self.reports
    }

    /// Ends `minute` with `x` reports in it and stands in the next.
    pub fn step(&mut self, minute: Minute, x: f64, learn: Learn) {
        if learn != Learn::Not {
            let mu = self.mu;
            let mut capped = x;
            if x > mu && learn == Learn::Robust {
                capped = x.min(mu + 3.0 * (mu + self.alpha * mu * mu).sqrt() + 1.0);
            }
            self.seen = self.seen * LEVEL_KEEP + capped;
            self.usual = self.usual * LEVEL_KEEP + self.slot_mu;
            self.fresh[0] += x;
            self.fresh[1] += 1.0;
            self.moments[0] += (x - mu) * (x - mu) - x;
            self.moments[1] += mu * mu;
            self.minutes += 1;
            self.reports += x;
        }
        let next = minute.next().of_week();
        if next.is_multiple_of(30) {
            // The last minute's hour of the week.
            self.settle(minute.of_week() / 60);
            if next.is_multiple_of(60) {
                let entered = next / 60;
                self.c[entered] *= WEEK_KEEP as f32;
                self.n[entered] *= WEEK_KEEP as f32;
                self.moments[0] *= HOUR_KEEP;
                self.moments[1] *= HOUR_KEEP;
            }
            self.refresh(next);
        }
        self.place(next);
    }

    /// Stands in the minute `now`, whatever was before.
    pub fn seek(&mut self, now: Minute) {
        self.fresh = [0.0; 2];
        self.refresh(now.of_week());
        self.place(now.of_week());
    }

    fn settle(&mut self, slot: usize) {
        self.c[slot] += self.fresh[0] as f32;
        self.n[slot] += self.fresh[1] as f32;
        self.fresh = [0.0; 2];
    }

    /// Rates around the minute `of_week`, and the dispersion.
    fn refresh(&mut self, of_week: usize) {
        let g = &*PROFILE;
        let (mut c, mut n) = (0.0, 0.0);
        for ((seen, watched), share) in self.c.iter().zip(&self.n).zip(g) {
            c += f64::from(*seen);
            n += f64::from(*watched) * share;
        }
        let mean = ((c + K_MEAN) / (n + K_MEAN / self.prior)).max(FLOOR / 2.0);
        // The level is relative to the mean: when what was learned moves the mean, the level must not count it twice.
        self.usual *= mean / self.mean;
        self.mean = mean;
        let rate = |s: usize| (f64::from(self.c[s]) + K0) / (f64::from(self.n[s]) + K0 / (mean * g[s]));
        let first = (of_week + 10_080 - 30) / 60 % SLOTS;
        self.near = [rate(first), rate((first + 1) % SLOTS)];
        let (prior, worth) = self.alpha_prior;
        let measured = if self.moments[1] > 0.0 { self.moments[0] / self.moments[1] } else { prior };
        self.alpha = ((measured * c + prior * worth) / (c + worth)).clamp(0.05, 2.0);
    }

    fn place(&mut self, of_week: usize) {
        let f = ((of_week + 30) % 60) as f64 / 60.0;
        self.slot_mu = (self.near[0] + (self.near[1] - self.near[0]) * f).max(FLOOR);
        let level = (self.seen + K_LEVEL) / (self.usual + K_LEVEL);
        self.mu = (self.slot_mu * level).max(FLOOR);
    }

    /// False when a stored baseline cannot be one.
    pub(crate) fn is_sound(&self) -> bool {
        self.c.len() == SLOTS
            && self.n.len() == SLOTS
            && self.mu.is_finite()
            && self.mu >= FLOOR
            && self.mean > 0.0
            && (0.05..=2.0).contains(&self.alpha)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(b: &mut Baseline, from: i64, minutes: i64, x: impl Fn(i64) -> f64) {
        for m in from..from + minutes {
            b.step(Minute(m), x(m), Learn::Robust);
        }
    }

    #[test]
    fn the_constants_are_the_half_lives_they_claim_to_be() {
        assert!((libm::pow(LEVEL_KEEP, 360.0) - 0.5).abs() < 1e-12);
        assert!((libm::pow(WEEK_KEEP, 8.0) - 0.5).abs() < 1e-12);
        assert!((libm::pow(HOUR_KEEP, 1344.0) - 0.5).abs() < 1e-9);
        assert!((PROFILE.iter().sum::<f64>() / 168.0 - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_service_never_seen_is_believed_at_the_floor() {
        let mu = Baseline::new(Minute(0), 0, PRIOR_RATE).mu();
        assert_eq!(mu, FLOOR.max(mu));
        assert!(Baseline::new(Minute(0), 40_000, PRIOR_RATE).mu() <= 0.0031);
    }

    #[test]
    fn what_others_of_its_kind_have_is_believed_at_first_and_soon_outweighed() {
        let mut b = Baseline::new(Minute(0), 0, 0.3);
        assert!(b.mu() > 0.15 && b.mu() < 0.5, "{}", b.mu());
        run(&mut b, 0, 3 * 1440, |_| 0.0);
        assert!(b.mu() < 0.02, "{}", b.mu());
        assert!(Baseline::new(Minute(0), 0, f64::NAN).mu() <= Baseline::new(Minute(0), 0, 0.0).mu());
        assert!(Baseline::new(Minute(0), 40_000, 1e9).mu() < 0.01, "silence outweighs it at once");
    }

    #[test]
    fn weeks_of_a_daily_wave_are_learned_by_hour() {
        let wave = |m: i64| if (m / 60) % 24 < 12 { 1.0 } else { 3.0 };
        let mut b = Baseline::new(Minute(0), 0, PRIOR_RATE);
        run(&mut b, 0, 6 * 10_080 + 6 * 60, wave);
        assert!((b.mu() - 1.0).abs() < 0.15, "{}", b.mu());
        run(&mut b, 6 * 10_080 + 6 * 60, 12 * 60, wave);
        assert!((b.mu() - 3.0).abs() < 0.4, "{}", b.mu());
    }

    #[test]
    fn a_service_that_doubles_is_followed_within_a_day() {
        let mut b = Baseline::new(Minute(0), 0, PRIOR_RATE);
        run(&mut b, 0, 4 * 10_080, |_| 5.0);
        run(&mut b, 4 * 10_080, 1440, |_| 10.0);
        assert!(b.mu() > 9.0 && b.mu() < 11.5, "{}", b.mu());
    }

    #[test]
    fn a_given_profile_is_believed() {
        let mut p = vec![0.5; 168];
        p[3] = 2.0;
        let b = Baseline::given(Minute(3 * 60 + 30 - 3 * 1440), &p, Some(0.4), 8.0);
        assert!((b.mu() - 2.0).abs() < 0.2, "{}", b.mu());
        assert_eq!(b.alpha(), 0.4);
    }

    #[test]
    fn nothing_is_learned_while_there_may_be_a_problem() {
        let mut b = Baseline::new(Minute(0), 0, PRIOR_RATE);
        run(&mut b, 0, 50_400, |_| 1.0);
        let before = b.mu();
        for m in 50_400..50_420 {
            b.step(Minute(m), 100.0, Learn::Not);
        }
        assert!((b.mu() - before).abs() < 0.1 * before, "{} {before}", b.mu());
    }
}
