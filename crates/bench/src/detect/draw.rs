//! Random draws that give the same bits on every machine: ChaCha8 as the source, `libm` for every function that the
//! standard library may take from the platform.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A stream of draws.
#[derive(Clone)]
pub(crate) struct Draw {
    rng: ChaCha8Rng,
    spare: Option<f64>,
}

impl Draw {
    /// The stream named by `purpose`, `seed` and two more numbers; streams of different names are independent.
    pub(crate) fn new(purpose: u64, seed: u64, a: u64, b: u64) -> Draw {
        let mut key = [0u8; 32];
        for (i, v) in [purpose, seed, a, b].iter().enumerate() {
            key[i * 8..i * 8 + 8].copy_from_slice(&v.to_le_bytes());
        }
        Draw { rng: ChaCha8Rng::from_seed(key), spare: None }
    }

    /// Uniform in [0, 1), 53 bits.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.rng.next_u64() >> 11) as f64 * (1.0 / 9_007_199_254_740_992.0)
    }

    /// Uniform in [lo, hi).
    pub(crate) fn between(&mut self, lo: f64, hi: f64) -> f64 {
        lo + (hi - lo) * self.unit()
    }

    /// Uniform whole number in lo..hi.
    pub(crate) fn whole(&mut self, lo: usize, hi: usize) -> usize {
        lo + (self.unit() * (hi - lo) as f64) as usize
    }

    /// Standard normal (Marsaglia's polar method).
    pub(crate) fn normal(&mut self) -> f64 {
        if let Some(z) = self.spare.take() {
            return z;
        }
        loop {
            let u = 2.0 * self.unit() - 1.0;
            let v = 2.0 * self.unit() - 1.0;
            let s = u * u + v * v;
            if s > 0.0 && s < 1.0 {
                let f = (-2.0 * libm::log(s) / s).sqrt();
                self.spare = Some(v * f);
                return u * f;
            }
        }
    }

    /// Gamma with shape at least 1 and scale 1 (Marsaglia and Tsang 2000).
    pub(crate) fn gamma(&mut self, shape: f64) -> f64 {
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = self.normal();
            let t = 1.0 + c * x;
            if t <= 0.0 {
                continue;
            }
            let v = t * t * t;
            let u = self.unit();
            if u < 1.0 - 0.0331 * x * x * x * x || libm::log(u.max(1e-300)) < 0.5 * x * x + d * (1.0 - v + libm::log(v))
            {
                return d * v;
            }
        }
    }

    /// Poisson: multiplication below 10, Hörmann's PTRS (1993) from there.
    pub(crate) fn poisson(&mut self, mean: f64) -> u32 {
        if mean <= 0.0 {
            return 0;
        }
        if mean < 10.0 {
            let end = libm::exp(-mean);
            let mut k = 0;
            let mut p = self.unit();
            while p > end {
                p *= self.unit();
                k += 1;
            }
            return k;
        }
        let log_mean = libm::log(mean);
        let b = 0.931 + 2.53 * mean.sqrt();
        let a = -0.059 + 0.02483 * b;
        let inv_alpha = 1.1239 + 1.1328 / (b - 3.4);
        let vr = 0.9277 - 3.6224 / (b - 2.0);
        loop {
            let u = self.unit() - 0.5;
            let v = self.unit();
            let us = 0.5 - u.abs();
            let k = libm::floor((2.0 * a / us + b) * u + mean + 0.43);
            if us >= 0.07 && v <= vr {
                return k as u32;
            }
            if k < 0.0 || (us < 0.013 && v > us) {
                continue;
            }
            if libm::log(v * inv_alpha / (a / (us * us) + b)) <= k * log_mean - mean - libm::lgamma(k + 1.0) {
                return k as u32;
            }
        }
    }

    /// Negative binomial: a Poisson whose mean is gamma-distributed around `mean` with squared relative spread `alpha`
    /// (at most 1).
    pub(crate) fn negative_binomial(&mut self, mean: f64, alpha: f64) -> u32 {
        let r = 1.0 / alpha;
        let m = self.gamma(r) * mean.max(1e-12) / r;
        self.poisson(m)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_have_the_moments_they_should() {
        let mut d = Draw::new(1, 2, 3, 4);
        for mean in [0.02, 0.7, 9.0, 30.0, 500.0] {
            let n = 60_000;
            let (mut s, mut q) = (0.0, 0.0);
            for _ in 0..n {
                let x = f64::from(d.negative_binomial(mean, 0.1));
                s += x;
                q += x * x;
            }
            let m = s / f64::from(n);
            let var = q / f64::from(n) - m * m;
            let want = mean + 0.1 * mean * mean;
            assert!((m - mean).abs() < 5.0 * (want / f64::from(n)).sqrt(), "mean {m} for {mean}");
            assert!((var / want - 1.0).abs() < 0.15, "variance {var} for {want}");
        }
    }

    #[test]
    fn the_same_name_gives_the_same_draws_on_every_machine() {
        let mut d = Draw::new(7, 1, 0, 0);
        let got: Vec<u32> = (0..8).map(|_| d.negative_binomial(20.0, 0.1)).collect();
        let again: Vec<u32> = {
            let mut d = Draw::new(7, 1, 0, 0);
            (0..8).map(|_| d.negative_binomial(20.0, 0.1)).collect()
        };
        assert_eq!(got, again);
        let other = Draw::new(7, 2, 0, 0).unit();
        assert_ne!(Draw::new(7, 1, 0, 0).unit().to_bits(), other.to_bits());
    }
}
