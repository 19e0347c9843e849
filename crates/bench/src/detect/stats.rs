//! Intervals: what a finite simulation can say.

use super::draw::Draw;

/// Minutes until an outage was found; infinite when it was not found before its end.
pub(crate) type Delay = f64;

/// A median with its 90 % bootstrap interval, the 90th percentile, and the share found with its 90 % interval.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Delays {
    /// How many outages.
    pub(crate) n: usize,
    /// Median delay, minutes; infinite when less than half were found.
    pub(crate) median: (f64, f64, f64),
    /// 90th percentile of the delay, minutes.
    pub(crate) p90: f64,
    /// Share found before the end.
    pub(crate) found: (f64, f64, f64),
}

impl Delays {
    /// From delays grouped by service: outages of one service are not independent, so services are resampled.
    pub(crate) fn of(groups: &[Vec<Delay>]) -> Delays {
        let groups: Vec<&Vec<Delay>> = groups.iter().filter(|g| !g.is_empty()).collect();
        let mut all: Vec<Delay> = groups.iter().flat_map(|g| g.iter().copied()).collect();
        all.sort_by(f64::total_cmp);
        if all.is_empty() {
            let none = (f64::NAN, f64::NAN, f64::NAN);
            return Delays { n: 0, median: none, p90: f64::NAN, found: none };
        }
        let n = all.len();
        let share = |v: &[Delay]| v.iter().filter(|d| d.is_finite()).count() as f64 / v.len() as f64;
        let mut draw = Draw::new(99, n as u64, 0, 0);
        let (mut medians, mut shares) = (Vec::new(), Vec::new());
        for _ in 0..400 {
            let mut again: Vec<Delay> = Vec::with_capacity(n);
            for _ in 0..groups.len() {
                again.extend(groups[draw.whole(0, groups.len())]);
            }
            shares.push(share(&again));
            again.sort_by(f64::total_cmp);
            medians.push(quantile(&again, 0.5));
        }
        medians.sort_by(f64::total_cmp);
        shares.sort_by(f64::total_cmp);
        let (blow, bhigh) = binomial(all.iter().filter(|d| d.is_finite()).count(), n);
        Delays {
            n,
            median: (quantile(&all, 0.5), quantile(&medians, 0.05), quantile(&medians, 0.95)),
            p90: quantile(&all, 0.9),
            found: (share(&all), quantile(&shares, 0.05).min(blow), quantile(&shares, 0.95).max(bhigh)),
        }
    }
}

/// Lower empirical quantile of sorted values.
pub(crate) fn quantile(sorted: &[f64], q: f64) -> f64 {
    sorted.get((q * (sorted.len().max(1) - 1) as f64) as usize).copied().unwrap_or(f64::NAN)
}

/// Wilson's 90 % interval of a share.
pub(crate) fn binomial(k: usize, n: usize) -> (f64, f64) {
    if n == 0 {
        return (0.0, 1.0);
    }
    let (p, n, z) = (k as f64 / n as f64, n as f64, 1.645);
    let mid = (p + z * z / (2.0 * n)) / (1.0 + z * z / n);
    let half = z / (1.0 + z * z / n) * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    ((mid - half).max(0.0), (mid + half).min(1.0))
}

/// Exact (Garwood) 90 % interval of a Poisson mean when `k` events were seen.
pub(crate) fn poisson(k: usize) -> (f64, f64) {
    let at_most = |k: usize, mean: f64| {
        let mut term = libm::exp(-mean);
        let mut sum = term;
        for i in 1..=k {
            term *= mean / i as f64;
            sum += term;
        }
        sum
    };
    let solve = |f: &dyn Fn(f64) -> bool| {
        let (mut lo, mut hi) = (0.0, k as f64 * 2.0 + 20.0);
        for _ in 0..80 {
            let mid = f64::midpoint(lo, hi);
            if f(mid) { lo = mid } else { hi = mid }
        }
        lo
    };
    // Beyond this the sum underflows; the normal approximation is exact enough there.
    if k > 300 {
        let s = 1.645 * (k as f64).sqrt();
        return (k as f64 - s, k as f64 + s);
    }
    let low = if k == 0 { 0.0 } else { solve(&|m| 1.0 - at_most(k - 1, m) < 0.05) };
    (low, solve(&|m| at_most(k, m) > 0.05))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn poisson_intervals_are_garwoods() {
        let (l, h) = poisson(0);
        assert!(l == 0.0 && (h - 2.996).abs() < 0.01, "{h}");
        let (l, h) = poisson(10);
        assert!((l - 5.425).abs() < 0.01 && (h - 16.962).abs() < 0.01, "{l} {h}");
    }

    #[test]
    fn the_median_of_mostly_missed_outages_is_never() {
        let d = Delays::of(&[vec![3.0, f64::INFINITY, f64::INFINITY], vec![f64::INFINITY]]);
        assert!(d.median.0.is_infinite());
        assert!((d.found.0 - 0.25).abs() < 1e-9);
    }
}
