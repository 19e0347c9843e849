//! The simulated world: how many people report per minute while nothing is wrong, and how many more in an outage.
//!
//! Minutes are Gamma-Poisson (dispersion 0.10) around a mean that is a random daily and weekly profile times correlated
//! log-noise (standard deviation 0.15 with a memory of 30 minutes, and 0.25 with a memory of one day).

use super::draw::Draw;

/// Minutes in a week.
pub(crate) const WEEK: usize = 10_080;
/// Weeks of learning before the test.
pub(crate) const TRAIN_WEEKS: usize = 8;
/// Weeks of test.
pub(crate) const TEST_WEEKS: usize = 8;
/// Test weeks per service in years (365.25 days).
pub(crate) const TEST_YEARS: f64 = TEST_WEEKS as f64 * 7.0 / 365.25;
/// Sizes: reports a minute at the busiest hour.
pub(crate) const SIZES: [f64; 7] = [0.02, 0.1, 0.5, 2.5, 12.0, 75.0, 500.0];
/// Dispersion of a minute's count.
const ALPHA: f64 = 0.10;

/// One service of the simulated world, minute by minute.
pub(crate) struct Stream {
    /// Reports a minute at the busiest hour.
    pub(crate) size: f64,
    profile: [f64; 168],
    draw: Draw,
    fast: Drift,
    slow: Drift,
    minute: usize,
}

/// A correlated normal noise with a memory.
struct Drift {
    keep: f64,
    step: f64,
    value: f64,
}

impl Drift {
    fn new(draw: &mut Draw, memory_minutes: f64, sd: f64) -> Drift {
        let keep = libm::exp(-1.0 / memory_minutes);
        Drift { keep, step: sd * (1.0 - keep * keep).sqrt(), value: sd * draw.normal() }
    }

    fn next(&mut self, draw: &mut Draw) -> f64 {
        self.value = self.keep * self.value + self.step * draw.normal();
        self.value
    }
}

impl Stream {
    /// The service number `path` of this seed and size.
    pub(crate) fn new(size: f64, seed: u64, size_index: usize, path: u64) -> Stream {
        let mut draw = Draw::new(1, seed, size_index as u64, path);
        let profile = profile(&mut draw);
        let fast = Drift::new(&mut draw, 30.0, 0.15);
        let slow = Drift::new(&mut draw, 1440.0, 0.25);
        Stream { size, profile, draw, fast, slow, minute: 0 }
    }

    /// Seasonal mean of a minute (counted from Monday 00:00).
    pub(crate) fn base(&self, minute: usize) -> f64 {
        self.size * between_hours(&self.profile, minute)
    }

    /// The count of the next minute, outage-free.
    pub(crate) fn next_count(&mut self) -> u32 {
        let noise = self.fast.next(&mut self.draw) + self.slow.next(&mut self.draw);
        // 0.0425 is half the noise's variance: the mean of the log-normal factor stays 1.
        let mean = self.base(self.minute) * libm::exp(noise - 0.0425);
        self.minute += 1;
        self.draw.negative_binomial(mean, ALPHA)
    }
}

/// Hour-of-week activity with its peak at 1, random phase and depth, and weekends of their own.
pub(crate) fn profile(draw: &mut Draw) -> [f64; 168] {
    let phase = draw.between(13.0, 21.0);
    let depth = draw.between(0.6, 1.0);
    let second = draw.between(0.0, 0.25);
    let weekend = draw.between(0.55, 1.1);
    let mut p = [0.0; 168];
    for (h, v) in p.iter_mut().enumerate() {
        let day = 2.0 * std::f64::consts::PI * (h as f64 - phase) / 24.0;
        let half = 4.0 * std::f64::consts::PI * (h as f64 - phase - 2.0) / 24.0;
        *v = libm::exp(depth * libm::cos(day) + second * libm::cos(half)) * if h >= 120 { weekend } else { 1.0 };
    }
    let top = p.iter().copied().fold(0.0, f64::max);
    p.map(|v| v / top)
}

/// Linear between the centres of the hours of the week.
pub(crate) fn between_hours(hours: &[f64; 168], minute: usize) -> f64 {
    let t = (minute % WEEK) as f64 / 60.0 - 0.5;
    let i = libm::floor(t);
    let f = t - i;
    let i = (i as i64).rem_euclid(168) as usize;
    hours[i] * (1.0 - f) + hours[(i + 1) % 168] * f
}

/// The kinds of outage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outage {
    /// x60, 12-minute rise, 90 minutes.
    Major,
    /// x15.
    Moderate,
    /// x4: some people, or one region.
    Partial,
    /// From nothing to x12 in three hours.
    Ramp,
    /// Major at the quietest hour of the day.
    Night,
    /// x60 for a quarter of an hour.
    Flash,
}

impl Outage {
    /// All of them, in the order of the tables.
    pub(crate) const ALL: [Outage; 6] =
        [Outage::Major, Outage::Moderate, Outage::Partial, Outage::Ramp, Outage::Night, Outage::Flash];

    /// Word in the tables.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Outage::Major => "major",
            Outage::Moderate => "moderate",
            Outage::Partial => "partial",
            Outage::Ramp => "ramp",
            Outage::Night => "night",
            Outage::Flash => "flash",
        }
    }

    /// Multiplier at its height, rise in minutes, duration in minutes.
    fn shape(self) -> (f64, f64, usize) {
        match self {
            Outage::Major | Outage::Night => (60.0, 12.0, 90),
            Outage::Moderate => (15.0, 12.0, 90),
            Outage::Partial => (4.0, 12.0, 120),
            Outage::Ramp => (12.0, 0.0, 200),
            Outage::Flash => (60.0, 4.0, 15),
        }
    }

    /// Minutes until it is over; the reports' tail comes after.
    pub(crate) fn minutes(self) -> usize {
        self.shape().2
    }

    /// Extra reports in minute `i` after onset, as a multiple of the usual at the peak hour: a saturating rise with a slow
    /// loss of interest, and after the end a tail of 25 minutes.
    pub(crate) fn extra(self, i: usize) -> f64 {
        let (height, rise, duration) = self.shape();
        let inside = |t: f64| {
            if self == Outage::Ramp {
                (t / 180.0).min(1.0)
            } else {
                (1.0 - libm::exp(-t / rise)) * (0.4 + 0.6 * libm::exp(-t / 90.0))
            }
        };
        let t = i as f64 + 0.5;
        let d = duration as f64;
        height * if t <= d { inside(t) } else { inside(d + 0.5) * libm::exp(-(t - d) / 25.0) }
    }

    /// Extra reports drawn for minute `i` after onset of a service of this size whose usual mean is `base`: people report
    /// less in the night, though not in proportion.
    pub(crate) fn draw(self, draw: &mut Draw, i: usize, size: f64, base: f64) -> u32 {
        draw.negative_binomial(self.extra(i) * size * libm::pow(base / size, 0.7), ALPHA)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_has_the_mean_of_its_profile_and_repeats_bit_for_bit() {
        let mut a = Stream::new(12.0, 1, 4, 0);
        let mut b = Stream::new(12.0, 1, 4, 0);
        let (mut got, mut want) = (0.0, 0.0);
        for m in 0..8 * WEEK {
            let x = a.next_count();
            assert_eq!(x, b.next_count());
            got += f64::from(x);
            want += a.base(m);
        }
        assert!((got / want - 1.0).abs() < 0.15, "{got} of {want}");
    }

    #[test]
    fn outages_rise_last_and_fade_as_described() {
        assert!(Outage::Major.extra(0) < 5.0);
        let top = (0..90).map(|i| Outage::Major.extra(i)).fold(0.0, f64::max);
        assert!(top > 35.0 && top < 60.0, "{top}");
        assert!(Outage::Major.extra(90 + 60) < 0.1 * top);
        assert!((Outage::Ramp.extra(180) - 12.0).abs() < 0.1);
    }
}
