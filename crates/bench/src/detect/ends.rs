//! How Allclear lets go of an outage: how long after its end it is still called one, and how often it opens anew.

use super::ours::Ours;
use super::stats::quantile;
use super::stream::{Outage, Stream, TRAIN_WEEKS, WEEK};

/// Minutes watched after the end; whoever reports in them does so because it was down, or as usual.
const AFTER: usize = 12 * 60;

/// What became of one outage that was found before its end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct End {
    /// Minutes from the true end until it is no longer called open; 0 where that was so before. Infinite: not within [`AFTER`].
    pub(crate) eased: f64,
    /// Minutes from the true end until it is closed.
    pub(crate) closed: f64,
    /// How often it opened, counting from closed or none to open.
    pub(crate) openings: u32,
    /// How often it was called open again while recovering.
    pub(crate) back: u32,
}

/// One outage to its end and beyond, on a copy of the board. `extra`: its reports by minute. `None`: not found before its end.
pub(crate) fn follow(
    mut ours: Ours,
    stream: &Stream,
    kind: Outage,
    at: usize,
    test: &[u32],
    mut extra: impl FnMut(usize, f64) -> u32,
) -> Option<End> {
    ours.forget_openings();
    let end = kind.minutes();
    let mut seen = End { eased: f64::INFINITY, closed: f64::INFINITY, openings: 0, back: 0 };
    for i in 0..end + AFTER {
        let minute = TRAIN_WEEKS * WEEK + at + i;
        ours.step(minute, test.get(at + i)? + extra(i, stream.base(minute)), &[]);
        if i + 1 < end {
            continue;
        }
        if i + 1 == end && ours.openings() == (0, 0) {
            return None;
        }
        let after = (i + 1 - end) as f64;
        if !ours.is_open() {
            seen.eased = seen.eased.min(after);
        }
        if !ours.goes_on() {
            seen.closed = seen.closed.min(after);
        }
    }
    (seen.openings, seen.back) = ours.openings();
    Some(seen)
}

/// One cell: medians of both, the 90th percentile of the second, openings and returns an outage.
pub(crate) fn cell(ends: &[End]) -> String {
    if ends.is_empty() {
        return "none found".into();
    }
    let sorted = |of: fn(&End) -> f64| {
        let mut all: Vec<f64> = ends.iter().map(of).collect();
        all.sort_by(f64::total_cmp);
        all
    };
    let (eased, closed) = (sorted(|e| e.eased), sorted(|e| e.closed));
    let minutes = |m: f64| if m.is_finite() { format!("{m:.0}") } else { format!("over {AFTER}") };
    let each = |of: fn(&End) -> u32| ends.iter().map(|e| f64::from(of(e))).sum::<f64>() / ends.len() as f64;
    format!(
        "{}, {} {}; {:.2}, {:.2} (n {})",
        minutes(quantile(&eased, 0.5)),
        minutes(quantile(&closed, 0.5)),
        minutes(quantile(&closed, 0.9)),
        each(|e| e.openings),
        each(|e| e.back),
        ends.len()
    )
}
