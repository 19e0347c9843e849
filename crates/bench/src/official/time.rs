//! CPU time of reading and judging one payload.

use super::now;
use crate::spread;
use crate::thread::cpu_s;
use allclear_signals::official::{Scope, detect, judge};
use std::hint::black_box;

/// Milliseconds of each round.
#[derive(Default)]
pub(super) struct Took {
    /// All formats tried until one reads it, as when a page is looked for.
    pub(super) detect: Vec<f64>,
    /// Read as what it is, as from then on.
    pub(super) parse: Vec<f64>,
    /// Judged for the whole page.
    pub(super) judge: Vec<f64>,
}

impl Took {
    /// The most that one look takes.
    pub(super) fn whole(&self) -> f64 {
        spread(&self.detect).0 + spread(&self.judge).0
    }
}

/// Measures `payload`.
pub(super) fn of(payload: &[u8], rounds: usize) -> anyhow::Result<Took> {
    let now = now()?;
    let mut took = Took::default();
    for _ in 0..rounds {
        let begin = cpu_s();
        let (format, page) = detect(payload)?;
        took.detect.push((cpu_s() - begin) * 1000.0);

        let begin = cpu_s();
        black_box((format.parse)(payload)?);
        took.parse.push((cpu_s() - begin) * 1000.0);

        let begin = cpu_s();
        black_box(judge(format, page, &Scope::whole(), now));
        took.judge.push((cpu_s() - begin) * 1000.0);
    }
    Ok(took)
}
