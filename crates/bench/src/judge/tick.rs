//! One minute over many services that all have state, beside the barest kernel: a rate and one CUSUM in 24 bytes.

use super::{JudgeArgs, cpu_s, show};
use crate::catalogue::services;
use crate::goals::Goals;
use allclear_detect::{Board, Limits};
use allclear_model::signal::{Baseline, Counted};
use allclear_model::{Entry, Minute, Signal, SymptomId, Time};
use std::sync::Arc;

/// Monday 2024-01-01 00:00 UTC.
const MONDAY: i64 = 28_401_120;

/// State of the barest kernel.
#[derive(Clone, Copy)]
struct Bare {
    seen: f32,
    watched: f32,
    sum: f32,
    alpha: f32,
    mu: f32,
    last: f32,
}

/// A minute of the barest kernel: Gamma-Poisson rate, negative-binomial CUSUM, four logarithms.
fn bare(b: &mut Bare, x: f32) {
    b.mu = (b.seen + 1.0) / (b.watched + 300.0);
    let r = 1.0 / b.alpha;
    let (m0, m1) = (1.6 * b.mu, (4.0 * b.mu).max(b.mu + 0.02));
    let gain = libm::logf(m1) + libm::logf(r + m0) - libm::logf(m0) - libm::logf(r + m1);
    b.sum = (b.sum + x * gain - (m1 - m0)).max(0.0);
    b.seen = b.seen * 0.9999 + x;
    b.watched = b.watched * 0.9999 + 1.0;
    b.last = x;
}

pub(super) fn run(args: &JudgeArgs) -> anyhow::Result<()> {
    let catalogue = Arc::new(services(args.services)?);
    let mut board = Board::new(Limits::default());
    let mut seq = 0;
    let mut apply = |board: &mut Board, at: Time, signal: Signal| {
        seq += 1;
        board.apply(&Entry { seq, at, signal })
    };
    let begin = Minute(MONDAY).start();
    let slugs: Vec<_> = catalogue.services.keys().cloned().collect();
    apply(&mut board, begin, Signal::CatalogueChanged { catalogue });
    for (i, slug) in slugs.iter().enumerate() {
        let rate = 0.02 * f64::from(u32::try_from(i % 50)?);
        let b = Baseline { service: slug.clone(), profile: vec![rate; 168], alpha: Some(0.2), weeks: Some(8.0) };
        apply(&mut board, begin, Signal::Baseline(b));
    }
    let mut states = vec![Bare { seen: 10.0, watched: 100.0, sum: 0.0, alpha: 0.2, mu: 0.1, last: 0.0 }; slugs.len()];
    let (mut ms, mut ns, mut quarter, mut kernel) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut minute = MONDAY;
    for _ in 0..args.rounds.max(1) {
        // The kernel's clock of CPU time goes in steps of some milliseconds: only sums over a round are told.
        let (mut ticks, mut bare_s) = (0.0, 0.0);
        for m in 0..15 {
            // In each minute a fifth of the services has a report.
            for slug in slugs.iter().skip(m % 5).step_by(5) {
                let c = Counted { service: slug.clone(), symptom: SymptomId::other(), count: 1, networks: None };
                apply(&mut board, Minute(minute).start().plus_ms(1000), Signal::Counted(c));
            }
            let t = cpu_s()?;
            std::hint::black_box(apply(&mut board, Minute(minute).end(), Signal::Tick));
            let took = cpu_s()? - t;
            if m == 14 {
                quarter.push(took * 1000.0);
            } else {
                ticks += took;
            }
            let t = cpu_s()?;
            for (i, s) in states.iter_mut().enumerate() {
                bare(s, if i % 5 == 0 { 1.0 } else { 0.0 });
            }
            std::hint::black_box(&states);
            bare_s += cpu_s()? - t;
            minute += 1;
        }
        ms.push(ticks / 14.0 * 1000.0);
        ns.push(ticks / 14.0 * 1e9 / slugs.len() as f64);
        kernel.push(bare_s / 15.0 * 1e9 / states.len() as f64);
    }
    println!("\n## Tick\n\n{} services with state, a fifth of them with a report in the minute", slugs.len());
    println!("one tick (mean of 14 in a round): {} ms of CPU (goal: at most 100 for 100,000)", show(&ms, 1));
    println!("the tick that ends a quarter of an hour: {} ms", show(&quarter, 1));
    println!("ns a service: {}, bare kernel {}", show(&ns, 0), show(&kernel, 0));
    let mut goals = Goals::new(args.quick);
    goals.at_most("ms of CPU a tick", &ms, slugs.len() as f64 / 1000.0);
    goals.met()
}
