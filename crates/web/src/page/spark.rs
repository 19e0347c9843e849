//! Small charts beside names. They start at zero and reach at least the top of what is usual.

use std::fmt::Write;

const W: f64 = 72.0;
const H: f64 = 20.0;

/// A 24-hour line of 32 points, or nothing. `expected` is the usual number in 15 minutes; a point is 45.
pub(crate) fn spark(points: Option<&[u32; 32]>, expected: f64, hot: bool) -> String {
    let Some(points) = points else { return String::new() };
    let top = f64::from(points.iter().copied().max().unwrap_or(0)).max(band_top(expected * 3.0)).max(1.0);
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

/// Upper end of the 99 % band of counts around `mean`, for scale only: mean plus 2.33 deviations of a negative
/// binomial with dispersion 0.3 (the middle of what is seen), so that an ordinary day does not look like a mountain.
fn band_top(mean: f64) -> f64 {
    let m = if mean.is_finite() { mean.max(0.0) } else { 0.0 };
    m + 2.33 * (m + 0.3 * m * m).sqrt()
}
