//! Small charts beside names. They start at zero and reach at least the top of what is usual.

use allclear_engine::view::ServiceLine;
use std::fmt::Write;

const W: f64 = 72.0;
const H: f64 = 20.0;
const FLAT: &str = "<svg class=\"spark\" viewBox=\"0 0 72 20\" width=\"72\" height=\"20\" aria-hidden=\"true\"><path d=\"M0 19H72\"/></svg>";

/// A service's 24-hour line; flat where nobody reported anything.
pub(crate) fn spark(of: &ServiceLine, hot: bool) -> String {
    let Some(points) = &of.spark else { return FLAT.to_owned() };
    let top = f64::from(points.iter().copied().max().unwrap_or(0)).max(band_top(of.spark_usual)).max(1.0);
    let step = W / 31.0;
    let mut d = String::with_capacity(360);
    for (i, p) in points.iter().enumerate() {
        let y = H - 1.0 - (H - 2.0) * f64::from(*p) / top;
        let _ = write!(d, "{}{:.0} {:.1}", if i == 0 { "M" } else { " " }, i as f64 * step, y);
    }
    format!(
        "<svg class=\"spark{}\" viewBox=\"0 0 72 20\" width=\"72\" height=\"20\" aria-hidden=\"true\"><path d=\"{d}\"/></svg>",
        if hot { " hot" } else { "" }
    )
}

/// Never below the upper end of the 99 % band of counts around `mean`, and for scale only: the quantile 99.5 % of a
/// negative binomial in the second order of Cornish and Fisher, and half a report for counts being whole. The
/// dispersion is the largest that counts over a quarter of an hour or longer have (2 in single minutes, summed), so
/// that an ordinary day does not look like a mountain.
fn band_top(mean: f64) -> f64 {
    const Z: f64 = 2.575_829_303_548_901;
    const DISPERSION: f64 = 0.17;
    let m = if mean.is_finite() { mean.max(0.0) } else { 0.0 };
    if m == 0.0 {
        return 0.0;
    }
    let skew = (Z * Z - 1.0) / 6.0 * (1.0 + 2.0 * DISPERSION * m);
    m + Z * (m + DISPERSION * m * m).sqrt() + skew + 0.5
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::tests::sample::line;
    use allclear_model::Level;

    /// The smallest count with a cumulative probability of at least 99.5 %, by summing in logarithms.
    #[expect(clippy::disallowed_methods, reason = "an independent reckoning to compare with")]
    fn exact(m: f64, dispersion: f64) -> u32 {
        let step = |k: f64| {
            if dispersion == 0.0 {
                (m / (k + 1.0)).ln()
            } else {
                let r = 1.0 / dispersion;
                (m / (r + m)).ln() + ((k + r) / (k + 1.0)).ln()
            }
        };
        let mut log = if dispersion == 0.0 { -m } else { -(dispersion * m).ln_1p() / dispersion };
        let (mut sum, mut k) = (log.exp(), 0u32);
        while sum < 0.995 {
            log += step(f64::from(k));
            sum += log.exp();
            k += 1;
        }
        k
    }

    #[test]
    fn an_ordinary_day_does_not_fill_the_height_even_at_night() {
        let mut line = ServiceLine::clone(&line("a", "A", "ai", Level::Operational));
        // A wave from 6 to 24 reports a point, looked at when 6 are usual.
        line.spark = Some(std::array::from_fn(|i| if i < 16 { 24 } else { 6 }));
        (line.spark_usual, line.expected) = (24.0, 2.0);
        let drawn = spark(&line, false);
        let highest = drawn.split("d=\"M").nth(1).unwrap().split('"').next().unwrap();
        let top = highest.split(' ').skip(1).step_by(2).map(|y| y.parse::<f64>().unwrap()).fold(H, f64::min);
        assert!(top > H * 0.35, "24 where 24 are usual is drawn at {top} of {H}, as if it stood out");
        line.spark = Some([200; 32]);
        assert!(spark(&line, false).contains(" 1.0"), "what is far above is drawn at the top");
    }

    #[test]
    fn the_baseline_is_zero_and_heights_are_as_the_counts() {
        let mut line = ServiceLine::clone(&line("a", "A", "ai", Level::Operational));
        (line.spark, line.spark_usual) = (Some(std::array::from_fn(|i| [0, 50, 100][i % 3])), 0.0);
        let drawn = spark(&line, false);
        let d = drawn.split("d=\"M").nth(1).unwrap().split('"').next().unwrap();
        let heights: Vec<f64> = d.split(' ').skip(1).step_by(2).map(|y| H - 1.0 - y.parse::<f64>().unwrap()).collect();
        assert_eq!(heights.len(), 32);
        assert_eq!(heights[..3], [0.0, (H - 2.0) / 2.0, H - 2.0], "{d}");
        // Many everywhere are no flat line at the bottom.
        line.spark = Some([90; 32]);
        assert!(!spark(&line, false).contains(" 19.0"), "the least of them is no zero");
    }

    #[test]
    fn the_sum_in_the_test_is_the_quantile() {
        // Poisson: P(X <= 2 | 0.5) = 0.98561, P(X <= 3 | 0.5) = 0.99825; P(X <= 5 | 1.6) = 0.9940.
        assert_eq!((exact(0.1, 0.0), exact(0.5, 0.0), exact(1.6, 0.0)), (1, 3, 6));
    }

    #[test]
    fn the_top_is_never_below_the_band_and_not_far_above() {
        let fine = (1..200).map(|i| f64::from(i) / 20.0);
        let coarse = (10..100).map(f64::from);
        let large = (100..=1000).step_by(25).map(f64::from);
        for m in fine.chain(coarse).chain(large) {
            for dispersion in [0.0, 0.03, 0.1, 0.17] {
                let band = f64::from(exact(m, dispersion));
                assert!(band_top(m) >= band, "mean {m}, dispersion {dispersion}: {} < {band}", band_top(m));
            }
            let widest = f64::from(exact(m, 0.17));
            assert!(band_top(m) <= widest * 1.1 + 2.0, "mean {m}: {} far above {widest}", band_top(m));
        }
        assert_eq!((band_top(0.0), band_top(f64::NAN), band_top(-1.0)), (0.0, 0.0, 0.0));
    }
}
