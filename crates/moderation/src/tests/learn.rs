//! Learns the weights of [`crate::resemblance`] from the corpus, the same ones every time.

use super::corpus::Line;
use crate::features::{BUCKETS, features};
use crate::resemblance::Learned;
use crate::tokens::tokens;

/// Times that each line is looked at.
const ROUNDS: usize = 20;
/// How far a step goes, and what draws unused weights back to zero.
const STEP: f32 = 0.5;
const SHRINK: f32 = 1e-5;

/// A line as it is learned from.
pub(super) struct Seen {
    pub(super) features: Vec<u32>,
    pub(super) abuse: bool,
}

impl Seen {
    pub(super) fn of(line: &Line) -> Seen {
        Seen { features: features(&tokens(line.text.as_str())), abuse: !line.is_honest() }
    }
}

/// Logistic regression by stochastic gradient descent with a step for each weight (AdaGrad, Duchi et al. 2011) and the mean of
/// what the later rounds end with (Polyak and Juditsky 1992). Honest and abusive lines count alike, however many there are of
/// each.
pub(super) fn learn(seen: &[&Seen]) -> Box<Learned> {
    let abusive = seen.iter().filter(|s| s.abuse).count() as f32;
    let all = seen.len() as f32;
    let counts = |abuse: bool| all / (2.0 * if abuse { abusive } else { all - abusive });
    let (mut weights, mut steps) = (vec![0f32; BUCKETS], vec![1e-6f32; BUCKETS]);
    let (mut bias, mut bias_steps) = (0f32, 1e-6f32);
    let mut means = vec![0f32; BUCKETS + 1];
    let mut order: Vec<usize> = (0..seen.len()).collect();
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    for round in 0..ROUNDS {
        for i in (1..order.len()).rev() {
            // xorshift64 (Marsaglia 2003): any order will do, as long as it is always the same.
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            order.swap(i, (random % (i as u64 + 1)) as usize);
        }
        for line in order.iter().map(|i| &seen[*i]) {
            let norm = 1.0 / (line.features.len() as f32).sqrt();
            let sum: f32 = line.features.iter().map(|k| weights[*k as usize]).sum();
            let p = 1.0 / (1.0 + libm::expf(-(bias + norm * sum)));
            let slope = (p - f32::from(u8::from(line.abuse))) * counts(line.abuse);
            for k in line.features.iter().map(|k| *k as usize) {
                let slope = slope * norm + SHRINK * weights[k];
                steps[k] += slope * slope;
                weights[k] -= STEP * slope / steps[k].sqrt();
            }
            bias_steps += slope * slope;
            bias -= STEP * slope / bias_steps.sqrt();
        }
        if round >= ROUNDS / 2 {
            for (mean, last) in means.iter_mut().zip(weights.iter().chain([&bias])) {
                *mean += last / (ROUNDS - ROUNDS / 2) as f32;
            }
        }
    }
    let (bias, weights) = means.split_last().unwrap();
    let most = weights.iter().fold(0f32, |most, w| most.max(w.abs()));
    let scale = most / 127.0;
    let whole = weights.iter().map(|w| ((w / scale).round() as i8).cast_unsigned());
    let bytes: Vec<u8> = scale.to_le_bytes().into_iter().chain(bias.to_le_bytes()).chain(whole).collect();
    bytes.into_boxed_slice().try_into().unwrap()
}
