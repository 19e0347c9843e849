//! How much words resemble those of the corpus that must not be shown.
//!
//! A linear model over [`features`], learned from the labelled lines (`tests/learn.rs`, logistic regression). Word lists know
//! what somebody thought of; this knows what such texts have in common, in words that no list has. It hides nothing: it holds a
//! text that no rule minds, and lets pass what a list is not sure of where all of the text reads like honest ones. Nobody looks
//! at what passes, so what lists are sure of, links, floods, repetition and campaigns are never its business.

use crate::features::{BUCKETS, features};
use crate::tokens::Token;

/// Below this, log-odds of words that must not be shown, what a word list is not sure of is shown. Measured: docs/BENCH.md,
/// section 4.
pub(crate) const HONEST: f32 = 0.0;
/// Above this a text is held though no rule minds it. Measured there as well.
pub(crate) const DOUBTFUL: f32 = 2.25;

/// What one weight is worth, what every text begins with (little-endian `f32` each), and a weight for each feature.
const HEAD: usize = 8;
pub(crate) type Learned = [u8; HEAD + BUCKETS];
static LEARNED: &Learned = include_bytes!("../learned/weights.bin");

/// Log-odds that words must not be shown, as far as the corpus tells.
pub(crate) fn score(words: &[Token]) -> f32 {
    by(LEARNED, words)
}

/// The same by other weights.
pub(crate) fn by(learned: &Learned, words: &[Token]) -> f32 {
    of(learned, &features(words))
}

fn of(learned: &Learned, features: &[u32]) -> f32 {
    let [a, b, c, d, e, f, g, h, weights @ ..] = learned;
    let (scale, bias) = (f32::from_le_bytes([*a, *b, *c, *d]), f32::from_le_bytes([*e, *f, *g, *h]));
    // Whole numbers, so that their order does not matter.
    let sum: i32 = features.iter().filter_map(|k| weights.get(*k as usize)).map(|w| i32::from(w.cast_signed())).sum();
    bias + scale * sum as f32 / (features.len().max(1) as f32).sqrt()
}
