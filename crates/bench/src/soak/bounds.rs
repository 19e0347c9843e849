//! What chance allows in a run: the most that is still believed of a rate.

/// How sure a bound is: a run whose rate is just the one asked for exceeds it once in a thousand.
pub(super) const SURE: f64 = 0.999;

/// The most of `n` that a share of `rate` gives with a probability of `sure`.
pub(super) fn most_of(n: u64, rate: f64, sure: f64) -> u64 {
    let mut term = libm::exp(n as f64 * libm::log(1.0 - rate));
    let mut sum = term;
    let mut k = 0;
    while sum < sure && k < n {
        term *= (n - k) as f64 / (k + 1) as f64 * rate / (1.0 - rate);
        sum += term;
        k += 1;
    }
    k
}

/// The most events that a mean number of `mean` gives with a probability of `sure`.
pub(super) fn most_in(mean: f64, sure: f64) -> u64 {
    let mut term = libm::exp(-mean);
    let (mut sum, mut k) = (term, 0);
    while sum < sure && k < 1000 {
        k += 1;
        term *= mean / k as f64;
        sum += term;
    }
    k
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_the_quantiles_of_their_distributions() {
        // Of ten coins: 1023 of 1024 throws have at most nine heads, 1013 at most eight.
        assert_eq!((most_of(10, 0.5, 0.999), most_of(10, 0.5, 0.98)), (9, 8));
        assert_eq!((most_of(0, 0.02, SURE), most_of(3, 0.999, SURE)), (0, 3));
        let most = most_of(1259, 0.02, SURE);
        assert!((38..=43).contains(&most), "2 % of 1259 are 25, three standard deviations 15: {most}");
        // exp(-0.007) is 0.993.
        assert_eq!((most_in(0.007, 0.99), most_in(0.007, SURE), most_in(0.0, SURE)), (0, 1, 0));
        // Poisson with mean 1: 0.368, 0.736, 0.920, 0.981, 0.996.
        assert_eq!((most_in(1.0, 0.95), most_in(1.0, 0.99)), (3, 4));
    }
}
