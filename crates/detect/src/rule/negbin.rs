//! The negative binomial distribution, as far as it is shown and decided with.

/// Share of the variance over a quarter of an hour that does not average out between its minutes: the slow noise of
/// 0.15 (over 30 minutes), and what the level leaves of the daily noise.
const SLOW: f64 = 0.03;
/// 99.5 % quantile of the normal distribution.
const Z: f64 = 2.575_829_303_548_901;

/// Dispersion of the sum over `minutes` minutes when single minutes have dispersion `alpha`.
pub fn summed(alpha: f64, minutes: f64) -> f64 {
    alpha / minutes.max(1.0) + SLOW
}

/// Upper end of the 99 % band: the smallest count whose cumulative probability is at least 99.5 %, for mean `m` and dispersion `a`.
pub fn upper99(m: f64, a: f64) -> f64 {
    if !(m > 0.0 && a > 0.0) {
        return 0.0;
    }
    if m > 200.0 {
        // Gamma approximation of Wilson and Hilferty; v is the squared coefficient of variation.
        let v = a + 1.0 / m;
        let t = 1.0 - v / 9.0 + Z * (v / 9.0).sqrt();
        return (m * t * t * t).ceil();
    }
    let r = 1.0 / a;
    let q = a * m / (1.0 + a * m);
    let mut p = libm::exp(-r * libm::log1p(a * m));
    let mut sum = p;
    let mut k = 0.0;
    while sum < 0.995 && k < 10_000.0 {
        p *= q * (k + r) / (k + 1.0);
        sum += p;
        k += 1.0;
    }
    k
}

/// Log-likelihood ratio of mean `m1` against mean `m0` for a count `x` with dispersion `a`.
pub fn log_ratio(x: f64, m0: f64, m1: f64, a: f64) -> f64 {
    let r = 1.0 / a;
    let u = libm::log((r + m1) / (r + m0));
    x * (libm::log(m1 / m0) - u) - r * u
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_upper_end_of_the_band_is_the_exact_quantile_for_small_means() {
        // With next to no dispersion it is Poisson: P(X <= 1 | 0.1) = 0.99532, P(X <= 5 | 1.6) = 0.9940.
        assert_eq!(upper99(0.1, 1e-9), 1.0);
        assert_eq!(upper99(1.6, 1e-9), 6.0);
        assert_eq!(upper99(0.0, 0.2), 0.0);
    }

    #[test]
    fn both_ways_of_computing_the_band_meet() {
        let (a, b) = (upper99(200.0, 0.05), upper99(200.1, 0.05));
        assert!((a - b).abs() / a < 0.03, "{a} {b}");
    }
}
